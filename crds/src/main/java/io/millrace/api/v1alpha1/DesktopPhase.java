package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Where a desktop is in its life; derived, for people. */
public enum DesktopPhase {
  /** Waits for what it needs, named in the message. */
  @JsonProperty("Pending")
  PENDING,
  @JsonProperty("Cloning")
  CLONING,
  @JsonProperty("Starting")
  STARTING,
  /** Runs, answers, and nobody has it. */
  @JsonProperty("Ready")
  READY,
  /** Complete and powered off; a claim starts it. */
  @JsonProperty("Stopped")
  STOPPED,
  @JsonProperty("Claimed")
  CLAIMED,
  /** Its user is gone and its clone is being replaced; nobody can have it. */
  @JsonProperty("Resetting")
  RESETTING,
  /** Nobody had it, and its clone is being replaced: another image version or template. */
  @JsonProperty("Updating")
  UPDATING,
  @JsonProperty("Terminating")
  TERMINATING
}
