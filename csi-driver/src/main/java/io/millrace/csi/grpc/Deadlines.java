package io.millrace.csi.grpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Gives a call without a deadline the longest one; gRPC hands it on to the engine. */
final class Deadlines implements ServerInterceptor, AutoCloseable {
  static final Duration LONGEST = Duration.ofMinutes(2);

  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("deadlines").factory());

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    if (Context.current().getDeadline() != null) {
      return next.startCall(call, headers);
    }
    Context bounded =
        Context.current().withDeadlineAfter(LONGEST.toMillis(), TimeUnit.MILLISECONDS, timer);
    return Contexts.interceptCall(bounded, call, headers, next);
  }

  /** What the running call has left; the longest outside of calls. */
  static Duration left() {
    var deadline = Context.current().getDeadline();
    return deadline == null
        ? LONGEST
        : Duration.ofNanos(Math.max(0, deadline.timeRemaining(TimeUnit.NANOSECONDS)));
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
