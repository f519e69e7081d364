package io.millrace.csi.volume;

import io.millrace.csi.volume.CsiFailure.Kind;
import java.util.List;
import java.util.Map;

/**
 * Where a new volume may lie: the requisite topologies of the request, any one of which will do. An
 * empty list says nothing.
 */
public record Placement(List<Map<String, String>> requisite) {
  /**
   * Its value is the store's uuid from the superblock, so a disk moved to another node keeps its
   * volumes.
   */
  public static final String TOPOLOGY_KEY = "millrace.io/store";

  public static final Placement ANYWHERE = new Placement(List.of());

  public Placement {
    requisite = List.copyOf(requisite);
  }

  public boolean admits(String storeUuid) {
    return requisite.isEmpty()
        || requisite.stream().anyMatch(segments -> storeUuid.equals(segments.get(TOPOLOGY_KEY)));
  }

  /** RESOURCE_EXHAUSTED makes the scheduler choose again. */
  public void require(String storeUuid) {
    if (!admits(storeUuid)) {
      throw new CsiFailure(
          Kind.RESOURCE_EXHAUSTED,
          "the volume is wanted in "
              + requisite
              + ", but this controller serves "
              + TOPOLOGY_KEY
              + "="
              + storeUuid);
    }
  }

  /** The topology of everything in this store. */
  public static Map<String, String> of(String storeUuid) {
    return Map.of(TOPOLOGY_KEY, storeUuid);
  }
}
