package io.millrace.engine.daemon.it;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Kills a real daemon with SIGKILL at random moments, again and again, while several threads write
 * to two volumes; starts it anew on the same store, now and then only to be killed during that, and
 * holds what is on the devices against what was answered. The store is small, so that the log comes
 * round and the cleaner works.
 */
final class KillLoop implements Closeable {
  /** Which of the answered writes a killed daemon must leave, besides a prefix of their order. */
  enum Promise {
    FLUSHED,
    ANSWERED
  }

  /** What holds now. */
  static final Promise PROMISE = Promise.ANSWERED;

  private static final String STORE_SIZE = "192MiB";
  private static final int VOLUME_BYTES = 16 << 20;
  private static final int VOLUMES = 2;
  private static final int LOAD_MILLIS_MAX = 500;
  private static final int START_MILLIS_MAX = 1200;
  private static final int ROUNDS_PER_KILLED_START = 8;
  private static final Duration FIRST_ANSWER_LIMIT = Duration.ofSeconds(30);

  /** What the rounds so far have come to. */
  record Summary(long rounds, long killedStarts, long flushes, SectorHistory.Tally tally) {
    @Override
    public String toString() {
      return ("%d rounds, %d kills, %d of them while it started; %d writes answered, %d flushes;"
              + " of %d writes that no flush covered, %d were lost")
          .formatted(
              rounds,
              rounds + killedStarts,
              killedStarts,
              tally.answered(),
              flushes,
              tally.unflushed(),
              tally.lost());
    }

    String json(long seed) {
      return ("{\"seed\": %d, \"promise\": \"%s\", \"rounds\": %d, \"kills\": %d,"
              + " \"killsDuringStart\": %d, \"answeredWrites\": %d, \"flushes\": %d,"
              + " \"unflushedWrites\": %d, \"unflushedLost\": %d}")
          .formatted(
              seed,
              PROMISE,
              rounds,
              rounds + killedStarts,
              killedStarts,
              tally.answered(),
              flushes,
              tally.unflushed(),
              tally.lost());
    }
  }

  private final Daemon daemon;
  private final Random random;
  private final AtomicLong clock = new AtomicLong();
  private final List<SectorLoad> loads = new ArrayList<>();
  private final List<String> backings = new ArrayList<>();
  private long rounds;
  private long killedStarts;
  private SectorHistory.Tally tally = SectorHistory.Tally.NONE;

  KillLoop(Path folder, long seed) throws IOException, InterruptedException {
    random = new Random(seed);
    daemon = Daemon.started(folder, STORE_SIZE);
    for (int i = 0; i < VOLUMES; i++) {
      String device = daemon.attachNew("v" + i, (VOLUME_BYTES >> 20) + "MiB");
      backings.add(LoopDevices.backing(device));
      loads.add(new SectorLoad(i + 1, VOLUME_BYTES, clock));
    }
  }

  /** Load, kill, start, check. The daemon runs before and after. */
  void round() throws Exception {
    List<String> devices = devices();
    for (int i = 0; i < VOLUMES; i++) {
      loads.get(i).start(devices.get(i), random);
    }
    awaitAnswers();
    Thread.sleep(random.nextInt(LOAD_MILLIS_MAX));
    for (SectorLoad load : loads) {
      if (!load.isRunning()) {
        throw new AssertionError("the load ended before the kill\n" + daemon.logText());
      }
    }
    daemon.kill();
    for (SectorLoad load : loads) {
      load.join();
    }
    if (random.nextInt(ROUNDS_PER_KILLED_START) == 0) {
      daemon.startAndKill(Duration.ofMillis(random.nextInt(START_MILLIS_MAX)));
      killedStarts++;
    }
    daemon.start();
    verify();
    rounds++;
  }

  /** A round in which nothing was answered would show nothing. */
  private void awaitAnswers() throws InterruptedException {
    long begun = clock.get();
    long deadline = System.nanoTime() + FIRST_ANSWER_LIMIT.toNanos();
    while (clock.get() < begun + 100) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("no write was answered in " + FIRST_ANSWER_LIMIT);
      }
      Thread.sleep(1);
    }
  }

  private void verify() throws Exception {
    List<String> devices = devices();
    List<long[]> found = new ArrayList<>();
    long keptBefore = 0;
    for (int i = 0; i < VOLUMES; i++) {
      found.add(loads.get(i).read(devices.get(i)));
      keptBefore = Math.max(keptBefore, loads.get(i).history().latest(found.get(i)));
    }
    if (PROMISE == Promise.ANSWERED) {
      keptBefore = Long.MAX_VALUE;
    }
    for (int i = 0; i < VOLUMES; i++) {
      SectorLoad load = loads.get(i);
      tally = tally.plus(load.history().verify(found.get(i), load.since(), keptBefore));
    }
  }

  Summary summary() {
    long flushes = loads.stream().mapToLong(SectorLoad::flushes).sum();
    return new Summary(rounds, killedStarts, flushes, tally);
  }

  /** Where the volumes are attached now. */
  private List<String> devices() throws IOException {
    List<String> devices = new ArrayList<>();
    for (String backing : backings) {
      devices.add(LoopDevices.device(backing));
    }
    return devices;
  }

  @Override
  public void close() throws IOException {
    daemon.close();
  }
}
