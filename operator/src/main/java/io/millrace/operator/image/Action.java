package io.millrace.operator.image;

/** One step towards the versions that are wanted; each is safe to repeat. */
sealed interface Action {
  String version();

  /** The pod of this attempt and its new claim, whichever is not there yet. */
  record StartImport(String version, int attempt) implements Action {}

  /** Remove what a finished or failed import leaves behind. */
  record EndImport(String version) implements Action {}

  /**
   * Remove a claim that lost its pod: it may be half written. Not if the pod is there after all.
   */
  record DiscardHalfImport(String version) implements Action {}

  record TakeSnapshot(String version, String claimName, String node, String digest)
      implements Action {}

  record DeleteSnapshot(String version) implements Action {}
}
