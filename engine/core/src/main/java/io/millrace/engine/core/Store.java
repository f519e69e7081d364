package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;

/**
 * A log-structured store of volumes, snapshots and clones on one {@link Storage}.
 *
 * <p>A deterministic state machine: every method is for the owner thread only and returns at once;
 * ends are told by {@link #poll} alone, never from inside a request. The memory of a request stays
 * the caller's and must be valid until its answer. Tags are opaque. A data request allocates
 * nothing.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class Store {
  private Store() {}

  /** Lays out an empty store; poll the result until it is done. */
  public static Formatting format(Storage storage, Clock clock, FormatOptions options) {
    return new Formatting(storage, clock, options);
  }

  /** Begins recovery; {@link #poll} until {@link #state} is no longer RECOVERING. */
  public static Store open(Storage storage, Clock clock, StoreOptions options) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** What the store can do now. */
  public StoreState state() {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Why it is STOPPED or DAMAGED; empty otherwise. */
  public String reason() {
    throw new UnsupportedOperationException("not built yet");
  }

  /**
   * Reads {@code into.byteSize()} bytes. Offset and length are multiples of 512; beyond the end:
   * EINVAL; damaged: EIO.
   */
  public void read(long volumeId, long offset, MemorySegment into, long tag) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Writes all of {@code from}; answered when staged, in the order of the log. */
  public void write(long volumeId, long offset, MemorySegment from, long tag) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Makes the range read as zeros and frees its blocks (discard and write-zeroes). */
  public void zero(long volumeId, long offset, long length, long tag) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Answered when every write that was answered before, of all volumes, is durable. */
  public void flush(long volumeId, long tag) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Changes the catalog; answered by {@link Answers#commanded} when durable. */
  public void command(Command command, long tag) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Flushes and checkpoints; refuses new requests from now on; answered when CLOSED. */
  public void close(long tag) {
    throw new UnsupportedOperationException("not built yet");
  }

  /**
   * Takes the disk's completions, commits, cleans, checkpoints, and tells {@code answers} what has
   * ended.
   *
   * @return nanoseconds until it wants to be polled again; {@link Long#MAX_VALUE}: only on events
   */
  public long poll(Answers answers) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** The volumes and snapshots as of now. */
  public Catalog catalog() {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Counters since the opening. */
  public StoreStats stats() {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Identity and room; valid once no longer RECOVERING. */
  public StoreInfo info() {
    throw new UnsupportedOperationException("not built yet");
  }
}
