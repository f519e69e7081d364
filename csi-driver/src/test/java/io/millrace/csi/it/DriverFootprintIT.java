package io.millrace.csi.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.csi.proto.VolumeCapability.AccessMode.Mode;
import org.junit.jupiter.api.Test;

/** One driver runs on every node: it has to be small, reports to the API server included. */
class DriverFootprintIT {
  private static final long RESIDENT_BYTES_MAX = 256L << 20;
  private static final int VOLUMES = 200;

  @Test
  void staysSmallOverManyVolumes() throws Exception {
    try (var cluster = new FakeApiServer();
        Node node = Node.start("4GiB", cluster)) {
      var client = new Client(node);
      var use = Client.mounted("ext4", Mode.SINGLE_NODE_WRITER);
      var source = client.create("source", 64 * Client.MIB, use);
      for (int i = 0; i < VOLUMES; i++) {
        var volume = client.create("volume-" + i, 64 * Client.MIB, use, Client.sourceOf(source));
        client.delete(client.snapshot("snapshot-" + i, volume));
        if (i % 20 == 0) {
          client.bring(volume, use);
          client.takeAway(volume);
        }
        client.delete(volume);
      }
      assertTrue(cluster.status(node.engine().store().getUuid()).isPresent());
      long residentBytes = node.driverResidentBytesMax();
      System.out.println("driver: at most " + (residentBytes >> 20) + " MiB resident");
      assertTrue(residentBytes < RESIDENT_BYTES_MAX, residentBytes + " bytes resident");
    }
  }
}
