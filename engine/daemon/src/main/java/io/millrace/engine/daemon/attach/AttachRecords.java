package io.millrace.engine.daemon.attach;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import io.millrace.engine.daemon.ObjectId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * The intents to attach, one small file per volume, written before the act and durable: what is
 * here, a restarted daemon attaches again.
 *
 * <pre>
 * &lt;folder&gt;/&lt;volume id&gt;.attachment
 *   sector_bytes=512
 *   read_only=false
 *   loop=3            the device it had last, so that it gets the same again if that is free
 * </pre>
 *
 * <p>Any thread; calls for one volume must not overlap.
 */
final class AttachRecords {
  private static final String SUFFIX = ".attachment";

  private final Path folder;

  AttachRecords(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
  }

  /** An intent and the number of the loop device that it had last. */
  record Remembered(AttachIntent intent, OptionalInt loopNumber) {}

  void remember(AttachIntent intent, OptionalInt loopNumber) throws IOException {
    StringBuilder text = new StringBuilder();
    text.append("sector_bytes=").append(intent.sectorBytes()).append('\n');
    text.append("read_only=").append(intent.readOnly()).append('\n');
    loopNumber.ifPresent(n -> text.append("loop=").append(n).append('\n'));
    Path scratch = folder.resolve(intent.volume() + ".new");
    try (FileChannel file = FileChannel.open(scratch, CREATE, TRUNCATE_EXISTING, WRITE)) {
      ByteBuffer bytes = StandardCharsets.UTF_8.encode(text.toString());
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
      file.force(true);
    }
    Files.move(scratch, path(intent.volume()), ATOMIC_MOVE);
    syncFolder();
  }

  void forget(ObjectId volume) throws IOException {
    if (Files.deleteIfExists(path(volume))) {
      syncFolder();
    }
  }

  Optional<Remembered> find(ObjectId volume) throws IOException {
    Path file = path(volume);
    return Files.exists(file) ? Optional.of(parse(volume, file)) : Optional.empty();
  }

  /** The volumes that are remembered, in order of ids. */
  List<ObjectId> volumes() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().map(AttachRecords::volumeOf).flatMap(Optional::stream).toList();
    }
  }

  private static Optional<ObjectId> volumeOf(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(SUFFIX)
        ? ObjectId.parse(name.substring(0, name.length() - SUFFIX.length()))
        : Optional.empty();
  }

  private static Remembered parse(ObjectId volume, Path file) throws IOException {
    Properties fields = new Properties();
    try (var reader = Files.newBufferedReader(file)) {
      fields.load(reader);
    }
    try {
      int sectorBytes = Integer.parseInt(fields.getProperty("sector_bytes", "512"));
      boolean readOnly = Boolean.parseBoolean(fields.getProperty("read_only", "false"));
      String loop = fields.getProperty("loop");
      return new Remembered(
          new AttachIntent(volume, sectorBytes, readOnly),
          loop == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(loop)));
    } catch (IllegalArgumentException e) {
      throw new IOException(file + " is no attachment record: " + e.getMessage(), e);
    }
  }

  private Path path(ObjectId volume) {
    return folder.resolve(volume + SUFFIX);
  }

  private void syncFolder() throws IOException {
    try (FileChannel channel = FileChannel.open(folder, READ)) {
      channel.force(true);
    }
  }
}
