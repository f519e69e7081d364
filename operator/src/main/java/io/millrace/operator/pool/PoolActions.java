package io.millrace.operator.pool;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopPool;
import io.millrace.api.v1alpha1.DesktopSpec;
import io.millrace.operator.Labels;
import io.millrace.operator.Names;
import io.millrace.operator.cluster.Pass;
import io.millrace.operator.cluster.Writes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Carries out a pool's plan. What was observed of a desktop is locked: a claim may come between.
 */
final class PoolActions {
  private final Writes writes;

  PoolActions(Writes writes) {
    this.writes = writes;
  }

  /**
   * Carries out the actions in order, up to the first that the API server refuses.
   *
   * @param desktops the desktops that the plan was made on
   */
  Done execute(List<Action> actions, DesktopPool pool, List<Desktop> desktops) {
    List<Action> done = new ArrayList<>();
    boolean blocked = false;
    for (Action action : actions) {
      try {
        switch (execute(action, pool, desktops)) {
          case NEW -> done.add(action);
          case THERE -> {}
          case BLOCKED -> blocked = true;
        }
      } catch (KubernetesClientException e) {
        if (!Pass.isRefusal(e)) {
          throw e;
        }
        return new Done(List.copyOf(done), blocked, Pass.refusal(e));
      }
    }
    return new Done(List.copyOf(done), blocked, "");
  }

  /**
   * How far a pass came.
   *
   * @param actions what has changed something; what an earlier pass did is not among them
   * @param blocked whether a name is still held by something else; a later pass tries again
   * @param refusal what the API server said when it refused a step, or nothing
   */
  record Done(List<Action> actions, boolean blocked, String refusal) {}

  private Writes.Creation execute(Action action, DesktopPool pool, List<Desktop> desktops) {
    return switch (action) {
      case Action.CreateDesktop create -> writes.create(desktop(create, pool), pool);
      case Action.DeleteDesktop(String name) -> {
        writes.deleteLocked(named(name, desktops));
        yield Writes.Creation.NEW;
      }
      case Action.UpdateDesktop update -> {
        writes.patchLocked(
            named(update.name(), desktops),
            Map.of(
                "spec",
                Map.of(
                    "image", update.image(),
                    "templateHash", update.templateHash(),
                    "running", update.running())));
        yield Writes.Creation.NEW;
      }
    };
  }

  private static Desktop named(String name, List<Desktop> desktops) {
    return desktops.stream()
        .filter(desktop -> desktop.getMetadata().getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static Desktop desktop(Action.CreateDesktop create, DesktopPool pool) {
    String poolName = pool.getMetadata().getName();
    Desktop desktop = new Desktop();
    desktop.setMetadata(
        new ObjectMetaBuilder()
            .withName(Names.desktop(poolName, create.slot()))
            .withNamespace(pool.getMetadata().getNamespace())
            .addToLabels(Labels.managed())
            .addToLabels(Labels.POOL, poolName)
            .withOwnerReferences(Writes.ownedBy(pool))
            .build());
    desktop.setSpec(
        new DesktopSpec(
            poolName,
            create.slot(),
            create.image(),
            create.templateHash(),
            create.running(),
            null));
    return desktop;
  }
}
