package io.millrace.engine.daemon.nbd;

import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.IntConsumer;
import javax.net.ssl.SSLSocketFactory;

/**
 * What all clients on TCP share.
 *
 * @param server takes over the descriptor of a socket, non-blocking, behind which a client is
 * @param refused who hears of those that were not let in
 * @param handshakeLimit from a client's coming to the end of its TLS handshake, however it goes on
 * @param timer cuts off those that take longer
 */
record TlsService(
    SSLSocketFactory tls,
    IntConsumer server,
    RefusedClients refused,
    Duration handshakeLimit,
    ScheduledExecutorService timer) {

  static ScheduledExecutorService newTimer() {
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("millrace-nbd-timer").factory());
    timer.setRemoveOnCancelPolicy(true);
    return timer;
  }
}
