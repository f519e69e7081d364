package io.millrace.engine.sim;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * What runs did, counted, and whether it was enough to show anything: a simulator that meets no
 * crash, no cleaning and no fault finds no bug either.
 */
final class Tally {
  private static final int RUNS_TO_MEET_ALL = 50;
  private static final int ARMS_TO_STRIKE = 20;
  private static final int CHANGES_PER_RUN_MIN = 5;

  enum Event {
    RUN(false),
    STEP(false),
    ANSWER(false),
    /** A write or zeroing that was answered well. */
    CHANGE(false),
    POWER_LOSS(true),
    PROCESS_LOSS(true),
    /** Of those losses. */
    LOSS_IN_RECOVERY(true),
    LOSS_IN_CLEANING(true),
    LOSS_IN_CHECKPOINT(true),
    RECOVERY(true),
    /** The maps were made anew, and compared with those that an opening finds. */
    REBUILD(true),
    /** The store refused to open, for damage. */
    REFUSAL(false),
    /** A failed write or sync stopped the store. */
    STOP(false),
    /** A read failed because of damage. */
    LOST_BLOCK(false),
    CHECKPOINT(true),
    SEGMENT_CLEANED(true),
    MERGE(true),
    /** One volume was given what another held; a loss met it before the answer. */
    VOLUME_FILLED(true),
    LOSS_IN_FILL(true),
    /** Leaves came into memory, or left it. */
    MAPS_READ(true),
    MAPS_LEFT(true),
    /** A request failed because the store was full. */
    NO_SPACE(true);

    /** Any longer campaign must meet it. */
    final boolean needed;

    Event(boolean needed) {
      this.needed = needed;
    }

    String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private final Map<Event, Long> events = new EnumMap<>(Event.class);
  private final Map<Fault.Kind, Long> armed = new EnumMap<>(Fault.Kind.class);
  private final Map<Fault.Kind, Long> struck = new EnumMap<>(Fault.Kind.class);

  void count(Event event) {
    add(event, 1);
  }

  void add(Event event, long count) {
    events.merge(event, count, Long::sum);
  }

  void armed(Fault.Kind kind) {
    armed.merge(kind, 1L, Long::sum);
  }

  void struck(Fault.Kind kind) {
    struck.merge(kind, 1L, Long::sum);
  }

  long of(Event event) {
    return events.getOrDefault(event, 0L);
  }

  private long armedWith(Fault.Kind kind) {
    return armed.getOrDefault(kind, 0L);
  }

  long struckBy(Fault.Kind kind) {
    return struck.getOrDefault(kind, 0L);
  }

  /** Places at which runs were cut by a loss. */
  long crashPoints() {
    return of(Event.POWER_LOSS) + of(Event.PROCESS_LOSS);
  }

  void addAll(Tally other) {
    other.events.forEach(this::add);
    other.armed.forEach((kind, count) -> armed.merge(kind, count, Long::sum));
    other.struck.forEach((kind, count) -> struck.merge(kind, count, Long::sum));
  }

  /** Null when it shows something, else what it lacks. */
  @Nullable String vacuous() {
    List<String> lacks = new ArrayList<>();
    long runs = of(Event.RUN);
    if (of(Event.CHANGE) < runs * CHANGES_PER_RUN_MIN) {
      lacks.add("only %d changes acknowledged in %d runs".formatted(of(Event.CHANGE), runs));
    }
    for (Event event : Event.values()) {
      if (event.needed && runs >= RUNS_TO_MEET_ALL && of(event) == 0) {
        lacks.add("no " + event.word());
      }
    }
    for (Fault.Kind kind : Fault.Kind.values()) {
      if (armedWith(kind) >= ARMS_TO_STRIKE && struckBy(kind) == 0) {
        lacks.add(kind.word() + " armed %d times, never struck".formatted(armedWith(kind)));
      }
    }
    return lacks.isEmpty() ? null : "this shows nothing: " + String.join("; ", lacks);
  }

  /** A few lines for people. */
  String text(double seconds) {
    StringJoiner met = new StringJoiner(", ");
    for (Event event : Event.values()) {
      met.add(of(event) + " " + event.word());
    }
    StringJoiner faults = new StringJoiner(", ");
    for (Fault.Kind kind : Fault.Kind.values()) {
      faults.add("%s %d (%d)".formatted(kind.word(), struckBy(kind), armedWith(kind)));
    }
    return """
        %d crash points (%.0f/s) and %d operations in %.1f s; %d recoveries went to the end (%.0f/s)
        counted: %s
        faults that struck (armed): %s"""
        .formatted(
            crashPoints(),
            crashPoints() / seconds,
            of(Event.ANSWER),
            seconds,
            of(Event.RECOVERY),
            of(Event.RECOVERY) / seconds,
            met,
            faults);
  }

  /** One object. */
  String json(String more, double seconds) {
    StringJoiner json = new StringJoiner(",", "{", "}");
    json.add(more);
    json.add("\"seconds\":%.1f".formatted(seconds));
    json.add("\"crashPoints\":" + crashPoints());
    for (Event event : Event.values()) {
      json.add("\"%s\":%d".formatted(event.word(), of(event)));
    }
    StringJoiner faults = new StringJoiner(",", "{", "}");
    for (Fault.Kind kind : Fault.Kind.values()) {
      faults.add("\"%s\":%d".formatted(kind.word(), struckBy(kind)));
    }
    return json.add("\"faultsStruck\":" + faults).toString();
  }
}
