package io.millrace.engine.daemon.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Empty or not: the look that keeps somebody's disk. */
final class ContentsTest {
  private static final long SIZE_BYTES = 8 << 20;

  @TempDir Path folder = Path.of("");

  private Path disk(long sizeBytes) throws Exception {
    Path disk = folder.resolve("disk");
    Preparation.sparse(disk, sizeBytes);
    return disk;
  }

  private static void put(Path disk, long at, String hex) throws Exception {
    try (FileChannel channel = FileChannel.open(disk, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(HexFormat.of().parseHex(hex)), at);
    }
  }

  @ParameterizedTest(name = "{1} at {0}: {2}")
  @CsvSource({
    "0,       4d494c4c52414345,       a Millrace store",
    "32768,   4d494c4c52414345,       a Millrace store",
    "0,       4c554b53babe0002,       an encrypted LUKS volume",
    "512,     4c4142454c4f4e45,       an LVM2 physical volume",
    "4096,    fc4e2ba901000000,       a member of a Linux RAID",
    "512,     4546492050415254,       a GPT partition table",
    "4096,    4546492050415254,       a GPT partition table",
    "0,       58465342,               an xfs file system",
    "1080,    53ef,                   'an ext2, ext3 or ext4 file system'",
    "65600,   5f42485266535f4d,       a btrfs file system",
    "4086,    53574150535041434532,   swap space",
    "510,     55aa,                   an MBR partition table or a FAT file system",
    "8388096, 4546492050415254,       the second copy of a GPT partition table",
    "1048575, 01,                     data without a known mark in its first MiB",
    "7340032, 01,                     data without a known mark in its last MiB",
    "8388607, 01,                     data without a known mark in its last MiB",
  })
  void whatIsThereIsNamed(long at, String hex, String name) throws Exception {
    Path disk = disk(SIZE_BYTES);
    put(disk, at, hex);
    assertEquals(Optional.of(name), Contents.of(disk));
  }

  @Test
  void aPartitionTableIsNamedBeforeTheMbrThatProtectsIt() throws Exception {
    Path disk = disk(SIZE_BYTES);
    put(disk, 510, "55aa");
    put(disk, 512, "4546492050415254");
    assertEquals(Optional.of("a GPT partition table"), Contents.of(disk));
  }

  @Test
  void zerosAreNothingAndSmallFilesAreLookedAtWhole() throws Exception {
    assertEquals(Optional.empty(), Contents.of(disk(SIZE_BYTES)));
    Path small = Files.writeString(folder.resolve("small"), "hello");
    assertTrue(Contents.of(small).isPresent());
    assertEquals(Optional.empty(), Contents.of(Files.createFile(folder.resolve("empty"))));
  }
}
