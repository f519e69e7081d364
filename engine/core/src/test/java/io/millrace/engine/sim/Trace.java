package io.millrace.engine.sim;

import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32C;

/** A running hash of everything that crossed a seam; equal for two runs of one seed. */
final class Trace {
  private final CRC32C crc = new CRC32C();
  private long hash = 0x6D696C6C72616365L;

  void fold(long value) {
    hash = Dice.mix(hash * 31 + value);
  }

  void fold(MemorySegment content) {
    crc.reset();
    crc.update(content.asByteBuffer());
    fold(crc.getValue());
  }

  long hash() {
    return hash;
  }
}
