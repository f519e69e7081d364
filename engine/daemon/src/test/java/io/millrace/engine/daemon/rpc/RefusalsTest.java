package io.millrace.engine.daemon.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.Status;
import io.millrace.engine.core.StoreError;
import io.millrace.engine.daemon.ObjectId;
import io.millrace.engine.daemon.attach.AttachError;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The table at the head of engine.proto. */
final class RefusalsTest {
  @Test
  void everyStoreErrorHasItsCodeAndKeepsItsWords() {
    Map.of(
            new StoreError.NotFound("m"), Status.Code.NOT_FOUND,
            new StoreError.AlreadyExists("m"), Status.Code.ALREADY_EXISTS,
            new StoreError.InvalidArgument("m"), Status.Code.INVALID_ARGUMENT,
            new StoreError.FailedPrecondition("m"), Status.Code.FAILED_PRECONDITION,
            new StoreError.NoSpace("m", 2, 1), Status.Code.RESOURCE_EXHAUSTED,
            new StoreError.Unavailable("m"), Status.Code.UNAVAILABLE,
            new StoreError.Stopped("m"), Status.Code.DATA_LOSS)
        .forEach(
            (error, code) -> {
              assertEquals(code, Refusals.status(error).getCode());
              assertEquals("m", Refusals.status(error).getDescription());
            });
  }

  @Test
  void aDeviceInUseIsAPreconditionThatFailed() {
    Status status = Refusals.status(new AttachError.InUse(new ObjectId(1), "/dev/loop3"));
    assertEquals(Status.Code.FAILED_PRECONDITION, status.getCode());
    assertEquals(
        "volume 0000000000000001 is in use: /dev/loop3 is open or mounted; release it first",
        status.getDescription());
  }

  @Test
  void aWrongArgumentIsTheCallersAndAnythingElseIsOurs() {
    assertEquals(
        Status.Code.INVALID_ARGUMENT, Refusals.status(new IllegalArgumentException("m")).getCode());
    assertEquals(Status.Code.INTERNAL, Refusals.status(new IllegalStateException("m")).getCode());
  }
}
