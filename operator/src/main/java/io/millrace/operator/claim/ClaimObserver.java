package io.millrace.operator.claim;

import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopClaim;
import io.millrace.api.v1alpha1.DesktopPool;
import io.millrace.operator.cluster.Sources;
import io.millrace.operator.desktop.Availability;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/** Gathers everything that a claim's plan depends on; nothing else reads on its behalf. */
final class ClaimObserver {
  private static final Comparator<DesktopClaim> ARRIVAL =
      Comparator.<DesktopClaim, String>comparing(c -> c.getMetadata().getCreationTimestamp())
          .thenComparing(c -> c.getMetadata().getName());

  Observed observe(DesktopClaim claim, List<Desktop> desktops, Context<DesktopClaim> context) {
    List<DesktopClaim> unbound =
        context
            .getPrimaryCache()
            .list(claim.getMetadata().getNamespace(), other -> competes(other, claim))
            .filter(other -> desktops.stream().noneMatch(desktop -> isHeldBy(desktop, other)))
            .toList();
    return new Observed(
        poolExists(claim, context),
        reserved(claim),
        names(desktops.stream().filter(desktop -> isHeldBy(desktop, claim)).toList()),
        names(desktops.stream().filter(Availability::isAvailable).sorted(preference()).toList()),
        unbound.stream().map(ClaimObserver::reserved).filter(name -> !name.isEmpty()).toList(),
        (int)
            unbound.stream()
                .filter(other -> reserved(other).isEmpty() && ARRIVAL.compare(other, claim) < 0)
                .count());
  }

  /** The desktops of the claim's pool, lowest slot first. */
  static List<Desktop> desktops(DesktopClaim claim, Context<DesktopClaim> context) {
    return Sources.list(
            context,
            Desktop.class,
            claim.getMetadata().getNamespace(),
            desktop -> desktop.getSpec().poolName().equals(claim.getSpec().poolName()))
        .stream()
        .sorted(Comparator.comparingInt(desktop -> desktop.getSpec().slot()))
        .toList();
  }

  /** The desktop that an earlier pass chose, or nothing. */
  static String reserved(DesktopClaim claim) {
    return claim.getStatus() == null
        ? ""
        : Objects.requireNonNullElse(claim.getStatus().desktopName(), "");
  }

  static boolean isHeldBy(Desktop desktop, DesktopClaim claim) {
    return desktop.getSpec().claimRef() != null
        && desktop.getSpec().claimRef().uid().equals(claim.getMetadata().getUid());
  }

  /** Running desktops first: nobody waits for a start while one runs; then the lowest slot. */
  private static Comparator<Desktop> preference() {
    return Comparator.<Desktop, Boolean>comparing(desktop -> !desktop.getSpec().running())
        .thenComparing(desktop -> desktop.getSpec().slot());
  }

  private static boolean competes(DesktopClaim other, DesktopClaim claim) {
    return other.getSpec().poolName().equals(claim.getSpec().poolName())
        && !other.getMetadata().getUid().equals(claim.getMetadata().getUid())
        && !Sources.isTerminating(other);
  }

  private static boolean poolExists(DesktopClaim claim, Context<DesktopClaim> context) {
    return Sources.get(
            context,
            DesktopPool.class,
            claim.getMetadata().getNamespace(),
            claim.getSpec().poolName())
        .isPresent();
  }

  private static List<String> names(List<Desktop> desktops) {
    return desktops.stream().map(desktop -> desktop.getMetadata().getName()).toList();
  }
}
