package io.millrace.engine.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * {@link Fsck} of a store that an engine serves meanwhile. It asks the engine how far the log is,
 * and looks at the disk by itself; the engine loses no time by it.
 *
 * <p>A segment may be written anew while it is being read, and a checkpoint replaced. So what one
 * look finds counts only if the next one finds it too, of the store as it is then; and nothing that
 * a look finds whose checkpoint was replaced before it had read all of it. In the calling thread.
 */
public final class ServedCheck {
  private static final int LOOKS_MAX = 40;

  private final Storage storage;
  private final Supplier<LogPosition> engine;
  private final boolean withData;
  private final Fsck.Progress progress;

  /** What a look came to, and whether it can be believed. */
  private record Look(Fsck.Report report, boolean believed) {
    boolean clean() {
      return report.findings().isEmpty();
    }
  }

  private ServedCheck(
      Storage storage, Supplier<LogPosition> engine, boolean withData, Fsck.Progress progress) {
    this.storage = storage;
    this.engine = engine;
    this.withData = withData;
    this.progress = progress;
  }

  /**
   * Checks a store.
   *
   * @param engine told of the store when asked, and asked once for each look
   * @param withData reads every live block too
   * @return empty when the store changes faster than it can be read
   */
  public static Optional<Fsck.Report> check(
      Storage storage, Supplier<LogPosition> engine, boolean withData, Fsck.Progress progress) {
    return new ServedCheck(storage, engine, withData, progress).run();
  }

  private Optional<Fsck.Report> run() {
    Optional<Fsck.Report> before = Optional.empty();
    for (int i = 0; i < LOOKS_MAX; i++) {
      Look look = look();
      if (look.clean()) {
        return Optional.of(look.report);
      }
      if (look.believed && before.isPresent()) {
        Fsck.Report report = confirmed(look.report, before.get().findings());
        if (!report.findings().isEmpty()) {
          return Optional.of(report);
        }
      }
      before = look.believed ? Optional.of(look.report) : before;
    }
    return Optional.empty();
  }

  private Look look() {
    ServedView view = ServedView.of(storage);
    view.until(engine.get());
    // The segments come when the checkpoint and the log have been read.
    boolean[] begun = {false};
    boolean[] replaced = {false};
    Fsck.Report report =
        Fsck.check(
            view,
            withData,
            (done, all) -> {
              replaced[0] |= !begun[0] && view.replaced();
              begun[0] = true;
              progress.segments(done, all);
            });
    replaced[0] |= !begun[0] && view.replaced();
    List<Finding> kept =
        report.findings().stream().filter(finding -> !view.retaken(finding.segment())).toList();
    return new Look(kept(report, kept), !replaced[0]);
  }

  private static Fsck.Report confirmed(Fsck.Report report, List<Finding> before) {
    List<Finding> kept = new ArrayList<>();
    for (Finding finding : report.findings()) {
      if (before.stream().anyMatch(finding::isOfSamePlace)) {
        kept.add(finding);
      }
    }
    return kept(report, kept);
  }

  /** With the findings that stay; those that were only counted stay too. */
  private static Fsck.Report kept(Fsck.Report report, List<Finding> kept) {
    long damages = report.damages() - damages(report.findings()) + damages(kept);
    long dropped = report.findings().size() - (long) kept.size();
    long warnings = report.damages() + report.warnings() - dropped - damages;
    return new Fsck.Report(report.store(), kept, damages, warnings, report.counts());
  }

  private static long damages(List<Finding> findings) {
    return findings.stream().filter(f -> f.severity() == Finding.Severity.DAMAGE).count();
  }
}
