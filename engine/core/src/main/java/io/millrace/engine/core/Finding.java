package io.millrace.engine.core;

import java.util.List;

/**
 * Something that {@link Fsck} saw and that should not be.
 *
 * @param severity what it means for the store
 * @param part what it is in
 * @param segment {@link #NONE} when it is in no segment
 * @param page page within the segment, or NONE
 * @param layerId the layer that has the block, or NONE
 * @param block number of the block of 4 KiB within that layer's volumes, or NONE
 * @param text what is wrong, for people
 * @param seenBy the volumes and snapshots that read the block
 */
public record Finding(
    Severity severity,
    Part part,
    long segment,
    long page,
    long layerId,
    long block,
    String text,
    List<String> seenBy) {
  /** In place of a number. */
  public static final long NONE = -1;

  /** What a finding means. */
  public enum Severity {
    /** Nothing is lost, and the next opening, or the cleaner, mends it. */
    WARNING,
    /** Something is lost, or the store contradicts itself. */
    DAMAGE
  }

  /** What a finding is in. */
  public enum Part {
    SUPERBLOCK,
    ROOT,
    CHECKPOINT,
    LOG,
    CATALOG,
    MAP,
    SEGMENT,
    COMMIT,
    SUMMARY,
    DATA,
    SPACE
  }

  /** Copies. */
  public Finding {
    seenBy = List.copyOf(seenBy);
  }

  static Finding damage(Part part, String text) {
    return new Finding(Severity.DAMAGE, part, NONE, NONE, NONE, NONE, text, List.of());
  }

  static Finding warning(Part part, String text) {
    return new Finding(Severity.WARNING, part, NONE, NONE, NONE, NONE, text, List.of());
  }

  Finding at(long inSegment, long atPage) {
    return new Finding(severity, part, inSegment, atPage, layerId, block, text, seenBy);
  }

  Finding of(long ofLayer, long atBlock) {
    return new Finding(severity, part, segment, page, ofLayer, atBlock, text, seenBy);
  }

  Finding seenBy(List<String> objects) {
    return new Finding(severity, part, segment, page, layerId, block, text, objects);
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder(severity.name().toLowerCase(java.util.Locale.ROOT));
    out.append(": ").append(part.name().toLowerCase(java.util.Locale.ROOT));
    append(out, " segment ", segment);
    append(out, " page ", page);
    if (layerId != NONE) {
      out.append(" layer ").append(idText(layerId));
    }
    append(out, " block ", block);
    out.append(": ").append(text);
    if (!seenBy.isEmpty()) {
      out.append(" (seen by ").append(String.join(", ", seenBy)).append(')');
    }
    return out.toString();
  }

  private static void append(StringBuilder out, String name, long value) {
    if (value != NONE) {
      out.append(name).append(value);
    }
  }

  /** Whether both tell of the same thing, whatever the words. */
  boolean isOfSamePlace(Finding other) {
    return severity == other.severity
        && part == other.part
        && segment == other.segment
        && page == other.page
        && layerId == other.layerId
        && block == other.block;
  }

  /** An id as people see it. */
  static String idText(long id) {
    return "%016x".formatted(id);
  }
}
