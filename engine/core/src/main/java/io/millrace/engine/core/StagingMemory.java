package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.UUID;

/**
 * Memory outside the process for what is staged: it outlives a kill, not a restart of the machine.
 *
 * <p>Called by the owner thread, once per opening of a store.
 */
public interface StagingMemory {
  /** Nothing outlives the process. */
  StagingMemory NONE =
      new StagingMemory() {
        @Override
        public UUID boot() {
          return new UUID(0, 0);
        }

        @Override
        public Given open(UUID store, long bytes) {
          return new Given.Nothing();
        }
      };

  /** What there is for a store. */
  sealed interface Given {
    /**
     * Page-aligned, at least as large as asked for, and holding what the last process left in it;
     * zeros when it is new.
     */
    record Kept(MemorySegment memory) implements Given {}

    /** There never was any, and none is to be had. */
    record Nothing() implements Given {}

    /** There is some, which can't be used; what it holds would be lost. */
    record Unusable(String reason) implements Given {}
  }

  /** This start of the machine: what an earlier one left counts for nothing. */
  UUID boot();

  /** The memory of that store. */
  Given open(UUID store, long bytes);
}
