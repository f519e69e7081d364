package io.millrace.engine.daemon;

/** The exit codes of {@code millrace} and {@code millraced}; part of their interface. */
public final class ExitCode {
  public static final int OK = 0;
  public static final int FAILURE = 1;
  public static final int USAGE = 2;
  public static final int NOT_FOUND = 3;

  /** The name stands for something else, or the object is not in the right state, or busy. */
  public static final int CONFLICT = 4;

  public static final int NO_SPACE = 5;
  public static final int DAMAGED = 6;
  public static final int UNREACHABLE = 7;

  private ExitCode() {}
}
