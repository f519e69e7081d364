package io.millrace.csi.volume;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a StorageClass or VolumeSnapshotClass.
 *
 * <p>What the sidecars add ({@code csi.storage.k8s.io/…}) is accepted and ignored; ours are
 * checked; an unknown one is refused by name, so that a typing error is seen when the volume is
 * made and not when it is missed.
 *
 * @param sectorBytes the logical sector size of the attached device: 512 or 4096
 * @param durable whether a write is answered when it is durable, not when it is staged; of a volume
 *     that is made, not of its context
 * @param limits how much of its store a volume may use; the same
 */
public record ClassParameters(int sectorBytes, boolean durable, VolumeLimits limits) {
  /** The parameter's name, in the class and in the volume context. */
  public static final String SECTOR_BYTES = "sectorBytes";

  /** The parameter's name in the class. */
  public static final String ACKNOWLEDGE = "acknowledge";

  private static final String SIDECAR_PREFIX = "csi.storage.k8s.io/";
  private static final int DEFAULT_SECTOR_BYTES = 512;

  public static ClassParameters ofStorageClass(Map<String, String> parameters) {
    var ours = new HashMap<>(withoutSidecars(parameters));
    int sectorBytes = sectorBytes(ours.remove(SECTOR_BYTES));
    boolean durable = durable(ours.remove(ACKNOWLEDGE));
    VolumeLimits limits = VolumeLimits.take(ours);
    requireNone(
        ours, "StorageClass", ACKNOWLEDGE + ", " + VolumeLimits.NAMES + ", " + SECTOR_BYTES);
    return new ClassParameters(sectorBytes, durable, limits);
  }

  /** There are none of our own yet. */
  public static void checkSnapshotClass(Map<String, String> parameters) {
    requireNone(withoutSidecars(parameters), "VolumeSnapshotClass", "none");
  }

  /** The volume context was written by us; what others added to it is none of our business. */
  public static ClassParameters ofVolumeContext(Map<String, String> context) {
    return new ClassParameters(sectorBytes(context.get(SECTOR_BYTES)), false, VolumeLimits.NONE);
  }

  /** What the node has to know later. */
  public Map<String, String> volumeContext() {
    return sectorBytes == DEFAULT_SECTOR_BYTES
        ? Map.of()
        : Map.of(SECTOR_BYTES, Integer.toString(sectorBytes));
  }

  private static int sectorBytes(@Nullable String text) {
    if (text == null) {
      return DEFAULT_SECTOR_BYTES;
    }
    return switch (text) {
      case "512" -> 512;
      case "4096" -> 4096;
      default ->
          throw CsiFailure.invalid(
              "parameter " + SECTOR_BYTES + " is \"" + text + "\": it can be 512 or 4096");
    };
  }

  private static boolean durable(@Nullable String text) {
    if (text == null) {
      return false;
    }
    return switch (text) {
      case "staged" -> false;
      case "durable" -> true;
      default ->
          throw CsiFailure.invalid(
              "parameter " + ACKNOWLEDGE + " is \"" + text + "\": it can be staged or durable");
    };
  }

  private static Map<String, String> withoutSidecars(Map<String, String> parameters) {
    var rest = new HashMap<>(parameters);
    rest.keySet().removeIf(name -> name.startsWith(SIDECAR_PREFIX));
    return rest;
  }

  private static void requireNone(Map<String, String> rest, String where, String known) {
    rest.keySet().stream()
        .sorted()
        .findFirst()
        .ifPresent(
            name -> {
              throw CsiFailure.invalid(
                  where + " parameter \"" + name + "\" is unknown; known: " + known);
            });
  }
}
