package io.millrace.csi.mount;

import io.millrace.csi.volume.CsiFailure;
import io.millrace.csi.volume.CsiFailure.Kind;
import io.millrace.csi.volume.Handle;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Which volumes are being formatted, written down before mkfs begins and struck out when it has
 * ended.
 *
 * <p>So a driver or a node that dies inside mkfs leaves a note that the half-made filesystem is
 * ours to make again; without it, its signature would keep us from touching the device for ever.
 * One empty file per volume, synced, named by the whole handle: another store's volume of the same
 * number is another volume.
 */
public final class FormatIntents {
  private final Path folder;

  /**
   * @param folder survives restarts of driver and node; made when it is needed
   */
  public FormatIntents(Path folder) {
    this.folder = folder;
  }

  boolean isUnfinished(Handle volume) {
    return Files.exists(note(volume));
  }

  void begin(Handle volume) {
    try {
      Files.createDirectories(folder);
      Files.writeString(note(volume), "");
      syncFolder();
    } catch (IOException e) {
      throw failure(volume, e);
    }
  }

  void end(Handle volume) {
    try {
      if (Files.deleteIfExists(note(volume))) {
        syncFolder();
      }
    } catch (IOException e) {
      throw failure(volume, e);
    }
  }

  /**
   * The volume is gone: what was noted of it is of no use. A text that is no handle has no note.
   */
  public void forget(String handleText) {
    Handle.parse(handleText).ifPresent(this::end);
  }

  private Path note(Handle volume) {
    return folder.resolve(volume.toString());
  }

  private void syncFolder() throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private CsiFailure failure(Handle volume, IOException e) {
    return new CsiFailure(
        Kind.INTERNAL,
        "can't note in " + folder + " that volume " + volume + " is being formatted: " + e,
        e);
  }
}
