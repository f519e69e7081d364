package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the claim got. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record DesktopClaimStatus(
    @JsonPropertyDescription("Generation of the spec that this status was derived from.")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription("Pending, or Bound.") @Nullable ClaimPhase phase,
    @JsonPropertyDescription("The desktop that is bound, or about to be.")
        @Nullable String desktopName,
    @JsonPropertyDescription("Address of the desktop in the pod network, while it is ready.")
        @Nullable String ip,
    @JsonPropertyDescription("Place in the pool's queue while no desktop is free, from 1.")
        @Nullable Integer queuePosition,
    @JsonPropertyDescription("When the desktop was bound (RFC 3339).") @Nullable String boundAt,
    @JsonPropertyDescription(
            "Bound: a desktop is this claim's. Ready: it is, and it runs and answers.")
        @Nullable List<Condition> conditions) {}
