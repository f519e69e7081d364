package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What has become of each version; derived from the cluster in every pass. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record GoldenImageStatus(
    @JsonPropertyDescription("Generation of the spec that this status was derived from.")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "One entry per version: those of the spec, and those taken off it that are still used.")
        @Nullable List<ImageVersionStatus> versions,
    @JsonPropertyDescription(
            "Ready: every listed version can be cloned. Reconciling: an import or removal is under"
                + " way. Stalled: a person must act, the message says on what.")
        @Nullable List<Condition> conditions) {}
