package io.millrace.csi.mount;

import io.millrace.csi.volume.CsiFailure;
import io.millrace.csi.volume.CsiFailure.Kind;
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
 * One empty file per volume, synced.
 */
final class FormatIntents {
  private final Path folder;

  FormatIntents(Path folder) {
    this.folder = folder;
  }

  boolean isUnfinished(String volumeId) {
    return Files.exists(folder.resolve(volumeId));
  }

  void begin(String volumeId) {
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve(volumeId), "");
      syncFolder();
    } catch (IOException e) {
      throw failure(volumeId, e);
    }
  }

  void end(String volumeId) {
    try {
      if (Files.deleteIfExists(folder.resolve(volumeId))) {
        syncFolder();
      }
    } catch (IOException e) {
      throw failure(volumeId, e);
    }
  }

  private void syncFolder() throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private CsiFailure failure(String volumeId, IOException e) {
    return new CsiFailure(
        Kind.INTERNAL,
        "can't note in " + folder + " that volume " + volumeId + " is being formatted: " + e,
        e);
  }
}
