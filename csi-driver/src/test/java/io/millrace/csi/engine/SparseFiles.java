package io.millrace.csi.engine;

import io.grpc.Status;
import io.millrace.engine.api.Snapshot;
import io.millrace.engine.api.Volume;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Volumes for {@link FakeEngine}: a sparse file each, a loop device while attached. Snapshots and
 * clones are copies.
 */
public final class SparseFiles implements FakeEngine.Devices {
  private final Path folder;

  public SparseFiles(Path folder) {
    this.folder = folder;
  }

  @Override
  public void create(Volume volume) {
    String source = volume.getSourceSnapshotId() + volume.getSourceVolumeId();
    if (!source.isEmpty()) {
      copy(source, volume.getId());
    }
    resize(volume.getId(), volume.getSizeBytes());
  }

  @Override
  public void snapshot(Snapshot snapshot) {
    copy(snapshot.getVolumeId(), snapshot.getId());
  }

  @Override
  public void resize(Volume volume) {
    resize(volume.getId(), volume.getSizeBytes());
    if (!volume.getDevice().isEmpty()) {
      var _ = run("losetup", "-c", volume.getDevice());
    }
  }

  @Override
  public void delete(String id) {
    try {
      Files.deleteIfExists(file(id));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String attach(Volume volume, int sectorBytes, boolean readOnly) {
    var command =
        new ArrayList<>(List.of("losetup", "-f", "--show", "-b", Integer.toString(sectorBytes)));
    if (readOnly) {
      command.add("-r");
    }
    command.add(file(volume.getId()).toString());
    return run(command.toArray(String[]::new));
  }

  @Override
  public void detach(Volume volume) {
    var _ = run("losetup", "-d", volume.getDevice());
  }

  private void resize(String id, long sizeBytes) {
    try (var file = new RandomAccessFile(file(id).toFile(), "rw")) {
      file.setLength(sizeBytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void copy(String from, String to) {
    var _ = run("cp", "--sparse=always", file(from).toString(), file(to).toString());
  }

  private Path file(String id) {
    return folder.resolve(id);
  }

  private static String run(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (process.waitFor() != 0) {
        throw Status.INTERNAL
            .withDescription(String.join(" ", command) + ": " + output)
            .asRuntimeException();
      }
      return output;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
