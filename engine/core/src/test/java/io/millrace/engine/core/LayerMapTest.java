package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LayerMapTest {
  private final Cells cells = new Cells();
  private final LayerMap map = new LayerMap(cells);

  @Test
  void itAnswersLikeAPlainMap() {
    Random random = new Random(42);
    Map<Long, Long> model = new HashMap<>();
    for (int i = 0; i < 200_000; i++) {
      long block = random.nextInt(3) == 0 ? random.nextLong(1L << 34) : random.nextInt(5000);
      long before = model.getOrDefault(block, Location.NONE);
      if (random.nextInt(3) == 0) {
        assertEquals(before, map.remove(block));
        model.remove(block);
      } else {
        long location =
            random.nextInt(10) == 0 ? Location.WHITEOUT : Location.of(i & 0xffff, i & 511);
        assertEquals(before, map.put(block, location, i));
        model.put(block, location);
      }
      assertEquals(model.getOrDefault(block, Location.NONE), map.find(block));
    }
    model.forEach((block, location) -> assertEquals(location, map.find(block)));
    assertEquals(model.size(), map.blocks() + map.whiteouts());
    model.keySet().forEach(map::remove);
    assertEquals(0, map.blocks() + map.whiteouts());
    assertEquals(0, cells.usedBytes());
  }

  @Test
  void anIdleLayerCostsNothingAndASparseOneLittle() {
    assertEquals(0, cells.usedBytes());
    for (long block = 0; block < 1 << 20; block += 512) {
      map.put(block, Location.of(1, 1), 0);
    }
    assertEquals(2048, map.leaves());
    assertEquals(true, cells.usedBytes() < 2048 * 128);
  }

  @Test
  void aLeafOfWhiteoutsNeedsNoCell() {
    map.putWhiteLeaf(7);
    long empty = cells.usedBytes();
    assertEquals(Location.WHITEOUT, map.find(7 * 512 + 5));
    assertEquals(7, map.nextLeaf(0));
    map.put(7 * 512 + 5, Location.of(1, 2), 3);
    assertEquals(Location.of(1, 2), map.find(7 * 512 + 5));
    assertEquals(Location.WHITEOUT, map.find(7 * 512 + 6));
    assertEquals(true, cells.usedBytes() > empty);
  }

  @Test
  void leavesAreFoundInOrder() {
    long[] leaves = {0, 1, 63, 64, 4095, 4096, 1L << 24};
    for (long leaf : leaves) {
      map.put(leaf * 512, Location.of(1, 1), 0);
    }
    long at = 0;
    for (long leaf : leaves) {
      at = map.nextLeaf(at);
      assertEquals(leaf, at);
      at++;
    }
    assertEquals(-1, map.nextLeaf(at));
  }

  @Test
  void aWhiteLeafWithSomeBlocksIsAsSmallAsThose() {
    Random random = new Random(7);
    Map<Long, Long> model = new HashMap<>();
    map.putWhiteLeaf(3);
    map.put(5 * 512 + 1, Location.of(9, 9), 0);
    map.whitenElsewhere(5);
    model.put(5 * 512 + 1L, Location.of(9, 9));
    for (int i = 0; i < 20_000; i++) {
      long block = (random.nextBoolean() ? 3 : 5) * 512L + random.nextInt(40);
      long location = random.nextInt(2) == 0 ? Location.WHITEOUT : Location.of(i & 0xffff, i & 511);
      assertEquals(model.getOrDefault(block, Location.WHITEOUT), map.put(block, location, i));
      model.put(block, location);
      assertEquals(location, map.find(block));
    }
    assertEquals(Location.WHITEOUT, map.find(3 * 512 + 511));
    assertEquals(true, cells.usedBytes() < 2000, "bytes " + cells.usedBytes());
    for (long block : model.keySet()) {
      map.put(block, Location.WHITEOUT, 0);
    }
    assertEquals(0, map.blocks() + map.whiteouts());
    assertEquals(Leaf.WHITE, map.leaf(3));
    map.detachLeaf(3);
    map.detachLeaf(5);
    assertEquals(0, cells.usedBytes());
    assertEquals(0, cells.imageBytes());
  }

  @Test
  void leavesThatGrowInLockstepDoNotLeaveTheirFormerSizesBehind() {
    for (int entry = 0; entry < 100; entry++) {
      for (long leaf = 0; leaf < 2000; leaf++) {
        map.put(leaf * 512 + entry, Location.of(1, 1), 0);
      }
    }
    assertEquals(true, cells.slabBytes() < cells.usedBytes() * 5 / 4, "slabs " + cells.slabBytes());
    assertEquals(2000L * LeafImage.bytes(100), cells.imageBytes());
  }
}
