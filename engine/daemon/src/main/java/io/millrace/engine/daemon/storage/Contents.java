package io.millrace.engine.daemon.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * What a file or block device holds already. Only looks.
 *
 * <p>The rule is the simplest that is safe: it is empty when its first and its last MiB are zeros,
 * because every file system, volume manager and partition table has its mark in one of them. The
 * names are a courtesy; what has none is refused all the same.
 */
public final class Contents {
  /** How much of each end is looked at. */
  static final int END_BYTES = 1 << 20;

  private static final List<Mark> AT_THE_START =
      List.of(
          new Mark("a Millrace store", 0, text("MILLRACE")),
          new Mark("a Millrace store", 32 << 10, text("MILLRACE")),
          new Mark("an encrypted LUKS volume", 0, hex("4c554b53babe")),
          new Mark("an LVM2 physical volume", 0, text("LABELONE")),
          new Mark("an LVM2 physical volume", 512, text("LABELONE")),
          new Mark("an LVM2 physical volume", 1024, text("LABELONE")),
          new Mark("an LVM2 physical volume", 1536, text("LABELONE")),
          new Mark("a member of a Linux RAID", 0, hex("fc4e2ba9")),
          new Mark("a member of a Linux RAID", 4096, hex("fc4e2ba9")),
          new Mark("a GPT partition table", 512, text("EFI PART")),
          new Mark("a GPT partition table", 4096, text("EFI PART")),
          new Mark("an xfs file system", 0, text("XFSB")),
          new Mark("an ext2, ext3 or ext4 file system", 0x438, hex("53ef")),
          new Mark("a btrfs file system", 0x10040, text("_BHRfS_M")),
          new Mark("swap space", 4086, text("SWAPSPACE2")),
          new Mark("an NTFS file system", 3, text("NTFS    ")),
          new Mark("an MBR partition table or a FAT file system", 510, hex("55aa")));

  private static final List<Mark> BEFORE_THE_END =
      List.of(
          new Mark("the second copy of a GPT partition table", 512, text("EFI PART")),
          new Mark("the second copy of a GPT partition table", 4096, text("EFI PART")));

  private Contents() {}

  /** Bytes that tell what it is, and where they stand. */
  private record Mark(String name, int offset, ByteBuffer bytes) {
    boolean stands(byte[] end, int at) {
      int length = bytes.remaining();
      return at >= 0 && at + length <= end.length && ByteBuffer.wrap(end, at, length).equals(bytes);
    }
  }

  /** What is there, in words; empty when nothing is. */
  public static Optional<String> of(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long sizeBytes = channel.size();
      return name(read(channel, 0), read(channel, Math.max(0, sizeBytes - END_BYTES)));
    }
  }

  static Optional<String> name(byte[] start, byte[] end) {
    for (Mark mark : AT_THE_START) {
      if (mark.stands(start, mark.offset())) {
        return Optional.of(mark.name());
      }
    }
    for (Mark mark : BEFORE_THE_END) {
      if (mark.stands(end, end.length - mark.offset())) {
        return Optional.of(mark.name());
      }
    }
    if (!isZero(start)) {
      return Optional.of("data without a known mark in its first MiB");
    }
    return isZero(end)
        ? Optional.empty()
        : Optional.of("data without a known mark in its last MiB");
  }

  private static byte[] read(FileChannel channel, long offset) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(END_BYTES);
    while (buffer.hasRemaining() && channel.read(buffer, offset + buffer.position()) > 0) {}
    return Arrays.copyOf(buffer.array(), buffer.position());
  }

  private static boolean isZero(byte[] bytes) {
    for (byte each : bytes) {
      if (each != 0) {
        return false;
      }
    }
    return true;
  }

  private static ByteBuffer text(String ascii) {
    return StandardCharsets.US_ASCII.encode(ascii).asReadOnlyBuffer();
  }

  private static ByteBuffer hex(String digits) {
    return ByteBuffer.wrap(HexFormat.of().parseHex(digits)).asReadOnlyBuffer();
  }
}
