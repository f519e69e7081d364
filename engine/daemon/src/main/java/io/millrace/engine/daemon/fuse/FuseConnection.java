package io.millrace.engine.daemon.fuse;

import io.millrace.engine.daemon.meter.VolumeMeter;
import io.millrace.engine.daemon.qos.VolumeGate;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One attached volume as the kernel sees it: a FUSE connection with one file.
 *
 * <p>Made by the thread that attaches, handed to the reactor, and from then on the reactor's alone,
 * but for {@link #closed}.
 */
public final class FuseConnection {
  final int fd;
  final long volumeId;
  final byte[] fileName;
  final boolean readOnly;

  /** What is asked of the volume; since it is served. */
  @Nullable VolumeMeter meter;

  /** The file's size; grows with the volume. */
  long sizeBytes;

  /** The key under which epoll reports the descriptor. */
  int key;

  /** Whether a read may find something: set by epoll's edge, cleared by EAGAIN. */
  boolean readable;

  /** Whether it stands in the queue of connections to be served. */
  boolean queued;

  /** Once set, nothing is read any more; the descriptor goes when the last request is answered. */
  boolean closing;

  /** Its volume's limits, while it is served. */
  @Nullable VolumeGate gate;

  int pendingRequests;
  int heldBigSlots;

  private final CompletableFuture<Void> closed = new CompletableFuture<>();

  /**
   * @param fd a /dev/fuse descriptor whose file system has been made; owned from now on
   */
  public FuseConnection(int fd, long volumeId, String fileName, long sizeBytes, boolean readOnly) {
    this.fd = fd;
    this.volumeId = volumeId;
    this.fileName = fileName.getBytes(StandardCharsets.UTF_8);
    this.sizeBytes = sizeBytes;
    this.readOnly = readOnly;
  }

  public long volumeId() {
    return volumeId;
  }

  VolumeGate requireGate() {
    VolumeGate entered = gate;
    if (entered == null) {
      throw new IllegalStateException("volume %x is not served".formatted(volumeId));
    }
    return entered;
  }

  /** Done when the descriptor is closed and no request of the volume is under way. */
  public CompletableFuture<Void> closed() {
    return closed;
  }
}
