package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Limits are kept with their volume, whatever happens to it. */
class LimitedVolumeTest {
  private static final Limits SLOW = new Limits(10, 1 << 20, 3, 50);
  private static final Limits HEAVY = new Limits(0, 0, 0, 400);

  private final Bench bench = Bench.ofSegments(64);
  private final long volume =
      Bench.volumeOf(bench.run(Command.CreateVolume.empty("v", 1 << 20).limited(SLOW)));

  @Test
  void theyAreKeptAndCanBeChanged() {
    bench.crashAndOpen();
    assertEquals(SLOW, bench.store().limits(volume));
    bench.closeAndOpen();
    assertEquals(SLOW, bench.store().limits(volume));
    bench.run(new Command.ChangeVolume(volume, true, HEAVY));
    assertEquals(HEAVY, bench.store().limits(volume));
    bench.crashAndOpen();
    Catalog.Volume now = bench.store().catalog().volume(volume).orElseThrow();
    assertEquals(HEAVY, now.limits());
    assertTrue(now.durable());
    bench.run(new Command.ChangeVolume(volume, true, Limits.NONE));
    bench.closeAndOpen();
    assertEquals(Limits.NONE, bench.store().limits(volume));
  }

  @Test
  void whoLooksSeesThatTheyChanged() {
    long before = bench.store().limitChanges();
    bench.fill(volume, 0, 10, 1);
    assertEquals(before, bench.store().limitChanges());
    bench.run(new Command.ChangeVolume(volume, false, HEAVY));
    assertTrue(bench.store().limitChanges() != before);
  }

  @Test
  void aClonesAreItsOwnAndAVolumeThatIsFilledKeepsIts() {
    long clone = Bench.volumeOf(bench.run(Command.CreateVolume.ofVolume("clone", 0, volume)));
    assertEquals(Limits.NONE, bench.store().limits(clone));
    bench.fill(clone, 0, 1, 7);
    long blank =
        Bench.volumeOf(bench.run(Command.CreateVolume.empty("blank", 1 << 20).limited(HEAVY)));
    bench.run(new Command.FillVolume("blank", clone));
    bench.closeAndOpen();
    assertEquals(HEAVY, bench.store().limits(blank));
    assertEquals(7, bench.valueAt(blank, 0));
  }

  @ParameterizedTest
  @CsvSource({
    "-1, 0, 0, 0, iops -1",
    "10000001, 0, 0, 0, iops 10000001",
    "0, 65535, 0, 0, bandwidth 65535",
    "0, -1, 0, 0, bandwidth -1",
    "0, 0, 3601, 0, burst 3601",
    "0, 0, 0, 10001, weight 10001",
    "0, 0, 0, -1, weight -1",
  })
  void whatCantBeIsRefused(long iops, long bytes, int burst, int weight, String told) {
    Limits wrong = new Limits(iops, bytes, burst, weight);
    CommandResult result = bench.run(new Command.ChangeVolume(volume, false, wrong));
    StoreError error = assertInstanceOf(CommandResult.Refused.class, result).error();
    String message = assertInstanceOf(StoreError.InvalidArgument.class, error).message();
    assertTrue(message.contains(told), message);
    var create = Command.CreateVolume.empty("w", 1 << 20).limited(wrong);
    assertInstanceOf(CommandResult.Refused.class, bench.run(create));
    assertEquals(SLOW, bench.store().limits(volume));
  }
}
