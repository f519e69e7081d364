package io.millrace.csi.volume;

/**
 * An answer other than success, in the words of the CSI specification.
 *
 * <p>The message names the object, what was needed, what there was, and what to do about it. It is
 * turned into a gRPC status in one place, {@code io.millrace.csi.grpc.Answers}.
 */
public final class CsiFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The closed list of reasons; each is one gRPC status code. */
  public enum Kind {
    INVALID_ARGUMENT,
    NOT_FOUND,
    ALREADY_EXISTS,
    OUT_OF_RANGE,
    RESOURCE_EXHAUSTED,
    FAILED_PRECONDITION,
    ABORTED,
    UNAVAILABLE,
    DATA_LOSS,
    DEADLINE_EXCEEDED,
    INTERNAL
  }

  private final Kind kind;
  private final String text;

  public CsiFailure(Kind kind, String message) {
    super(message);
    this.kind = kind;
    this.text = message;
  }

  public CsiFailure(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.text = message;
  }

  public static CsiFailure invalid(String message) {
    return new CsiFailure(Kind.INVALID_ARGUMENT, message);
  }

  public static CsiFailure notFound(String message) {
    return new CsiFailure(Kind.NOT_FOUND, message);
  }

  @Override
  public String getMessage() {
    return text;
  }

  public Kind kind() {
    return kind;
  }
}
