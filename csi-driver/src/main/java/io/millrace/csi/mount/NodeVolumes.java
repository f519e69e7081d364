package io.millrace.csi.mount;

import io.millrace.csi.engine.EngineClient;
import io.millrace.csi.mount.Filesystems.Subject;
import io.millrace.csi.volume.CsiFailure;
import io.millrace.csi.volume.CsiFailure.Kind;
import io.millrace.csi.volume.Filesystem;
import io.millrace.csi.volume.Handle;
import io.millrace.csi.volume.VolumeUse;
import io.millrace.csi.volume.VolumeUse.Access;
import io.millrace.csi.volume.VolumeUse.Block;
import io.millrace.csi.volume.VolumeUse.Mounted;
import io.millrace.engine.api.Volume;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Bringing volumes to the workloads of this node: the node's use cases.
 *
 * <p>Stateless; what is attached the engine knows, what is mounted the kernel knows. Every step
 * first looks whether it is done already, so any call may be repeated after a crash at any line.
 * Callers keep two operations on one volume apart.
 */
public final class NodeVolumes {
  private final EngineClient engine;
  private final HostTools tools;
  private final FormatIntents intents;
  private final Filesystems filesystems;
  private final MountPoints points;

  public NodeVolumes(EngineClient engine, HostTools tools, FormatIntents intents) {
    this.engine = engine;
    this.tools = tools;
    this.intents = intents;
    this.filesystems = new Filesystems(tools, intents);
    this.points = new MountPoints(tools);
  }

  /**
   * Attaches the device; for a filesystem, makes it where there is nothing, mounts it and grows it
   * to the device.
   */
  public void stage(StageRequest request) {
    Volume volume = volume(request.handle());
    Path device = attach(volume, request);
    switch (request.use().shape()) {
      case Block() -> {}
      case Mounted wanted ->
          stageFilesystem(subject(request.handle(), volume), device, wanted, request);
    }
  }

  /**
   * The device to nobody, then away. Works without the volume, and for a store that has stopped.
   */
  public void unstage(String handleText, Path stagingPath) {
    points.unmount(MountPoints.resolved(stagingPath));
    Optional<Handle> handle = Handle.parse(handleText);
    if (handle.isPresent() && handle.get().storeUuid().equals(engine.store().getUuid())) {
      Optional<Volume> volume = engine.volume(handle.get().objectId());
      volume.ifPresent(NodeVolumes::requireUnused);
      engine.detach(handle.get().objectId());
      if (volume.isEmpty()) {
        intents.forget(handleText);
      }
    }
  }

  /** Shows the staged volume to one workload. */
  public void publish(PublishRequest request) {
    Volume volume = volume(request.handle());
    Path device = stagedDevice(volume);
    Path target = MountPoints.resolved(request.targetPath());
    switch (request.use().shape()) {
      case Block() -> publishBlock(device, target, request);
      case Mounted _ -> publishFilesystem(device, target, request);
    }
  }

  public void unpublish(Path targetPath) {
    Path target = MountPoints.resolved(targetPath);
    points.unmount(target);
    points.remove(target);
  }

  public Usage usage(String handleText, Path volumePath) {
    Volume volume = volume(handleText);
    Path path = MountPoints.resolved(volumePath.toAbsolutePath());
    requireVisible(volume, path);
    if (DeviceNumber.of(path).isPresent()) {
      return new Usage.OfBlock(volume.getSizeBytes());
    }
    var stat = List.of("stat", "-f", "-c", Usage.STAT_FORMAT, path.toString());
    return Usage.OfFilesystem.parse(tools.require(stat).output());
  }

  /** The device has grown already; its filesystem follows. Returns the device's size. */
  public long expand(String handleText, Path volumePath, long requiredBytes) {
    Volume volume = volume(handleText);
    Path path = MountPoints.resolved(volumePath.toAbsolutePath());
    requireVisible(volume, path);
    Path device = stagedDevice(volume);
    long sizeBytes = DeviceNumber.require(device).sizeBytes();
    if (sizeBytes < requiredBytes) {
      throw new CsiFailure(
          Kind.INTERNAL,
          device
              + " of volume "
              + handleText
              + " has "
              + sizeBytes
              + " bytes, not yet "
              + requiredBytes);
    }
    mountedFilesystem(path).ifPresent(filesystem -> filesystems.grow(filesystem, device, path));
    return sizeBytes;
  }

  private Volume volume(String handleText) {
    String storeUuid = engine.servingStore().getUuid();
    return Handle.parse(handleText)
        .filter(handle -> handle.storeUuid().equals(storeUuid))
        .flatMap(handle -> engine.volume(handle.objectId()))
        .orElseThrow(
            () -> CsiFailure.notFound("no volume " + handleText + " in store " + storeUuid));
  }

  private static Subject subject(String handleText, Volume volume) {
    Handle handle =
        Handle.parse(handleText).orElseThrow(() -> CsiFailure.notFound("no volume " + handleText));
    boolean hasSource =
        !volume.getSourceSnapshotId().isEmpty() || !volume.getSourceVolumeId().isEmpty();
    return new Subject(handle, hasSource);
  }

  /**
   * Only a block device is attached read-only: a filesystem that is mounted read-only may still
   * have a journal to replay.
   */
  private Path attach(Volume volume, StageRequest request) {
    VolumeUse use = request.use();
    boolean readOnly = use.readOnly() && use.shape() instanceof Block;
    return Path.of(
        engine.attach(volume.getId(), request.parameters().sectorBytes(), readOnly).getDevice());
  }

  private static Path stagedDevice(Volume volume) {
    if (volume.getDevice().isEmpty()) {
      throw new CsiFailure(
          Kind.FAILED_PRECONDITION, "volume " + volume.getName() + " is not staged on this node");
    }
    return Path.of(volume.getDevice());
  }

  private void stageFilesystem(Subject volume, Path device, Mounted wanted, StageRequest request) {
    boolean readOnly = request.use().readOnly();
    Path staging = MountPoints.resolved(request.stagingPath());
    String number = DeviceNumber.require(device).text();
    unmountDead(number);
    unmountUnless(staging, number);
    MountTable table = MountTable.read();
    if (table.at(staging).isEmpty()) {
      Filesystem filesystem =
          mountable(volume, device, wanted, readOnly, table.ofFilesystemOn(number));
      points.makeFolder(staging);
      points.mount(
          filesystem.text(), options(filesystem, wanted.options(), readOnly), device, staging);
    }
    requireAlive(staging);
    requireMode(staging, readOnly);
    if (!readOnly) {
      mountedFilesystem(staging)
          .ifPresent(filesystem -> filesystems.grow(filesystem, device, staging));
    }
  }

  /** A device that is mounted somewhere already must be neither checked nor formatted. */
  private Filesystem mountable(
      Subject volume, Path device, Mounted wanted, boolean readOnly, List<Mount> elsewhere) {
    return elsewhere.stream()
        .flatMap(mount -> Filesystem.named(mount.filesystem()).stream())
        .findFirst()
        .orElseGet(() -> filesystems.prepare(volume, device, wanted.filesystem(), readOnly));
  }

  /** A clone of an xfs has its source's uuid, which xfs refuses to see twice. */
  static List<String> options(Filesystem filesystem, List<String> wanted, boolean readOnly) {
    var options = new ArrayList<>(wanted);
    if (filesystem == Filesystem.XFS && !options.contains("nouuid")) {
      options.add("nouuid");
    }
    if (readOnly && !options.contains("ro")) {
      options.add("ro");
    }
    return options;
  }

  private void publishBlock(Path device, Path target, PublishRequest request) {
    DeviceNumber number = DeviceNumber.require(device);
    MountTable table = MountTable.read();
    if (table.at(target).isPresent() && !DeviceNumber.of(target).equals(Optional.of(number))) {
      points.unmount(target);
      table = MountTable.read();
    }
    if (table.at(target).isEmpty()) {
      requireOnlyWriter(request, target, nodesOf(device, number, table));
      points.makeFile(target);
      points.bind(device, target);
    }
    respectReadOnly(request, target);
  }

  private void publishFilesystem(Path device, Path target, PublishRequest request) {
    String number = DeviceNumber.require(device).text();
    Path staging = MountPoints.resolved(request.stagingPath());
    requireStaged(staging, number, request.handle());
    unmountUnless(target, number);
    MountTable table = MountTable.read();
    if (table.at(target).isEmpty()) {
      var others =
          table.ofFilesystemOn(number).stream()
              .filter(mount -> !mount.point().equals(staging))
              .toList();
      requireOnlyWriter(request, target, others);
      points.makeFolder(target);
      points.bind(staging, target);
    }
    respectReadOnly(request, target);
  }

  /**
   * Takes away what an earlier life left there: a dead mount, or one of a device that is another
   * one by now.
   */
  private void unmountUnless(Path point, String deviceNumber) {
    Optional<Mount> mount = MountTable.read().at(point);
    if (mount.isPresent()
        && (!mount.get().deviceNumber().equals(deviceNumber) || MountPoints.isDead(point))) {
      points.unmount(point);
    }
  }

  /**
   * A filesystem that has shut itself down comes back only when it is mounted nowhere: one mount
   * that is left over would hand out the dead one again.
   */
  private void unmountDead(String deviceNumber) {
    for (Mount mount : MountTable.read().ofFilesystemOn(deviceNumber).reversed()) {
      if (MountPoints.isDead(mount.point())) {
        points.unmount(mount.point());
      }
    }
  }

  private static void requireAlive(Path staging) {
    if (MountPoints.isDead(staging)) {
      throw new CsiFailure(
          Kind.INTERNAL,
          "the filesystem at "
              + staging
              + " has shut down after errors, and a running workload still holds it: delete"
              + " the pods that use the volume");
    }
  }

  private static void requireStaged(Path staging, String deviceNumber, String handle) {
    Optional<Mount> mount = MountTable.read().at(staging);
    if (mount.isEmpty() || !mount.get().deviceNumber().equals(deviceNumber)) {
      throw new CsiFailure(
          Kind.FAILED_PRECONDITION, "volume " + handle + " is not staged at " + staging);
    }
  }

  private static void requireOnlyWriter(PublishRequest request, Path target, List<Mount> others) {
    if (request.use().access() == Access.SINGLE_WRITER && !others.isEmpty()) {
      throw new CsiFailure(
          Kind.FAILED_PRECONDITION,
          "volume "
              + request.handle()
              + " is for a single writer and is already published at "
              + others.getFirst().point()
              + ", so not at "
              + target);
    }
  }

  /**
   * On a device node the flag is a statement only; the kubelet's device cgroup enforces it, and a
   * volume that is only ever read is attached read-only.
   */
  private void respectReadOnly(PublishRequest request, Path target) {
    boolean readOnly = request.readOnly() || request.use().readOnly();
    boolean isReadOnly = MountTable.read().at(target).map(Mount::readOnly).orElse(false);
    if (readOnly && !isReadOnly) {
      points.makeReadOnly(target);
    }
    if (!readOnly && isReadOnly) {
      throw otherMode(target);
    }
  }

  private static void requireMode(Path staging, boolean readOnly) {
    boolean isReadOnly = MountTable.read().at(staging).map(Mount::readOnly).orElse(false);
    if (isReadOnly != readOnly) {
      throw otherMode(staging);
    }
  }

  private static CsiFailure otherMode(Path point) {
    return new CsiFailure(
        Kind.ALREADY_EXISTS,
        point + " is mounted in the other mode (read-only, writable); unmount it first");
  }

  private static List<Mount> nodesOf(Path device, DeviceNumber number, MountTable table) {
    return table.ofNodeNamed(device).stream()
        .filter(mount -> DeviceNumber.of(mount.point()).equals(Optional.of(number)))
        .toList();
  }

  private static void requireUnused(Volume volume) {
    if (volume.getDevice().isEmpty()) {
      return;
    }
    Path device = Path.of(volume.getDevice());
    Optional<DeviceNumber> number = DeviceNumber.of(device);
    if (number.isEmpty()) {
      return;
    }
    MountTable table = MountTable.read();
    var users = new ArrayList<>(table.ofFilesystemOn(number.get().text()));
    users.addAll(nodesOf(device, number.get(), table));
    if (!users.isEmpty()) {
      throw new CsiFailure(
          Kind.FAILED_PRECONDITION,
          device
              + " of volume "
              + volume.getName()
              + " is still mounted at "
              + users.getFirst().point());
    }
  }

  /** The path must show this volume, as a device or as a filesystem. */
  private static void requireVisible(Volume volume, Path path) {
    Optional<DeviceNumber> wanted =
        volume.getDevice().isEmpty()
            ? Optional.empty()
            : DeviceNumber.of(Path.of(volume.getDevice()));
    boolean asDevice = wanted.isPresent() && DeviceNumber.of(path).equals(wanted);
    boolean asFilesystem =
        wanted.isPresent()
            && MountTable.read()
                .at(path)
                .map(Mount::deviceNumber)
                .equals(wanted.map(DeviceNumber::text));
    if (!asDevice && !asFilesystem) {
      throw CsiFailure.notFound("volume " + volume.getName() + " is not at " + path);
    }
  }

  private static Optional<Filesystem> mountedFilesystem(Path point) {
    return MountTable.read().at(point).flatMap(mount -> Filesystem.named(mount.filesystem()));
  }
}
