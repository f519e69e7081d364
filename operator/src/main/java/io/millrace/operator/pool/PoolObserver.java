package io.millrace.operator.pool;

import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopPool;
import io.millrace.api.v1alpha1.GoldenImage;
import io.millrace.operator.cluster.Foreign;
import io.millrace.operator.cluster.Preflight;
import io.millrace.operator.cluster.Sources;
import io.millrace.operator.desktop.Availability;
import io.millrace.operator.image.VersionState;
import io.millrace.operator.template.TemplateHash;
import io.millrace.operator.template.TemplateRules;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Gathers everything that a pool's plan depends on; nothing else reads on its behalf. */
final class PoolObserver {
  private final Preflight preflight;

  PoolObserver(Preflight preflight) {
    this.preflight = preflight;
  }

  Observed observe(DesktopPool pool, List<Desktop> desktops, Context<DesktopPool> context) {
    return new Observed(
        pool.getMetadata().getName(),
        pool.getSpec(),
        TemplateHash.of(pool.getSpec()),
        VersionState.of(image(pool, context).orElse(null), pool.getSpec().image()),
        desktops.stream().map(PoolObserver::member).toList(),
        TemplateRules.violations(pool.getSpec().template()),
        preflight.missing(Foreign.MACHINE, Foreign.INSTANCE, Foreign.SNAPSHOT));
  }

  /** The pool's desktops as objects, in the order of slots. */
  static List<Desktop> desktops(DesktopPool pool, Context<DesktopPool> context) {
    return Sources.list(
            context,
            Desktop.class,
            pool.getMetadata().getNamespace(),
            desktop -> Sources.isOwnedBy(desktop, pool))
        .stream()
        .sorted(Comparator.comparingInt(desktop -> desktop.getSpec().slot()))
        .toList();
  }

  private static Optional<GoldenImage> image(DesktopPool pool, Context<DesktopPool> context) {
    return Sources.get(
        context,
        GoldenImage.class,
        pool.getMetadata().getNamespace(),
        pool.getSpec().image().name());
  }

  private static Observed.Member member(Desktop desktop) {
    var spec = desktop.getSpec();
    var status = desktop.getStatus();
    return new Observed.Member(
        desktop.getMetadata().getName(),
        spec.slot(),
        Sources.isTerminating(desktop),
        spec.claimRef() == null ? "" : spec.claimRef().user(),
        Availability.isAvailable(desktop),
        Availability.isReady(desktop),
        spec.image(),
        spec.templateHash(),
        spec.running(),
        status == null ? "" : Objects.requireNonNullElse(status.imageVersion(), ""));
  }
}
