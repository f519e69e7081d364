package io.millrace.operator.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.storage.CSINode;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Chooses the node of a new clone. A claim that waits for its first consumer would never bind while
 * its desktop is powered off, and the scheduler doesn't know where an image is. Pure.
 */
public final class Placement {
  private Placement() {}

  /** Names of the nodes that run the driver, are ready, and take new pods. */
  public static Set<String> candidates(List<Node> nodes, List<CSINode> csiNodes, String driver) {
    Set<String> withDriver =
        csiNodes.stream()
            .filter(
                node ->
                    node.getSpec().getDrivers() != null
                        && node.getSpec().getDrivers().stream()
                            .anyMatch(d -> d.getName().equals(driver)))
            .map(node -> node.getMetadata().getName())
            .collect(Collectors.toSet());
    return nodes.stream()
        .filter(Placement::takesPods)
        .map(node -> node.getMetadata().getName())
        .filter(withDriver::contains)
        .collect(Collectors.toSet());
  }

  /**
   * The node for a clone: where the image is, if that is known; else the candidate with the fewest
   * clones, the first by name among equals.
   *
   * @param imageNode node whose store holds the image, or nothing if it is not known
   */
  public static Optional<String> choose(
      Set<String> candidates, String imageNode, Map<String, Long> clonesByNode) {
    if (!imageNode.isEmpty()) {
      return Optional.of(imageNode).filter(candidates::contains);
    }
    return candidates.stream()
        .min(
            Comparator.<String>comparingLong(
                    node -> Objects.requireNonNullElse(clonesByNode.get(node), 0L))
                .thenComparing(Comparator.naturalOrder()));
  }

  private static boolean takesPods(Node node) {
    boolean cordoned =
        node.getSpec() != null && Boolean.TRUE.equals(node.getSpec().getUnschedulable());
    return !cordoned
        && node.getStatus() != null
        && node.getStatus().getConditions().stream()
            .anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
  }
}
