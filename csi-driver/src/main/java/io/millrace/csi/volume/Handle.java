package io.millrace.csi.volume;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The id under which Kubernetes knows a volume or a snapshot: {@code v1.<store uuid>.<object id>}.
 *
 * <p>Opaque to everybody else, and never a path. A text of any other shape names nothing.
 *
 * @param storeUuid the store that holds the object, in the canonical lower-case form
 * @param objectId the engine's id: 16 lower-case hex digits
 */
public record Handle(String storeUuid, String objectId) {
  private static final Pattern SHAPE =
      Pattern.compile("v1\\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\\.([0-9a-f]{16})");

  /** Empty when the text is no handle of this driver. */
  public static Optional<Handle> parse(String text) {
    var match = SHAPE.matcher(text);
    return match.matches()
        ? Optional.of(new Handle(match.group(1), match.group(2)))
        : Optional.empty();
  }

  @Override
  public String toString() {
    return "v1." + storeUuid + "." + objectId;
  }
}
