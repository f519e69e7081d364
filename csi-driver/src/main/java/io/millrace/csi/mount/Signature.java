package io.millrace.csi.mount;

import java.util.List;
import java.util.Optional;

/**
 * What is on a device. Pure: made from what blkid said and whether the device begins with zeros.
 */
sealed interface Signature {
  /** Nothing: no signature that blkid knows, and nothing but zeros at its beginning. */
  record Blank() implements Signature {}

  /** A filesystem, or something else with a type of its own, by blkid's name. */
  record Known(String type) implements Signature {}

  /** Something that must not be overwritten. */
  record Foreign(String what) implements Signature {}

  int FOUND = 0;
  int NOTHING = 2;
  int AMBIVALENT = 8;

  /**
   * blkid's exit code 2 also stands for a device that it could not read, so it alone is no proof of
   * emptiness.
   *
   * @param export the output of {@code blkid -p -o export}
   */
  static Signature of(int exitCode, String export, boolean beginsWithZeros) {
    return switch (exitCode) {
      case FOUND -> found(export);
      case NOTHING -> beginsWithZeros ? new Blank() : new Foreign("data without a known signature");
      case AMBIVALENT -> new Foreign("several signatures at once: " + export);
      default -> new Foreign("something that blkid failed on with " + exitCode + ": " + export);
    };
  }

  private static Signature found(String export) {
    List<String> lines = export.lines().toList();
    Optional<String> type = value(lines, "TYPE=");
    if (type.isPresent()) {
      return new Known(type.get());
    }
    return new Foreign(
        value(lines, "PTTYPE=")
            .map(t -> "a partition table of type " + t)
            .orElse("something: " + export));
  }

  private static Optional<String> value(List<String> lines, String key) {
    return lines.stream()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(key.length()))
        .findFirst();
  }
}
