package io.millrace.operator.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.storage.CSINode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PlacementTest {
  @Test
  void onlyReadyNodesWithTheDriverThatTakePodsAreCandidates() {
    assertEquals(
        Set.of("good"),
        Placement.candidates(
            List.of(
                node("good", "True", false),
                node("down", "False", false),
                node("cordoned", "True", true),
                node("diskless", "True", false)),
            List.of(csi("good", "d"), csi("down", "d"), csi("cordoned", "d"), csi("diskless", "x")),
            "d"));
  }

  @Test
  void cloneGoesWhereItsImageIs() {
    assertEquals(Optional.of("b"), Placement.choose(Set.of("a", "b"), "b", Map.of("b", 100L)));
  }

  @Test
  void cloneWaitsWhenTheNodeOfItsImageIsAway() {
    assertEquals(Optional.empty(), Placement.choose(Set.of("a"), "b", Map.of()));
  }

  @Test
  void cloneOfAnImageAnywhereGoesWhereFewestAre() {
    assertEquals(
        Optional.of("b"), Placement.choose(Set.of("a", "b", "c"), "", Map.of("a", 2L, "c", 1L)));
  }

  private static Node node(String name, String ready, boolean cordoned) {
    return Serialization.unmarshal(
        "---\n{kind: Node, apiVersion: v1, metadata: {name: %s}, spec: {unschedulable: %s}, status: {conditions: [{type: Ready, status: '%s'}]}}"
            .formatted(name, cordoned, ready),
        Node.class);
  }

  private static CSINode csi(String name, String driver) {
    return Serialization.unmarshal(
        "---\n{kind: CSINode, apiVersion: storage.k8s.io/v1, metadata: {name: %s}, spec: {drivers: [{name: %s, nodeID: x}]}}"
            .formatted(name, driver),
        CSINode.class);
  }
}
