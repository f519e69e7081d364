package io.millrace.operator.image;

import io.millrace.api.v1alpha1.ImageVersionStatus;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What to do next and how each version stands.
 *
 * @param stalled reason that a person must act on, or nothing
 * @param nextLook when time alone makes a difference
 */
record Plan(
    List<Action> actions,
    List<ImageVersionStatus> versions,
    String stalled,
    String message,
    Optional<Instant> nextLook) {}
