package io.millrace.engine.daemon.it;

import java.util.Arrays;

/**
 * The writes of one thread in the order in which it made them. A clock that all threads share ticks
 * at the start of a write, which gives the write its stamp, and again once it was answered: a write
 * that was answered before another began must not be lost when that other one is still there.
 */
final class WriteLog {
  /** When a write without an answer was answered: later than all ticks. */
  static final long NEVER = Long.MAX_VALUE;

  private static final int FIELDS = 4;

  private long[] fields = new long[FIELDS * 1024];
  private int count;

  void begin(int sector, int sectors, long stamp) {
    if (fields.length < (count + 1) * FIELDS) {
      fields = Arrays.copyOf(fields, fields.length * 2);
    }
    int at = count * FIELDS;
    fields[at] = sector;
    fields[at + 1] = sectors;
    fields[at + 2] = stamp;
    fields[at + 3] = NEVER;
    count++;
  }

  /** The write that began last was answered. */
  void answered(long tick) {
    fields[(count - 1) * FIELDS + 3] = tick;
  }

  int count() {
    return count;
  }

  int firstSector(int write) {
    return (int) fields[write * FIELDS];
  }

  int endSector(int write) {
    return firstSector(write) + (int) fields[write * FIELDS + 1];
  }

  long stamp(int write) {
    return fields[write * FIELDS + 2];
  }

  /** The tick of the answer, or {@link #NEVER}. */
  long answeredAt(int write) {
    return fields[write * FIELDS + 3];
  }
}
