package io.millrace.engine.core;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Who waits for which LSN to be durable, and the syncs that make it so.
 *
 * <p>A sync covers what is applied when it goes out. Waiters stand in the order of their LSNs, so
 * one sync answers all that it covers: group flush.
 */
final class Durability {
  /** One under way, and one that waits for it. */
  private static final int SYNCS_MAX = 2;

  private final Committer committer;
  private final Disk disk;
  private final AnswerQueue answers;
  private final Health health;
  private final long unprovenBytesMax;
  private final Sync[] syncs = new Sync[SYNCS_MAX];

  private long[] tags = new long[64];
  private long[] targets = new long[64];
  private @Nullable CommandResult[] results = new CommandResult[64];
  private int head;
  private int size;

  private long durableLsn;
  private long coveredLsn;
  private long loggedBytesAtSync;

  Durability(Serving s, long durableLsn) {
    committer = s.committer;
    disk = s.disk;
    answers = s.answers;
    health = s.health;
    unprovenBytesMax = s.options.tuning().unprovenBytesMax();
    this.durableLsn = durableLsn;
    this.coveredLsn = durableLsn;
    for (int i = 0; i < SYNCS_MAX; i++) {
      syncs[i] = new Sync();
    }
  }

  long durableLsn() {
    return durableLsn;
  }

  boolean hasWaiters() {
    return size > 0;
  }

  /** Answers {@code tag} (with {@code result}, of a command) once {@code target} is durable. */
  void await(long target, long tag, @Nullable CommandResult result) {
    if (size == tags.length) {
      grow();
    }
    int at = (head + size++) & (tags.length - 1);
    tags[at] = tag;
    targets[at] = target;
    results[at] = result;
  }

  /**
   * Answers who can be answered, and syncs when somebody waits for what is applied, or the log
   * wants a commit durable that nobody waits for.
   */
  void pump() {
    if (health.stopped()) {
      failAll();
      return;
    }
    while (size > 0 && targets[head] <= durableLsn) {
      answerFirst(0);
    }
    long appliedLsn = committer.appliedLsn();
    long wantedLsn = committer.witnessLsn();
    boolean muchUnproven = committer.loggedBytes - loggedBytesAtSync >= unprovenBytesMax;
    boolean wanted = wantedLsn > coveredLsn && wantedLsn <= appliedLsn;
    if (wanted || firstUncovered() <= appliedLsn || (muchUnproven && appliedLsn > coveredLsn)) {
      submit();
    }
  }

  /** The lowest LSN that is waited for and that no sync covers which has been asked for. */
  private long firstUncovered() {
    for (int i = 0; i < size; i++) {
      long target = targets[(head + i) & (tags.length - 1)];
      if (target > coveredLsn) {
        return target;
      }
    }
    return Long.MAX_VALUE;
  }

  /** Somebody else's sync, submitted when {@code lsn} was applied, has ended. */
  void synced(long lsn) {
    durableLsn = Math.max(durableLsn, lsn);
    coveredLsn = Math.max(coveredLsn, durableLsn);
  }

  private void submit() {
    for (Sync sync : syncs) {
      if (!sync.busy) {
        sync.busy = true;
        sync.covers();
        disk.sync(sync);
        return;
      }
    }
  }

  private void failAll() {
    while (size > 0) {
      answerFirst(Errno.EIO);
    }
  }

  private void answerFirst(int errno) {
    CommandResult result = results[head];
    if (result == null) {
      answers.add(tags[head], errno);
    } else if (errno == 0) {
      answers.add(tags[head], result);
    } else {
      answers.add(tags[head], new CommandResult.Refused(new StoreError.Stopped(health.reason())));
    }
    results[head] = null;
    head = (head + 1) & (tags.length - 1);
    size--;
  }

  private void grow() {
    int old = tags.length;
    rotate();
    tags = Arrays.copyOf(tags, old * 2);
    targets = Arrays.copyOf(targets, old * 2);
    results = Arrays.copyOf(results, old * 2);
  }

  /** Brings the head to index 0. */
  private void rotate() {
    long[] t = new long[tags.length];
    long[] l = new long[tags.length];
    @Nullable CommandResult[] r = new CommandResult[tags.length];
    for (int i = 0; i < size; i++) {
      int at = (head + i) & (tags.length - 1);
      t[i] = tags[at];
      l[i] = targets[at];
      r[i] = results[at];
    }
    tags = t;
    targets = l;
    results = r;
    head = 0;
  }

  private final class Sync implements Disk.Synced {
    boolean busy;
    private long lsn;

    /** All that is applied now, and more when it goes out later. */
    void covers() {
      lsn = committer.appliedLsn();
      coveredLsn = lsn;
      loggedBytesAtSync = committer.loggedBytes;
    }

    @Override
    public void submitted() {
      covers();
    }

    @Override
    public void done(int errno) {
      busy = false;
      if (errno == 0) {
        synced(lsn);
      }
    }
  }
}
