package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the node's engine last said of its store. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record StoreStatus(
    @JsonPropertyDescription("Room for data when the store is empty, in bytes.")
        @Nullable Long capacityBytes,
    @JsonPropertyDescription(
            "Bytes that live blocks take. Blocks that volumes, snapshots and clones share count once.")
        @Nullable Long physicalBytes,
    @JsonPropertyDescription(
            "Bytes that new data may still take; what cleaning needs is subtracted.")
        @Nullable Long freeBytes,
    @JsonPropertyDescription("Sum of the volumes' sizes, in bytes. May exceed the capacity.")
        @Nullable Long logicalBytes,
    @JsonPropertyDescription("Number of volumes, clones included.") @Nullable Long volumes,
    @JsonPropertyDescription("Number of snapshots.") @Nullable Long snapshots,
    @JsonPropertyDescription("Bytes that users have written since the engine started.")
        @Nullable Long userWriteBytes,
    @JsonPropertyDescription(
            "Bytes that the disk was given since the engine started: users' data, metadata, and what"
                + " cleaning moved.")
        @Nullable Long deviceWriteBytes,
    @JsonPropertyDescription(
            "Device bytes per user byte since the engine started, with two decimals; absent until"
                + " something is written. Example: 1.07.")
        @Nullable String writeAmplification,
    @JsonPropertyDescription("Blocks found damaged on reading since the engine started.")
        @Nullable Long checksumErrors,
    @JsonPropertyDescription(
            "When the engine last gave these figures (RFC 3339). Renewed every minute at the latest"
                + " while the engine answers; if it is older, believe no condition: the node or its"
                + " driver is away.")
        @Nullable String observedTime,
    @JsonPropertyDescription(
            "Ready: the store serves I/O. Reasons: Serving; Recovering (wait); Stopped (a write"
                + " failed); Damaged (refused at start); Unavailable (the engine does not answer, or"
                + " serves another store). The message names cause and remedy.")
        @Nullable List<Condition> conditions) {}
