package io.millrace.csi.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.millrace.api.v1alpha1.Store;
import io.millrace.api.v1alpha1.StoreStatus;
import io.millrace.engine.api.Stats;
import io.millrace.engine.api.StoreState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StoreReportTest {
  private static final String UUID = "0b7f3c52-6a0e-4d7c-9f55-1d2b3a4c5d6e";
  private static final String OTHER = "ffffffff-6a0e-4d7c-9f55-1d2b3a4c5d6e";
  private static final Instant T0 = Instant.parse("2026-11-01T10:00:00Z");
  private static final EngineAnswer SILENT = new EngineAnswer.Silent("connection refused");

  @Test
  void theFirstReportSaysWhatTheEngineSaid() {
    Store store = only(due(serving(5_000), List.of(), T0));
    assertEquals(UUID, store.getMetadata().getName());
    assertEquals("node1", store.getSpec().nodeName());
    assertEquals(
        new StoreStatus(
            100_000L,
            5_000L,
            90_000L,
            200_000L,
            3L,
            2L,
            1_000L,
            1_066L,
            "1.07",
            0L,
            "2026-11-01T10:00:00Z",
            List.of(condition("True", "Serving", "the store serves I/O", T0))),
        store.getStatus());
  }

  @Test
  void nothingIsDueWhileNothingChanges() {
    List<Store> published = due(serving(5_000), List.of(), T0);
    assertEquals(List.of(), due(serving(5_000), published, T0.plusSeconds(59)));
  }

  @Test
  void aReportOfAMinuteAgoIsRenewedAndNothingElseOfItChanges() {
    List<Store> published = due(serving(5_000), List.of(), T0);
    Instant later = T0.plus(StoreReport.REPORT_AGE_MAX);
    StoreStatus status = only(due(serving(5_000), published, later)).getStatus();
    assertEquals(later.toString(), status.observedTime());
    assertEquals(published.getFirst().getStatus().conditions(), status.conditions());
  }

  @Test
  void aChangedFigureIsDueAtOnceAndTheConditionKeepsItsTime() {
    List<Store> published = due(serving(5_000), List.of(), T0);
    StoreStatus status = only(due(serving(6_000), published, T0.plusSeconds(15))).getStatus();
    assertEquals(6_000L, status.physicalBytes());
    assertEquals(T0.plusSeconds(15).toString(), status.observedTime());
    assertEquals(T0.toString(), ready(status).getLastTransitionTime());
  }

  @Test
  void anObjectWithoutStatusIsCompleted() {
    Store bare = only(due(serving(5_000), List.of(), T0));
    bare.setStatus(null);
    assertEquals(5_000L, only(due(serving(5_000), List.of(bare), T0)).getStatus().physicalBytes());
    assertEquals(
        "Unavailable", ready(only(due(SILENT, List.of(bare), T0)).getStatus()).getReason());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          STOPPED    | write to segment 7: EIO | Stopped    | write to segment 7: EIO
          STOPPED    | write to segment 7: EIO | Stopped    | mend the disk
          DAMAGED    | no superblock           | Damaged    | no superblock
          DAMAGED    | no superblock           | Damaged    | see the log
          RECOVERING | ''                      | Recovering | wait
          """)
  void aStoreThatDoesNotServeSaysWhyAndWhatToDo(
      StoreState state, String cause, String reason, String part) {
    List<Store> published = due(serving(5_000), List.of(), T0);
    Condition ready =
        ready(only(due(told(state, cause), published, T0.plusSeconds(9))).getStatus());
    assertEquals("False", ready.getStatus());
    assertEquals(reason, ready.getReason());
    assertTrue(ready.getMessage().contains(part), ready.getMessage());
    assertEquals(T0.plusSeconds(9).toString(), ready.getLastTransitionTime());
  }

  @Test
  void aSilentEngineKeepsTheLastFiguresAndTheirTime() {
    List<Store> published = due(serving(5_000), List.of(), T0);
    StoreStatus status = only(due(SILENT, published, T0.plusSeconds(20))).getStatus();
    assertEquals(5_000L, status.physicalBytes());
    assertEquals(T0.toString(), status.observedTime());
    assertEquals("Unavailable", ready(status).getReason());
    assertTrue(ready(status).getMessage().contains("connection refused"));
    assertTrue(ready(status).getMessage().contains("events and log"));
  }

  @Test
  void aSilentEngineIsReportedOnceHoweverLongItLasts() {
    List<Store> published = due(serving(5_000), List.of(), T0);
    List<Store> unavailable = due(SILENT, published, T0.plusSeconds(20));
    assertEquals(List.of(), due(SILENT, unavailable, T0.plus(Duration.ofHours(9))));
  }

  @Test
  void anEngineThatIsBackIsDueAtOnce() {
    List<Store> unavailable = due(SILENT, due(serving(5_000), List.of(), T0), T0.plusSeconds(20));
    Condition ready = ready(only(due(serving(5_000), unavailable, T0.plusSeconds(25))).getStatus());
    assertEquals("True", ready.getStatus());
    assertEquals(T0.plusSeconds(25).toString(), ready.getLastTransitionTime());
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void withoutAnUuidThereIsNothingToPublish(boolean silent) {
    EngineAnswer answer = silent ? SILENT : told(StoreState.RECOVERING, "");
    assertEquals(List.of(), due(answer, List.of(), T0));
  }

  @Test
  void aStoreThatTheNodeServesNoLongerSaysWhichOneItServesNow() {
    Store old = only(due(serving(5_000), List.of(), T0));
    old.getMetadata().setName(OTHER);
    List<Store> due = due(serving(5_000), List.of(old), T0.plusSeconds(5));
    assertEquals(
        List.of(UUID, OTHER), due.stream().map(store -> store.getMetadata().getName()).toList());
    assertEquals("Replaced", ready(due.get(1).getStatus()).getReason());
    assertTrue(ready(due.get(1).getStatus()).getMessage().contains(UUID));
    List<Store> silent = due(SILENT, due, T0.plusSeconds(9));
    assertEquals(UUID, only(silent).getMetadata().getName());
  }

  @Test
  void conditionsOfOthersAreNoChange() {
    List<Store> published = due(serving(5_000), List.of(), T0);
    StoreStatus status = published.getFirst().getStatus();
    var more =
        new StoreStatus(
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
            List.of(
                new ConditionBuilder().withType("Cordoned").withStatus("True").build(),
                ready(status)));
    published.getFirst().setStatus(more);
    assertEquals(List.of(), due(serving(5_000), published, T0.plusSeconds(30)));
  }

  @Test
  void amplificationIsUnknownUntilSomethingIsWritten() {
    var idle = new EngineAnswer.Told(store(StoreState.SERVING, "", 0), Stats.getDefaultInstance());
    assertNull(only(due(idle, List.of(), T0)).getStatus().writeAmplification());
  }

  private static List<Store> due(EngineAnswer answer, List<Store> published, Instant now) {
    return StoreReport.due("node1", answer, published, now);
  }

  private static EngineAnswer serving(long physicalBytes) {
    return new EngineAnswer.Told(
        store(StoreState.SERVING, "", physicalBytes),
        Stats.newBuilder().setUserWriteBytes(1_000).setDeviceWriteBytes(1_066).build());
  }

  /** As the engine answers: no figures while it recovers, or has refused, its store. */
  private static EngineAnswer told(StoreState state, String reason) {
    return state == StoreState.STOPPED
        ? new EngineAnswer.Told(store(state, reason, 5_000), Stats.getDefaultInstance())
        : new EngineAnswer.Told(
            io.millrace.engine.api.Store.newBuilder().setState(state).setReason(reason).build(),
            Stats.getDefaultInstance());
  }

  private static io.millrace.engine.api.Store store(
      StoreState state, String reason, long physicalBytes) {
    return io.millrace.engine.api.Store.newBuilder()
        .setUuid(UUID)
        .setState(state)
        .setReason(reason)
        .setCapacityBytes(100_000)
        .setPhysicalBytes(physicalBytes)
        .setFreeBytes(90_000)
        .setLogicalBytes(200_000)
        .setVolumes(3)
        .setSnapshots(2)
        .build();
  }

  private static Store only(List<Store> stores) {
    assertEquals(1, stores.size(), stores.toString());
    return stores.getFirst();
  }

  private static Condition ready(StoreStatus status) {
    return StoreReport.ready(status).orElseThrow();
  }

  private static Condition condition(String status, String reason, String message, Instant since) {
    return new ConditionBuilder()
        .withType("Ready")
        .withStatus(status)
        .withReason(reason)
        .withMessage(message)
        .withLastTransitionTime(since.toString())
        .build();
  }
}
