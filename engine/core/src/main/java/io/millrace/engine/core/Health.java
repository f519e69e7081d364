package io.millrace.engine.core;

/** Whether the store may still write: fail-stop, the first reason is kept. */
final class Health {
  private String reason = "";

  void stop(String why) {
    if (reason.isEmpty()) {
      reason = why;
    }
  }

  boolean stopped() {
    return !reason.isEmpty();
  }

  String reason() {
    return reason;
  }
}
