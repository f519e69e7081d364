package io.millrace.engine.daemon;

import java.util.Optional;

/** The id of a volume or snapshot as people and programs see it: 16 lower-case hex digits. */
public record ObjectId(long value) {
  private static final int DIGITS = 16;

  /** Empty when the text is no id. */
  public static Optional<ObjectId> parse(String text) {
    boolean id = text.length() == DIGITS && text.matches("[0-9a-f]+");
    return id ? Optional.of(new ObjectId(Long.parseUnsignedLong(text, 16))) : Optional.empty();
  }

  @Override
  public String toString() {
    return String.format("%016x", value);
  }
}
