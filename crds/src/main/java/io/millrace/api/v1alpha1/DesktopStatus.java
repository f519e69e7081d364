package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The desktop as it is; derived from the cluster in every pass. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record DesktopStatus(
    @JsonPropertyDescription("Generation of the spec that this status was derived from.")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "Pending (waits, see the message), Cloning, Starting, Ready, Stopped (complete and"
                + " powered off), Claimed, Resetting (after a user), Updating (to another image version or"
                + " template), or Terminating.")
        @Nullable DesktopPhase phase,
    @JsonPropertyDescription("Name of the VirtualMachine.") @Nullable String vmName,
    @JsonPropertyDescription(
            "PersistentVolumeClaim of the root disk that the virtual machine has now.")
        @Nullable String pvcName,
    @JsonPropertyDescription(
            "Number of that clone: 1 for the first, one more after each reset or update.")
        @Nullable Integer cloneNumber,
    @JsonPropertyDescription("Image version of that clone.") @Nullable String imageVersion,
    @JsonPropertyDescription("Hash of the template that the virtual machine was made from.")
        @Nullable String templateHash,
    @JsonPropertyDescription("The user who holds the desktop.") @Nullable String user,
    @JsonPropertyDescription("Node that the desktop runs on.") @Nullable String nodeName,
    @JsonPropertyDescription("Address of the desktop in the pod network.") @Nullable String ip,
    @JsonPropertyDescription("When and how long.") @Nullable DesktopTimings timings,
    @JsonPropertyDescription(
            "Ready: the desktop is as the pool or its user wants it. Available: the next claim can"
                + " have it. Stalled: a person must act, the message says on what.")
        @Nullable List<Condition> conditions) {}
