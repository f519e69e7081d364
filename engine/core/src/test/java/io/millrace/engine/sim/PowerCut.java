package io.millrace.engine.sim;

/** The power fails in the midst of whatever the store was doing. */
final class PowerCut extends RuntimeException {
  private static final long serialVersionUID = 1;

  PowerCut() {
    super("power cut", null, false, false);
  }
}
