package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.model.annotation.LabelSelector;
import io.fabric8.kubernetes.model.annotation.StatusReplicas;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The pool as it is; derived from its desktops in every pass. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record DesktopPoolStatus(
    @JsonPropertyDescription("Generation of the spec that this status was derived from.")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription("Desktops that exist, in any phase.") @StatusReplicas
        @Nullable Integer replicas,
    @JsonPropertyDescription(
            "Desktops that are as they should be: running and answering, or, where they are to be"
                + " powered off, complete.")
        @Nullable Integer readyReplicas,
    @JsonPropertyDescription("Desktops that the next claims can have.") @Nullable Integer available,
    @JsonPropertyDescription("Desktops that a claim holds.") @Nullable Integer claimed,
    @JsonPropertyDescription("Desktops on the image version and template of the spec.")
        @Nullable Integer updated,
    @JsonPropertyDescription("How many desktops each image version has.")
        @Nullable List<VersionCount> versions,
    @JsonPropertyDescription("Label selector of the pool's desktops, for the scale subresource.")
        @LabelSelector
        @Nullable String selector,
    @JsonPropertyDescription("Hash of template and storage that desktops are moved to.")
        @Nullable String templateHash,
    @JsonPropertyDescription(
            "Ready: as many desktops as asked for are ready and up to date. Reconciling: the pool is"
                + " on its way there. Stalled: a person must act, the message says on what.")
        @Nullable List<Condition> conditions) {}
