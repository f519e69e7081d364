package io.millrace.csi.store;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.millrace.api.v1alpha1.Store;
import io.millrace.api.v1alpha1.StoreSpec;
import io.millrace.api.v1alpha1.StoreStatus;
import io.millrace.engine.api.Stats;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides which {@code Store} objects of a node are due to be written, and how. Pure.
 *
 * <p>An object is due when something other than the time of observation has changed, or when that
 * time is {@link #REPORT_AGE_MAX} old and the engine has given figures since. Without figures
 * (silent or recovering engine) the last ones stay and only the condition follows.
 */
final class StoreReport {
  static final Duration REPORT_AGE_MAX = Duration.ofSeconds(60);
  private static final String READY = "Ready";
  private static final StoreStatus NOTHING_KNOWN =
      new StoreStatus(null, null, null, null, null, null, null, null, null, null, null, null);

  private final String nodeName;
  private final EngineAnswer answer;
  private final Instant now;

  private StoreReport(String nodeName, EngineAnswer answer, Instant now) {
    this.nodeName = nodeName;
    this.answer = answer;
    this.now = now.truncatedTo(ChronoUnit.SECONDS);
  }

  /**
   * @param published all objects of this node, as they are in the cluster
   * @return fresh objects, complete, to apply
   */
  static List<Store> due(String nodeName, EngineAnswer answer, List<Store> published, Instant now) {
    return new StoreReport(nodeName, answer, now).due(published);
  }

  private List<Store> due(List<Store> published) {
    List<Store> due = new ArrayList<>();
    Optional<EngineAnswer.Told> told = figures();
    told.flatMap(t -> served(t, published)).ifPresent(due::add);
    for (Store store : published) {
      String uuid = store.getMetadata().getName();
      if (told.filter(t -> t.store().getUuid().equals(uuid)).isEmpty()) {
        notServed(store, told).ifPresent(due::add);
      }
    }
    return due;
  }

  private Optional<EngineAnswer.Told> figures() {
    return answer instanceof EngineAnswer.Told told && told.hasFigures()
        ? Optional.of(told)
        : Optional.empty();
  }

  /** The store that the engine speaks of. */
  private Optional<Store> served(EngineAnswer.Told told, List<Store> published) {
    String uuid = told.store().getUuid();
    @Nullable StoreStatus before =
        published.stream()
            .filter(store -> store.getMetadata().getName().equals(uuid))
            .findFirst()
            .map(Store::getStatus)
            .orElse(null);
    Condition ready = condition(before, Readiness.of(nodeName, answer));
    StoreStatus same = status(told, ready, before == null ? null : before.observedTime());
    return before != null && isRecent(before) && same.equals(ours(before))
        ? Optional.empty()
        : Optional.of(object(uuid, status(told, ready, now.toString())));
  }

  /** A store of this node that the engine gives no figures of. */
  private Optional<Store> notServed(Store store, Optional<EngineAnswer.Told> other) {
    StoreStatus before = store.getStatus() == null ? NOTHING_KNOWN : store.getStatus();
    boolean replaced =
        ready(before).filter(c -> c.getReason().equals(Readiness.REPLACED)).isPresent();
    if (replaced && other.isEmpty()) {
      return Optional.empty();
    }
    Readiness readiness =
        other
            .map(told -> Readiness.replacedBy(told.store().getUuid(), nodeName))
            .orElseGet(() -> Readiness.of(nodeName, answer));
    StoreStatus after = withCondition(before, condition(before, readiness));
    return after.equals(ours(before))
        ? Optional.empty()
        : Optional.of(object(store.getMetadata().getName(), after));
  }

  private boolean isRecent(StoreStatus before) {
    return before.observedTime() != null
        && now.isBefore(Instant.parse(before.observedTime()).plus(REPORT_AGE_MAX));
  }

  private Condition condition(@Nullable StoreStatus before, Readiness readiness) {
    String status = readiness.ready() ? "True" : "False";
    String since =
        Optional.ofNullable(before)
            .flatMap(StoreReport::ready)
            .filter(condition -> condition.getStatus().equals(status))
            .map(Condition::getLastTransitionTime)
            .orElse(now.toString());
    return new ConditionBuilder()
        .withType(READY)
        .withStatus(status)
        .withReason(readiness.reason())
        .withMessage(readiness.message())
        .withLastTransitionTime(since)
        .build();
  }

  static Optional<Condition> ready(StoreStatus status) {
    return Objects.requireNonNullElse(status.conditions(), List.<Condition>of()).stream()
        .filter(condition -> condition.getType().equals(READY))
        .findFirst();
  }

  /** Without conditions that others have added. */
  private static StoreStatus ours(StoreStatus status) {
    return ready(status).map(ready -> withCondition(status, ready)).orElse(status);
  }

  private static StoreStatus status(
      EngineAnswer.Told told, Condition ready, @Nullable String observedTime) {
    var store = told.store();
    Stats stats = told.stats();
    return new StoreStatus(
        store.getCapacityBytes(),
        store.getPhysicalBytes(),
        store.getFreeBytes(),
        store.getLogicalBytes(),
        store.getVolumes(),
        store.getSnapshots(),
        stats.getUserWriteBytes(),
        stats.getDeviceWriteBytes(),
        writeAmplification(stats),
        stats.getChecksumErrors(),
        observedTime,
        List.of(ready));
  }

  private static StoreStatus withCondition(StoreStatus status, Condition ready) {
    return new StoreStatus(
        status.capacityBytes(),
        status.physicalBytes(),
        status.freeBytes(),
        status.logicalBytes(),
        status.volumes(),
        status.snapshots(),
        status.userWriteBytes(),
        status.deviceWriteBytes(),
        status.writeAmplification(),
        status.checksumErrors(),
        status.observedTime(),
        List.of(ready));
  }

  private static @Nullable String writeAmplification(Stats stats) {
    return stats.getUserWriteBytes() == 0
        ? null
        : BigDecimal.valueOf(stats.getDeviceWriteBytes())
            .divide(BigDecimal.valueOf(stats.getUserWriteBytes()), 2, RoundingMode.HALF_UP)
            .toPlainString();
  }

  private Store object(String uuid, StoreStatus status) {
    Store store = new Store();
    store.getMetadata().setName(uuid);
    store.setSpec(new StoreSpec(nodeName));
    store.setStatus(status);
    return store;
  }
}
