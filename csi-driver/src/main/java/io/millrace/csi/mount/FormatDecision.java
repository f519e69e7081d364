package io.millrace.csi.mount;

import io.millrace.csi.volume.Filesystem;
import java.util.Optional;

/** What to do with a device before it is mounted. */
sealed interface FormatDecision {
  record Make(Filesystem filesystem) implements FormatDecision {}

  record Use(Filesystem filesystem) implements FormatDecision {}

  record Refuse(String reason) implements FormatDecision {}

  /**
   * A device with anything on it is never formatted, with one exception: what we ourselves began to
   * make and did not finish, which nobody can have mounted.
   *
   * <p>A filesystem of another type than the wanted one is used as it is: a clone made with another
   * StorageClass is about its data.
   */
  static FormatDecision decide(
      Signature signature, Filesystem wanted, boolean unfinished, boolean readOnly) {
    if (unfinished || signature instanceof Signature.Blank) {
      return readOnly
          ? new Refuse("has no filesystem, and is wanted read-only, so none can be made")
          : new Make(wanted);
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
