package io.millrace.engine.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class StoreReaderTest {
  private static final int BYTES = 4 << 20;
  private final Bench bench = Bench.of(64, StoreOptions.small().withCacheBytes(0));
  private final long volume = bench.volume("disk", BYTES);

  /** Content as it comes, into an array. */
  private static final class Image implements StoreReader.Content {
    final byte[] bytes;
    final List<StoreReader.Damage> damages = new ArrayList<>();

    Image(long size) {
      bytes = new byte[(int) size];
    }

    @Override
    public void data(long offset, MemorySegment data) {
      MemorySegment.copy(data, 0, MemorySegment.ofArray(bytes), offset, data.byteSize());
    }

    @Override
    public void damaged(StoreReader.Damage damage) {
      damages.add(damage);
    }
  }

  private StoreReader reader() {
    return assertInstanceOf(StoreReader.Opened.Recovered.class, StoreReader.open(bench.disk))
        .reader();
  }

  private Image volumeImage(String name) {
    StoreReader reader = reader();
    Catalog.Volume found = reader.catalog().volume(name).orElseThrow();
    Image image = new Image(found.sizeBytes());
    reader.read(found, image);
    return image;
  }

  private Image snapshotImage(String name) {
    StoreReader reader = reader();
    Catalog.Snapshot found = reader.catalog().snapshot(name).orElseThrow();
    Image image = new Image(found.sizeBytes());
    reader.read(found, image);
    return image;
  }

  private byte[] served(long id) {
    return bench.read(id, 0, BYTES);
  }

  /** Snapshots, clones, overwrites and discards, half of it in the checkpoint. */
  private void history() {
    bench.fill(volume, 0, 600, 1);
    bench.snapshot("base", volume);
    bench.fill(volume, 100, 50, 2);
    bench.zero(volume, 4096 * 200, 4096 * 30);
    bench.closeAndOpen();
    long clone = bench.clone("clone", reader().catalog().snapshot("base").orElseThrow().id());
    bench.fill(clone, 300, 400, 3);
    bench.zero(clone, 0, 4096 * 512);
    bench.fill(clone, 7, 1, 4);
    bench.fill(volume, 640, 10, 5);
    bench.flush(volume);
  }

  @Test
  void itReadsWhatTheEngineServesAfterACrashAndWritesNothing() {
    history();
    bench.disk.crash();
    long before = bench.disk.bytesWritten;
    byte[] ofVolume = volumeImage("disk").bytes;
    byte[] ofClone = volumeImage("clone").bytes;
    byte[] ofSnapshot = snapshotImage("base").bytes;
    assertEquals(before, bench.disk.bytesWritten);
    bench.open();
    Catalog catalog = bench.store().catalog();
    assertArrayEquals(served(volume), ofVolume);
    assertArrayEquals(served(catalog.volume("clone").orElseThrow().id()), ofClone);
    long base = catalog.snapshot("base").orElseThrow().id();
    assertArrayEquals(served(bench.clone("again", base)), ofSnapshot);
  }

  @Test
  void theTailOfAVolumeThatIsNoMultipleOfABlockIsNotExceeded() {
    long odd = bench.volume("odd", 4096 + 512);
    bench.write(odd, 4096, filled(512, 9));
    bench.flush(odd);
    Image image = volumeImage("odd");
    assertEquals(4096 + 512, image.bytes.length);
    assertEquals(9, image.bytes[4096 + 511]);
  }

  private static byte[] filled(int length, int value) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  @Test
  void aDamagedBlockIsNamedAndTheOthersAreGiven() {
    bench.fill(volume, 0, 10, 7);
    bench.fill(volume, 4, 1, 77);
    bench.closeAndOpen();
    long page = bench.disk.pageFilledWith(77);
    bench.disk.flipBit(page * 4096 + 9);
    Image image = volumeImage("disk");
    assertEquals(1, image.damages.size());
    StoreReader.Damage damage = image.damages.getFirst();
    assertEquals(4 * 4096, damage.offset());
    assertEquals(page, damage.segment() * 16L + damage.page());
    assertTrue(damage.toString().contains("block 4 (byte 16384) of layer"), damage.toString());
    assertEquals(7, image.bytes[3 * 4096]);
    assertEquals(0, image.bytes[4 * 4096]);
    assertEquals(7, image.bytes[5 * 4096]);
  }

  @Test
  void aDamagedStoreIsRefusedWithThePlace() {
    bench.fill(volume, 0, 1, 7);
    bench.flush(volume);
    long header = bench.disk.pageFilledWith(7) - 1;
    bench.fill(volume, 1, 1, 8);
    bench.flush(volume);
    bench.disk.flipBit(header * 4096 + 200);
    String reason =
        assertInstanceOf(StoreReader.Opened.Refused.class, StoreReader.open(bench.disk)).reason();
    assertTrue(reason.contains("commit") && reason.contains("segment"), reason);
  }
}
