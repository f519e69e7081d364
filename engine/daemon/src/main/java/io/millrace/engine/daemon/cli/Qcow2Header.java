package io.millrace.engine.daemon.cli;

import io.millrace.engine.daemon.ExitCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * What must be known of a qcow2 file before another program reads it: that it is one, and names no
 * other file, for that one would be read too, whatever it is.
 *
 * <pre>
 * big-endian: 0 magic "QFI\xfb" · 4 u32 version · 8 u64 backing file offset · 24 u64 virtual size
 * 32 u32 encryption method · 72 u64 incompatible features: bit 1 corrupt, bit 2 external data file
 * </pre>
 *
 * @param virtualBytes the size of the disk in it
 */
record Qcow2Header(long virtualBytes) {
  private static final int MAGIC = 0x514649fb;
  private static final int BYTES = 80;
  private static final long CORRUPT = 1 << 1;
  private static final long EXTERNAL_DATA = 1 << 2;

  static Qcow2Header read(Path file) throws IOException, CommandFailure {
    ByteBuffer header = ByteBuffer.allocate(BYTES);
    try (FileChannel channel = FileChannel.open(file)) {
      while (header.hasRemaining() && channel.read(header) >= 0) {}
    }
    return of(file, header.flip());
  }

  static Qcow2Header of(Path file, ByteBuffer b) throws CommandFailure {
    require(b.limit() == BYTES && b.getInt(0) == MAGIC, file, "it is no qcow2 file");
    int version = b.getInt(4);
    require(version == 2 || version == 3, file, "qcow2 version " + version + " is not known");
    require(b.getLong(8) == 0, file, "it needs a backing file; flatten it with qemu-img convert");
    require(b.getInt(32) == 0, file, "it is encrypted");
    long incompatible = version == 3 ? b.getLong(72) : 0;
    require((incompatible & CORRUPT) == 0, file, "it is marked as corrupt");
    require((incompatible & EXTERNAL_DATA) == 0, file, "its data are in another file");
    require(b.getLong(24) > 0, file, "it holds a disk of no bytes");
    return new Qcow2Header(b.getLong(24));
  }

  private static void require(boolean holds, Path file, String otherwise) throws CommandFailure {
    if (!holds) {
      throw new CommandFailure(ExitCode.USAGE, file + ": " + otherwise);
    }
  }
}
