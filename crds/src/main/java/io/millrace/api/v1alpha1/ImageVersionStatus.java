package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/** One version as it is in the cluster. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ImageVersionStatus(
    @JsonPropertyDescription("Name of the version.") @Required String name,
    @JsonPropertyDescription(
            "Importing, Snapshotting, Ready, Failed, or Retiring (taken off the list, still used).")
        @Required
        ImageVersionPhase phase,
    @JsonPropertyDescription(
            "Why the phase is what it is, for machines. Example: DigestMismatch, InUse.")
        @Nullable String reason,
    @JsonPropertyDescription("The same for people, with what to do.") @Nullable String message,
    @JsonPropertyDescription("VolumeSnapshot that desktops are cloned from, in this namespace.")
        @Nullable String snapshotName,
    @JsonPropertyDescription("Bytes that a clone needs at least (the snapshot's restore size).")
        @Nullable Long sizeBytes,
    @JsonPropertyDescription("Digest of the file that was imported. Example: sha256:9f86d0….")
        @Nullable String digest,
    @JsonPropertyDescription("Node whose store holds the version; clones are placed there.")
        @Nullable String nodeName,
    @JsonPropertyDescription("Failed imports so far, since the last success.")
        @Nullable Integer failures,
    @JsonPropertyDescription("When the import is tried again, if it is (RFC 3339).")
        @Nullable String retryAt) {}
