package io.millrace.engine.daemon.it;

import java.util.List;

/**
 * What may and what must stand in the sectors of one device after a crash. Pure: it is told what
 * was found the last time, what was written since, and what is found now.
 *
 * <p>Whoever wrote a sector was alone with it, so the stamps that a sector has had ascend.
 */
final class SectorHistory {
  private final int volume;

  /** What was found the last time; it may not change but by a write. */
  private final long[] base;

  SectorHistory(int volume, int sectors) {
    this.volume = volume;
    base = new long[sectors];
  }

  int sectors() {
    return base.length;
  }

  /** What a check of a device counted: writes that were answered, and those of them not flushed. */
  record Tally(long answered, long unflushed, long lost) {
    static final Tally NONE = new Tally(0, 0, 0);

    Tally plus(Tally more) {
      return new Tally(answered + more.answered, unflushed + more.unflushed, lost + more.lost);
    }
  }

  /**
   * What a load has done since the last check.
   *
   * @param logs one of each thread
   * @param flushedBefore writes that were answered before this tick have been flushed
   */
  record Since(List<WriteLog> logs, long flushedBefore) {}

  /** The stamp of the latest write of which something is there; 0 when nothing new is. */
  long latest(long[] found) {
    long latest = 0;
    for (int i = 0; i < base.length; i++) {
      latest = found[i] == base[i] ? latest : Math.max(latest, found[i]);
    }
    return latest;
  }

  /**
   * Holds what was found against what was done. What is there now is what the next check begins
   * with: it must not be lost any more.
   *
   * @param found the stamp of each sector
   * @param keptBefore writes that were answered before this tick must be there, flushed or not
   */
  Tally verify(long[] found, Since since, long keptBefore) {
    verifyOrigin(found, since);
    Tally tally = Tally.NONE;
    for (WriteLog log : since.logs()) {
      for (int write = 0; write < log.count(); write++) {
        if (log.answeredAt(write) != WriteLog.NEVER) {
          tally = tally.plus(verifyAnswered(found, log, write, since.flushedBefore(), keptBefore));
        }
      }
    }
    System.arraycopy(found, 0, base, 0, base.length);
    return tally;
  }

  /** Each sector is as it was before, or as one of the writes has left it. */
  private void verifyOrigin(long[] found, Since since) {
    boolean[] explained = new boolean[base.length];
    for (WriteLog log : since.logs()) {
      for (int write = 0; write < log.count(); write++) {
        for (int sector = log.firstSector(write); sector < log.endSector(write); sector++) {
          explained[sector] |= found[sector] == log.stamp(write);
        }
      }
    }
    for (int i = 0; i < base.length; i++) {
      if (!explained[i] && found[i] != base[i]) {
        throw wrong(i, "has stamp " + found[i] + ", which nobody wrote; it was " + base[i]);
      }
    }
  }

  private Tally verifyAnswered(
      long[] found, WriteLog log, int write, long flushedBefore, long keptBefore) {
    long answered = log.answeredAt(write);
    for (int sector = log.firstSector(write); sector < log.endSector(write); sector++) {
      if (found[sector] < log.stamp(write)) {
        if (answered < Math.max(flushedBefore, keptBefore)) {
          throw wrong(
              sector,
              "has stamp %d and lost %d, answered at %d; flushed was all before %d, kept before %d"
                  .formatted(found[sector], log.stamp(write), answered, flushedBefore, keptBefore));
        }
        return new Tally(1, 1, 1);
      }
    }
    return new Tally(1, answered < flushedBefore ? 0 : 1, 0);
  }

  private AssertionError wrong(int sector, String what) {
    return new AssertionError("volume " + volume + " sector " + sector + " " + what);
  }
}
