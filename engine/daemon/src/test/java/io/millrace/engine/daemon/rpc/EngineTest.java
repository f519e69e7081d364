package io.millrace.engine.daemon.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.grpc.Status;
import io.grpc.StatusException;
import io.millrace.engine.api.Acknowledge;
import io.millrace.engine.api.ChangeVolumeRequest;
import io.millrace.engine.api.CreateVolumeRequest;
import io.millrace.engine.api.ResizeVolumeRequest;
import io.millrace.engine.api.Volume;
import io.millrace.engine.daemon.attach.Attachments;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** On a real store; before and after it is known what is attached. */
final class EngineTest {
  private static final long MIB = 1 << 20;

  @TempDir Path folder = Path.of("");
  private final UUID uuid = UUID.randomUUID();
  private ServedEngine served;
  private Engine engine;

  @BeforeEach
  void start() throws Exception {
    served = new ServedEngine(ServedStore.format(folder.resolve("store"), uuid));
    engine = served.engine;
  }

  @AfterEach
  void stop() {
    served.close();
  }

  @Test
  void whileVolumesAreAttachedAgainNoneIsDeletedOrResized() throws Exception {
    Volume volume = create();
    unavailable(() -> engine.deleteVolume(volume.getId()));
    unavailable(() -> engine.resizeVolume(resize(volume, 32 * MIB)));
    unavailable(() -> engine.resizeVolume(resize(volume, 128 * MIB)));
    assertEquals(64 * MIB, engine.getVolume(volume.getId(), "").getSizeBytes());

    engine.serve(new Attachments(served.reactor, uuid, folder.resolve("state")));
    assertEquals(128 * MIB, engine.resizeVolume(resize(volume, 128 * MIB)).getSizeBytes());
    assertEquals(32 * MIB, engine.resizeVolume(resize(volume, 32 * MIB)).getSizeBytes());
    engine.deleteVolume(volume.getId());
    assertEquals(0, engine.store().getVolumes());
  }

  @Test
  void createdOnceMoreItIsTheSameVolume() throws Exception {
    assertEquals(create().getId(), create().getId());
    assertEquals(1, engine.store().getVolumes());
  }

  @Test
  void aVolumeAcknowledgesAsItWasAskedTo() throws Exception {
    Volume staged = create();
    assertEquals(Acknowledge.STAGED, staged.getAcknowledge());
    assertEquals(Acknowledge.DURABLE, change(staged, Acknowledge.DURABLE).getAcknowledge());
    assertEquals(Acknowledge.DURABLE, change(staged, Acknowledge.DURABLE).getAcknowledge());
    assertEquals(Acknowledge.STAGED, change(staged, Acknowledge.STAGED).getAcknowledge());
    CreateVolumeRequest durable =
        CreateVolumeRequest.newBuilder()
            .setName("d")
            .setSizeBytes(64 * MIB)
            .setAcknowledge(Acknowledge.DURABLE)
            .build();
    assertEquals(Acknowledge.DURABLE, engine.createVolume(durable).getAcknowledge());
    var nothing =
        assertThrows(
            StatusException.class, () -> change(staged, Acknowledge.ACKNOWLEDGE_UNSPECIFIED));
    assertEquals(Status.Code.INVALID_ARGUMENT, nothing.getStatus().getCode());
  }

  private Volume change(Volume volume, Acknowledge acknowledge) throws Exception {
    return engine.changeVolume(
        ChangeVolumeRequest.newBuilder().setId(volume.getId()).setAcknowledge(acknowledge).build());
  }

  private Volume create() throws Exception {
    return engine.createVolume(
        CreateVolumeRequest.newBuilder().setName("v").setSizeBytes(64 * MIB).build());
  }

  private static ResizeVolumeRequest resize(Volume volume, long sizeBytes) {
    return ResizeVolumeRequest.newBuilder()
        .setId(volume.getId())
        .setSizeBytes(sizeBytes)
        .setAllowShrink(true)
        .build();
  }

  private static void unavailable(Executable call) {
    var refused = assertThrows(StatusException.class, call);
    assertEquals(Status.Code.UNAVAILABLE, refused.getStatus().getCode());
  }
}
