package io.millrace.csi.it;

import static io.millrace.csi.it.Client.MIB;
import static io.millrace.csi.it.Client.block;
import static io.millrace.csi.it.Client.mounted;
import static io.millrace.csi.it.Client.refused;
import static io.millrace.csi.it.Client.sourceOf;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.millrace.csi.proto.Volume;
import io.millrace.csi.proto.VolumeCapability.AccessMode.Mode;
import io.millrace.csi.proto.VolumeUsage;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * From CreateVolume to what a workload reads and writes, and back, on real devices and filesystems.
 */
class VolumeLifecycleIT {
  private static Node node;
  private static Client client;

  @BeforeAll
  static void start() throws Exception {
    node = Node.start("4GiB");
    client = new Client(node);
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  @ParameterizedTest
  @CsvSource({"ext4, 10", "ext4, 1", "xfs, 300"})
  void dataSurvivesUnstagingAndEveryCallMayBeRepeated(String filesystem, long mebibytes)
      throws Exception {
    var use = mounted(filesystem, Mode.SINGLE_NODE_WRITER);
    Volume volume = client.create("life-" + filesystem + mebibytes, mebibytes * MIB, use);
    Path path = client.bring(volume, use);
    assertEquals(path, client.bring(volume, use));
    assertEquals(filesystem, node.sh("findmnt -n -o FSTYPE " + path));
    node.sh("echo kept > " + path + "/file");
    client.takeAway(volume);
    client.takeAway(volume);
    assertEquals("", node.sh("ls -d " + path + " 2>/dev/null || true"));
    assertEquals("kept", node.sh("cat " + client.bring(volume, use) + "/file"));
    client.takeAway(volume);
    client.delete(volume);
    client.delete(volume);
  }

  @ParameterizedTest
  @CsvSource({"ext4, 64, 256", "xfs, 300, 700"})
  void restoreAndCloneLargerThanTheirSourceAreGrownAndMountBesideIt(
      String filesystem, long sourceMebibytes, long restoredMebibytes) throws Exception {
    var use = mounted(filesystem, Mode.SINGLE_NODE_WRITER);
    Volume source = client.create("source-" + filesystem, sourceMebibytes * MIB, use);
    Path sourcePath = client.bring(source, use);
    node.sh("echo golden > " + sourcePath + "/file; sync -f " + sourcePath);
    var snapshot = client.snapshot("snapshot-" + filesystem, source);
    assertEquals(sourceMebibytes * MIB, snapshot.getSizeBytes());
    node.sh("echo later > " + sourcePath + "/file");

    Volume restored =
        client.create("restored-" + filesystem, restoredMebibytes * MIB, use, sourceOf(snapshot));
    Path restoredPath = client.bring(restored, use);
    assertEquals("golden", node.sh("cat " + restoredPath + "/file"));
    assertEquals("later", node.sh("cat " + sourcePath + "/file"));
    assertTotalAbout(restored, restoredPath, restoredMebibytes * MIB);

    node.sh("sync -f " + sourcePath);
    Volume clone =
        client.create("clone-" + filesystem, restoredMebibytes * MIB, use, sourceOf(source));
    Path clonePath = client.bring(clone, use);
    assertEquals("later", node.sh("cat " + clonePath + "/file"));
    assertTotalAbout(clone, clonePath, restoredMebibytes * MIB);

    client.takeAway(source);
    client.delete(source);
    client.delete(snapshot);
    assertEquals("golden", node.sh("cat " + restoredPath + "/file"));
    assertEquals(
        restored,
        client.create("restored-" + filesystem, restoredMebibytes * MIB, use, sourceOf(snapshot)),
        "a repeated call is answered though its source is gone");
    client.takeAway(restored);
    client.takeAway(clone);
    client.delete(restored);
    client.delete(clone);
  }

  @Test
  void xfsExpandsWhileMounted() throws Exception {
    expandsWhileMounted("xfs", 320, 640);
  }

  /**
   * The kernel wants CAP_SYS_RESOURCE for a mounted ext4. Without it, the driver says so and grows
   * at the next stage.
   */
  @Test
  void ext4ExpandsWhileMountedWhereTheKernelLetsIt() throws Exception {
    if (node.sh("grep CapEff /proc/self/status")
        .matches("CapEff:\\s*[0-9a-f]{9}[13579bdf][0-9a-f]{6}")) {
      expandsWhileMounted("ext4", 32, 96);
      return;
    }
    var use = mounted("ext4", Mode.SINGLE_NODE_WRITER);
    Volume volume = client.create("grow-at-stage", 32 * MIB, use);
    Path path = client.bring(volume, use);
    node.sh("echo kept > " + path + "/file");
    String refusal =
        refused(Status.Code.INTERNAL, () -> client.expand(volume, 96 * MIB, use, path));
    assertTrue(refusal.contains("CAP_SYS_RESOURCE"), refusal);
    client.takeAway(volume);
    Path again = client.bring(volume, use);
    client.expand(volume, 96 * MIB, use, again);
    assertTotalAbout(volume, again, 96 * MIB);
    assertEquals("kept", node.sh("cat " + again + "/file"));
    client.takeAway(volume);
    client.delete(volume);
  }

  private static void expandsWhileMounted(String filesystem, long fromMebibytes, long toMebibytes)
      throws Exception {
    var use = mounted(filesystem, Mode.SINGLE_NODE_WRITER);
    Volume volume = client.create("grow-" + filesystem, fromMebibytes * MIB, use);
    Path path = client.bring(volume, use);
    node.sh("echo kept > " + path + "/file");
    client.expand(volume, toMebibytes * MIB, use, path);
    client.expand(volume, toMebibytes * MIB, use, path);
    assertTotalAbout(volume, path, toMebibytes * MIB);
    assertEquals("kept", node.sh("cat " + path + "/file"));
    client.takeAway(volume);
    client.delete(volume);
  }

  @Test
  void blockVolumeIsADeviceOfItsSizeAndGrowsOnline() throws Exception {
    var use = block(Mode.SINGLE_NODE_MULTI_WRITER);
    Volume volume = client.create("raw", 32 * MIB, use);
    Path path = client.bring(volume, use);
    node.sh("echo written | dd of=" + path + " bs=4096 conv=sync,notrunc oflag=direct 2>/dev/null");
    Path second = client.publish(volume, use, "pod-2", false);
    assertEquals(
        "written",
        node.sh("dd if=" + second + " bs=4096 count=1 iflag=direct 2>/dev/null | head -n 1"));
    assertEquals(32 * MIB, client.stats(volume, path).getUsage(0).getTotal());

    client.expand(volume, 64 * MIB, use, path);
    assertEquals(Long.toString(64 * MIB), node.sh("blockdev --getsize64 " + path));

    client.unpublish(volume, "pod-1");
    assertTrue(
        refused(Status.Code.FAILED_PRECONDITION, () -> client.unstage(volume)).contains("pod-2"));
    client.unpublish(volume, "pod-2");
    client.unstage(volume);
    client.delete(volume);
  }

  @Test
  void singleWriterIsPublishedOnce() {
    for (var use :
        List.of(
            block(Mode.SINGLE_NODE_SINGLE_WRITER),
            mounted("ext4", Mode.SINGLE_NODE_SINGLE_WRITER))) {
      Volume volume = client.create("single-" + use.getAccessTypeCase(), 32 * MIB, use);
      client.bring(volume, use);
      client.publish(volume, use, "pod-1", false);
      refused(Status.Code.FAILED_PRECONDITION, () -> client.publish(volume, use, "pod-2", false));
      client.takeAway(volume);
      client.delete(volume);
    }
  }

  @Test
  void readOnlyMeansReadOnly() throws Exception {
    var use = mounted("ext4", Mode.SINGLE_NODE_WRITER);
    Volume volume = client.create("read-only", 32 * MIB, use);
    client.stage(volume, use);
    Path writable = client.publish(volume, use, "pod-1", false);
    Path readOnly = client.publish(volume, use, "pod-2", true);
    node.sh("echo x > " + writable + "/file; ! touch " + readOnly + "/other 2>/dev/null");
    assertEquals("x", node.sh("cat " + readOnly + "/file"));
    client.unpublish(volume, "pod-2");
    client.takeAway(volume);

    var reader = mounted("ext4", Mode.SINGLE_NODE_READER_ONLY);
    Path read = client.bring(volume, reader);
    node.sh("! touch " + read + "/other 2>/dev/null");
    client.takeAway(volume);
    client.delete(volume);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a foreign filesystem   | mkfs.ext2 -q -F PATH                                    | ext2",
        "swap space             | mkswap PATH                                             | swap",
        "a partition table      | printf 'label: gpt\\n,8M\\n' / sfdisk -q PATH           | partition table",
        "data without signature | echo precious / dd of=PATH bs=512 seek=100 conv=notrunc | data without a known",
      })
  void nothingThatHoldsDataIsFormatted(String what, String make, String named) throws Exception {
    Volume volume = client.create("foreign-" + what, 32 * MIB, block(Mode.SINGLE_NODE_WRITER));
    Path raw = client.bring(volume, block(Mode.SINGLE_NODE_WRITER));
    node.sh(
        make.replace(" / ", " | ").replace("PATH", raw.toString()) + " 2>/dev/null; sync " + raw);
    String before = node.sh("sha256sum < " + raw);
    client.takeAway(volume);

    var use = mounted("ext4", Mode.SINGLE_NODE_WRITER);
    String refusal = refused(Status.Code.FAILED_PRECONDITION, () -> client.bring(volume, use));
    assertTrue(refusal.contains(named), refusal);
    client.takeAway(volume);

    assertEquals(
        before, node.sh("sha256sum < " + client.bring(volume, block(Mode.SINGLE_NODE_WRITER))));
    client.takeAway(volume);
    client.delete(volume);
  }

  @Test
  void cloneMadeWithAnotherFilesystemClassKeepsItsData() throws Exception {
    var ext4 = mounted("ext4", Mode.SINGLE_NODE_WRITER);
    Volume source = client.create("other-class", 64 * MIB, ext4);
    node.sh("echo kept > " + client.bring(source, ext4) + "/file");
    client.takeAway(source);
    var xfs = mounted("xfs", Mode.SINGLE_NODE_WRITER);
    Volume clone = client.create("other-class-clone", 400 * MIB, xfs, sourceOf(source));
    assertEquals("kept", node.sh("cat " + client.bring(clone, xfs) + "/file"));
    client.takeAway(clone);
    client.delete(clone);
    client.delete(source);
  }

  @Test
  void statsOfAFilesystemCountBytesAndInodes() throws Exception {
    var use = mounted("ext4", Mode.SINGLE_NODE_WRITER);
    Volume volume = client.create("stats", 64 * MIB, use);
    Path path = client.bring(volume, use);
    node.sh("dd if=/dev/zero of=" + path + "/file bs=1M count=8 conv=fsync 2>/dev/null");
    var usage = client.stats(volume, path).getUsageList();
    assertEquals(VolumeUsage.Unit.BYTES, usage.get(0).getUnit());
    assertTrue(usage.get(0).getUsed() >= 8 * MIB, usage.toString());
    assertTrue(
        usage.get(0).getAvailable() > 0 && usage.get(0).getAvailable() < 64 * MIB,
        usage.toString());
    assertEquals(VolumeUsage.Unit.INODES, usage.get(1).getUnit());
    assertTrue(usage.get(1).getUsed() > 10, usage.toString());
    refused(Status.Code.NOT_FOUND, () -> client.stats(volume, node.folder.resolve("elsewhere")));
    client.takeAway(volume);
    client.delete(volume);
  }

  @Test
  void aDriverThatWasKilledFindsEverythingAgain() throws Exception {
    var use = mounted("ext4", Mode.SINGLE_NODE_WRITER);
    Volume volume = client.create("killed", 64 * MIB, use);
    Path path = client.bring(volume, use);
    node.sh("echo kept > " + path + "/file; sync -f " + path);
    // Its mounts go with its namespace, as on a node that was rebooted; the engine keeps the
    // device.
    node.killDriver();
    node.startDriverAgain();
    assertEquals(volume, client.create("killed", 64 * MIB, use));
    assertEquals("kept", node.sh("cat " + client.bring(volume, use) + "/file"));
    client.takeAway(volume);
    client.delete(volume);
  }

  @ParameterizedTest
  @CsvSource({"ext4, 64", "xfs, 320"})
  void aCloneIsMountedWithAnotherSectorSizeToo(String filesystem, long mebibytes) throws Exception {
    var use = mounted(filesystem, Mode.SINGLE_NODE_WRITER);
    Volume source = client.create("sectors-" + filesystem, mebibytes * MIB, use);
    node.sh("echo kept > " + client.bring(source, use) + "/file");
    client.takeAway(source);
    Volume clone =
        client.create(
            "sectors-clone-" + filesystem,
            mebibytes * MIB,
            use,
            sourceOf(source),
            Map.of("sectorBytes", "4096"));
    Path path = client.bring(clone, use);
    assertEquals("kept", node.sh("cat " + path + "/file"));
    assertEquals("4096", node.sh("blockdev --getss $(findmnt -n -o SOURCE " + path + ")"));
    client.takeAway(clone);
    client.delete(clone);
    client.delete(source);
  }

  @Test
  void aFilesystemThatShutItselfDownIsMountedAnew() throws Exception {
    var use = mounted("xfs", Mode.SINGLE_NODE_WRITER);
    Volume volume = client.create("shut-down", 320 * MIB, use);
    Path path = client.bring(volume, use);
    node.sh("echo kept > " + path + "/file; sync -f " + path + "; xfs_io -x -c shutdown " + path);
    node.sh("! ls " + path + " 2>/dev/null");
    assertEquals("kept", node.sh("cat " + client.bring(volume, use) + "/file"));
    node.sh("xfs_io -x -c shutdown " + path);
    client.takeAway(volume);
    client.delete(volume);
  }

  @Test
  void formattingThatWasInterruptedIsBegunAgain() throws Exception {
    var use = mounted("ext4", Mode.SINGLE_NODE_WRITER);
    Volume volume = client.create("interrupted", 64 * MIB, use);
    Path raw = client.bring(volume, block(Mode.SINGLE_NODE_WRITER));
    // What a node that died inside mkfs leaves: a broken filesystem, and the driver's note that it
    // is its own work.
    node.sh(
        "mkfs.ext4 -q -F "
            + raw
            + "; dd if=/dev/urandom of="
            + raw
            + " bs=4k seek=1 count=200 conv=notrunc,fsync 2>/dev/null");
    client.takeAway(volume);
    note(volume.getVolumeId());

    node.sh("echo works > " + client.bring(volume, use) + "/file");
    assertFalse(notes().contains(volume.getVolumeId()));
    client.takeAway(volume);
    assertEquals("works", node.sh("cat " + client.bring(volume, use) + "/file"));
    client.takeAway(volume);
    client.delete(volume);
  }

  @Test
  void aNoteOfAnotherStoresVolumeIsNoReasonToFormat() throws Exception {
    var use = mounted("ext4", Mode.SINGLE_NODE_WRITER);
    Volume volume = client.create("same-number", 64 * MIB, use);
    node.sh("echo kept > " + client.bring(volume, use) + "/file");
    client.takeAway(volume);
    String handle = volume.getVolumeId();
    String number = handle.substring(handle.lastIndexOf('.') + 1);
    note(number);
    note("v1.11111111-2222-3333-4444-555555555555." + number);
    assertEquals("kept", node.sh("cat " + client.bring(volume, use) + "/file"));
    client.takeAway(volume);
    client.delete(volume);
  }

  @Test
  void aCloneWithDataIsNeverFormattedWhateverIsNoted() throws Exception {
    var use = mounted("ext4", Mode.SINGLE_NODE_WRITER);
    Volume source = client.create("noted-source", 64 * MIB, use);
    node.sh("echo kept > " + client.bring(source, use) + "/file");
    client.takeAway(source);
    Volume clone = client.create("noted-clone", 64 * MIB, use, sourceOf(source));
    note(clone.getVolumeId());
    String refusal = refused(Status.Code.FAILED_PRECONDITION, () -> client.bring(clone, use));
    assertTrue(refusal.contains("was cloned"), refusal);
    client.unstage(clone);
    Path raw = client.bring(clone, block(Mode.SINGLE_NODE_WRITER));
    assertEquals("ext4", node.sh("blkid -p -s TYPE -o value " + raw));
    client.takeAway(clone);
    client.delete(clone);
    assertFalse(notes().contains(clone.getVolumeId()), "a deleted volume leaves no note");
    client.delete(source);
  }

  @Test
  void aCheckThatTakesLongRunsToItsEndOnceWhileItsCallersComeAndGo() throws Exception {
    var use = mounted("ext4", Mode.SINGLE_NODE_WRITER);
    Volume volume = client.create("slow-check", 64 * MIB, use);
    node.sh("echo kept > " + client.bring(volume, use) + "/file");
    client.takeAway(volume);
    Path log = node.folder.resolve("e2fsck.log");
    node.replaceTool(
        "e2fsck",
        "echo began >> " + log + "; sleep 5; echo ended >> " + log + "; exec /sbin/e2fsck \"$@\"");
    try {
      refused(Status.Code.DEADLINE_EXCEEDED, () -> client.hurried(1).stage(volume, use));
      String later = refused(Status.Code.ABORTED, () -> client.stage(volume, use));
      assertTrue(later.contains("is running"), later);
      node.sh("while ! grep -q ended " + log + "; do sleep 0.1; done");
      assertEquals("began\nended", node.sh("cat " + log), "one run, and not killed");
    } finally {
      node.restoreTool("e2fsck");
    }
    client.awaitStaged(volume, use);
    assertEquals("kept", node.sh("cat " + client.bring(volume, use) + "/file"));
    client.takeAway(volume);
    client.delete(volume);
  }

  /** As a driver leaves it that died inside mkfs. */
  private static void note(String name) throws Exception {
    node.sh("mkdir -p " + node.folder + "/formatting; : > " + node.folder + "/formatting/" + name);
  }

  private static String notes() throws Exception {
    return node.sh("ls " + node.folder + "/formatting");
  }

  /** A filesystem keeps some of the device for itself. */
  private static void assertTotalAbout(Volume volume, Path path, long deviceBytes) {
    long total = client.stats(volume, path).getUsage(0).getTotal();
    assertTrue(total > deviceBytes * 3 / 4 && total <= deviceBytes, total + " of " + deviceBytes);
  }
}
