package io.millrace.csi.it;

import static io.millrace.csi.it.Client.MIB;
import static io.millrace.csi.it.Client.block;
import static io.millrace.csi.it.Client.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.millrace.csi.proto.Volume;
import io.millrace.csi.proto.VolumeCapability.AccessMode.Mode;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What the provisioner, and so the claim's events, are told when a store has no room left. */
class FullStoreIT {
  @Test
  void aFullStoreRefusesNewVolumesWithFiguresAndTakesThemAgainWhenThereIsRoom() throws Exception {
    var use = block(Mode.SINGLE_NODE_WRITER);
    try (Node node = Node.start("512MiB")) {
      var client = new Client(node);
      Volume hog = client.create("hog", 1024 * MIB, use);
      Path path = client.bring(hog, use);
      assertTrue(client.capacity().getMaximumVolumeSize().getValue() > 1024 * MIB);
      long blocks = client.capacity().getAvailableCapacity() / MIB - 20;
      node.sh(
          "dd if=/dev/urandom of="
              + path
              + " bs=1M count="
              + blocks
              + " oflag=direct conv=fsync 2>/dev/null");

      long freeBytes = client.capacity().getAvailableCapacity();
      assertTrue(freeBytes < 64 * MIB, "still free: " + freeBytes);
      assertEquals(freeBytes, client.capacity().getMaximumVolumeSize().getValue());
      String refusal =
          refused(Status.Code.RESOURCE_EXHAUSTED, () -> client.create("late", 100 * MIB, use));
      assertTrue(
          refusal.matches(
              "store .* is full: volume late needs 67108864 bytes free, \\d+ bytes are; .*"),
          refusal);

      client.takeAway(hog);
      client.delete(hog);
      client.awaitCapacity(64 * MIB);
      client.delete(client.create("late", 100 * MIB, use));
    }
  }
}
