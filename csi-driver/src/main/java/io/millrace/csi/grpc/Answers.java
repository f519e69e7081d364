package io.millrace.csi.grpc;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.millrace.csi.volume.CsiFailure;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Runs the work of a call and gives its outcome to the caller: the one place where failures become
 * gRPC statuses.
 */
final class Answers {
  private static final Logger log = Logger.getLogger(Answers.class);

  private final KeyedLocks locks = new KeyedLocks();

  <T> void answer(StreamObserver<T> caller, Supplier<T> work) {
    if (Context.current().isCancelled()) {
      return; // The caller has left, and comes back.
    }
    T response;
    try {
      response = work.get();
    } catch (RuntimeException e) {
      caller.onError(status(e).asRuntimeException());
      return;
    }
    caller.onNext(response);
    caller.onCompleted();
  }

  /** Like {@link #answer}, and ABORTED while other work with the same key runs. */
  <T> void answerAlone(StreamObserver<T> caller, String key, Supplier<T> work) {
    answer(caller, () -> locks.alone(key, work));
  }

  static Status status(RuntimeException failure) {
    return switch (failure) {
      case CsiFailure ours -> code(ours.kind()).toStatus().withDescription(ours.getMessage());
      case StatusRuntimeException engine -> ofEngine(engine.getStatus());
      default -> {
        log.error("a defect of the driver", failure);
        yield Status.INTERNAL.withDescription(failure.toString());
      }
    };
  }

  /** The engine speaks in the codes of CSI; what it didn't mean to say is our INTERNAL. */
  private static Status ofEngine(Status status) {
    return switch (status.getCode()) {
      case UNKNOWN, UNIMPLEMENTED -> Status.INTERNAL.withDescription("engine: " + status);
      default ->
          Status.fromCode(status.getCode()).withDescription("engine: " + status.getDescription());
    };
  }

  private static Status.Code code(CsiFailure.Kind kind) {
    return switch (kind) {
      case INVALID_ARGUMENT -> Status.Code.INVALID_ARGUMENT;
      case NOT_FOUND -> Status.Code.NOT_FOUND;
      case ALREADY_EXISTS -> Status.Code.ALREADY_EXISTS;
      case OUT_OF_RANGE -> Status.Code.OUT_OF_RANGE;
      case RESOURCE_EXHAUSTED -> Status.Code.RESOURCE_EXHAUSTED;
      case FAILED_PRECONDITION -> Status.Code.FAILED_PRECONDITION;
      case ABORTED -> Status.Code.ABORTED;
      case UNAVAILABLE -> Status.Code.UNAVAILABLE;
      case DATA_LOSS -> Status.Code.DATA_LOSS;
      case DEADLINE_EXCEEDED -> Status.Code.DEADLINE_EXCEEDED;
      case INTERNAL -> Status.Code.INTERNAL;
    };
  }
}
