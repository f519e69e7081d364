package io.millrace.csi.mount;

import io.millrace.csi.volume.Filesystem;
import java.util.Optional;

/** What to do with a device before it is mounted. */
sealed interface FormatDecision {
  record Make(Filesystem filesystem) implements FormatDecision {}

  record Use(Filesystem filesystem) implements FormatDecision {}

  record Refuse(String reason) implements FormatDecision {}

  /** Where what is on the device may come from. */
  enum Origin {
    ANYBODY,
    /** We began an mkfs on an empty volume, and did not finish it. */
    BEGUN_BY_US,
    /** The same on a volume that has a source, and so may have had data from its first day. */
    BEGUN_BY_US_ON_A_CLONE;

    static Origin of(boolean unfinished, boolean hasSource) {
      if (!unfinished) {
        return ANYBODY;
      }
      return hasSource ? BEGUN_BY_US_ON_A_CLONE : BEGUN_BY_US;
    }
  }

  /**
   * A device with anything on it is never formatted, with one exception: what we ourselves began to
   * make and did not finish, which nobody can have mounted.
   *
   * <p>Not even that when the volume was cloned or restored: what is there may be its source's.
   *
   * <p>A filesystem of another type than the wanted one is used as it is: a clone made with another
   * StorageClass is about its data.
   */
  static FormatDecision decide(
      Signature signature, Filesystem wanted, Origin origin, boolean readOnly) {
    boolean blank = signature instanceof Signature.Blank;
    if (blank || origin == Origin.BEGUN_BY_US) {
      return readOnly
          ? new Refuse("has no filesystem, and is wanted read-only, so none can be made")
          : new Make(wanted);
    }
    if (origin == Origin.BEGUN_BY_US_ON_A_CLONE) {
      return new Refuse(
          "was cloned, and an mkfs on it was interrupted: what it holds may be its source's, so it"
              + " is not formatted; clone it anew, or empty it with wipefs");
    }
    return switch (signature) {
      case Signature.Blank() -> new Make(wanted);
      case Signature.Known(String type) -> use(type);
      case Signature.Foreign(String what) -> new Refuse("holds " + what + "; it is not formatted");
    };
  }

  private static FormatDecision use(String type) {
    Optional<Filesystem> known = Filesystem.named(type);
    return known.isPresent()
        ? new Use(known.get())
        : new Refuse("holds " + type + ", which is neither ext4 nor xfs; it is not formatted");
  }
}
