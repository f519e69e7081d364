package io.millrace.engine.daemon.nbd;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Tells of clients that were not let in, a line each, but no more than some in a minute: who knocks
 * all the time fills no log. How many were passed over is told with the next. Any thread.
 */
final class RefusedClients {
  static final int LINES_MAX = 10;
  private static final long MINUTE_NANOS = Duration.ofMinutes(1).toNanos();
  private static final int REASON_CHARS_MAX = 300;

  private final LongSupplier nanos;
  private final Consumer<String> say;
  private long minuteNanos;
  private int told;
  private long passedOver;

  RefusedClients(LongSupplier nanos, Consumer<String> say) {
    this.nanos = nanos;
    this.say = say;
    minuteNanos = nanos.getAsLong();
  }

  /**
   * @param why may hold what the client has sent
   */
  void add(String peer, String why) {
    line(peer, why).ifPresent(say);
  }

  private synchronized Optional<String> line(String peer, String why) {
    long now = nanos.getAsLong();
    if (now - minuteNanos >= MINUTE_NANOS) {
      minuteNanos = now;
      told = 0;
    }
    if (told == LINES_MAX) {
      passedOver++;
      return Optional.empty();
    }
    told++;
    String others = passedOver == 0 ? "" : "; so were %d others".formatted(passedOver);
    passedOver = 0;
    return Optional.of("NBD client %s was not let in: %s%s".formatted(peer, plain(why), others));
  }

  /** On one line, and not a long one. */
  private static String plain(String why) {
    String line = why.replaceAll("\\p{Cntrl}", " ");
    return line.substring(0, Math.min(line.length(), REASON_CHARS_MAX));
  }
}
