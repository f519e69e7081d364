package io.millrace.engine.daemon.serve;

import io.millrace.engine.daemon.ByteSize;
import io.millrace.engine.daemon.cli.StoreFormat;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;

/**
 * Makes the store of a node that has none, and never a second one.
 *
 * <p>A store file that is missing may be one whose disk is not mounted after a reboot: an empty
 * store in its place would look like the loss of every volume, and fill the disk beneath. So that
 * there is a store is noted, as an empty file named by the store's path, in a folder that should
 * not lie on the store's disk. Written after the store has its name: a crash in between is mended
 * by the next start, which finds the store.
 */
final class FirstStore {
  private static final Path DEVICES = Path.of("/dev");

  private final Path store;
  private final Path notes;

  FirstStore(Path store, Path notes) {
    this.store = store.toAbsolutePath();
    this.notes = notes;
  }

  /** Nothing to do when it is there. */
  void makeIfMissing(ByteSize size, boolean sparse, Consumer<String> progress) throws IOException {
    if (!Files.exists(store)) {
      refuseIfItWasThere();
      StoreFormat.create(store, size, sparse, progress);
    }
    remember();
  }

  private void refuseIfItWasThere() throws IOException {
    if (store.startsWith(DEVICES)) {
      throw new IOException(store + " is missing: a device is not made; is the disk attached?");
    }
    if (Files.exists(note())) {
      throw new IOException(
          store
              + " is missing, and was there before: is its disk mounted? No new store is made in its"
              + " place. Mount the disk and start again; if the store is lost for good, remove "
              + note()
              + " and an empty one is made");
    }
  }

  private void remember() throws IOException {
    if (!Files.exists(note())) {
      Files.createDirectories(notes);
      Files.createFile(note());
      try (FileChannel folder = FileChannel.open(notes, StandardOpenOption.READ)) {
        folder.force(true);
      }
    }
  }

  private Path note() {
    String name = URLEncoder.encode(store.toString(), StandardCharsets.UTF_8);
    return notes.resolve(name + ".formatted");
  }
}
