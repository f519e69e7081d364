package io.millrace.engine.daemon.rpc;

import io.grpc.StatusException;
import io.millrace.engine.api.Acknowledge;
import io.millrace.engine.api.AttachVolumeRequest;
import io.millrace.engine.api.Attachment;
import io.millrace.engine.api.ChangeVolumeRequest;
import io.millrace.engine.api.CreateSnapshotRequest;
import io.millrace.engine.api.CreateVolumeRequest;
import io.millrace.engine.api.ListSnapshotsRequest;
import io.millrace.engine.api.ListSnapshotsResponse;
import io.millrace.engine.api.ListVolumesRequest;
import io.millrace.engine.api.ListVolumesResponse;
import io.millrace.engine.api.LogPosition;
import io.millrace.engine.api.ResizeVolumeRequest;
import io.millrace.engine.api.Scrub;
import io.millrace.engine.api.Snapshot;
import io.millrace.engine.api.Stats;
import io.millrace.engine.api.Store;
import io.millrace.engine.api.Volume;
import io.millrace.engine.core.Catalog;
import io.millrace.engine.core.Command;
import io.millrace.engine.core.CommandResult;
import io.millrace.engine.core.Limits;
import io.millrace.engine.core.ScrubReport;
import io.millrace.engine.core.StoreError;
import io.millrace.engine.core.StoreState;
import io.millrace.engine.daemon.ObjectId;
import io.millrace.engine.daemon.attach.AttachIntent;
import io.millrace.engine.daemon.attach.Attachments;
import io.millrace.engine.daemon.meter.AllocatedBytes;
import io.millrace.engine.daemon.meter.Meters;
import io.millrace.engine.daemon.meter.Readings;
import io.millrace.engine.daemon.reactor.Reactor;
import io.millrace.engine.daemon.storage.FileStorage;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What each call of engine.proto does, one method each, on plain messages. Any thread but the
 * reactor; each method waits for the store's answer.
 */
public final class Engine {
  private static final int SECTOR_BYTES_DEFAULT = 512;

  private final Reactor reactor;
  private final Meters meters;
  private final String storePath;
  private final OneAtATime oneAtATime = new OneAtATime();

  /** Absent until the store has been recovered. */
  private final AtomicReference<@Nullable Attachments> attachments = new AtomicReference<>();

  /**
   * @param meters of the fronts and the disk of that reactor
   */
  public Engine(Reactor reactor, Meters meters, String storePath) {
    this.reactor = reactor;
    this.meters = meters;
    this.storePath = storePath;
  }

  /** From now on volumes can be attached. */
  public void serve(Attachments served) {
    attachments.set(served);
  }

  public Store store() {
    return reactor.ask(this::describe).join();
  }

  private Store describe(io.millrace.engine.core.Store store) {
    boolean known = store.state() != StoreState.RECOVERING && store.state() != StoreState.DAMAGED;
    Store.Builder described = known ? Messages.store(store.info()) : Store.newBuilder();
    return described
        .setPath(storePath)
        .setState(Messages.state(store.state()))
        .setReason(store.reason())
        .build();
  }

  public Stats stats() {
    return reactor.ask(store -> Messages.stats(store.stats(), store.levels())).join();
  }

  /** Copied by the reactor, put into words by the caller. */
  public io.millrace.engine.api.Meters meters() {
    Readings readings = reactor.ask(meters::read).join();
    return MeterMessages.meters(readings)
        .setReactorAllocatedBytes(AllocatedBytes.ofThreads(Reactor.THREAD))
        .setDiskThreadsAllocatedBytes(AllocatedBytes.ofThreads(FileStorage.THREADS))
        .build();
  }

  /** With the names of those who read what is damaged, asked for one by one: each takes a while. */
  Scrub scrub() {
    ScrubReport report = scrubReport();
    Scrub.Builder scrub = Messages.scrub(report);
    for (ScrubReport.Damaged damaged : report.damaged()) {
      List<String> readers = reactor.ask(store -> store.readersOf(damaged)).join();
      scrub.addDamaged(Messages.damaged(damaged).addAllReadBy(readers));
    }
    return scrub.build();
  }

  /** Without what is damaged. */
  public Scrub scrubProgress() {
    return Messages.scrub(scrubReport()).build();
  }

  private ScrubReport scrubReport() {
    return reactor.ask(io.millrace.engine.core.Store::scrubReport).join();
  }

  LogPosition logPosition() throws StatusException {
    var _ = catalog();
    return reactor
        .ask(io.millrace.engine.core.Store::logPosition)
        .join()
        .map(Messages::logPosition)
        .orElseThrow(() -> Refusals.status(new StoreError.Unavailable(storePath)).asException());
  }

  Scrub startScrub() throws StatusException {
    var _ = catalog();
    if (!reactor.ask(io.millrace.engine.core.Store::startScrub).join()) {
      throw io.grpc.Status.FAILED_PRECONDITION
          .withDescription("the daemon was told never to scrub (--scrub-rate 0)")
          .asException();
    }
    return scrubProgress();
  }

  Volume createVolume(CreateVolumeRequest request) throws Exception {
    if (!request.getSourceSnapshotId().isEmpty() && !request.getSourceVolumeId().isEmpty()) {
      throw Refusals.invalid("give source_snapshot_id or source_volume_id, not both");
    }
    Command create =
        new Command.CreateVolume(
            request.getName(),
            request.getSizeBytes(),
            sourceId("snapshot", request.getSourceSnapshotId()),
            sourceId("volume", request.getSourceVolumeId()),
            durable(request.getAcknowledge()),
            new Limits(
                request.getIops(),
                request.getBytesPerSecond(),
                request.getBurstSeconds(),
                request.getWeight()));
    return oneAtATime.on("volume " + request.getName(), () -> volume(run(create)));
  }

  private static boolean durable(Acknowledge wanted) throws StatusException {
    return switch (wanted) {
      case ACKNOWLEDGE_UNSPECIFIED, STAGED -> false;
      case DURABLE -> true;
      case UNRECOGNIZED -> throw Refusals.invalid("acknowledge: STAGED or DURABLE");
    };
  }

  Volume changeVolume(ChangeVolumeRequest request) throws Exception {
    ObjectId id = existing("volume", request.getId());
    boolean acknowledge = request.getAcknowledge() != Acknowledge.ACKNOWLEDGE_UNSPECIFIED;
    boolean limits = request.hasIops() || request.hasBytesPerSecond();
    if (!acknowledge && !limits && !request.hasBurstSeconds() && !request.hasWeight()) {
      throw Refusals.invalid(
          "nothing is to be changed: give acknowledge, iops, bytes_per_second, burst_seconds or"
              + " weight");
    }
    boolean wanted = durable(request.getAcknowledge());
    return oneAtATime.on(
        "volume " + id,
        () -> {
          Catalog.Volume now = find(id);
          boolean durable = acknowledge ? wanted : now.durable();
          Limits changed = changed(now.limits(), request);
          return volume(run(new Command.ChangeVolume(id.value(), durable, changed)));
        });
  }

  private static Limits changed(Limits now, ChangeVolumeRequest request) {
    return new Limits(
        request.hasIops() ? request.getIops() : now.iops(),
        request.hasBytesPerSecond() ? request.getBytesPerSecond() : now.bytesPerSecond(),
        request.hasBurstSeconds() ? request.getBurstSeconds() : now.burstSeconds(),
        request.hasWeight() ? request.getWeight() : now.weight());
  }

  private static long sourceId(String kind, String id) throws StatusException {
    return id.isEmpty() ? 0 : existing(kind, id).value();
  }

  void deleteVolume(String text) throws Exception {
    ObjectId id = wellFormed("volume", text);
    oneAtATime.on(
        "volume " + id,
        () -> {
          var present = attachmentsOrUnavailable().find(id);
          if (present.isPresent()) {
            throw io.grpc.Status.FAILED_PRECONDITION
                .withDescription("volume " + id + " is attached as " + present.get().device())
                .asException();
          }
          requireNoClients("volume", id, "deleted");
          return run(new Command.DeleteVolume(id.value()));
        });
  }

  Volume resizeVolume(ResizeVolumeRequest request) throws Exception {
    ObjectId id = existing("volume", request.getId());
    return oneAtATime.on("volume " + id, () -> resize(id, request));
  }

  private Volume resize(ObjectId id, ResizeVolumeRequest request) throws Exception {
    Catalog.Volume before = find(id);
    Attachments known = attachmentsOrUnavailable();
    if (request.getSizeBytes() < before.sizeBytes() && known.find(id).isPresent()) {
      throw io.grpc.Status.FAILED_PRECONDITION
          .withDescription("volume " + id + " is attached; detach it before it shrinks")
          .asException();
    }
    if (request.getSizeBytes() < before.sizeBytes()) {
      requireNoClients("volume", id, "made smaller");
    }
    Command resize =
        new Command.ResizeVolume(id.value(), request.getSizeBytes(), request.getAllowShrink());
    Volume resized = volume(run(resize));
    known.grow(id, resized.getSizeBytes());
    return resized;
  }

  Volume getVolume(String id, String name) throws StatusException {
    Catalog catalog = catalog();
    if (id.isEmpty() == name.isEmpty()) {
      throw Refusals.invalid("give id or name");
    }
    var found =
        id.isEmpty() ? catalog.volume(name) : catalog.volume(existing("volume", id).value());
    return found
        .map(this::message)
        .orElseThrow(() -> Refusals.notFound("no volume " + (id.isEmpty() ? name : id)));
  }

  ListVolumesResponse listVolumes(ListVolumesRequest request) throws StatusException {
    Page<Catalog.Volume> page =
        Page.of(
            catalog().volumes(), Catalog.Volume::id, request.getPageSize(), request.getPageToken());
    return ListVolumesResponse.newBuilder()
        .addAllVolumes(page.items().stream().map(this::message).toList())
        .setNextPageToken(page.nextToken())
        .build();
  }

  Snapshot createSnapshot(CreateSnapshotRequest request) throws Exception {
    ObjectId volume = existing("volume", request.getVolumeId());
    Command create = new Command.CreateSnapshot(request.getName(), volume.value());
    return oneAtATime.on("snapshot " + request.getName(), () -> snapshot(run(create)));
  }

  void deleteSnapshot(String text) throws Exception {
    ObjectId id = wellFormed("snapshot", text);
    Command delete = new Command.DeleteSnapshot(id.value());
    oneAtATime.on(
        "snapshot " + id,
        () -> {
          requireNoClients("snapshot", id, "deleted");
          return run(delete);
        });
  }

  /** Those would meet errors. */
  private void requireNoClients(String kind, ObjectId id, String what) throws StatusException {
    int clients = reactor.nbdClients(id.value()).join();
    if (clients > 0) {
      throw io.grpc.Status.FAILED_PRECONDITION
          .withDescription(
              "%s %s can't be %s: %d NBD clients have it open".formatted(kind, id, what, clients))
          .asException();
    }
  }

  Snapshot getSnapshot(String id, String name) throws StatusException {
    Catalog catalog = catalog();
    if (id.isEmpty() == name.isEmpty()) {
      throw Refusals.invalid("give id or name");
    }
    var found =
        id.isEmpty() ? catalog.snapshot(name) : catalog.snapshot(existing("snapshot", id).value());
    return found
        .map(Messages::snapshot)
        .orElseThrow(() -> Refusals.notFound("no snapshot " + (id.isEmpty() ? name : id)));
  }

  ListSnapshotsResponse listSnapshots(ListSnapshotsRequest request) throws StatusException {
    List<Catalog.Snapshot> all = catalog().snapshots();
    if (!request.getVolumeId().isEmpty()) {
      long volume = wellFormed("volume", request.getVolumeId()).value();
      all = all.stream().filter(s -> s.volumeId() == volume).toList();
    }
    Page<Catalog.Snapshot> page =
        Page.of(all, Catalog.Snapshot::id, request.getPageSize(), request.getPageToken());
    return ListSnapshotsResponse.newBuilder()
        .addAllSnapshots(page.items().stream().map(Messages::snapshot).toList())
        .setNextPageToken(page.nextToken())
        .build();
  }

  Attachment attachVolume(AttachVolumeRequest request) throws Exception {
    ObjectId id = existing("volume", request.getId());
    int asked = request.getSectorBytes();
    int sectorBytes = asked == 0 ? SECTOR_BYTES_DEFAULT : asked;
    AttachIntent intent = new AttachIntent(id, sectorBytes, request.getReadOnly());
    return oneAtATime.on("volume " + id, () -> attach(intent));
  }

  private Attachment attach(AttachIntent intent) throws Exception {
    Catalog.Volume volume = find(intent.volume());
    var made = attachmentsOrUnavailable().attach(intent);
    return Attachment.newBuilder()
        .setVolumeId(intent.volume().toString())
        .setDevice(made.device())
        .setSizeBytes(volume.sizeBytes())
        .setReadOnly(intent.readOnly())
        .build();
  }

  void detachVolume(String text) throws Exception {
    ObjectId id = wellFormed("volume", text);
    oneAtATime.on(
        "volume " + id,
        () -> {
          attachmentsOrUnavailable().detach(id);
          return id;
        });
  }

  /** Before they are known, a volume may be attached, or just about to be, without a word of it. */
  private Attachments attachmentsOrUnavailable() throws StatusException {
    Attachments present = attachments.get();
    if (present == null) {
      throw io.grpc.Status.UNAVAILABLE
          .withDescription(
              "the store at " + storePath + " is still recovering or attaching its volumes again")
          .asException();
    }
    return present;
  }

  private CommandResult run(Command command) throws StatusException {
    CommandResult result = reactor.command(command).join();
    if (result instanceof CommandResult.Refused refused) {
      throw Refusals.status(refused.error()).asException();
    }
    return result;
  }

  private Catalog catalog() throws StatusException {
    Function<io.millrace.engine.core.Store, @Nullable Catalog> whenServing =
        store -> serving(store) ? store.catalog() : null;
    Catalog catalog = reactor.ask(whenServing).join();
    if (catalog == null) {
      Store store = store();
      String why = store.getReason().isEmpty() ? "it is still recovering" : store.getReason();
      throw Refusals.status(
              store.getReason().isEmpty()
                  ? new StoreError.Unavailable("store " + storePath + ": " + why)
                  : new StoreError.Stopped("store " + storePath + ": " + why))
          .asException();
    }
    return catalog;
  }

  private static boolean serving(io.millrace.engine.core.Store store) {
    return store.state() == StoreState.SERVING || store.state() == StoreState.STOPPED;
  }

  private Catalog.Volume find(ObjectId id) throws StatusException {
    return catalog().volume(id.value()).orElseThrow(() -> Refusals.notFound("no volume " + id));
  }

  private Volume volume(CommandResult result) {
    if (result instanceof CommandResult.VolumeDone done) {
      return message(done.volume());
    }
    throw new IllegalStateException("expected a volume, got " + result);
  }

  private static Snapshot snapshot(CommandResult result) {
    if (result instanceof CommandResult.SnapshotDone done) {
      return Messages.snapshot(done.snapshot());
    }
    throw new IllegalStateException("expected a snapshot, got " + result);
  }

  private Volume message(Catalog.Volume volume) {
    return Messages.volume(volume, device(new ObjectId(volume.id())));
  }

  private String device(ObjectId volume) {
    Attachments present = attachments.get();
    return present == null ? "" : present.find(volume).map(a -> a.device()).orElse("");
  }

  /** An id of an object that must be there: what is no id can't be. */
  private static ObjectId existing(String kind, String id) throws StatusException {
    if (id.isEmpty()) {
      throw Refusals.invalid(kind + " id is missing");
    }
    return ObjectId.parse(id).orElseThrow(() -> Refusals.notFound("no " + kind + " " + id));
  }

  private static ObjectId wellFormed(String kind, String id) throws StatusException {
    return ObjectId.parse(id)
        .orElseThrow(
            () -> Refusals.invalid(kind + " id must be 16 lower-case hex digits: '" + id + "'"));
  }
}
