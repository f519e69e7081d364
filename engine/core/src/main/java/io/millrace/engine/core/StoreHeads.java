package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Both superblocks and both roots, as they are, and which of them count.
 *
 * @param superblock the one with the highest epoch; null when no copy is readable and known
 * @param roots as the superblock's checksums have them; null where there is none
 * @param root the one with the highest number; null when no copy is readable
 */
record StoreHeads(
    List<Superblock.Found> superblocks,
    @Nullable Superblock superblock,
    List<@Nullable Root> roots,
    @Nullable Root root) {
  static final int[] SUPERBLOCK_PAGES = {Geometry.SUPERBLOCK_A, Geometry.SUPERBLOCK_B};
  static final int[] ROOT_PAGES = {Geometry.ROOT_A, Geometry.ROOT_B};

  static StoreHeads read(BlockingDisk disk, Arena arena) {
    PageBuffer page = new PageBuffer(arena, Bytes.PAGE);
    List<Superblock.Found> superblocks = new ArrayList<>();
    Superblock newest = null;
    boolean refused = false;
    for (int at : SUPERBLOCK_PAGES) {
      Superblock.Found found =
          load(disk, page, at) ? Superblock.decode(page) : new Superblock.Found.Absent();
      superblocks.add(found);
      refused |= found instanceof Superblock.Found.Refused;
      if (found instanceof Superblock.Found.Good good
          && (newest == null || good.superblock().epoch() > newest.epoch())) {
        newest = good.superblock();
      }
    }
    Superblock known = refused ? null : newest;
    List<@Nullable Root> roots = new ArrayList<>();
    Root latest = null;
    for (int at : ROOT_PAGES) {
      Root root =
          known != null && load(disk, page, at) ? Root.decode(page, known.checksum()) : null;
      roots.add(root);
      if (root != null && (latest == null || root.number() > latest.number())) {
        latest = root;
      }
    }
    return new StoreHeads(superblocks, known, Collections.unmodifiableList(roots), latest);
  }

  private static boolean load(BlockingDisk disk, PageBuffer page, int at) {
    return disk.read((long) at * Bytes.PAGE, page.memory) == 0;
  }
}
