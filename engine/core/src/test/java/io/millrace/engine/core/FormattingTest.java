package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class FormattingTest {
  private static final long PAGES = 64 * 16;
  private final MemoryStorage disk = new MemoryStorage(PAGES * 4096);

  private String format(boolean force) {
    FormatOptions options = new FormatOptions(Bench.STORE, 7, 65536, force);
    Formatting formatting = Store.format(disk, Bench.stoppedClock(), options);
    for (int i = 0; i < 100 && !formatting.done(); i++) {
      formatting.poll();
    }
    assertTrue(formatting.done());
    return formatting.failure().orElse("");
  }

  private DiskContent look() {
    DiskLook look = Store.look(disk);
    for (int i = 0; i < 100 && !look.done(); i++) {
      look.poll();
    }
    assertTrue(look.done());
    return look.content();
  }

  private void write(long page) {
    byte[] data = new byte[4096];
    data[1000] = 1;
    disk.replace(page, data);
  }

  @Test
  void aBlankDiskIsFormatted() {
    assertEquals(DiskContent.BLANK, look());
    assertEquals("", format(false));
    assertEquals(DiskContent.STORE, look());
  }

  @Test
  void aStoreIsNotOverwrittenUnlessForced() {
    format(false);
    byte[] before = disk.page(0);
    assertTrue(format(false).contains("store"));
    assertEquals(0, java.util.Arrays.compare(before, disk.page(0)));
    assertEquals("", format(true));
  }

  @Test
  void whatSomebodyElseLeftAtEitherEndIsNotOverwritten() {
    write(PAGES - 3);
    assertEquals(DiskContent.FOREIGN, look());
    assertTrue(format(false).contains("something else"));
    assertEquals(0, disk.bytesWritten);
    write(1);
    assertEquals(DiskContent.FOREIGN, look());
    assertEquals("", format(true));
  }

  @Test
  void aDiskThatCannotBeReadIsNotTakenForBlank() {
    disk.makeBad(0);
    assertEquals(DiskContent.UNREADABLE, look());
    assertFalse(format(false).isEmpty());
    assertEquals(0, disk.bytesWritten);
  }

  @Test
  void aDiskOfAnOddSizeIsLookedAtToItsLastPage() {
    MemoryStorage odd = new MemoryStorage(PAGES * 4096 + 512);
    DiskLook look = Store.look(odd);
    while (!look.done()) {
      look.poll();
    }
    assertEquals(DiskContent.BLANK, look.content());
  }
}
