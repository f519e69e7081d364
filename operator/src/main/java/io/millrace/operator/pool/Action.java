package io.millrace.operator.pool;

import io.millrace.api.v1alpha1.ImageRef;

/** One step towards the pool that is wanted; each is safe to repeat. */
sealed interface Action {
  record CreateDesktop(int slot, ImageRef image, String templateHash, boolean running)
      implements Action {}

  /** Only if nobody has taken the desktop since it was observed. */
  record DeleteDesktop(String name) implements Action {}

  /** Only if nobody has taken the desktop since it was observed. */
  record UpdateDesktop(String name, ImageRef image, String templateHash, boolean running)
      implements Action {}
}
