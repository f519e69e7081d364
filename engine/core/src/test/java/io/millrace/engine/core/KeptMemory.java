package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.UUID;

/** Staging memory that outlives a store, as a file in memory outlives a process. */
public final class KeptMemory implements StagingMemory {
  private final Arena arena = Arena.ofAuto();
  private MemorySegment memory = MemorySegment.NULL;
  UUID boot = new UUID(7, 7);

  @Override
  public UUID boot() {
    return boot;
  }

  @Override
  public Given open(UUID store, long bytes) {
    if (memory.byteSize() < bytes) {
      MemorySegment larger = arena.allocate(bytes, Bytes.PAGE);
      MemorySegment.copy(memory, 0, larger, 0, memory.byteSize());
      memory = larger;
    }
    return new Given.Kept(memory);
  }

  /** The power fails. */
  public void lose() {
    memory.fill((byte) 0);
  }

  MemorySegment memory() {
    return memory;
  }

  byte[] image() {
    return memory.toArray(ValueLayout.JAVA_BYTE);
  }

  void restore(byte[] image) {
    memory = arena.allocate(image.length, Bytes.PAGE);
    MemorySegment.copy(MemorySegment.ofArray(image), 0, memory, 0, image.length);
  }
}
