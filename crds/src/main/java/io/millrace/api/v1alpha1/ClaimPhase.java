package io.millrace.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Where a claim is in its life; derived, for people. */
public enum ClaimPhase {
  @JsonProperty("Pending")
  PENDING,
  @JsonProperty("Bound")
  BOUND
}
