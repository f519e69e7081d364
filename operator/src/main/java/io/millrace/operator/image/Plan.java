package io.millrace.operator.image;

import io.millrace.api.v1alpha1.ImageVersionPhase;
import io.millrace.api.v1alpha1.ImageVersionStatus;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

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
    Optional<Instant> nextLook) {
  private static final String REFUSED = "Refused";

  /**
   * The same plan, of which the API server refuses steps. A version that can be cloned still can.
   *
   * @param refusals version → what the API server said
   */
  Plan refused(Map<String, String> refusals) {
    if (refusals.isEmpty()) {
      return this;
    }
    String said =
        refusals.entrySet().stream()
            .map(refusal -> refusal.getKey() + ": " + refusal.getValue())
            .collect(Collectors.joining("; "));
    List<ImageVersionStatus> waiting =
        versions.stream()
            .map(
                version ->
                    refusals.containsKey(version.name())
                        ? waiting(version, refusals.get(version.name()))
                        : version)
            .toList();
    return new Plan(actions, waiting, REFUSED, said, nextLook);
  }

  private static ImageVersionStatus waiting(ImageVersionStatus version, String message) {
    return version.snapshotName() != null
        ? version
        : new ImageVersionStatus(
            version.name(),
            ImageVersionPhase.PENDING,
            REFUSED,
            message,
            null,
            null,
            null,
            null,
            version.failures(),
            null);
  }
}
