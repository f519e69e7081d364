package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** What a volume meets beside one that asks for all there is. */
class SharedStoreTest {
  private static final int MANY = 128;
  private static final int POLLS = 5;

  private final Bench bench = Bench.of(64, 1 << 20, StoreOptions.small().withCacheBytes(64 << 10));
  private final long greedy = bench.volume("greedy", 8 << 20);
  private final long quiet = bench.volume("quiet", 8 << 20);

  private void writeMany() {
    var memory = bench.bytes(new byte[64 << 10]);
    for (int i = 0; i < MANY; i++) {
      long offset = i * (64L << 10);
      bench.submit(tag -> bench.store().write(greedy, offset, memory, tag));
    }
    for (int i = 0; i < POLLS; i++) {
      bench.poll();
    }
  }

  private long write(long volume, long offset) {
    var memory = bench.bytes(new byte[4096]);
    return bench.submit(tag -> bench.store().write(volume, offset, memory, tag));
  }

  private long read(long volume, long block) {
    var memory = bench.bytes(new byte[4096]);
    return bench.submit(tag -> bench.store().read(volume, block * 4096, memory, tag));
  }

  @Test
  void whileTheDiskTakesNothingOthersReadWriteAndDiscardBesideOneWhoseWritesWait() {
    bench.fill(quiet, 0, 8, 1);
    bench.flush(quiet);
    bench.disk.losePowerAfter(0);
    writeMany();
    assertTrue(bench.store().serving().writer.waitsForRoom());
    long more = write(greedy, 0);
    assertEquals(OptionalInt.of(0), bench.errnoWithin(POLLS, write(quiet, 4096)));
    assertEquals(OptionalInt.of(0), bench.errnoWithin(POLLS, read(quiet, 3)));
    long discard = bench.submit(tag -> bench.store().zero(quiet, 0, 32 << 10, tag));
    assertEquals(OptionalInt.of(0), bench.errnoWithin(POLLS, discard));
    long ofGreedy = bench.submit(tag -> bench.store().zero(greedy, 4 << 20, 1 << 20, tag));
    assertEquals(OptionalInt.of(0), bench.errnoWithin(POLLS, ofGreedy));
    assertEquals(OptionalInt.empty(), bench.errnoWithin(POLLS, more));
  }

  @Test
  void aLargeRangeOfZeroesIsNotPaidForByTheByte() {
    long wide = bench.volume("wide", 1L << 40);
    // From within a block, so that it stands among the writes.
    long zeroed = bench.submit(tag -> bench.store().zero(wide, 512, (1L << 40) - 512, tag));
    assertEquals(0, bench.errno(zeroed));
    int volumes = (1 << 20) / 4096;
    long[] crowd = new long[volumes];
    Arrays.setAll(crowd, i -> bench.volume("crowd" + i, 1 << 20));
    // All that may be staged, and three times as much that waits.
    List<Long> asked = new ArrayList<>();
    for (int block = 0; block < 4; block++) {
      for (long volume : crowd) {
        asked.add(write(volume, block * 4096L));
      }
    }
    assertEquals(0, bench.errno(write(wide, 4096)));
    assertEquals(OptionalInt.empty(), bench.errnoWithin(1, asked.getLast()));
    for (long tag : asked) {
      assertEquals(0, bench.errno(tag));
    }
  }

  @Test
  void aReadDoesNotStandBehindAnothersMany() {
    bench.fill(greedy, 0, MANY, 1);
    bench.fill(quiet, 0, MANY, 2);
    bench.closeAndOpen();
    long[] many = new long[MANY];
    for (int i = 0; i < MANY; i++) {
      many[i] = read(greedy, i);
    }
    assertEquals(OptionalInt.of(0), bench.errnoWithin(8, read(quiet, 5)));
    assertEquals(OptionalInt.empty(), bench.errnoWithin(1, many[MANY - 1]));
    for (long tag : many) {
      assertEquals(0, bench.errno(tag));
    }
  }
}
