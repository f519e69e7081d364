package io.millrace.operator.desktop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.api.v1alpha1.DesktopPhase;
import io.millrace.api.v1alpha1.DesktopStatus;
import io.millrace.api.v1alpha1.DesktopTimings;
import io.millrace.operator.event.EventReason;
import io.millrace.operator.status.Conditions;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class DesktopNewsTest {
  private static final String BEGAN = "2026-01-01T00:00:00Z";

  @ParameterizedTest
  @CsvSource({
    "STARTING,READY,DESKTOP_READY",
    "READY,CLAIMED,DESKTOP_CLAIMED",
    "CLAIMED,RESETTING,RESET_STARTED",
    "READY,UPDATING,UPDATE_STARTED",
    "UPDATING,STARTING,UPDATE_DONE",
    "UPDATING,STOPPED,UPDATE_DONE"
  })
  void transitionIsTold(DesktopPhase from, DesktopPhase to, EventReason reason) {
    assertEquals(List.of(reason), told(status(from, null), status(to, null)));
  }

  @ParameterizedTest
  @EnumSource
  void phaseThatStaysIsNotToldAgain(DesktopPhase phase) {
    assertEquals(List.of(), told(status(phase, null), status(phase, null)));
  }

  @ParameterizedTest
  @CsvSource({"STARTING", "TERMINATING", "PENDING"})
  void leavingAResetIsNotItsEnd(DesktopPhase to) {
    assertEquals(List.of(), told(status(DesktopPhase.RESETTING, BEGAN), status(to, BEGAN)));
  }

  @Test
  void resetIsDoneWhenTheNextClaimCanHaveTheDesktop() {
    assertEquals(
        List.of(EventReason.RESET_DONE, EventReason.DESKTOP_READY),
        told(status(DesktopPhase.STARTING, BEGAN), status(DesktopPhase.READY, null)));
  }

  @Test
  void updateThatEndsWithTheDesktopIsNotDone() {
    assertEquals(
        List.of(),
        told(status(DesktopPhase.UPDATING, null), status(DesktopPhase.TERMINATING, null)));
  }

  @Test
  void desktopThatStallsIsToldOnce() {
    DesktopStatus before = status(DesktopPhase.CLAIMED, null);
    Plan plan = Plan.stalled(DesktopPhase.CLAIMED, "CloneLost", "its disk is gone");
    List<DesktopNews> news = DesktopNews.of(before, status(DesktopPhase.CLAIMED, null), plan);
    assertEquals(List.of(new DesktopNews(EventReason.DESKTOP_STALLED, "its disk is gone")), news);
    DesktopStatus stalled = status(DesktopPhase.CLAIMED, null, true);
    assertEquals(List.of(), DesktopNews.of(stalled, stalled, plan));
  }

  private static List<EventReason> told(DesktopStatus before, DesktopStatus now) {
    Plan plan = Plan.on(Objects.requireNonNull(now.phase()), "Reason", "message", List.of());
    return DesktopNews.of(before, now, plan).stream().map(DesktopNews::reason).toList();
  }

  private static DesktopStatus status(DesktopPhase phase, @Nullable String resetStartedAt) {
    return status(phase, resetStartedAt, false);
  }

  private static DesktopStatus status(
      DesktopPhase phase, @Nullable String resetStartedAt, boolean stalled) {
    return new DesktopStatus(
        1L,
        phase,
        "office-0",
        "office-0-os-1",
        1,
        "v1",
        "h1",
        "ann",
        null,
        null,
        new DesktopTimings(BEGAN, null, null, null, resetStartedAt, 7L),
        Conditions.after(null, 1, Instant.EPOCH)
            .set(Conditions.STALLED, stalled, "R", "m")
            .build());
  }
}
