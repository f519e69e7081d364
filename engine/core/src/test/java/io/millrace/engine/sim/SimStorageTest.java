package io.millrace.engine.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The disk of the simulator keeps the rules of {@link io.millrace.engine.core.Storage}. */
final class SimStorageTest {
  private final Faults faults = new Faults(new Tally());
  private final SimClock clock = new SimClock();
  private final Arena arena = Arena.ofAuto();
  private final List<Integer> errors = new ArrayList<>();

  private SimStorage disk(long seed) {
    Medium medium = new Medium(1 << 20, false);
    return new SimStorage(medium, clock, new Trace(), faults, Setup.smallest(seed), () -> 0);
  }

  private MemorySegment blocks(int count, int value) {
    return arena.allocate(count * 4096L, 4096).fill((byte) value);
  }

  private void finish(SimStorage disk) {
    while (disk.inFlight() > 0) {
      clock.advanceTo(disk.nextDueNanos());
      disk.drain((ticket, errno) -> errors.add(errno));
    }
  }

  private int byteAt(SimStorage disk, long offset) {
    MemorySegment into = blocks(1, 0);
    disk.read(offset / 4096 * 4096, into, 99);
    finish(disk);
    return into.get(ValueLayout.JAVA_BYTE, offset % 4096);
  }

  @Test
  void whatASyncCoversSurvivesEveryPowerLoss() {
    for (long seed = 0; seed < 200; seed++) {
      SimStorage disk = disk(seed);
      disk.write(8192, blocks(2, 7), 1);
      finish(disk);
      disk.sync(2);
      finish(disk);
      disk.write(8192, blocks(1, 8), 3);
      disk.losePower(new Dice(seed));
      assertEquals(7, byteAt(disk, 12288));
      assertTrue(Set.of(7, 8).contains(byteAt(disk, 8192)));
    }
  }

  @Test
  void aWriteThatEndsAfterASyncBeganIsNotCovered() {
    Set<Integer> seen = new HashSet<>();
    for (long seed = 0; seed < 200; seed++) {
      SimStorage disk = disk(seed);
      disk.write(0, blocks(1, 7), 1);
      disk.sync(2);
      finish(disk);
      disk.losePower(new Dice(seed));
      seen.add(byteAt(disk, 0));
    }
    assertEquals(Set.of(0, 7), seen);
  }

  @Test
  void aCrashTearsAWriteBetweenSectors() {
    boolean torn = false;
    for (long seed = 0; seed < 200; seed++) {
      SimStorage disk = disk(seed);
      disk.write(0, blocks(1, 7), 1);
      disk.losePower(new Dice(seed));
      MemorySegment into = blocks(1, 0);
      disk.read(0, into, 2);
      finish(disk);
      for (int sector = 0; sector < 8; sector++) {
        byte first = into.get(ValueLayout.JAVA_BYTE, sector * 512L);
        assertEquals(
            -1, into.asSlice(sector * 512L, 512).mismatch(blocks(1, first).asSlice(0, 512)));
        torn |= first != into.get(ValueLayout.JAVA_BYTE, 0);
      }
    }
    assertTrue(torn);
  }

  @Test
  void afterAFailedSyncNothingItCoveredIsEverDurable() {
    Set<Integer> seen = new HashSet<>();
    for (long seed = 0; seed < 200; seed++) {
      SimStorage disk = disk(seed);
      disk.write(0, blocks(1, 7), 1);
      finish(disk);
      faults.arm(new Fault(Fault.Kind.SYNC_ERROR, 0));
      disk.sync(2);
      finish(disk);
      disk.sync(3);
      finish(disk);
      disk.losePower(new Dice(seed));
      seen.add(byteAt(disk, 0));
    }
    assertEquals(Set.of(0, 7), seen);
    assertEquals(200, errors.stream().filter(e -> e == SimStorage.EIO).count());
  }

  @Test
  void theLossOfAProcessLosesNoWriteThatHadEnded() {
    for (long seed = 0; seed < 50; seed++) {
      SimStorage disk = disk(seed);
      disk.write(0, blocks(1, 7), 1);
      finish(disk);
      disk.loseProcess(new Dice(seed));
      assertEquals(7, byteAt(disk, 0));
    }
  }

  @Test
  void aCallerThatBreaksARuleIsToldSo() {
    SimStorage disk = disk(1);
    assertThrows(Violation.class, () -> disk.write(512, blocks(1, 1), 1));
    assertThrows(Violation.class, () -> disk.write(1 << 20, blocks(1, 1), 1));
    assertThrows(Violation.class, () -> disk.read(0, blocks(2, 1).asSlice(512, 4096), 1));
    MemorySegment data = blocks(1, 1);
    disk.write(0, data, 1);
    assertThrows(Violation.class, () -> disk.sync(1));
    assertThrows(Violation.class, () -> disk.read(0, blocks(1, 1), 2));
    data.fill((byte) 2);
    assertThrows(Violation.class, () -> finish(disk));
  }
}
