package io.millrace.engine.daemon.attach;

import io.millrace.engine.core.Catalog;
import io.millrace.engine.daemon.ObjectId;
import io.millrace.engine.daemon.fuse.FuseConnection;
import io.millrace.engine.daemon.linux.FuseMount;
import io.millrace.engine.daemon.linux.Libc;
import io.millrace.engine.daemon.linux.Loop;
import io.millrace.engine.daemon.nbd.OpenByClientsException;
import io.millrace.engine.daemon.reactor.Reactor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Gives volumes a block device, takes it away, and does both again after a restart.
 *
 * <p>A device is a loop device with direct I/O on the one file of a FUSE connection that the
 * reactor serves. The file system hangs in no folder, and nobody but the loop device holds the
 * file, so that the end of the daemon leaves nothing but the loop device. The file is called by the
 * store's and the volume's id; the next daemon of the store finds the device so and clears it.
 *
 * <p>Any thread but the reactor; calls for one volume must not overlap (see rpc.OneAtATime). What
 * waits for the reactor's answers runs on the calling thread.
 */
public final class Attachments {
  private final Reactor reactor;
  private final String fileNamePrefix;
  private final AttachRecords records;
  private final Map<ObjectId, Attachment> attached = new ConcurrentHashMap<>();

  /**
   * @param stateFolder where the intents of this store are kept
   */
  public Attachments(Reactor reactor, UUID store, Path stateFolder) throws IOException {
    this.reactor = reactor;
    this.fileNamePrefix = "millrace-" + store + "-";
    this.records = new AttachRecords(stateFolder.resolve(store.toString()));
  }

  public Optional<Attachment> find(ObjectId volume) {
    return Optional.ofNullable(attached.get(volume));
  }

  public int count() {
    return attached.size();
  }

  /** Attaches, or gives the attachment that is there. */
  public Attachment attach(AttachIntent intent) throws IOException {
    Attachment present = attached.get(intent.volume());
    if (present == null) {
      return attachNew(intent);
    }
    if (!present.intent().equals(intent)) {
      throw new AttachException(new AttachError.AttachedOtherwise(intent.volume(), present));
    }
    return present;
  }

  private Attachment attachNew(AttachIntent intent) throws IOException {
    Catalog.Volume volume =
        find(intent.volume().value())
            .orElseThrow(() -> new AttachException(new AttachError.NoVolume(intent.volume())));
    records.remember(intent, OptionalInt.empty());
    try {
      return attachAs(intent, volume.sizeBytes(), OptionalInt.empty());
    } catch (IOException | RuntimeException e) {
      records.forget(intent.volume());
      throw new AttachException(refusal(intent.volume(), e));
    }
  }

  private static AttachError refusal(ObjectId volume, Exception e) {
    String why = String.valueOf(e.getMessage());
    return e instanceof OpenByClientsException
        ? new AttachError.OpenByClients(volume, why)
        : new AttachError.Refused(volume, why);
  }

  private Attachment attachAs(AttachIntent intent, long sizeBytes, OptionalInt preferredLoop)
      throws IOException {
    Attachment made = connect(intent, sizeBytes, preferredLoop);
    OptionalInt loop = OptionalInt.of(made.loop().number());
    try {
      if (!loop.equals(preferredLoop)) {
        records.remember(intent, loop);
      }
    } catch (IOException e) {
      undo(made);
      throw e;
    }
    attached.put(intent.volume(), made);
    return made;
  }

  /** Nobody has been told of the device yet. */
  private void undo(Attachment made) throws IOException {
    DeviceThread.call(
        () -> {
          made.loop().abandon();
          return made;
        });
    await(reactor.disconnect(made.connection()));
  }

  private Optional<Catalog.Volume> find(long volumeId) {
    return reactor.ask(store -> store.catalog().volume(volumeId)).join();
  }

  /** Connection, file system, file, loop device: whatever fails, what was made before is undone. */
  private Attachment connect(AttachIntent intent, long sizeBytes, OptionalInt preferredLoop)
      throws IOException {
    ObjectId volume = intent.volume();
    int device = FuseMount.openDevice();
    FuseMount mount;
    try {
      mount = FuseMount.create(device);
    } catch (IOException | RuntimeException e) {
      Libc.close(device);
      throw e;
    }
    String fileName = fileNamePrefix + volume;
    var connection =
        new FuseConnection(device, volume.value(), fileName, sizeBytes, intent.readOnly());
    try (mount) {
      await(reactor.connect(connection));
      return new Attachment(
          intent, DeviceThread.call(() -> bindLoop(intent, mount, preferredLoop)), connection);
    } catch (IOException | RuntimeException e) {
      await(reactor.disconnect(connection));
      throw e;
    }
  }

  private LoopDevice bindLoop(AttachIntent intent, FuseMount mount, OptionalInt preferredLoop)
      throws IOException {
    int mode = intent.readOnly() ? Libc.O_RDONLY : Libc.O_RDWR;
    String fileName = fileNamePrefix + intent.volume();
    int file = mount.openFile(fileName, mode);
    try {
      String name = intent.volume().toString();
      return LoopDevice.bind(
          new Loop.Config(file, intent.sectorBytes(), intent.readOnly(), name),
          fileName,
          preferredLoop);
    } finally {
      Libc.close(file);
    }
  }

  /** Flushes and detaches; done too when the volume is not attached. */
  public void detach(ObjectId volume) throws IOException {
    Attachment present = attached.get(volume);
    if (present != null) {
      if (!DeviceThread.call(present.loop()::unbind)) {
        throw new AttachException(new AttachError.InUse(volume, present.device()));
      }
      disconnect(present);
    }
    records.forget(volume);
  }

  private void disconnect(Attachment present) throws IOException {
    ObjectId volume = present.intent().volume();
    await(reactor.disconnect(present.connection()));
    int errno = await(reactor.flush(volume.value()));
    attached.remove(volume, present);
    if (errno != 0) {
      throw new AttachException(
          new AttachError.Refused(volume, "detached, but its last writes were not made durable"));
    }
  }

  /** The volume has grown: so does its device. */
  public void grow(ObjectId volume, long sizeBytes) throws IOException {
    Attachment present = attached.get(volume);
    if (present != null) {
      await(reactor.resized(volume.value(), sizeBytes));
      DeviceThread.call(
          () -> {
            present.loop().refreshSize();
            return volume;
          });
    }
  }

  /**
   * Clears what a dead daemon of this store has left, then attaches again what was attached.
   *
   * @return what could not be attached, in words
   */
  public List<String> restore() throws IOException {
    for (LoopDevice stale : LoopDevice.bound(fileNamePrefix)) {
      stale.abandon();
    }
    List<String> failures = new ArrayList<>();
    for (ObjectId volume : records.volumes()) {
      try {
        restore(volume);
      } catch (IOException e) {
        failures.add(e.getMessage());
      }
    }
    return failures;
  }

  private void restore(ObjectId volume) throws IOException {
    Optional<AttachRecords.Remembered> remembered = records.find(volume);
    Optional<Catalog.Volume> known = find(volume.value());
    if (remembered.isEmpty() || known.isEmpty()) {
      records.forget(volume);
      return;
    }
    AttachIntent intent = remembered.get().intent();
    attachAs(intent, known.get().sizeBytes(), remembered.get().loopNumber());
  }

  /**
   * Releases every device that nobody uses; the intents stay. All are asked at once and waited for
   * together, so that many devices in use take no longer than one. Not flushed: that is for the end
   * of the store, which follows.
   *
   * @param limit of the whole
   * @return devices that are in use, and will fail until the next daemon attaches anew
   */
  public List<String> release(Duration limit) {
    Map<Attachment, CompletableFuture<Boolean>> asked = new LinkedHashMap<>();
    attached.values().forEach(a -> asked.put(a, DeviceThread.start(a.loop()::unbind)));
    awaitAll(asked.values(), limit);
    List<String> inUse = new ArrayList<>();
    asked.forEach(
        (present, unbound) -> {
          if (unbound.state() == Future.State.SUCCESS && unbound.resultNow()) {
            var _ = reactor.disconnect(present.connection());
            attached.remove(present.intent().volume(), present);
          } else {
            inUse.add(present.device() + trouble(unbound));
          }
        });
    return inUse;
  }

  private static void awaitAll(Collection<CompletableFuture<Boolean>> ends, Duration limit) {
    var _ =
        CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new))
            .handle((_, _) -> true)
            .completeOnTimeout(false, limit.toMillis(), TimeUnit.MILLISECONDS)
            .join();
  }

  private static String trouble(CompletableFuture<Boolean> unbound) {
    return switch (unbound.state()) {
      case SUCCESS -> "";
      case RUNNING -> " (its page cache is still being written back)";
      case FAILED -> " (" + unbound.exceptionNow().getMessage() + ")";
      case CANCELLED -> " (given up)";
    };
  }

  private static <T> T await(CompletableFuture<T> future) throws IOException {
    try {
      return future.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw e;
    }
  }
}
