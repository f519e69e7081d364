package io.millrace.engine.sim;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * Something that a disk does to one of the calls to come.
 *
 * @param afterCalls how many calls of that kind are spared first
 */
record Fault(Kind kind, int afterCalls) {
  /** What a call is, for a fault that waits for one. */
  enum Target {
    READ,
    WRITE,
    SYNC,
    ANY,
    /** None: it happens to data at rest. */
    REST
  }

  enum Kind {
    READ_ERROR(Target.READ, false),
    /** A part of the write is done. */
    WRITE_ERROR(Target.WRITE, false),
    /**
     * What it covered is never made durable; syncs under way and later ones say that all is well.
     */
    SYNC_ERROR(Target.SYNC, false),
    /** Nothing of the write is done: the disk below is full. */
    NO_SPACE(Target.WRITE, false),
    /** The call ends long after others that came later. */
    DELAY(Target.ANY, false),
    /** A page can't be read until it is written again. */
    BAD_SECTOR(Target.REST, true),
    /** The write says that it is done, and is nowhere. */
    LOST_WRITE(Target.WRITE, true),
    /** The write says that it is done, and its end is missing. */
    SHORT_WRITE(Target.WRITE, true),
    /** The write says that it is done, and is at another aligned place. */
    MISDIRECTED_WRITE(Target.WRITE, true),
    /** A page comes as it was before it was last written. */
    STALE_READ(Target.READ, true),
    BIT_FLIP(Target.REST, true);

    private final Target target;
    private final boolean corrupts;

    Kind(Target target, boolean corrupts) {
      this.target = target;
      this.corrupts = corrupts;
    }

    /** Whether data are lost or the disk lies: to be detected, where an error is to be survived. */
    boolean corrupts() {
      return corrupts;
    }

    /** Whether a write or sync is told to have failed, which stops the store. */
    boolean stops() {
      return this == WRITE_ERROR || this == SYNC_ERROR || this == NO_SPACE;
    }

    boolean atRest() {
      return target == Target.REST;
    }

    boolean strikes(Target call) {
      return target == call || target == Target.ANY;
    }

    /** As people write it. */
    String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  Fault oneCallLater() {
    return new Fault(kind, afterCalls - 1);
  }

  static Set<Kind> all() {
    return EnumSet.allOf(Kind.class);
  }

  /** Of a list like {@code bit-flip,lost-write}; {@code none} is a list of none. */
  static Set<Kind> parse(String list) {
    EnumSet<Kind> kinds = EnumSet.noneOf(Kind.class);
    for (String word : list.split(",", -1)) {
      if (!word.equals("none")) {
        kinds.add(named(word));
      }
    }
    return kinds;
  }

  private static Kind named(String word) {
    return Arrays.stream(Kind.values())
        .filter(kind -> kind.word().equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no fault is called %s; there are none,%s"
                        .formatted(word, words(EnumSet.allOf(Kind.class)))));
  }

  static String words(Set<Kind> kinds) {
    return kinds.isEmpty() ? "none" : String.join(",", kinds.stream().map(Kind::word).toList());
  }
}
