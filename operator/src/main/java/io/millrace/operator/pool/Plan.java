package io.millrace.operator.pool;

import java.util.List;

/**
 * What to do next and what stands in the way.
 *
 * @param stalled reason that a person must act on, or nothing
 * @param message for people
 */
record Plan(List<Action> actions, String stalled, String message) {
  static Plan stalled(String reason, String message) {
    return new Plan(List.of(), reason, message);
  }

  /** The same plan, of which the API server refuses a step. */
  Plan refused(String refusal) {
    return new Plan(actions, "Refused", refusal);
  }
}
