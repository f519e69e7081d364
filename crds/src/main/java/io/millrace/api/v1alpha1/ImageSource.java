package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Where the bytes of a version come from. Exactly one component is set. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value = "has(self.http) != has(self.pvc)",
    message = "a source is exactly one of http and pvc: remove one or add one")
public record ImageSource(
    @JsonPropertyDescription("An image file that is downloaded once.") @Nullable HttpSource http,
    @JsonPropertyDescription(
            "A PersistentVolumeClaim in the same namespace that is snapshotted as it is; its"
                + " volumeMode is Block. Stop whatever writes to it first.")
        @Nullable PvcSource pvc) {}
