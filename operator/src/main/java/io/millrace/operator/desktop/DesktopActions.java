package io.millrace.operator.desktop;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopPool;
import io.millrace.operator.Labels;
import io.millrace.operator.cluster.Foreign;
import io.millrace.operator.cluster.Sources;
import io.millrace.operator.cluster.Writes;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Carries out a desktop's plan, step by step; it stops at the first step that isn't possible yet.
 */
final class DesktopActions {
  private final Writes writes;

  DesktopActions(Writes writes) {
    this.writes = writes;
  }

  /**
   * Carries out the actions in order.
   *
   * @return false if a step has to wait; the next pass plans again
   */
  boolean execute(List<Action> actions, Desktop desktop, DesktopPool pool) {
    for (Action action : actions) {
      if (!execute(action, desktop, pool)) {
        return false;
      }
    }
    return true;
  }

  private boolean execute(Action action, Desktop desktop, DesktopPool pool) {
    return switch (action) {
      case Action.AdoptRevision adopt -> adopt(adopt, desktop);
      case Action.CreateClone create ->
          writes.create(CloneTemplate.render(desktop, pool, create), desktop).done();
      case Action.PlaceClone place -> place(place, desktop);
      case Action.ApplyMachine(int number, RunStrategy strategy) ->
          machine(number, strategy, desktop, pool);
      case Action.SwapClone(int number, RunStrategy strategy) ->
          swap(new MachineTemplate(desktop, pool).render(number, strategy), desktop);
      case Action.ClearClaim() -> clearClaim(desktop);
      case Action.DeleteClone delete -> delete(delete, desktop);
    };
  }

  private boolean adopt(Action.AdoptRevision adopt, Desktop desktop) {
    writes.patchLocked(
        desktop,
        Map.of("spec", Map.of("image", adopt.image(), "templateHash", adopt.templateHash())));
    return true;
  }

  private boolean place(Action.PlaceClone place, Desktop desktop) {
    PersistentVolumeClaim claim =
        writes.read(PersistentVolumeClaim.class, namespace(desktop), place.claimName());
    if (claim != null) {
      writes.patch(
          claim,
          Map.of("metadata", Map.of("annotations", Map.of(Labels.SELECTED_NODE, place.node()))));
    }
    return true;
  }

  /**
   * Makes the machine, or switches its power and nothing else: the pool may have another template
   * by now, which is not for who is using the desktop. The cache may be behind: a machine that has
   * another disk by now is left alone.
   */
  private boolean machine(int clone, RunStrategy strategy, Desktop desktop, DesktopPool pool) {
    GenericKubernetesResource holder = machineOf(desktop);
    if (holder == null) {
      writes.apply(new MachineTemplate(desktop, pool).render(clone, strategy));
      return true;
    }
    boolean same = MachineReader.cloneNumber(holder) == clone && isOf(holder, desktop);
    if (same) {
      writes.patchLocked(holder, Map.of("spec", Map.of("runStrategy", strategy.text())));
    }
    return same;
  }

  /** The fence: past every cache, there is no instance that could still write on the old clone. */
  private boolean swap(GenericKubernetesResource machine, Desktop desktop) {
    boolean gone =
        writes.read(Foreign.INSTANCE, namespace(desktop), desktop.getMetadata().getName()) == null;
    GenericKubernetesResource holder = machineOf(desktop);
    boolean free = gone && (holder == null || isOf(holder, desktop));
    if (free) {
      writes.apply(machine);
    }
    return free;
  }

  private static boolean isOf(GenericKubernetesResource machine, Desktop desktop) {
    return Sources.isOwnedBy(machine, desktop) && !Sources.isTerminating(machine);
  }

  private @Nullable GenericKubernetesResource machineOf(Desktop desktop) {
    return writes.read(Foreign.MACHINE, namespace(desktop), desktop.getMetadata().getName());
  }

  private boolean clearClaim(Desktop desktop) {
    writes.patchLocked(desktop, Map.of("spec", Collections.singletonMap("claimRef", null)));
    return true;
  }

  /** The cache may be behind: a clone that the machine has by now stays. */
  private boolean delete(Action.DeleteClone delete, Desktop desktop) {
    GenericKubernetesResource machine = machineOf(desktop);
    if (machine == null || MachineReader.cloneNumber(machine) == delete.number()) {
      return false;
    }
    PersistentVolumeClaim claim =
        writes.read(PersistentVolumeClaim.class, namespace(desktop), delete.claimName());
    if (claim != null && Sources.isOwnedBy(claim, desktop)) {
      writes.delete(claim);
    }
    return true;
  }

  private static String namespace(Desktop desktop) {
    return desktop.getMetadata().getNamespace();
  }
}
