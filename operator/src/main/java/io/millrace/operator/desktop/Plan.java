package io.millrace.operator.desktop;

import io.millrace.api.v1alpha1.DesktopPhase;
import java.util.List;

/**
 * What to do next and how the desktop stands.
 *
 * @param available whether a claim may take the desktop
 * @param ready whether the desktop is as it should be
 * @param stalled whether a person must act
 */
record Plan(
    List<Action> actions,
    DesktopPhase phase,
    boolean ready,
    boolean available,
    boolean stalled,
    String reason,
    String message) {

  /** The desktop waits, or goes on, on its own. */
  static Plan on(DesktopPhase phase, String reason, String message, List<Action> actions) {
    return new Plan(List.copyOf(actions), phase, false, false, false, reason, message);
  }

  /** The desktop can't go on without a person. */
  static Plan stalled(DesktopPhase phase, String reason, String message) {
    return new Plan(List.of(), phase, false, false, true, reason, message);
  }

  static Plan done(
      DesktopPhase phase, boolean available, String reason, String message, List<Action> actions) {
    return new Plan(List.copyOf(actions), phase, true, available, false, reason, message);
  }
}
