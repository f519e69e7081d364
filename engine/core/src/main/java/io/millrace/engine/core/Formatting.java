package io.millrace.engine.core;

import java.util.Optional;

/** A format under way: {@link #poll} it until {@link #done}. Owner thread only. */
@SuppressWarnings("DoNotCallSuggester")
public final class Formatting {
  Formatting(Storage storage, Clock clock, FormatOptions options) {}

  /** Drains the storage and goes on. */
  public void poll() {
    throw new UnsupportedOperationException("not built yet");
  }

  /** True when it has ended, well or not. */
  public boolean done() {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Why it failed; empty when it went well. */
  public Optional<String> failure() {
    throw new UnsupportedOperationException("not built yet");
  }
}
