package io.millrace.engine.daemon.rpc;

import io.grpc.Status;
import io.grpc.StatusException;
import io.millrace.engine.core.StoreError;
import io.millrace.engine.daemon.attach.AttachError;
import io.millrace.engine.daemon.attach.AttachException;

/** The one place where what went wrong becomes a gRPC status; see the head of engine.proto. */
final class Refusals {
  private Refusals() {}

  static Status status(StoreError error) {
    Status status =
        switch (error) {
          case StoreError.NotFound e -> Status.NOT_FOUND;
          case StoreError.AlreadyExists e -> Status.ALREADY_EXISTS;
          case StoreError.InvalidArgument e -> Status.INVALID_ARGUMENT;
          case StoreError.FailedPrecondition e -> Status.FAILED_PRECONDITION;
          case StoreError.NoSpace e -> Status.RESOURCE_EXHAUSTED;
          case StoreError.Unavailable e -> Status.UNAVAILABLE;
          case StoreError.Stopped e -> Status.DATA_LOSS;
        };
    return status.withDescription(error.message());
  }

  static Status status(AttachError error) {
    Status status =
        switch (error) {
          case AttachError.NoVolume e -> Status.NOT_FOUND;
          case AttachError.InUse e -> Status.FAILED_PRECONDITION;
          case AttachError.AttachedOtherwise e -> Status.FAILED_PRECONDITION;
          case AttachError.OpenByClients e -> Status.FAILED_PRECONDITION;
          case AttachError.Refused e -> Status.INTERNAL;
        };
    return status.withDescription(error.message());
  }

  /** Of anything that a handler may throw. */
  static Status status(Throwable thrown) {
    return switch (thrown) {
      case AttachException e -> status(e.error());
      case StatusException e -> e.getStatus();
      case IllegalArgumentException e -> Status.INVALID_ARGUMENT.withDescription(e.getMessage());
      default -> Status.INTERNAL.withDescription(thrown.toString()).withCause(thrown);
    };
  }

  static StatusException invalid(String message) {
    return Status.INVALID_ARGUMENT.withDescription(message).asException();
  }

  static StatusException notFound(String message) {
    return Status.NOT_FOUND.withDescription(message).asException();
  }
}
