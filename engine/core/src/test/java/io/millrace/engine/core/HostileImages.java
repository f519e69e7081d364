package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Small stores with a wrong number in one of their structures, or several, and all checksums right.
 * An {@link Ordeal} shows what becomes of them. {@code HostileImages [--seconds N] [--seed S]}
 * tries such images until the time is up; the last line is what it counted, as JSON.
 */
final class HostileImages {
  private static final int SEGMENTS = 32;
  private static final long[] NUMBERS = {0, 1, -1, 2, 0x7f, 0xff, 0x7fff, 0xffff, 0x8000};
  private static final long[] LARGE = {Integer.MAX_VALUE, Integer.MIN_VALUE, 1L << 32};
  private static final long[] HUGE = {Long.MAX_VALUE, Long.MIN_VALUE, 1L << 47, 1L << 62};

  /** A change of one number, in words. */
  private record Change(StoreImage.Piece piece, int at, int bytes, long value) {
    @Override
    public String toString() {
      return "%s, the %d bytes at %d as %x".formatted(piece, bytes, at, value);
    }
  }

  private final List<StoreImage> images = List.of(closed(), crashed());
  private final Map<Ordeal.Outcome, Integer> outcomes = new EnumMap<>(Ordeal.Outcome.class);
  private final Random random;

  HostileImages(long seed) {
    random = new Random(seed);
  }

  public static void main(String[] args) {
    List<String> options = List.of(args);
    double seconds = Double.parseDouble(option(options, "--seconds", "20"));
    long seed = Long.parseLong(option(options, "--seed", Long.toString(System.nanoTime())));
    System.out.println("seed " + seed);
    HostileImages images = new HostileImages(seed);
    long begunNanos = System.nanoTime();
    while ((System.nanoTime() - begunNanos) / 1e9 < seconds) {
      images.atRandom();
    }
    int tried = images.refused() + images.served();
    System.out.printf(
        "%d images: %d refused, %d served right; every request was answered%n",
        tried, images.refused(), images.served());
    System.out.printf(
        "{\"seed\": %d, \"images\": %d, \"refused\": %d, \"served\": %d}%n",
        seed, tried, images.refused(), images.served());
  }

  private static String option(List<String> options, String name, String otherwise) {
    int at = options.indexOf(name);
    return at < 0 ? otherwise : options.get(at + 1);
  }

  static StoreImage closed() {
    Bench bench = Bench.of(SEGMENTS, StoreOptions.small().withCacheBytes(0));
    history(bench, 1);
    bench.closeAndOpen();
    return new StoreImage(bench.disk, Bench.CHECKSUM);
  }

  static StoreImage crashed() {
    Bench bench = Bench.of(SEGMENTS, StoreOptions.small().withCacheBytes(0));
    history(bench, 1);
    bench.closeAndOpen();
    history(bench, 2);
    bench.disk.crash();
    return new StoreImage(bench.disk, Bench.CHECKSUM);
  }

  private static void history(Bench bench, int time) {
    long volume = bench.volume("disk " + time, 1 << 20);
    write(bench, volume, 0, 40);
    long base = bench.snapshot("base " + time, volume);
    write(bench, volume, 10, 5);
    long clone = bench.clone("clone " + time, base);
    write(bench, clone, 3, 1);
    bench.zero(clone, 20 * 4096, 8 * 4096);
    bench.zero(volume, 0, 1 << 20);
    write(bench, volume, 7, 9);
    bench.run(new Command.DeleteVolume(bench.volume("gone " + time, 4096)));
    bench.flush(clone);
  }

  private static void write(Bench bench, long volume, long block, int blocks) {
    writeStamped(bench, volume, block, blocks);
    bench.flush(volume);
  }

  /** Blocks as an {@link Ordeal} wants to find them. */
  static void writeStamped(Bench bench, long volume, long block, int blocks) {
    byte[] data = new byte[blocks * Bytes.PAGE];
    MemorySegment memory = MemorySegment.ofArray(data);
    for (int i = 0; i < blocks; i++) {
      memory.set(ValueLayout.JAVA_LONG_UNALIGNED, (long) i * Bytes.PAGE, Ordeal.STAMP + block + i);
    }
    bench.write(volume, block * Bytes.PAGE, data);
  }

  /** Unchanged, they are served. */
  void unchanged() {
    for (StoreImage image : images) {
      image.resum();
      judge(image, List.of());
      image.restore();
    }
  }

  /**
   * Each field of each structure with each telling value, or one in so many of them.
   *
   * @return how many images that were
   */
  int eachField(int oneIn) {
    int done = 0;
    for (StoreImage image : images) {
      for (StoreImage.Piece piece : image.pieces()) {
        for (Change change : changes(image, piece)) {
          if (random.nextInt(oneIn) == 0) {
            put(image, List.of(change));
            done++;
          }
        }
      }
    }
    return done;
  }

  private static List<Change> changes(StoreImage image, StoreImage.Piece piece) {
    List<Change> all = new ArrayList<>();
    for (int at = 0; at < piece.fieldBytes(); at += 2) {
      for (int bytes = 2; bytes <= 8 && at % bytes == 0; bytes *= 2) {
        for (long value : values(image.memory(), piece.at() + at, bytes)) {
          all.add(new Change(piece, at, bytes, value));
        }
      }
    }
    return all;
  }

  private static List<Long> values(MemorySegment m, long at, int bytes) {
    List<Long> values = new ArrayList<>();
    long now =
        switch (bytes) {
          case 1 -> Bytes.u8(m, at);
          case 2 -> Bytes.u16(m, at);
          case 4 -> Bytes.u32(m, at);
          default -> Bytes.u64(m, at);
        };
    values.add(now + 1);
    values.add(now - 1);
    values.add(now ^ 0x10);
    add(values, NUMBERS);
    if (bytes > 2) {
      add(values, LARGE);
    }
    if (bytes > 4) {
      add(values, HUGE);
    }
    return values;
  }

  private static void add(List<Long> values, long[] more) {
    for (long value : more) {
      values.add(value);
    }
  }

  /** A few changes at random places of an image. */
  void atRandom() {
    StoreImage image = images.get(random.nextInt(images.size()));
    List<StoreImage.Piece> pieces = image.pieces();
    List<Change> changes = new ArrayList<>();
    for (int i = random.nextInt(4); i >= 0; i--) {
      StoreImage.Piece piece = pieces.get(random.nextInt(pieces.size()));
      int bytes = 1 << random.nextInt(4);
      int at = random.nextInt(piece.fieldBytes()) / bytes * bytes;
      List<Long> values = values(image.memory(), piece.at() + at, bytes);
      long value =
          random.nextBoolean() ? random.nextLong() : values.get(random.nextInt(values.size()));
      changes.add(new Change(piece, at, bytes, value));
    }
    put(image, changes);
  }

  private void put(StoreImage image, List<Change> changes) {
    for (Change change : changes) {
      long at = change.piece.at() + change.at;
      switch (change.bytes) {
        case 1 -> Bytes.u8(image.memory(), at, (int) change.value);
        case 2 -> Bytes.u16(image.memory(), at, (int) change.value);
        case 4 -> Bytes.u32(image.memory(), at, (int) change.value);
        default -> Bytes.u64(image.memory(), at, change.value);
      }
    }
    image.resum();
    judge(image, changes);
    image.restore();
  }

  private void judge(StoreImage image, List<Change> changes) {
    try {
      outcomes.merge(Ordeal.serve(image.disk()), 1, Integer::sum);
      Ordeal.examine(image.disk());
    } catch (RuntimeException | Error e) {
      throw new AssertionError("with " + changes + ": " + e, e);
    }
  }

  int refused() {
    return outcomes.getOrDefault(Ordeal.Outcome.REFUSED, 0);
  }

  int served() {
    return outcomes.getOrDefault(Ordeal.Outcome.SERVED, 0);
  }
}
