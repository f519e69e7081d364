package io.millrace.operator.desktop;

/** The two of KubeVirt's run strategies that the operator uses. */
enum RunStrategy {
  /** No instance. */
  HALTED("Halted"),
  /**
   * An instance that is started again when it fails, but not when the guest ends it. Going here
   * from {@link #HALTED} starts one.
   */
  RUNNING("RerunOnFailure");

  private final String text;

  RunStrategy(String text) {
    this.text = text;
  }

  String text() {
    return text;
  }
}
