package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class LayerMergeTest {
  private static final int LEAVES = 6;
  private static final int SEEDS = 300;
  private static final Geometry GEOMETRY = Geometry.of(256L << 20, 4 << 20);

  private final SegmentTable table = new SegmentTable(GEOMETRY);
  private final Blocks blocks = new Blocks(table);
  private final Namespace namespace = new Namespace();
  private final Layer base = namespace.addLayer(1, null);
  private final Layer parent = namespace.addLayer(2, base);
  private final Layer child = namespace.addLayer(3, parent);
  private int nextSlot;

  LayerMergeTest() {
    base.frozen = true;
    base.names = 1;
    parent.frozen = true;
  }

  @Test
  void eachStepLeavesTheContentAsItIsWhicheverMapIsSmaller() {
    for (int seed = 0; seed < SEEDS; seed++) {
      new LayerMergeTest().mergeStepwise(new Random(seed), "seed " + seed);
    }
  }

  private void mergeStepwise(Random random, String seed) {
    fill(base, random, 30);
    fill(parent, random, random.nextInt(200));
    fill(child, random, random.nextInt(200));
    long[] before = content();
    LayerMerge merge = new LayerMerge(parent, child, blocks);
    for (int work = 0; work >= 0; work = merge.step()) {
      assertSame(before, seed);
    }
    assertTrue(parent.map.empty(), seed);
    namespace.merged(parent, child, 1);
    assertSame(before, seed);
    assertEquals(base.map.blocks() + child.map.blocks(), table.liveBlocks(), seed);
    for (long leaf = child.map.nextLeaf(0); leaf >= 0; leaf = child.map.nextLeaf(leaf + 1)) {
      long entries = child.map.blocks() + child.map.whiteouts();
      Whiteouts.tidy(child, leaf);
      assertEquals(entries, child.map.blocks() + child.map.whiteouts(), seed);
    }
  }

  @Test
  void aChildThatGrowsAsItIsWalkedIsMergedAllTheSame() {
    for (int leaf = 0; leaf < 1000; leaf++) {
      put(parent, leaf * 512L);
    }
    put(child, 0);
    LayerMerge merge = new LayerMerge(parent, child, blocks);
    int steps = 0;
    for (int work = 0; work >= 0; work = merge.step()) {
      put(child, steps++ % 2000 * 512L + 1);
      assertTrue(steps < 5000, "it never ends");
    }
    assertTrue(child.map.find(1) >= 0);
    assertTrue(parent.map.empty());
    assertEquals(table.liveBlocks(), child.map.blocks());
  }

  @Test
  void anEmptyCloneTakesTheMapOfALargeParentInOneStep() {
    for (int leaf = 0; leaf < 1000; leaf++) {
      put(parent, leaf * 512L);
    }
    LayerMerge merge = new LayerMerge(parent, child, blocks);
    assertEquals(-1, merge.step());
    assertEquals(1000, child.map.leaves());
  }

  private void fill(Layer layer, Random random, int changes) {
    for (int i = 0; i < changes; i++) {
      long block = random.nextInt(LEAVES) * 512L + random.nextInt(20);
      switch (random.nextInt(12)) {
        case 0 -> blocks.zero(layer, block / 512 * 512, 512);
        case 1, 2 -> blocks.zero(layer, block, 1 + random.nextInt(5));
        default -> put(layer, block);
      }
    }
  }

  private void put(Layer layer, long block) {
    int slot = nextSlot++;
    long location = Location.of(1 + slot / GEOMETRY.segmentPages(), slot % GEOMETRY.segmentPages());
    blocks.place(layer, block, location, slot);
  }

  private long[] content() {
    LayerChain chain = new LayerChain(child);
    long[] content = new long[LEAVES * 512];
    for (int block = 0; block < content.length; block++) {
      content[block] = Math.max(Location.NONE, chain.find(block));
    }
    return content;
  }

  private void assertSame(long[] before, String seed) {
    long[] now = content();
    for (int block = 0; block < before.length; block++) {
      assertEquals(before[block], now[block], seed + ": block " + block);
    }
  }
}
