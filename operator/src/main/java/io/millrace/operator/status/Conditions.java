package io.millrace.operator.status;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Builds the conditions of one object: each set once per pass, with the generation that it was
 * derived from, and with its transition time carried over while its status stays the same. Pure.
 */
public final class Conditions {
  /** Type: the object is as its spec asks. */
  public static final String READY = "Ready";

  /** Type: the operator is working on it. True is the exception. */
  public static final String RECONCILING = "Reconciling";

  /** Type: a person must act. True is the exception. */
  public static final String STALLED = "Stalled";

  private final List<Condition> previous;
  private final long generation;
  private final String now;
  private final List<Condition> built = new ArrayList<>();

  private Conditions(List<Condition> previous, long generation, Instant now) {
    this.previous = previous;
    this.generation = generation;
    this.now = now.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  public static Conditions after(@Nullable List<Condition> previous, long generation, Instant now) {
    return new Conditions(previous == null ? List.of() : previous, generation, now);
  }

  public Conditions set(String type, boolean holds, String reason, String message) {
    String status = holds ? "True" : "False";
    built.add(
        new ConditionBuilder()
            .withType(type)
            .withStatus(status)
            .withReason(reason)
            .withMessage(message)
            .withObservedGeneration(generation)
            .withLastTransitionTime(transitionTime(type, status))
            .build());
    return this;
  }

  public List<Condition> build() {
    return List.copyOf(built);
  }

  private String transitionTime(String type, String status) {
    return find(previous, type)
        .filter(condition -> condition.getStatus().equals(status))
        .map(Condition::getLastTransitionTime)
        .orElse(now);
  }

  public static Optional<Condition> find(@Nullable List<Condition> conditions, String type) {
    return conditions == null
        ? Optional.empty()
        : conditions.stream().filter(condition -> condition.getType().equals(type)).findFirst();
  }

  /** Whether the condition is there and True. */
  public static boolean holds(@Nullable List<Condition> conditions, String type) {
    return find(conditions, type)
        .filter(condition -> condition.getStatus().equals("True"))
        .isPresent();
  }
}
