package io.millrace.engine.core;

import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * One block that a write of less than a block needs from the disk first.
 *
 * <p>It is only used when the block still stands at the same place of the same segment sequence at
 * the moment of staging; else it is fetched anew. So no other writer's sectors are lost.
 */
final class Fill implements Disk.Done {
  final PageBuffer buffer;
  private final SegmentTable table;
  private final Disk disk;
  private final Checksum checksum;
  private @Nullable Runnable done;
  private long location = Location.NONE;
  private long sequence;
  private long address;
  private int crc;
  private boolean busy;
  private boolean good;

  Fill(Arena arena, Serving s) {
    buffer = new PageBuffer(arena, Bytes.PAGE);
    table = s.table;
    disk = s.disk;
    checksum = s.checksum;
  }

  void whenDone(Runnable receiver) {
    done = receiver;
  }

  void fetch(long from, long ofAddress, int expectedCrc) {
    location = from;
    sequence = table.sequence[Location.segment(from)];
    address = ofAddress;
    crc = expectedCrc;
    busy = true;
    table.readers[Location.segment(from)]++;
    disk.read(
        table.geometry.offset(Location.segment(from), Location.slot(from)), buffer.memory, this);
  }

  /** Holds what is at this place now. */
  boolean holds(long wanted) {
    return !busy && location == wanted && sequence == table.sequence[Location.segment(wanted)];
  }

  boolean busy() {
    return busy;
  }

  /** The block came and its checksum is right. */
  boolean good() {
    return good;
  }

  void clear() {
    location = Location.NONE;
  }

  @Override
  public void done(int errno) {
    table.readers[Location.segment(location)]--;
    busy = false;
    good = errno == 0 && checksum.block(buffer, 0, address) == crc;
    Runnable receiver = done;
    if (receiver != null) {
      receiver.run();
    }
  }
}
