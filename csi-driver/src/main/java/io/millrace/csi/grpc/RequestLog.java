package io.millrace.csi.grpc;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.millrace.csi.proto.Csi;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One line per call: what was asked, how it ended, how long it took. Failures at WARN, changes at
 * INFO, questions at DEBUG. Fields that the specification marks as secret never reach the log.
 */
final class RequestLog implements ServerInterceptor {
  private static final Logger log = Logger.getLogger(RequestLog.class);

  /** Beside those with "Get" in their name. */
  private static final Set<String> QUESTIONS = Set.of("Probe", "ListVolumes", "ListSnapshots");

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    var entry = new Entry(call.getMethodDescriptor().getBareMethodName());
    var logged =
        new SimpleForwardingServerCall<Q, A>(call) {
          @Override
          public void close(Status status, Metadata trailers) {
            entry.write(status);
            super.close(status, trailers);
          }
        };
    return new SimpleForwardingServerCallListener<Q>(next.startCall(logged, headers)) {
      @Override
      public void onMessage(Q message) {
        entry.request = message instanceof Message m ? m : null;
        super.onMessage(message);
      }
    };
  }

  private static final class Entry {
    private final @Nullable String method;
    private final long startNanos = System.nanoTime();
    private @Nullable Message request;

    Entry(@Nullable String method) {
      this.method = method;
    }

    void write(Status status) {
      Logger.Level level = level(method, status);
      if (log.isEnabled(level)) {
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
        String asked = request == null ? "" : withoutSecrets(request);
        String outcome = status.isOk() ? "OK" : status.getCode() + ": " + status.getDescription();
        log.logf(level, "%s {%s} -> %s in %d ms", method, asked, outcome, millis);
      }
    }
  }

  static Logger.Level level(@Nullable String method, Status status) {
    if (!status.isOk()) {
      return Logger.Level.WARN;
    }
    boolean question = method == null || QUESTIONS.contains(method) || method.contains("Get");
    return question ? Logger.Level.DEBUG : Logger.Level.INFO;
  }

  static String withoutSecrets(Message message) {
    var stripped = message.toBuilder();
    for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
      if (field.getKey().getOptions().getExtension(Csi.csiSecret)) {
        stripped.clearField(field.getKey());
      }
    }
    return TextFormat.printer().emittingSingleLine(true).printToString(stripped.build());
  }
}
