package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** When the steps of the current clone were seen; times are RFC 3339 with milliseconds, in UTC. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record DesktopTimings(
    @JsonPropertyDescription("When the current clone was asked for.") @Nullable String requestedAt,
    @JsonPropertyDescription("When its PersistentVolumeClaim was bound.") @Nullable String clonedAt,
    @JsonPropertyDescription("When its virtual machine was seen running.")
        @Nullable String runningAt,
    @JsonPropertyDescription("When its virtual machine was seen ready.") @Nullable String readyAt,
    @JsonPropertyDescription("When the reset that is under way began.")
        @Nullable String resetStartedAt,
    @JsonPropertyDescription(
            "Milliseconds that the last reset took, from the end of the DesktopClaim seen by the operator"
                + " until the next claim could have the desktop.")
        @Nullable Long resetMillis) {}
