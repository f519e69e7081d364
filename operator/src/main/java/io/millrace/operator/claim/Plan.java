package io.millrace.operator.claim;

import java.util.List;

/**
 * What to do next and what the claim has.
 *
 * @param bound the desktop that is this claim's, or nothing
 * @param queuePosition place in the queue, from 1; 0 when the claim doesn't wait
 */
record Plan(List<Action> actions, String bound, int queuePosition, String reason, String message) {}
