package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StoreDumpTest {
  private static final int SEGMENTS = 64;
  private final Bench bench = Bench.ofSegments(SEGMENTS);
  private final long volume = bench.volume("disk", 1 << 22);
  private final List<String> lines = new ArrayList<>();

  private StoreDump dump() {
    return new StoreDump(bench.disk, lines::add);
  }

  private boolean told(String text) {
    return lines.stream().anyMatch(line -> line.contains(text));
  }

  @Test
  void theOverviewTellsHeadsAndCheckpointButNotTheSecret() {
    bench.fill(volume, 0, 20, 1);
    bench.snapshot("base", volume);
    bench.closeAndOpen();
    dump().overview();
    assertTrue(told("superblock segment 0 page 8: store " + Bench.STORE), lines.toString());
    assertTrue(told("root segment 0 page 12: Root["), lines.toString());
    for (String kind : List.of("DIRECTORY", "CATALOG", "SEGMENTS", "RESERVE", "MAP")) {
      assertTrue(told(" " + kind + ", "), kind + " in " + lines);
    }
    assertTrue(told("name=disk") && told("name=base") && told(" frozen"), lines.toString());
    assertTrue(told("blocks 0.. 20 entries"), lines.toString());
    assertFalse(told("5ec2e7") || told("6210279"), "the secret stays in the store");
  }

  @Test
  void everySegmentTellsEveryRecord() {
    bench.fill(volume, 0, 40, 1);
    bench.zero(volume, 0, 4096);
    long kept = bench.volume("kept", 4096);
    bench.run(new Command.DeleteVolume(kept));
    bench.fill(volume, 77, 1, 77);
    bench.closeAndOpen();
    bench.disk.flipBit(bench.disk.pageFilledWith(77) * 4096);
    StoreDump dump = dump();
    assertEquals(SEGMENTS, dump.segments());
    for (int segment = 0; segment < SEGMENTS; segment++) {
      dump.segment(segment);
    }
    assertTrue(told("zeroed layer ") && told(" block 0 blocks 1"), lines.toString());
    assertTrue(told("VolumeDeleted[") && told("VolumeCreated["), lines.toString());
    assertTrue(told(" block 39 birth "), lines.toString());
    assertTrue(told("DATA WRONG"), lines.toString());
    assertTrue(told("    block 39 segment "), lines.toString());
    assertTrue(told("summary page 15: segment sequence 1 commits 1.."), lines.toString());
  }

  @Test
  void aDiskWithoutAStoreIsToldAsSuch() {
    StoreDump dump = new StoreDump(new MemoryStorage(1 << 20), lines::add);
    dump.overview();
    assertEquals(0, dump.segments());
    assertTrue(told("superblock segment 0 page 0: none that is readable"), lines.toString());
  }
}
