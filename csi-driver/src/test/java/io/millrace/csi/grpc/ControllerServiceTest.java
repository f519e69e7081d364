package io.millrace.csi.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.csi.engine.EngineClient;
import io.millrace.csi.engine.FakeEngine;
import io.millrace.csi.proto.CapacityRange;
import io.millrace.csi.proto.ControllerExpandVolumeRequest;
import io.millrace.csi.proto.ControllerGrpc;
import io.millrace.csi.proto.ControllerGrpc.ControllerBlockingStub;
import io.millrace.csi.proto.CreateSnapshotRequest;
import io.millrace.csi.proto.CreateVolumeRequest;
import io.millrace.csi.proto.DeleteSnapshotRequest;
import io.millrace.csi.proto.DeleteVolumeRequest;
import io.millrace.csi.proto.GetCapacityRequest;
import io.millrace.csi.proto.GetSnapshotRequest;
import io.millrace.csi.proto.IdentityGrpc;
import io.millrace.csi.proto.ListSnapshotsRequest;
import io.millrace.csi.proto.ListVolumesRequest;
import io.millrace.csi.proto.ProbeRequest;
import io.millrace.csi.proto.Topology;
import io.millrace.csi.proto.TopologyRequirement;
import io.millrace.csi.proto.Volume;
import io.millrace.csi.proto.VolumeCapability;
import io.millrace.csi.proto.VolumeCapability.AccessMode;
import io.millrace.csi.proto.VolumeContentSource;
import io.millrace.engine.api.Acknowledge;
import io.millrace.engine.api.StoreState;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The driver's controller and identity, spoken to over its socket, with a fake engine behind a real
 * one.
 */
class ControllerServiceTest {
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;

  private final FakeEngine engine = new FakeEngine();
  private final NioEventLoopGroup eventLoops = new NioEventLoopGroup(1);
  private Path folder;
  private Path engineSocket;
  private UnixGrpcServer engineServer;
  private EngineClient engineClient;
  private CsiServer driver;
  private ManagedChannel channel;
  private ControllerBlockingStub controller;

  @BeforeEach
  void start(@TempDir Path temporary) throws Exception {
    folder = temporary;
    engineSocket = folder.resolve("engine.sock");
    engineServer = startEngine(engineSocket);
    engineClient = EngineClient.connect(engineSocket, eventLoops);
    Path socket = folder.resolve("csi.sock");
    driver =
        CsiServer.start(
            socket, eventLoops, engineClient, new CsiServer.Role(true, false, "", "test"));
    channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .channelFactory(NioDomainSocketChannel::new)
            .eventLoopGroup(eventLoops)
            .overrideAuthority("localhost")
            .usePlaintext()
            .build();
    controller = ControllerGrpc.newBlockingStub(channel);
  }

  private UnixGrpcServer startEngine(Path socket) throws Exception {
    return UnixGrpcServer.start(socket, eventLoops, List.of(engine), List.of());
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    driver.close();
    engineClient.close();
    engineServer.close();
    var _ = eventLoops.shutdownGracefully();
  }

  @Test
  void sameNameAndSizeIsTheSameVolume() {
    Volume first = create(volume("a"));
    assertEquals(first, create(volume("a")));
    assertNotEquals(first.getVolumeId(), create(volume("b")).getVolumeId());
    assertEquals(GIB, first.getCapacityBytes());
    assertEquals(
        Map.of("millrace.io/store", FakeEngine.STORE_UUID),
        first.getAccessibleTopology(0).getSegmentsMap());
    assertTrue(
        first.getVolumeId().startsWith("v1." + FakeEngine.STORE_UUID + "."), first.getVolumeId());
  }

  @Test
  void sameNameWithAnotherSizeOrSourceIsTaken() {
    Volume first = create(volume("a"));
    refused(
        Status.Code.ALREADY_EXISTS, () -> create(volume("a").setCapacityRange(atLeast(2 * GIB))));
    refused(
        Status.Code.ALREADY_EXISTS,
        () -> create(volume("a").setVolumeContentSource(volumeSource(first))));
    assertEquals(first, create(volume("a").setCapacityRange(atLeast(100 * MIB))));
  }

  @Test
  void aVolumeAcknowledgesAsItsClassSays() {
    create(volume("staged"));
    create(volume("limited").putParameters("iops", "500").putParameters("weight", "50"));
    var limited = engineClient.volumeNamed("limited").get();
    assertEquals(500, limited.getIops());
    assertEquals(50, limited.getWeight());
    Volume durable = create(volume("durable").putParameters("acknowledge", "durable"));
    assertEquals(Acknowledge.STAGED, engineClient.volumeNamed("staged").get().getAcknowledge());
    assertEquals(Acknowledge.DURABLE, engineClient.volumeNamed("durable").get().getAcknowledge());
    assertEquals(durable, create(volume("durable")), "it keeps what it was made with");
    refused(
        Status.Code.INVALID_ARGUMENT,
        () -> create(volume("never").putParameters("acknowledge", "never")));
  }

  @Test
  void cloneAndRestoreMayBeLargerThanTheirSource() {
    Volume source = create(volume("source").setCapacityRange(atLeast(10 * MIB)));
    var snapshot = controller.createSnapshot(snapshot("s", source)).getSnapshot();
    assertEquals(10 * MIB, snapshot.getSizeBytes());
    assertTrue(snapshot.getReadyToUse());

    Volume clone =
        create(volume("clone").clearCapacityRange().setVolumeContentSource(volumeSource(source)));
    assertEquals(10 * MIB, clone.getCapacityBytes());
    assertEquals(volumeSource(source), clone.getContentSource());
    Volume restored =
        create(
            volume("restored")
                .setCapacityRange(atLeast(5 * GIB))
                .setVolumeContentSource(snapshotSource(snapshot.getSnapshotId())));
    assertEquals(5 * GIB, restored.getCapacityBytes());
    refused(
        Status.Code.OUT_OF_RANGE,
        () ->
            create(
                volume("small")
                    .setCapacityRange(atLeast(5 * MIB))
                    .setVolumeContentSource(snapshotSource(snapshot.getSnapshotId()))));
    refused(
        Status.Code.NOT_FOUND,
        () -> create(volume("none").setVolumeContentSource(snapshotSource("no-handle"))));
  }

  @Test
  void aRepeatedCallIsAnsweredAfterTheSourceIsGone() {
    Volume source = create(volume("source"));
    var snapshot = controller.createSnapshot(snapshot("s", source)).getSnapshot();
    var clone = volume("clone").setVolumeContentSource(volumeSource(source));
    var restored =
        volume("restored").setVolumeContentSource(snapshotSource(snapshot.getSnapshotId()));
    Volume first = create(clone);
    Volume second = create(restored);
    delete(source.getVolumeId());
    var _ =
        controller.deleteSnapshot(
            DeleteSnapshotRequest.newBuilder().setSnapshotId(snapshot.getSnapshotId()).build());
    assertEquals(first, create(clone));
    assertEquals(second, create(restored));
    refused(Status.Code.NOT_FOUND, () -> create(clone.setName("another")));
  }

  @Test
  void aDeletedVolumeLeavesNoNoteThatItWasBeingFormatted() throws Exception {
    Volume volume = create(volume("a"));
    Path notes = Files.createDirectories(folder.resolve("formatting"));
    Path note = Files.createFile(notes.resolve(volume.getVolumeId()));
    Path other = Files.createFile(folder.resolve("other"));
    delete(volume.getVolumeId());
    assertFalse(Files.exists(note));
    delete("../other");
    assertTrue(Files.exists(other));
  }

  @Test
  void wrongParametersHaveNoCapacity() {
    var capacity =
        controller.getCapacity(
            GetCapacityRequest.newBuilder().putParameters("compresion", "lz4").build());
    assertEquals(0, capacity.getAvailableCapacity());
    assertEquals(0, capacity.getMaximumVolumeSize().getValue());
  }

  @Test
  void fullStoreSaysHowMuchIsNeededAndFree() {
    engine.setFreeBytes(5 * MIB);
    var refusal = refused(Status.Code.RESOURCE_EXHAUSTED, () -> create(volume("a")));
    assertTrue(refusal.contains("67108864 bytes free, 5242880 bytes are"), refusal);
    assertEquals(
        4 * MIB, create(volume("small").setCapacityRange(atLeast(4 * MIB))).getCapacityBytes());
    var capacity = controller.getCapacity(GetCapacityRequest.getDefaultInstance());
    assertEquals(5 * MIB, capacity.getAvailableCapacity());
    assertEquals(5 * MIB, capacity.getMaximumVolumeSize().getValue());
  }

  @Test
  void otherStoresAreRefusedAndHaveNoCapacity() {
    var elsewhere = Topology.newBuilder().putSegments("millrace.io/store", "another").build();
    var here =
        Topology.newBuilder().putSegments("millrace.io/store", FakeEngine.STORE_UUID).build();
    refused(
        Status.Code.RESOURCE_EXHAUSTED,
        () ->
            create(
                volume("a")
                    .setAccessibilityRequirements(
                        TopologyRequirement.newBuilder().addRequisite(elsewhere))));
    create(
        volume("a")
            .setAccessibilityRequirements(
                TopologyRequirement.newBuilder().addRequisite(elsewhere).addRequisite(here)));
    assertEquals(
        0,
        controller
            .getCapacity(GetCapacityRequest.newBuilder().setAccessibleTopology(elsewhere).build())
            .getAvailableCapacity());
  }

  @Test
  void unknownParameterIsRefusedByNameAndSidecarParametersAreNot() {
    var refusal =
        refused(
            Status.Code.INVALID_ARGUMENT,
            () -> create(volume("a").putParameters("compresion", "lz4")));
    assertTrue(refusal.contains("\"compresion\""), refusal);
    Volume volume =
        create(
            volume("a")
                .putParameters("csi.storage.k8s.io/pvc/name", "claim")
                .putParameters("sectorBytes", "4096"));
    assertEquals(Map.of("sectorBytes", "4096"), volume.getVolumeContextMap());
  }

  @Test
  void xfsBelowItsMinimumIsRefused() {
    var xfs =
        VolumeCapability.newBuilder(mounted())
            .setMount(VolumeCapability.MountVolume.newBuilder().setFsType("xfs"));
    var refusal =
        refused(
            Status.Code.INVALID_ARGUMENT,
            () ->
                create(
                    volume("a").setCapacityRange(atLeast(10 * MIB)).setVolumeCapabilities(0, xfs)));
    assertTrue(refusal.contains("xfs needs at least 314572800 bytes"), refusal);
  }

  @Test
  void listsInPagesAndSurvivesFiltersThatNameNothing() {
    Volume volume = create(volume("a"));
    create(volume("b"));
    create(volume("c"));
    var page = controller.listVolumes(ListVolumesRequest.newBuilder().setMaxEntries(2).build());
    assertEquals(2, page.getEntriesCount());
    var rest =
        controller.listVolumes(
            ListVolumesRequest.newBuilder().setStartingToken(page.getNextToken()).build());
    assertEquals(1, rest.getEntriesCount());
    assertEquals("", rest.getNextToken());
    refused(
        Status.Code.ABORTED,
        () ->
            controller.listVolumes(
                ListVolumesRequest.newBuilder().setStartingToken("bad").build()));

    var snapshot = controller.createSnapshot(snapshot("s", volume)).getSnapshot();
    assertEquals(
        1, listed(ListSnapshotsRequest.newBuilder().setSnapshotId(snapshot.getSnapshotId())));
    assertEquals(
        1, listed(ListSnapshotsRequest.newBuilder().setSourceVolumeId(volume.getVolumeId())));
    assertEquals(0, listed(ListSnapshotsRequest.newBuilder().setSnapshotId("none")));
    assertEquals(0, listed(ListSnapshotsRequest.newBuilder().setSourceVolumeId("none")));
    refused(
        Status.Code.NOT_FOUND,
        () ->
            controller.getSnapshot(GetSnapshotRequest.newBuilder().setSnapshotId("none").build()));
  }

  @Test
  void growsAndNeverShrinks() {
    Volume volume = create(volume("a"));
    var expand = ControllerExpandVolumeRequest.newBuilder().setVolumeId(volume.getVolumeId());
    var grown =
        controller.controllerExpandVolume(expand.setCapacityRange(atLeast(3 * GIB)).build());
    assertEquals(3 * GIB, grown.getCapacityBytes());
    assertTrue(grown.getNodeExpansionRequired());
    var same = controller.controllerExpandVolume(expand.setCapacityRange(atLeast(2 * GIB)).build());
    assertEquals(3 * GIB, same.getCapacityBytes());
    refused(
        Status.Code.OUT_OF_RANGE,
        () ->
            controller.controllerExpandVolume(
                expand.setCapacityRange(CapacityRange.newBuilder().setLimitBytes(GIB)).build()));
  }

  @Test
  void deletingWhatIsGoneOrNeverWasIsDone() {
    Volume volume = create(volume("a"));
    for (String handle : List.of(volume.getVolumeId(), volume.getVolumeId(), "never-was")) {
      delete(handle);
    }
    assertEquals(
        0, controller.listVolumes(ListVolumesRequest.getDefaultInstance()).getEntriesCount());
    var elsewhere = volume.getVolumeId().replace("0b7f3c52", "11111111");
    refused(
        Status.Code.UNAVAILABLE,
        () ->
            controller.deleteVolume(
                DeleteVolumeRequest.newBuilder().setVolumeId(elsewhere).build()));
  }

  @Test
  void probeFollowsTheEngineAndARestartedEngineIsFoundAtOnce() throws Exception {
    assertTrue(ready());
    engine.become(StoreState.RECOVERING, "");
    assertFalse(ready());
    refused(Status.Code.UNAVAILABLE, () -> create(volume("a")));
    engine.become(StoreState.STOPPED, "write failed");
    assertTrue(refused(Status.Code.DATA_LOSS, () -> create(volume("a"))).contains("write failed"));
    engine.become(StoreState.SERVING, "");
    engineServer.close();
    assertFalse(ready());
    assertTrue(refused(Status.Code.UNAVAILABLE, () -> create(volume("a"))).contains("engine.sock"));
    engineServer = startEngine(engineSocket);
    assertTrue(ready());
  }

  private boolean ready() {
    return IdentityGrpc.newBlockingStub(channel)
        .probe(ProbeRequest.getDefaultInstance())
        .getReady()
        .getValue();
  }

  private int listed(ListSnapshotsRequest.Builder filter) {
    return controller.listSnapshots(filter.build()).getEntriesCount();
  }

  private Volume create(CreateVolumeRequest.Builder request) {
    return controller.createVolume(request.build()).getVolume();
  }

  private void delete(String handle) {
    var _ = controller.deleteVolume(DeleteVolumeRequest.newBuilder().setVolumeId(handle).build());
  }

  private static CreateVolumeRequest.Builder volume(String name) {
    return CreateVolumeRequest.newBuilder()
        .setName(name)
        .setCapacityRange(atLeast(GIB))
        .addVolumeCapabilities(mounted());
  }

  private static VolumeCapability mounted() {
    return VolumeCapability.newBuilder()
        .setAccessMode(AccessMode.newBuilder().setMode(AccessMode.Mode.SINGLE_NODE_WRITER))
        .setMount(VolumeCapability.MountVolume.getDefaultInstance())
        .build();
  }

  private static CapacityRange atLeast(long bytes) {
    return CapacityRange.newBuilder().setRequiredBytes(bytes).build();
  }

  private static CreateSnapshotRequest snapshot(String name, Volume source) {
    return CreateSnapshotRequest.newBuilder()
        .setName(name)
        .setSourceVolumeId(source.getVolumeId())
        .build();
  }

  private static VolumeContentSource volumeSource(Volume volume) {
    return VolumeContentSource.newBuilder()
        .setVolume(VolumeContentSource.VolumeSource.newBuilder().setVolumeId(volume.getVolumeId()))
        .build();
  }

  private static VolumeContentSource snapshotSource(String handle) {
    return VolumeContentSource.newBuilder()
        .setSnapshot(VolumeContentSource.SnapshotSource.newBuilder().setSnapshotId(handle))
        .build();
  }

  /** The message of the refusal. */
  private static String refused(Status.Code code, Callable<?> call) {
    var failure = assertThrows(StatusRuntimeException.class, call::call);
    assertEquals(code, failure.getStatus().getCode(), failure.getStatus().getDescription());
    return String.valueOf(failure.getStatus().getDescription());
  }
}
