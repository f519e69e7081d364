package io.millrace.operator.desktop;

import io.millrace.api.v1alpha1.ImageRef;

/** One step towards the desktop that is wanted; each is safe to repeat. */
sealed interface Action {
  /** Whether the desktop itself is another object after the step, so that a new pass must look. */
  default boolean changesDesktop() {
    return false;
  }

  /** Follow the pool before a new clone is made. */
  record AdoptRevision(ImageRef image, String templateHash) implements Action {
    @Override
    public boolean changesDesktop() {
      return true;
    }
  }

  record CreateClone(int number, String imageVersion, String snapshotName, long bytes, String node)
      implements Action {}

  /** Name the node again after the provisioner has cleared it. */
  record PlaceClone(String claimName, String node) implements Action {}

  /** Apply the machine with a disk and a run strategy, changing the strategy only. */
  record ApplyMachine(int cloneNumber, RunStrategy strategy) implements Action {}

  /** The same with another disk: only after it was proven that nothing runs on the old one. */
  record SwapClone(int cloneNumber, RunStrategy strategy) implements Action {}

  /** Say that the desktop's reset is proven: the next claim may have it. */
  record ClearClaim() implements Action {
    @Override
    public boolean changesDesktop() {
      return true;
    }
  }

  /** Delete a clone that the machine does not have. */
  record DeleteClone(String claimName, int number) implements Action {}
}
