package io.millrace.operator.claim;

/** One step towards a claim that has its desktop; each is safe to repeat. */
sealed interface Action {
  /** Note the choice on the claim: from here on it can get no other desktop by mistake. */
  record Reserve(String desktop) implements Action {}

  /** Write the claim on the desktop: from here on no other claim can get it. */
  record Take(String desktop) implements Action {}

  /** The desktop that was chosen can't be had: choose again. */
  record Forget() implements Action {}
}
