package io.millrace.engine.core;

/** Receives the ends of requests and commands, from inside {@link Store#poll} only. */
public interface Answers {
  /**
   * A read, write, zero, flush or close has ended; its memory is the caller's again.
   *
   * @param errno 0, or a Linux error number of {@link Errno}
   */
  void answered(long tag, int errno);

  /** A command has ended; {@link CommandResult.Done} is durable. */
  void commanded(long tag, CommandResult result);
}
