package io.millrace.engine.daemon.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** File systems on volumes, snapshots and clones. */
final class FilesystemIT {
  private static final String TREE = "/usr/share/doc";
  private static final String SUMS =
      "find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum";

  @TempDir static Path folder = Path.of("");
  private static Daemon daemon;

  @BeforeAll
  static void start() throws Exception {
    daemon = Daemon.started(folder, "3GiB");
  }

  @AfterAll
  static void stop() throws Exception {
    daemon.close();
  }

  @AfterEach
  void unmount() throws Exception {
    daemon.letGoOfMounts();
  }

  private static void fill(Path mount) throws Exception {
    Shell.bash("cp -a " + TREE + " " + mount + "/tree");
  }

  private static String sums(Path mount) throws Exception {
    return Shell.bash("cd " + mount + "/tree && " + SUMS);
  }

  @Test
  void ext4KeepsItsFiles() throws Exception {
    String device = daemon.attachNew("ext4", "512MiB");
    Shell.bash("mkfs.ext4 -q " + device);
    Path mount = daemon.mount(device, "m", "discard");
    fill(mount);
    String sums = sums(mount);
    daemon.unmount(mount);
    Shell.bash("e2fsck -fn " + device);
    assertEquals(sums, sums(daemon.mount(device, "m", "ro")));
  }

  @Test
  void xfsKeepsItsFiles() throws Exception {
    String device = daemon.attachNew("xfs", "512MiB");
    Shell.bash("mkfs.xfs -q " + device);
    Path mount = daemon.mount(device, "m", "discard");
    fill(mount);
    String sums = sums(mount);
    daemon.unmount(mount);
    Shell.bash("xfs_repair -n " + device);
    assertEquals(sums, sums(daemon.mount(device, "m", "ro")));
  }

  @Test
  void aSnapshotAndItsClonesKeepWhatWasThere() throws Exception {
    String device = daemon.attachNew("image", "512MiB");
    // Or the kernel would initialize inode tables behind our back, and journal that: 12 KiB.
    Shell.bash("mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 " + device);
    Path mount = daemon.mount(device, "image", "defaults");
    fill(mount);
    Shell.bash("sync -f " + mount);
    String sums = sums(mount);
    daemon.millrace("snapshot", "create", "image", "golden").ok();
    Shell.bash(
        "rm -rf " + mount + "/tree && echo changed > " + mount + "/after && sync -f " + mount);
    String held = daemon.field("physical_bytes", "store", "info");
    long written = Long.parseLong(daemon.field("device_write_bytes", "stats"));
    daemon.millrace("clone", "golden", "one").ok();
    daemon.millrace("clone", "golden", "two", "--size", "768MiB").ok();
    assertEquals(held, daemon.field("physical_bytes", "store", "info"), "blocks of data copied");
    long more = Long.parseLong(daemon.field("device_write_bytes", "stats")) - written;
    assertTrue(more <= 256 << 10, "two clones wrote " + more + " bytes");
    Path one = daemon.mount(daemon.attach("one"), "one", "defaults");
    Path two = daemon.mount(daemon.attach("two"), "two", "defaults");
    assertEquals(sums, sums(one));
    Shell.bash("echo one > " + one + "/mine && rm -rf " + one + "/tree && sync -f " + one);
    assertEquals(sums, sums(two));
    assertEquals("changed\n", Shell.bash("cat " + mount + "/after"));
    assertEquals(
        String.valueOf(768 << 20),
        Shell.bash("blockdev --getsize64 $(findmnt -no SOURCE " + two + ")").strip());
  }
}
