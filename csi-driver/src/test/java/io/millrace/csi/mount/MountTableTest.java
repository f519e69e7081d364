package io.millrace.csi.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MountTableTest {
  private static final MountTable TABLE =
      MountTable.parse(
          List.of(
              "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw",
              "23 22 0:6 / /dev rw shared:2 master:7 - devtmpfs devtmpfs rw",
              "24 22 7:3 / /var/lib/kubelet/a\\040b rw,relatime - ext4 /dev/loop3 rw",
              "25 22 7:3 / /var/lib/kubelet/pod ro,relatime shared:9 - ext4 /dev/loop3 rw",
              "26 22 0:6 /loop3 /var/lib/kubelet/block rw shared:2 - devtmpfs devtmpfs rw",
              "27 22 7:4 / /var/lib/kubelet/pod rw,relatime - xfs /dev/loop4 rw",
              "28 22 7:5 / /private rw - ext4 /dev/loop5 rw",
              "not a line of mountinfo"));

  @Test
  void theUppermostMountCounts() {
    assertEquals(
        Optional.of("7:4"), TABLE.at(Path.of("/var/lib/kubelet/pod")).map(Mount::deviceNumber));
    assertEquals(Optional.empty(), TABLE.at(Path.of("/var/lib/kubelet")));
  }

  @Test
  void escapedSpacesAreSpaces() {
    assertEquals(
        Optional.of("ext4"), TABLE.at(Path.of("/var/lib/kubelet/a b")).map(Mount::filesystem));
  }

  @Test
  void aFilesystemIsFoundByDeviceAndANodeByName() {
    assertEquals(2, TABLE.ofFilesystemOn("7:3").size());
    assertTrue(TABLE.ofFilesystemOn("7:3").getLast().readOnly());
    assertEquals(
        List.of(Path.of("/var/lib/kubelet/block")),
        TABLE.ofNodeNamed(Path.of("/dev/loop3")).stream().map(Mount::point).toList());
  }

  @Test
  void sharingIsThatOfTheMountAFolderLiesIn() {
    assertTrue(TABLE.isShared(Path.of("/var/lib/kubelet")));
    assertFalse(TABLE.isShared(Path.of("/private/kubelet")));
  }

  @Test
  void deviceNumbersAreDecodedAsLinuxEncodesThem() {
    assertEquals("7:3", DeviceNumber.decode(0x703).text());
    assertEquals("259:1048575", DeviceNumber.decode(0xfff1_03ffL).text());
    assertEquals("7:1024", DeviceNumber.decode(0x40_0700).text());
  }

  @Test
  void otherToolsAreReadAsTheySpeak() {
    assertEquals(
        new Usage.OfFilesystem(409600, 40960, 327680, 100, 11, 89),
        Usage.OfFilesystem.parse("4096 100 90 80 100 89"));
    var size =
        Ext4Size.parse(
            "Filesystem state: clean\nBlock count:              2560\nBlock size:               4096\n");
    assertFalse(size.leavesRoomOn(2560 * 4096 + 4095));
    assertTrue(size.leavesRoomOn(2561 * 4096));
    assertFalse(
        Capabilities.parse(List.of("CapEff:\t000001fffeffffff"))
            .contain(Capabilities.SYS_RESOURCE));
    assertTrue(
        Capabilities.parse(List.of("CapEff:\t000001ffffffffff"))
            .contain(Capabilities.SYS_RESOURCE));
  }
}
