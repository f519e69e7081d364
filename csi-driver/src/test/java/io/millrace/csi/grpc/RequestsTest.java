package io.millrace.csi.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.csi.proto.CreateVolumeRequest;
import io.millrace.csi.proto.NodeStageVolumeRequest;
import io.millrace.csi.proto.VolumeCapability;
import io.millrace.csi.proto.VolumeCapability.AccessMode;
import io.millrace.csi.proto.VolumeCapability.MountVolume;
import io.millrace.csi.volume.CsiFailure;
import io.millrace.csi.volume.Filesystem;
import io.millrace.csi.volume.VolumeUse;
import io.millrace.csi.volume.VolumeUse.Access;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RequestsTest {
  @ParameterizedTest
  @CsvSource({
    "SINGLE_NODE_WRITER, WRITER",
    "SINGLE_NODE_READER_ONLY, READER",
    "SINGLE_NODE_SINGLE_WRITER, SINGLE_WRITER",
    "SINGLE_NODE_MULTI_WRITER, MULTI_WRITER",
  })
  void oneNodeIsSupported(AccessMode.Mode mode, Access access) {
    assertEquals(
        new VolumeUse(access, new VolumeUse.Mounted(Filesystem.XFS, List.of("noatime"))),
        Requests.use(mounted("xfs", mode)));
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "UNKNOWN",
        "MULTI_NODE_READER_ONLY",
        "MULTI_NODE_SINGLE_WRITER",
        "MULTI_NODE_MULTI_WRITER"
      })
  void severalNodesAreNot(AccessMode.Mode mode) {
    invalid(mounted("ext4", mode));
  }

  @Test
  void filesystemIsExt4UnlessSaid() {
    var use = Requests.use(mounted("", AccessMode.Mode.SINGLE_NODE_WRITER));
    assertEquals(new VolumeUse.Mounted(Filesystem.EXT4, List.of("noatime")), use.shape());
    invalid(mounted("btrfs", AccessMode.Mode.SINGLE_NODE_WRITER));
    invalid(VolumeCapability.getDefaultInstance());
  }

  @Test
  void mutableParametersAreRefused() {
    var request =
        CreateVolumeRequest.newBuilder()
            .setName("a")
            .addVolumeCapabilities(mounted("", AccessMode.Mode.SINGLE_NODE_WRITER))
            .putMutableParams("iops", "100")
            .build();
    var failure = assertThrows(CsiFailure.class, () -> Requests.volume(request));
    assertTrue(failure.getMessage().contains("iops"), failure.getMessage());
  }

  @Test
  void secretsNeverReachTheLog() {
    var request =
        NodeStageVolumeRequest.newBuilder()
            .setVolumeId("v1")
            .putSecrets("key", "hidden-value")
            .build();
    String line = RequestLog.withoutSecrets(request);
    assertTrue(line.contains("v1"), line);
    assertFalse(line.contains("hidden-value"), line);
  }

  @Test
  void twoOperationsOnOneObjectDoNotRunAtOnce() {
    var locks = new KeyedLocks();
    var failure =
        assertThrows(
            CsiFailure.class, () -> locks.alone("a", () -> locks.alone("a", () -> "never")));
    assertEquals(CsiFailure.Kind.ABORTED, failure.kind());
    assertEquals("both", locks.alone("a", () -> locks.alone("b", () -> "both")));
    assertEquals("again", locks.alone("a", () -> "again"));
  }

  private static void invalid(VolumeCapability capability) {
    var failure = assertThrows(CsiFailure.class, () -> Requests.use(capability));
    assertEquals(CsiFailure.Kind.INVALID_ARGUMENT, failure.kind());
  }

  private static VolumeCapability mounted(String filesystem, AccessMode.Mode mode) {
    return VolumeCapability.newBuilder()
        .setMount(MountVolume.newBuilder().setFsType(filesystem).addMountFlags("noatime"))
        .setAccessMode(AccessMode.newBuilder().setMode(mode))
        .build();
  }
}
