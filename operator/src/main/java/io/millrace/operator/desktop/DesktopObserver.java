package io.millrace.operator.desktop;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.storage.CSINode;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.millrace.api.v1alpha1.ClaimRef;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopClaim;
import io.millrace.api.v1alpha1.DesktopPool;
import io.millrace.api.v1alpha1.DesktopPoolSpec;
import io.millrace.api.v1alpha1.GoldenImage;
import io.millrace.api.v1alpha1.ImageRef;
import io.millrace.operator.Bytes;
import io.millrace.operator.Labels;
import io.millrace.operator.cluster.Foreign;
import io.millrace.operator.cluster.Placement;
import io.millrace.operator.cluster.Preflight;
import io.millrace.operator.cluster.Sources;
import io.millrace.operator.cluster.Writes;
import io.millrace.operator.image.VersionState;
import io.millrace.operator.template.TemplateHash;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Gathers everything that a desktop's plan depends on; nothing else reads on its behalf. */
final class DesktopObserver {
  private final Preflight preflight;
  private final Writes api;
  private final String driverName;

  DesktopObserver(Preflight preflight, Writes api, String driverName) {
    this.preflight = preflight;
    this.api = api;
    this.driverName = driverName;
  }

  Observed observe(Desktop desktop, Context<Desktop> context) {
    Optional<String> missing =
        preflight.missing(Foreign.MACHINE, Foreign.INSTANCE, Foreign.SNAPSHOT);
    if (missing.isEmpty()) {
      Sources.watch(Foreign.MACHINE, Sources.byLabel(Labels.DESKTOP), context);
      Sources.watch(Foreign.INSTANCE, Sources.byLabel(Labels.DESKTOP), context);
    }
    Optional<DesktopPool> pool = pool(desktop, context);
    VersionState version = version(desktop, desktop.getSpec().image(), context);
    return new Observed(
        desktop.getMetadata().getName(),
        desktop.getSpec(),
        Sources.isTerminating(desktop),
        Availability.isAvailable(desktop),
        holder(desktop, context),
        pool.map(p -> pool(desktop, p.getSpec(), context)),
        version,
        missing.isPresent() ? Optional.empty() : machine(desktop, context),
        missing.isPresent() ? Optional.empty() : instance(desktop, context),
        clones(desktop, context),
        node(version, context),
        missing);
  }

  /** The pool, unless it is going: then its desktops go too, and nothing is made for them. */
  Optional<DesktopPool> pool(Desktop desktop, Context<Desktop> context) {
    return named(context, DesktopPool.class, desktop, desktop.getSpec().poolName())
        .filter(pool -> !Sources.isTerminating(pool));
  }

  private static Observed.Pool pool(
      Desktop desktop, DesktopPoolSpec spec, Context<Desktop> context) {
    return new Observed.Pool(
        spec.image(),
        version(desktop, spec.image(), context) instanceof VersionState.Ready,
        TemplateHash.of(spec),
        bytes(spec.storage().size()));
  }

  private static long bytes(@Nullable String quantity) {
    return quantity == null ? 0 : Bytes.of(quantity);
  }

  private static VersionState version(Desktop desktop, ImageRef ref, Context<Desktop> context) {
    return VersionState.of(
        named(context, GoldenImage.class, desktop, ref.name()).orElse(null), ref);
  }

  /** A cache that hasn't seen a new claim must not end it: only the API server's word counts. */
  private Observed.Holder holder(Desktop desktop, Context<Desktop> context) {
    ClaimRef ref = desktop.getSpec().claimRef();
    if (ref == null) {
      return Observed.Holder.NOBODY;
    }
    Predicate<DesktopClaim> same = claim -> claim.getMetadata().getUid().equals(ref.uid());
    if (named(context, DesktopClaim.class, desktop, ref.name()).filter(same).isPresent()) {
      return Observed.Holder.CLAIM;
    }
    DesktopClaim claim =
        api.read(DesktopClaim.class, desktop.getMetadata().getNamespace(), ref.name());
    return claim != null && same.test(claim) ? Observed.Holder.CLAIM : Observed.Holder.NO_MORE;
  }

  private static Optional<Observed.Machine> machine(Desktop desktop, Context<Desktop> context) {
    return namesake(desktop, Foreign.MACHINE, context)
        .map(machine -> MachineReader.machine(machine, desktop));
  }

  private static Optional<Observed.Instance> instance(Desktop desktop, Context<Desktop> context) {
    return namesake(desktop, Foreign.INSTANCE, context).map(MachineReader::instance);
  }

  private static Optional<GenericKubernetesResource> namesake(
      Desktop desktop, Foreign kind, Context<Desktop> context) {
    return Sources.get(
        context, kind, desktop.getMetadata().getNamespace(), desktop.getMetadata().getName());
  }

  private static List<Observed.Clone> clones(Desktop desktop, Context<Desktop> context) {
    String name = desktop.getMetadata().getName();
    return Sources.list(
            context,
            PersistentVolumeClaim.class,
            desktop.getMetadata().getNamespace(),
            claim -> Sources.label(claim, Labels.DESKTOP).equals(name))
        .stream()
        .map(claim -> clone(claim, desktop))
        .toList();
  }

  private static Observed.Clone clone(PersistentVolumeClaim claim, Desktop desktop) {
    return new Observed.Clone(
        claim.getMetadata().getName(),
        Sources.number(claim, Labels.CLONE_NUMBER),
        Sources.label(claim, Labels.IMAGE_VERSION),
        Sources.isOwnedBy(claim, desktop),
        claim.getStatus() != null && "Bound".equals(claim.getStatus().getPhase()),
        Sources.isTerminating(claim),
        !Sources.annotation(claim, Labels.SELECTED_NODE).isEmpty());
  }

  private Optional<String> node(VersionState version, Context<Desktop> context) {
    if (!(version instanceof VersionState.Ready ready)) {
      return Optional.empty();
    }
    Map<String, Long> clonesByNode = ready.nodeName().isEmpty() ? clonesByNode(context) : Map.of();
    return Placement.choose(
        Placement.candidates(
            Sources.list(context, Node.class, "", node -> true),
            Sources.list(context, CSINode.class, "", node -> true),
            driverName),
        ready.nodeName(),
        clonesByNode);
  }

  private static Map<String, Long> clonesByNode(Context<Desktop> context) {
    return Sources.list(context, PersistentVolumeClaim.class, "", claim -> true).stream()
        .map(claim -> Sources.annotation(claim, Labels.SELECTED_NODE))
        .filter(node -> !node.isEmpty())
        .collect(Collectors.groupingBy(node -> node, Collectors.counting()));
  }

  private static <R extends HasMetadata> Optional<R> named(
      Context<Desktop> context, Class<R> kind, Desktop desktop, String name) {
    return Sources.get(context, kind, desktop.getMetadata().getNamespace(), name);
  }
}
