package io.millrace.operator.pool;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.millrace.api.v1alpha1.ImageRef;
import io.millrace.operator.image.VersionState;
import io.millrace.operator.pool.Action.CreateDesktop;
import io.millrace.operator.pool.Action.DeleteDesktop;
import io.millrace.operator.pool.Action.UpdateDesktop;
import io.millrace.operator.pool.Observed.Member;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Decides which desktops a pool has, on which revision (image version and template), and which of
 * them run. Pure.
 *
 * <ol>
 *   <li>Scale up: the lowest free slots. Scale down: the highest slots, never a held desktop.
 *   <li>Roll out: desktops that can't be used anyway at once; usable ones while fewer than
 *       maxUnavailable are unusable; held ones when they are released.
 *   <li>Power: all, or as many unclaimed ones as spares says, the lowest slots first.
 * </ol>
 */
final class PoolPlanner {
  /** Desktops that one pass makes at most, so that a large pool doesn't hold up the others. */
  static final int CREATIONS_PER_PASS_MAX = 50;

  private PoolPlanner() {}

  static Plan plan(Observed o) {
    if (o.missing().isPresent()) {
      return Plan.stalled("PrerequisiteMissing", o.missing().get());
    }
    if (!o.violations().isEmpty()) {
      return Plan.stalled("TemplateRefused", String.join("; ", o.violations()));
    }
    List<Member> live = o.live();
    int surplus = Math.max(0, live.size() - o.spec().replicas());
    List<Member> victims = victims(live, surplus);
    List<Member> kept = live.stream().filter(desktop -> !victims.contains(desktop)).toList();

    List<Action> actions = new ArrayList<>();
    victims.forEach(victim -> actions.add(new DeleteDesktop(victim.name())));
    actions.addAll(updates(o, kept));
    actions.addAll(creations(o, kept));
    return verdict(o, actions, surplus - victims.size());
  }

  /** The highest slots go first, so that slots stay dense and names predictable. */
  private static List<Member> victims(List<Member> live, int surplus) {
    return live.stream()
        .filter(desktop -> !desktop.held())
        .sorted(Comparator.comparingInt(Member::slot).reversed())
        .limit(surplus)
        .toList();
  }

  private static List<Action> creations(Observed o, List<Member> kept) {
    Set<Integer> taken =
        o.desktops().stream().map(Member::slot).collect(Collectors.toCollection(HashSet::new));
    int wanted = Math.min(o.spec().replicas() - kept.size(), CREATIONS_PER_PASS_MAX);
    long runningNow = kept.stream().filter(d -> !d.held() && d.running()).count();
    List<Action> creations = new ArrayList<>();
    for (int slot = 0; creations.size() < wanted; slot++) {
      if (taken.add(slot)) {
        boolean running = o.spec().running() || runningNow + creations.size() < o.spec().spares();
        creations.add(new CreateDesktop(slot, o.spec().image(), o.templateHash(), running));
      }
    }
    return creations;
  }

  private static List<Action> updates(Observed o, List<Member> kept) {
    Set<String> moving = moving(o, kept);
    Set<String> running = running(o, kept);
    List<Action> updates = new ArrayList<>();
    for (Member desktop : kept) {
      if (desktop.held()) {
        continue;
      }
      boolean moves = moving.contains(desktop.name());
      ImageRef image = moves ? o.spec().image() : desktop.image();
      String hash = moves ? o.templateHash() : desktop.templateHash();
      boolean runs = running.contains(desktop.name());
      if (moves || runs != desktop.running()) {
        updates.add(new UpdateDesktop(desktop.name(), image, hash, runs));
      }
    }
    return updates;
  }

  /** Names of the desktops that move to the pool's revision in this pass. */
  private static Set<String> moving(Observed o, List<Member> kept) {
    if (!(o.version() instanceof VersionState.Ready)) {
      return Set.of();
    }
    List<Member> outdated = kept.stream().filter(d -> !d.held() && !o.isUpdated(d)).toList();
    long unavailable = kept.stream().filter(d -> !d.held() && !d.available()).count();
    long budget = Math.max(0, maxUnavailable(o) - unavailable);
    Set<String> moving =
        outdated.stream()
            .filter(desktop -> !desktop.available())
            .map(Member::name)
            .collect(Collectors.toCollection(HashSet::new));
    outdated.stream()
        .filter(Member::available)
        .limit(budget)
        .map(Member::name)
        .forEach(moving::add);
    return moving;
  }

  static int maxUnavailable(Observed o) {
    IntOrString limit = o.spec().rollout().maxUnavailable();
    if (limit.getIntVal() != null) {
      return Math.max(1, limit.getIntVal());
    }
    int percent = Integer.parseInt(limit.getStrVal().substring(0, limit.getStrVal().length() - 1));
    return Math.max(1, o.spec().replicas() * percent / 100);
  }

  private static Set<String> running(Observed o, List<Member> kept) {
    List<Member> free = kept.stream().filter(desktop -> !desktop.held()).toList();
    return free.stream()
        .sorted(Comparator.comparing(Member::running).reversed().thenComparing(Member::slot))
        .limit(o.spec().running() ? free.size() : o.spec().spares())
        .map(Member::name)
        .collect(Collectors.toSet());
  }

  private static Plan verdict(Observed o, List<Action> actions, int blocked) {
    if (blocked > 0) {
      String holders =
          o.live().stream()
              .filter(Member::held)
              .map(desktop -> desktop.name() + " (" + desktop.user() + ")")
              .collect(Collectors.joining(", "));
      return new Plan(
          List.copyOf(actions),
          "ScaleDownBlocked",
          "%d too many, held by their users: %s; they go when their claims are deleted"
              .formatted(blocked, holders));
    }
    if (o.version() instanceof VersionState.NotReady notReady) {
      boolean lost = !notReady.reason().equals("ImageNotReady");
      return new Plan(List.copyOf(actions), lost ? notReady.reason() : "", notReady.message());
    }
    return new Plan(List.copyOf(actions), "", progress(o));
  }

  private static String progress(Observed o) {
    List<Member> live = o.live();
    long ready = live.stream().filter(Member::ready).count();
    long heldBack = live.stream().filter(d -> d.held() && !o.isUpdated(d)).count();
    long behind = live.stream().filter(d -> !d.held() && !o.isUpdated(d)).count();
    List<String> parts = new ArrayList<>();
    parts.add("%d of %d ready".formatted(ready, o.spec().replicas()));
    if (behind > 0) {
      parts.add("%d to be updated".formatted(behind));
    }
    if (heldBack > 0) {
      parts.add("%d held on an older revision until released".formatted(heldBack));
    }
    return String.join(", ", parts);
  }
}
