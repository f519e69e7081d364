package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * Every structure of small stores, closed and crashed, and the staging ring of one that was killed,
 * fuzzed with all checksums made right again, so that each reader sees what only a checksum would
 * have kept from it. An {@link Ordeal} is the judge. Made by a {@link CoverageLoader}.
 */
public final class FuzzedParsers implements BiFunction<Long, Long, Map<String, Long>> {
  /**
   * Makes the runs.
   *
   * @param nanos how long
   */
  @Override
  public Map<String, Long> apply(Long seed, Long nanos) {
    GuidedFuzz fuzz = new GuidedFuzz(seed);
    for (StoreImage image : List.of(HostileImages.closed(), HostileImages.crashed())) {
      for (StoreImage.Piece piece : image.pieces()) {
        byte[] bytes =
            image.memory().asSlice(piece.at(), piece.fieldBytes()).toArray(ValueLayout.JAVA_BYTE);
        fuzz.add(kind(piece), bytes, input -> judge(image, piece, input));
      }
    }
    StagedImage staged = new StagedImage();
    for (StagedImage.Piece piece : staged.pieces()) {
      fuzz.add(piece.name(), staged.bytes(piece), input -> judge(staged, piece, input));
    }
    return fuzz.run(nanos);
  }

  /** Commits and summaries are numbered; chunks are of several kinds. */
  private static String kind(StoreImage.Piece piece) {
    return piece.name().startsWith("chunk") ? piece.name() : piece.name().replaceFirst(" .*", "");
  }

  private static void judge(StagedImage image, StagedImage.Piece piece, byte[] input) {
    try {
      var unused = image.judge(piece, input);
    } catch (RuntimeException | Error e) {
      throw wrong(piece, input, e);
    }
  }

  private static AssertionError wrong(Object piece, byte[] input, Throwable e) {
    return new AssertionError(
        "%s as %s: %s".formatted(piece, java.util.HexFormat.of().formatHex(input), e), e);
  }

  private static void judge(StoreImage image, StoreImage.Piece piece, byte[] input) {
    MemorySegment.copy(input, 0, image.memory(), ValueLayout.JAVA_BYTE, piece.at(), input.length);
    image.resum();
    try {
      var unused = Ordeal.serve(image.disk());
      Ordeal.examine(image.disk());
    } catch (RuntimeException | Error e) {
      throw wrong(piece, input, e);
    } finally {
      image.restore();
    }
  }
}
