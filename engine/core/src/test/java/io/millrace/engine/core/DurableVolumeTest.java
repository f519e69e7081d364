package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Volumes whose writes are acknowledged when they are durable. */
class DurableVolumeTest {
  private final Bench bench = Bench.ofSegments(64);
  private final long volume = durable("disk");

  private long durable(String name) {
    return Bench.volumeOf(bench.run(Command.CreateVolume.empty(name, 1 << 20).acknowledging(true)));
  }

  private void change(long of, boolean whenDurable) {
    bench.run(new Command.ChangeVolume(of, whenDurable, Limits.NONE));
  }

  private boolean isDurable(long id) {
    return bench.store().catalog().volume(id).orElseThrow().durable();
  }

  @Test
  void anAnsweredWriteOutlivesAPowerLoss() {
    bench.fill(volume, 0, 20, 1);
    bench.write(volume, 512, new byte[512]);
    bench.zero(volume, 8192, 4096);
    bench.crashAndOpen();
    assertEquals(0, bench.read(volume, 0, 1024)[700]);
    assertEquals(1, bench.read(volume, 0, 2048)[1500]);
    assertEquals(1, bench.valueAt(volume, 1));
    assertEquals(0, bench.valueAt(volume, 2));
    assertEquals(1, bench.valueAt(volume, 19));
  }

  @Test
  void withItGoesWhatOthersWroteBeforeAndNobodyElseWaits() {
    long staged = bench.volume("staged", 1 << 20);
    long syncs = bench.store().stats().deviceSyncs();
    bench.fill(staged, 0, 1, 1);
    assertEquals(syncs, bench.store().stats().deviceSyncs());
    bench.fill(volume, 0, 1, 2);
    bench.fill(staged, 1, 1, 3);
    bench.crashAndOpen();
    assertEquals(1, bench.valueAt(staged, 0));
    assertEquals(2, bench.valueAt(volume, 0));
    assertEquals(0, bench.valueAt(staged, 1));
  }

  @Test
  void zeroesThatAreThereAlreadyAreDurableToo() {
    change(volume, false);
    bench.fill(volume, 0, 1, 1);
    bench.flush(volume);
    bench.zero(volume, 0, 4096);
    change(volume, true);
    bench.zero(volume, 0, 512);
    bench.crashAndOpen();
    assertEquals(0, bench.valueAt(volume, 0));
  }

  @Test
  void itCanBeChangedAndStaysSo() {
    long staged = bench.volume("staged", 1 << 20);
    assertTrue(isDurable(volume));
    assertFalse(isDurable(staged));
    change(staged, true);
    change(volume, false);
    bench.crashAndOpen();
    assertFalse(isDurable(volume));
    assertTrue(isDurable(staged));
    bench.closeAndOpen();
    assertFalse(isDurable(volume));
    assertTrue(isDurable(staged));
    bench.fill(staged, 0, 1, 1);
    bench.crashAndOpen();
    assertEquals(1, bench.valueAt(staged, 0));
  }

  @Test
  void changedWithRequestsUnderWayAllOfThemAreAnswered() {
    long[] tags = new long[20];
    for (int i = 0; i < tags.length; i++) {
      int block = i;
      boolean whenDurable = i % 4 < 2;
      bench.submit(
          tag ->
              bench
                  .store()
                  .command(new Command.ChangeVolume(volume, whenDurable, Limits.NONE), tag));
      byte[] data = new byte[4096];
      data[0] = (byte) i;
      var memory = bench.bytes(data);
      tags[i] = bench.submit(tag -> bench.store().write(volume, block * 4096L, memory, tag));
    }
    for (long tag : tags) {
      assertEquals(0, bench.errno(tag));
    }
    bench.flush(volume);
    bench.crashAndOpen();
    assertEquals(19, bench.read(volume, 19 * 4096, 512)[0]);
  }

  @Test
  void manyWritersShareACommitAndASync() {
    long[] volumes = new long[8];
    for (int i = 0; i < volumes.length; i++) {
      volumes[i] = durable("v" + i);
    }
    StoreStats before = bench.store().stats();
    var memory = bench.bytes(new byte[4096]);
    long[] tags = new long[volumes.length];
    for (int i = 0; i < volumes.length; i++) {
      long each = volumes[i];
      tags[i] = bench.submit(tag -> bench.store().write(each, 0, memory, tag));
    }
    for (long tag : tags) {
      assertEquals(0, bench.errno(tag));
    }
    StoreStats after = bench.store().stats();
    // Two when the segment ended between them.
    assertTrue(after.commits() - before.commits() <= 2, after + " after " + before);
    assertTrue(after.deviceSyncs() - before.deviceSyncs() <= 2, after + " after " + before);
  }

  @Test
  void aWriteThatFailsIsNotAnswered() {
    bench.disk.failWritesAfter(0);
    assertEquals(Errno.EIO, bench.fill(volume, 0, 1, 1));
    assertEquals(StoreState.STOPPED, bench.store().state());
  }

  @Test
  void aVolumeThatIsNotThereCantBeChanged() {
    CommandResult result = bench.run(new Command.ChangeVolume(77, true, Limits.NONE));
    StoreError error = assertInstanceOf(CommandResult.Refused.class, result).error();
    assertInstanceOf(StoreError.NotFound.class, error);
  }
}
