package io.millrace.engine.daemon.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An attached volume is a block device like any other. */
final class BlockDeviceIT {
  @TempDir static Path folder = Path.of("");
  private static Daemon daemon;

  @BeforeAll
  static void start() throws Exception {
    daemon = Daemon.started(folder, "1GiB");
  }

  @AfterAll
  static void stop() throws Exception {
    daemon.close();
  }

  /** The next test has the store to itself. */
  @AfterEach
  void deleteVolume() throws Exception {
    daemon.letGoOfMounts();
    daemon.millrace("volume", "detach", "v").ok();
    daemon.millrace("volume", "delete", "v").ok();
  }

  private static String loop(String device, String column) throws Exception {
    return Shell.bash("losetup -nO " + column + " " + device).strip();
  }

  private static void fio(String device, String arguments) throws Exception {
    Shell.bash(
        "fio --name=t --direct=1 --ioengine=libaio --verify=crc32c --verify_fatal=1"
            + " --verify_state_save=0 --filename="
            + device
            + " "
            + arguments);
  }

  @Test
  void readsBackWhatWasWrittenInEverySizeAndOrder() throws Exception {
    String device = daemon.attachNew("v", "256MiB");
    fio(device, "--rw=randwrite --bs=4k --iodepth=32 --size=64M");
    fio(device, "--rw=randwrite --bsrange=512-1m --blockalign=512 --iodepth=16 --size=128M");
    fio(device, "--rw=write --bs=1m --iodepth=4 --size=256M");
    fio(device, "--rw=randrw --bs=16k --iodepth=8 --size=64M --fsync=32");
  }

  @Test
  void hasDirectIoAndTheVolumesIdAsItsName() throws Exception {
    String device = daemon.attachNew("v", "64MiB");
    assertEquals("1", loop(device, "DIO"));
    assertEquals("512", loop(device, "LOG-SEC"));
    assertTrue(
        loop(device, "BACK-FILE").endsWith(daemon.field("volume_id", "volume", "attach", "v")));
    assertEquals(device, daemon.attach("v"), "attaching again gives the same device");
  }

  @Test
  void hasSectorsOf4096BytesOnRequestAndIsReadOnlyOnRequest() throws Exception {
    daemon.millrace("volume", "create", "v", "--size", "64MiB").ok();
    String device = daemon.attach("v", "--sector", "4096");
    assertEquals("4096", loop(device, "LOG-SEC"));
    assertEquals(4, daemon.millrace("volume", "attach", "v").exitCode(), "attached otherwise");
    daemon.millrace("volume", "detach", "v").ok();
    device = daemon.attach("v", "--read-only");
    assertEquals("1", Shell.bash("blockdev --getro " + device).strip());
    assertTrue(Shell.run("dd", "if=/dev/zero", "of=" + device, "bs=4k", "count=1").exitCode() != 0);
    daemon.millrace("volume", "detach", "v").ok();
    assertEquals("0", Shell.bash("blockdev --getro " + daemon.attach("v")).strip());
  }

  @Test
  void readsZerosAfterADiscardAndAfterAZeroing() throws Exception {
    String device = daemon.attachNew("v", "64MiB");
    Shell.bash("dd if=/dev/urandom of=" + device + " bs=1M count=64 oflag=direct");
    Shell.bash("blkdiscard -o 4M -l 8M " + device);
    Shell.bash("cmp -n 8M -i 4M:0 " + device + " /dev/zero");
    assertTrue(
        Shell.run("cmp", "-n", "4M", device, "/dev/zero").exitCode() == 1, "before it: data");
    Shell.bash("blkdiscard -z -o 16M -l 1M " + device);
    Shell.bash("cmp -n 1M -i 16M:0 " + device + " /dev/zero");
    Shell.bash("blkdiscard " + device);
    Shell.bash("cmp -n 64M " + device + " /dev/zero");
    assertEquals("0", daemon.field("own_bytes", "volume", "resize", "v", "--size", "64MiB"));
  }

  @Test
  void growsWhileInUse() throws Exception {
    String device = daemon.attachNew("v", "320MiB");
    Shell.bash("mkfs.xfs -q " + device);
    Path mount = daemon.mount(device, "m", "discard");
    daemon.millrace("volume", "resize", "v", "--size", "512MiB").ok();
    assertEquals(512 << 20, Integer.parseInt(Shell.bash("blockdev --getsize64 " + device).strip()));
    Shell.bash("xfs_growfs " + mount);
    Shell.bash("dd if=/dev/zero of=" + mount + "/f bs=1M count=380 oflag=direct");
    daemon.unmount(mount);
    Shell.bash("xfs_repair -n " + device);
  }

  @Test
  void isNotDetachedAndItsVolumeNotDeletedWhileInUse() throws Exception {
    String device = daemon.attachNew("v", "64MiB");
    Shell.bash("mkfs.ext4 -q " + device);
    Path mount = daemon.mount(device, "m", "defaults");
    Shell.Result refused = daemon.millrace("volume", "detach", "v");
    assertEquals(4, refused.exitCode());
    assertTrue(refused.output().contains(device + " is open or mounted"), refused.output());
    assertEquals(4, daemon.millrace("volume", "delete", "v").exitCode());
    Shell.bash("echo still > " + mount + "/here && sync -f " + mount);
    daemon.unmount(mount);
    daemon.millrace("volume", "detach", "v").ok();
    daemon.millrace("volume", "detach", "v").ok();
    daemon.millrace("volume", "delete", "v").ok();
    daemon.millrace("volume", "create", "v", "--size", "1MiB").ok();
  }

  @Test
  void whatCannotBeRememberedIsNotAttached() throws Exception {
    daemon.millrace("volume", "create", "v", "--size", "64MiB").ok();
    String id = daemon.field("id", "volume", "resize", "v", "--size", "64MiB");
    String records = Shell.bash("echo " + folder + "/state/*").strip();
    // Room for the intent, none for the device that it has become.
    Shell.bash("mount -t tmpfs -o nr_inodes=2 none " + records);
    try {
      Shell.Result refused = daemon.millrace("volume", "attach", "v");
      assertEquals(1, refused.exitCode(), refused.output());
      assertTrue(refused.output().contains("No space left"), refused.output());
      String store = records.substring(records.lastIndexOf('/') + 1);
      String bound = Shell.bash("losetup -nO BACK-FILE");
      assertTrue(!bound.contains("millrace-" + store + "-" + id), bound);
      assertEquals("", Shell.bash("ls " + records), "nothing is remembered either");
    } finally {
      Shell.bash("umount " + records);
    }
    daemon.attach("v");
  }

  @Test
  void detachingLeavesNothingAndKeepsTheData() throws Exception {
    String device = daemon.attachNew("v", "64MiB");
    Shell.bash("head -c 1000000 /dev/urandom > " + folder + "/data");
    Shell.bash("dd if=" + folder + "/data of=" + device + " bs=64k conv=notrunc");
    String backing = LoopDevices.backing(device);
    daemon.millrace("volume", "detach", "v").ok();
    assertFalse(LoopDevices.isBound(backing), "the device is unbound");
    String again = daemon.attach("v");
    Shell.bash("cmp -n 1000000 " + folder + "/data " + again);
  }
}
