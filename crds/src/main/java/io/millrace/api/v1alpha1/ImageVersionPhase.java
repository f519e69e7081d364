package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Where a version is in its life; derived, for people. */
public enum ImageVersionPhase {
  /** Waits for what it needs, named in the message. */
  @JsonProperty("Pending")
  PENDING,
  @JsonProperty("Importing")
  IMPORTING,
  @JsonProperty("Snapshotting")
  SNAPSHOTTING,
  /** Can be cloned. */
  @JsonProperty("Ready")
  READY,
  /** The import failed; reason and retryAt say what comes next. */
  @JsonProperty("Failed")
  FAILED,
  /** Taken off the list, kept while somebody uses it. */
  @JsonProperty("Retiring")
  RETIRING
}
