package io.millrace.operator.pool;

import io.millrace.api.v1alpha1.DesktopPool;
import io.millrace.api.v1alpha1.DesktopPoolStatus;
import io.millrace.api.v1alpha1.VersionCount;
import io.millrace.operator.Labels;
import io.millrace.operator.pool.Observed.Member;
import io.millrace.operator.status.Conditions;
import java.time.Instant;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Says how a pool stands: the only place that makes its status. Pure. */
final class PoolStatusWriter {
  private PoolStatusWriter() {}

  static DesktopPoolStatus status(DesktopPool pool, Observed o, Plan plan, Instant now) {
    DesktopPoolStatus before = pool.getStatus();
    long generation = pool.getMetadata().getGeneration();
    boolean stalled = !plan.stalled().isEmpty();
    boolean ready = !stalled && plan.actions().isEmpty() && isComplete(o);
    String reason = stalled ? plan.stalled() : ready ? "Complete" : "Progressing";
    return new DesktopPoolStatus(
        generation,
        o.desktops().size(),
        count(o, Member::ready),
        count(o, Member::available),
        count(o, Member::held),
        count(o, o::isUpdated),
        versions(o),
        Labels.ofPool(o.name()),
        o.templateHash(),
        Conditions.after(before == null ? null : before.conditions(), generation, now)
            .set(Conditions.READY, ready, reason, plan.message())
            .set(Conditions.RECONCILING, !ready && !stalled, reason, plan.message())
            .set(Conditions.STALLED, stalled, reason, plan.message())
            .build());
  }

  /** A held desktop may stay on an older revision for as long as its user wants it. */
  private static boolean isComplete(Observed o) {
    return o.desktops().size() == o.spec().replicas()
        && o.live().size() == o.spec().replicas()
        && o.live().stream().allMatch(d -> d.ready() && (d.held() || o.isUpdated(d)));
  }

  private static int count(Observed o, Predicate<Member> test) {
    return (int) o.live().stream().filter(test).count();
  }

  private static List<VersionCount> versions(Observed o) {
    return o.live().stream()
        .map(Member::imageVersion)
        .filter(version -> !version.isEmpty())
        .collect(Collectors.groupingBy(v -> v, TreeMap::new, Collectors.summingInt(v -> 1)))
        .entrySet()
        .stream()
        .map(entry -> new VersionCount(entry.getKey(), entry.getValue()))
        .toList();
  }
}
