package io.millrace.engine.daemon.rpc;

import static io.grpc.Status.Code.ALREADY_EXISTS;
import static io.grpc.Status.Code.FAILED_PRECONDITION;
import static io.grpc.Status.Code.INVALID_ARGUMENT;
import static io.grpc.Status.Code.NOT_FOUND;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import io.grpc.stub.ClientCalls;
import io.millrace.engine.api.AttachVolumeRequest;
import io.millrace.engine.api.ChangeVolumeRequest;
import io.millrace.engine.api.CreateSnapshotRequest;
import io.millrace.engine.api.CreateVolumeRequest;
import io.millrace.engine.api.DeleteSnapshotRequest;
import io.millrace.engine.api.DeleteVolumeRequest;
import io.millrace.engine.api.DetachVolumeRequest;
import io.millrace.engine.api.EngineGrpc;
import io.millrace.engine.api.GetSnapshotRequest;
import io.millrace.engine.api.GetVolumeRequest;
import io.millrace.engine.api.ListSnapshotsRequest;
import io.millrace.engine.api.ListVolumesRequest;
import io.millrace.engine.api.ResizeVolumeRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every call does with what it can't take: the status that is promised, and no change. */
final class BadCallTest {
  private static final String UNKNOWN = "00000000deadbeef";
  private static final long MIB = 1 << 20;

  @TempDir static Path folder = Path.of("");
  private static ServedStore served;
  private static String v = "";
  private static String s = "";

  private record Row(String method, Message request, Status.Code code, String words) {}

  private static final List<Row> rows = new ArrayList<>();

  @BeforeAll
  static void makeStore() throws Exception {
    served = new ServedStore(folder);
    v = served.calls().createVolume(volume("v").build()).getId();
    served.calls().createVolume(volume("other").build());
    s = served.calls().createSnapshot(snapshot("s", v)).getId();
    volumes();
    snapshots();
  }

  @AfterAll
  static void end() {
    served.close();
    rows.clear();
  }

  private static CreateVolumeRequest.Builder volume(String name) {
    return CreateVolumeRequest.newBuilder().setName(name).setSizeBytes(8 * MIB);
  }

  private static CreateSnapshotRequest snapshot(String name, String volume) {
    return CreateSnapshotRequest.newBuilder().setName(name).setVolumeId(volume).build();
  }

  private static void row(String method, Message.Builder request, Status.Code code, String words) {
    rows.add(new Row(method, request.build(), code, words));
  }

  private static void volumes() {
    String create = "CreateVolume";
    row(create, volume(""), INVALID_ARGUMENT, "a name has 1 to 255 bytes");
    row(create, volume("é".repeat(128)), INVALID_ARGUMENT, "this one has 256");
    row(create, volume("a\u0007"), INVALID_ARGUMENT, "no control characters");
    for (long size : new long[] {0, -512, 511, Long.MIN_VALUE, Long.MAX_VALUE, (1L << 50) + 512}) {
      row(create, volume("w").setSizeBytes(size), INVALID_ARGUMENT, "size " + size);
    }
    row(
        create,
        volume("w").setSourceSnapshotId(s).setSourceVolumeId(v),
        INVALID_ARGUMENT,
        "not both");
    row(create, volume("w").setSourceSnapshotId(UNKNOWN), NOT_FOUND, UNKNOWN);
    row(create, volume("w").setSourceSnapshotId(v), NOT_FOUND, "no source snapshot");
    row(create, volume("w").setSourceVolumeId("../v"), NOT_FOUND, "no volume ../v");
    row(create, volume("w").setSourceVolumeId(s), NOT_FOUND, "no source volume");
    row(
        create,
        volume("w").setSourceSnapshotId(s).setSizeBytes(MIB),
        INVALID_ARGUMENT,
        "below its source's");
    row(create, volume("w").setAcknowledgeValue(9), INVALID_ARGUMENT, "STAGED or DURABLE");
    row(create, volume("w").setIops(-1), INVALID_ARGUMENT, "iops -1 can't be");
    row(create, volume("w").setBytesPerSecond(1), INVALID_ARGUMENT, "bandwidth 1 can't be");
    row(create, volume("w").setBurstSeconds(3601), INVALID_ARGUMENT, "burst 3601 can't be");
    row(create, volume("w").setWeight(10_001), INVALID_ARGUMENT, "weight 10001 can't be");
    row(create, volume("v").setSizeBytes(MIB), ALREADY_EXISTS, "volume v exists");
    row(create, volume("v").setSourceSnapshotId(s), ALREADY_EXISTS, "volume v exists");

    var delete = DeleteVolumeRequest.newBuilder();
    row("DeleteVolume", delete.clone(), INVALID_ARGUMENT, "16 lower-case hex digits");
    row("DeleteVolume", delete.clone().setId("v"), INVALID_ARGUMENT, "hex digits: 'v'");
    row("DeleteVolume", delete.clone().setId("DEADBEEFDEADBEEF"), INVALID_ARGUMENT, "hex digits");

    var resize = ResizeVolumeRequest.newBuilder().setSizeBytes(16 * MIB);
    row("ResizeVolume", resize.clone(), INVALID_ARGUMENT, "volume id is missing");
    row("ResizeVolume", resize.clone().setId(UNKNOWN), NOT_FOUND, "no volume " + UNKNOWN);
    row("ResizeVolume", resize.clone().setId(v).setSizeBytes(0), INVALID_ARGUMENT, "size 0");
    row("ResizeVolume", resize.clone().setId(v).setSizeBytes(-1), INVALID_ARGUMENT, "size -1");
    row(
        "ResizeVolume",
        resize.clone().setId(v).setSizeBytes(MIB),
        FAILED_PRECONDITION,
        "must be allowed expressly");

    var change = ChangeVolumeRequest.newBuilder();
    row("ChangeVolume", change.clone(), INVALID_ARGUMENT, "volume id is missing");
    row("ChangeVolume", change.clone().setId(v), INVALID_ARGUMENT, "give acknowledge");
    row("ChangeVolume", change.clone().setId(v).setAcknowledgeValue(7), INVALID_ARGUMENT, "STAGED");
    row("ChangeVolume", change.clone().setId(v).setWeight(-1), INVALID_ARGUMENT, "weight -1");
    row("ChangeVolume", change.clone().setId(v).setIops(1L << 40), INVALID_ARGUMENT, "iops");
    row("ChangeVolume", change.setId(UNKNOWN).setAcknowledgeValue(1), NOT_FOUND, UNKNOWN);

    var get = GetVolumeRequest.newBuilder();
    row("GetVolume", get.clone(), INVALID_ARGUMENT, "give id or name");
    row("GetVolume", get.clone().setId(v).setName("v"), INVALID_ARGUMENT, "give id or name");
    row("GetVolume", get.clone().setId("v"), NOT_FOUND, "no volume v");
    row("GetVolume", get.clone().setName("none"), NOT_FOUND, "no volume none");

    var list = ListVolumesRequest.newBuilder();
    row("ListVolumes", list.clone().setPageSize(-1), INVALID_ARGUMENT, "page_size");
    row("ListVolumes", list.clone().setPageToken("next"), INVALID_ARGUMENT, "page_token");

    var attach = AttachVolumeRequest.newBuilder();
    row("AttachVolume", attach.clone(), INVALID_ARGUMENT, "volume id is missing");
    row("AttachVolume", attach.clone().setId(UNKNOWN), NOT_FOUND, UNKNOWN);
    row("AttachVolume", attach.clone().setId(v).setSectorBytes(7), INVALID_ARGUMENT, "not 7");
    row("AttachVolume", attach.clone().setId(v).setSectorBytes(-512), INVALID_ARGUMENT, "not -512");

    var detach = DetachVolumeRequest.newBuilder();
    row("DetachVolume", detach.clone(), INVALID_ARGUMENT, "hex digits");
    row("DetachVolume", detach.clone().setId("loop0"), INVALID_ARGUMENT, "hex digits: 'loop0'");
  }

  private static void snapshots() {
    String create = "CreateSnapshot";
    row(create, snapshot("", v).toBuilder(), INVALID_ARGUMENT, "a name has 1 to 255 bytes");
    row(create, snapshot("n".repeat(256), v).toBuilder(), INVALID_ARGUMENT, "this one has 256");
    row(create, snapshot("a\nb", v).toBuilder(), INVALID_ARGUMENT, "no control characters");
    row(create, snapshot("t", "").toBuilder(), INVALID_ARGUMENT, "volume id is missing");
    row(create, snapshot("t", UNKNOWN).toBuilder(), NOT_FOUND, "no volume " + UNKNOWN);
    row(create, snapshot("t", "v").toBuilder(), NOT_FOUND, "no volume v");
    row(create, snapshot("s", UNKNOWN).toBuilder(), ALREADY_EXISTS, "snapshot s exists");

    var delete = DeleteSnapshotRequest.newBuilder();
    row("DeleteSnapshot", delete.clone(), INVALID_ARGUMENT, "hex digits");
    row("DeleteSnapshot", delete.clone().setId("s"), INVALID_ARGUMENT, "hex digits: 's'");

    var get = GetSnapshotRequest.newBuilder();
    row("GetSnapshot", get.clone(), INVALID_ARGUMENT, "give id or name");
    row("GetSnapshot", get.clone().setId(s).setName("s"), INVALID_ARGUMENT, "give id or name");
    row("GetSnapshot", get.clone().setId(v), NOT_FOUND, "no snapshot " + v);
    row("GetSnapshot", get.clone().setName("none"), NOT_FOUND, "no snapshot none");

    var list = ListSnapshotsRequest.newBuilder();
    row("ListSnapshots", list.clone().setPageSize(-9), INVALID_ARGUMENT, "page_size");
    row("ListSnapshots", list.clone().setPageToken("0"), INVALID_ARGUMENT, "page_token");
    row("ListSnapshots", list.clone().setVolumeId("v"), INVALID_ARGUMENT, "hex digits: 'v'");
  }

  @Test
  void isRefusedInOneLineAndChangesNothing() {
    String before = served.catalog();
    for (Row row : rows) {
      var refused =
          assertThrows(StatusRuntimeException.class, () -> call(row), () -> row.toString());
      String said = String.valueOf(refused.getStatus().getDescription());
      assertEquals(row.code, refused.getStatus().getCode(), row + ": " + said);
      assertTrue(said.contains(row.words) && said.lines().count() == 1, row + ": " + said);
      assertEquals(before, served.catalog(), row.toString());
    }
  }

  @SuppressWarnings("unchecked") // The name decides the type.
  private static void call(Row row) {
    MethodDescriptor<?, ?> method =
        EngineGrpc.getServiceDescriptor().getMethods().stream()
            .filter(m -> row.method.equals(m.getBareMethodName()))
            .findFirst()
            .orElseThrow();
    var stub = served.calls();
    var unused =
        ClientCalls.blockingUnaryCall(
            stub.getChannel(),
            (MethodDescriptor<Message, Message>) method,
            stub.getCallOptions(),
            row.request);
  }

  /** One that is given nothing can be given nothing bad. */
  @Test
  void everyCallThatIsGivenSomethingHasARow() {
    Set<String> given =
        EngineGrpc.getServiceDescriptor().getMethods().stream()
            .map(m -> (ProtoMethodDescriptorSupplier) m.getSchemaDescriptor())
            .map(ProtoMethodDescriptorSupplier::getMethodDescriptor)
            .filter(m -> !m.getInputType().getFields().isEmpty())
            .map(m -> m.getName())
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> tested =
        rows.stream().map(Row::method).collect(Collectors.toCollection(TreeSet::new));
    assertEquals(given, tested);
    assertTrue(given.size() >= 12, given.toString());
  }
}
