package io.millrace.operator.claim;

import io.millrace.api.v1alpha1.ClaimRef;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopClaim;
import io.millrace.operator.cluster.Writes;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Carries out a claim's plan. Both writes are locked to what was observed. */
final class ClaimActions {
  private final Writes writes;

  ClaimActions(Writes writes) {
    this.writes = writes;
  }

  /**
   * Carries out the actions in order.
   *
   * @param desktops the desktops that the plan was made on
   */
  void execute(List<Action> actions, DesktopClaim claim, List<Desktop> desktops) {
    for (Action action : actions) {
      switch (action) {
        case Action.Reserve(String desktop) -> note(claim, desktop);
        case Action.Take(String desktop) -> take(claim, named(desktop, desktops));
        case Action.Forget() -> note(claim, null);
      }
    }
  }

  private void note(DesktopClaim claim, @Nullable String desktop) {
    writes.patchStatusLocked(
        claim, Map.of("status", Collections.singletonMap("desktopName", desktop)));
  }

  private void take(DesktopClaim claim, Desktop desktop) {
    int cloneNumber =
        Objects.requireNonNull(
            desktop.getStatus().cloneNumber(), "an available desktop has a clone");
    writes.patchLocked(
        desktop,
        Map.of(
            "spec",
            Map.of(
                "claimRef",
                new ClaimRef(
                    claim.getMetadata().getName(),
                    claim.getMetadata().getUid(),
                    claim.getSpec().user(),
                    cloneNumber))));
  }

  private static Desktop named(String name, List<Desktop> desktops) {
    return desktops.stream()
        .filter(desktop -> desktop.getMetadata().getName().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
