package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;

/**
 * The seam to the disk: asynchronous, without order between calls.
 *
 * <p>Called by the owner thread of a store only. A call returns at once; its end is told by {@link
 * #drain} with the ticket it was given. The memory of a call belongs to the storage until then.
 * Offsets, sizes and memory addresses are multiples of 4096 bytes (direct I/O). A write is durable
 * only when a {@link #sync} that was submitted after the write's end has ended without an error.
 */
public interface Storage {
  /** Size of the space in bytes; never changes while open. */
  long sizeBytes();

  /** Reads {@code into.byteSize()} bytes at {@code offset}. */
  void read(long offset, MemorySegment into, long ticket);

  /** Writes all of {@code from} at {@code offset}. */
  void write(long offset, MemorySegment from, long ticket);

  /**
   * Reads {@code into.byteSize()} bytes at {@code offset} before it returns.
   *
   * @return 0, or the Linux error number of the failure
   */
  int readNow(long offset, MemorySegment into);

  /** Makes every write that has ended before this call durable. */
  void sync(long ticket);

  /**
   * Has all calls begin that were asked for; until then, or the next {@link #drain}, they need not.
   */
  default void submit() {}

  /**
   * Tells {@code sink} of every call that has ended since the last drain, in any order; never
   * blocks.
   */
  void drain(Completions sink);

  /** Receives the ends of calls. */
  interface Completions {
    /**
     * @param errno 0, or the Linux error number of the failure; a short read or write is EIO (5)
     */
    void completed(long ticket, int errno);
  }
}
