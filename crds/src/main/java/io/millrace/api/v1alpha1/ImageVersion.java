package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** One version of an image: a name, where its bytes come from, how large its disk is. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value = "self == oldSelf",
    message = "a listed version never changes: add a version with a new name instead")
@ValidationRule(
    value = "has(self.source.http) == has(self.size)",
    message =
        "size belongs to an http source (the disk to make, for example 10Gi); a pvc source has the"
            + " size of its PersistentVolumeClaim: leave size out")
@ValidationRule(value = Api.SIZE_RULE, fieldPath = ".size", message = Api.SIZE_MESSAGE)
public record ImageVersion(
    @JsonPropertyDescription("Name of the version, a DNS label. Example: v1.")
        @Required
        @Size(min = 1, max = 40) @Pattern(Api.DNS_LABEL) String name,
    @JsonPropertyDescription("Where the bytes come from: exactly one of http and pvc.") @Required
        ImageSource source,
    @JsonPropertyDescription(
            "Size in bytes of the disk to make, at least the virtual size of the image; required"
                + " with an http source. Example: 10Gi.")
        @Pattern(Api.BYTES) @Size(min = 1, max = 20) @Nullable String size) {}
