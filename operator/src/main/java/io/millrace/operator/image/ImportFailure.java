package io.millrace.operator.image;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/**
 * Why an import can fail, as the importer says it, and whether trying again makes sense. The digest
 * pins the file: what is wrong with the file itself stays wrong, and only what is wrong on the way
 * can get better.
 */
enum ImportFailure {
  UNREACHABLE("Unreachable", Retry.BACK_OFF),
  TRUNCATED("Truncated", Retry.BACK_OFF),
  /** Somebody may put the right file at the address again. */
  DIGEST_MISMATCH("DigestMismatch", Retry.SLOWLY),
  /** Space comes back when something is deleted. */
  NO_SPACE("NoSpace", Retry.SLOWLY),
  FORMAT_MISMATCH("FormatMismatch", Retry.NEVER),
  HAS_BACKING_FILE("HasBackingFile", Retry.NEVER),
  HAS_EXTERNAL_DATA_FILE("HasExternalDataFile", Retry.NEVER),
  TOO_LARGE("TooLarge", Retry.NEVER),
  /** The disk could not be opened, cleared or written. */
  DISK_FAILED("DiskFailed", Retry.BACK_OFF),
  /** A step of the importer failed that has nothing to do with the image. */
  BROKEN("Broken", Retry.BACK_OFF),
  /** The importer ended without a word: killed or evicted. */
  INTERRUPTED("Interrupted", Retry.BACK_OFF);

  private enum Retry {
    BACK_OFF,
    SLOWLY,
    NEVER
  }

  private static final Duration FIRST_RETRY = Duration.ofSeconds(10);
  private static final Duration LAST_RETRY = Duration.ofMinutes(5);
  private static final Duration SLOW_RETRY = Duration.ofMinutes(10);

  private final String text;
  private final Retry retry;

  ImportFailure(String text, Retry retry) {
    this.text = text;
    this.retry = retry;
  }

  String text() {
    return text;
  }

  static ImportFailure of(String text) {
    return Arrays.stream(values())
        .filter(failure -> failure.text.equals(text))
        .findFirst()
        .orElse(INTERRUPTED);
  }

  /** How long to wait after the nth failure; empty if trying again can't help. */
  Optional<Duration> retryAfter(int failures) {
    return switch (retry) {
      case NEVER -> Optional.empty();
      case SLOWLY -> Optional.of(SLOW_RETRY);
      case BACK_OFF -> {
        Duration doubled = FIRST_RETRY.multipliedBy(1L << Math.min(failures - 1, 10));
        yield Optional.of(doubled.compareTo(LAST_RETRY) < 0 ? doubled : LAST_RETRY);
      }
    };
  }
}
