package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** A volume that is given what another holds: whole, or not at all. */
class FillVolumeTest {
  private static final int BLOCKS = 40;
  private static final long BYTES = 64 * 4096;

  /** A store with the volume to be filled, perhaps with a snapshot of it, and the source. */
  private static final class Scene {
    final Bench bench = Bench.ofSegments(96);
    final long there;
    final long source;

    Scene(boolean exists) {
      there = exists ? bench.volume("v", BYTES + 4096) : 0;
      if (exists) {
        bench.snapshot("blank", there);
      }
      source = bench.volume("source", BYTES);
      for (int block = 0; block < BLOCKS; block++) {
        bench.fill(source, block, 1, value(block));
      }
      assertEquals(0, bench.flush(source));
    }

    static int value(int block) {
      return 1 + block % 100;
    }

    Command fill() {
      return new Command.FillVolume("v", source);
    }

    /** Either as before or as after; whether it is as after. */
    boolean filled() {
      Catalog catalog = bench.store().catalog();
      boolean gone = catalog.volume("source").isEmpty();
      long holder =
          gone ? catalog.volume("v").orElseThrow().id() : catalog.volume("source").get().id();
      for (int block = 0; block < BLOCKS; block++) {
        assertEquals(value(block), bench.valueAt(holder, block), "block " + block);
      }
      assertEquals(0, bench.valueAt(holder, BLOCKS));
      if (there != 0) {
        assertEquals(there, catalog.volume("v").orElseThrow().id());
        assertEquals(gone ? value(0) : 0, bench.valueAt(there, 0));
        assertEquals(BYTES + 4096, catalog.volume("v").orElseThrow().sizeBytes());
        assertEquals(0, bench.valueAt(bench.clone("of blank", snapshot()), 0));
      } else {
        assertEquals(gone, catalog.volume("v").isPresent());
      }
      bench.store().check();
      return gone;
    }

    private long snapshot() {
      return bench.store().catalog().snapshot("blank").orElseThrow().id();
    }
  }

  @Test
  void aNewVolumeAndOneThatIsThereHoldItAllAndTheSourceIsGone() {
    for (boolean exists : List.of(false, true)) {
      Scene scene = new Scene(exists);
      assertInstanceOf(CommandResult.VolumeDone.class, scene.bench.run(scene.fill()));
      assertTrue(scene.filled());
      scene.bench.crashAndOpen();
      assertTrue(scene.filled());
      scene.bench.closeAndOpen();
      scene.bench.restUntilReclaimed();
      assertTrue(scene.filled());
      scene.bench.closeAndOpen();
      assertTrue(scene.filled());
      scene.bench.close();
      scene.bench.rebuild();
      assertTrue(scene.filled());
    }
  }

  @Test
  void afterAPowerLossAtAnyCallToTheDiskItIsDoneOrWasNeverBegun() {
    int done = 0;
    int undone = 0;
    for (boolean exists : List.of(false, true)) {
      for (int calls = 0; calls < 12; calls++) {
        Scene scene = new Scene(exists);
        scene.bench.disk.losePowerAfter(calls);
        scene.bench.submit(tag -> scene.bench.store().command(scene.fill(), tag));
        for (int polls = 0; polls < 500; polls++) {
          scene.bench.poll();
        }
        scene.bench.disk.crashTearing();
        scene.bench.open();
        if (scene.filled()) {
          done++;
        } else {
          undone++;
          assertInstanceOf(CommandResult.VolumeDone.class, scene.bench.run(scene.fill()));
        }
      }
    }
    assertTrue(done > 0 && undone > 0, done + " done, " + undone + " undone");
  }

  @Test
  void afterADeleteTheStoreIsAsEmptyAsBefore() {
    Scene scene = new Scene(false);
    long id = Bench.volumeOf(scene.bench.run(scene.fill()));
    scene.bench.run(new Command.DeleteVolume(id));
    scene.bench.restUntilReclaimed();
    assertEquals(0, scene.bench.store().info().physicalBytes());
  }

  @Test
  void whatHoldsSomethingIsTooSmallOrIsNotThereIsRefusedAndNothingChanges() {
    Scene scene = new Scene(false);
    Bench bench = scene.bench;
    long used = bench.volume("used", BYTES);
    bench.fill(used, 3, 1, 9);
    bench.volume("small", BYTES - 512);
    long origin = bench.snapshot("s", used);
    bench.clone("clone", origin);
    Catalog before = bench.store().catalog();
    for (String name : List.of("used", "small", "clone", "source")) {
      refused(bench, name, scene.source, StoreError.FailedPrecondition.class);
    }
    refused(bench, "", scene.source, StoreError.InvalidArgument.class);
    refused(bench, "v", 4711, StoreError.NotFound.class);
    assertEquals(before, bench.store().catalog());
    bench.closeAndOpen();
    refused(bench, "used", scene.source, StoreError.FailedPrecondition.class);
  }

  private static void refused(
      Bench bench, String name, long source, Class<? extends StoreError> why) {
    CommandResult result = bench.run(new Command.FillVolume(name, source));
    assertInstanceOf(CommandResult.Refused.class, result, name);
    assertInstanceOf(why, ((CommandResult.Refused) result).error(), name);
  }
}
