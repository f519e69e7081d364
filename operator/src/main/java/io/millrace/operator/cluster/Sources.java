package io.millrace.operator.cluster;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.health.InformerHealthIndicator;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.SecondaryToPrimaryMapper;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.millrace.operator.Labels;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Caches that wake a reconciler: one informer per kind that it looks at. Foreign kinds are watched
 * from the first pass that finds them served, so that the operator starts without KubeVirt.
 */
public final class Sources {
  private Sources() {}

  /** Watches every object of a kind. */
  public static <R extends HasMetadata, P extends HasMetadata> InformerEventSource<R, P> all(
      Class<R> kind, SecondaryToPrimaryMapper<R> toPrimary, EventSourceContext<P> context) {
    return new InformerEventSource<>(
        InformerEventSourceConfiguration.from(kind, context.getPrimaryResourceClass())
            .withName(kind.getSimpleName())
            .withSecondaryToPrimaryMapper(toPrimary)
            .withWatchAllNamespaces()
            .build(),
        context);
  }

  /** Watches the objects of a kind that the operator made. */
  public static <R extends HasMetadata, P extends HasMetadata> InformerEventSource<R, P> ours(
      Class<R> kind, SecondaryToPrimaryMapper<R> toPrimary, EventSourceContext<P> context) {
    return new InformerEventSource<>(
        InformerEventSourceConfiguration.from(kind, context.getPrimaryResourceClass())
            .withName(kind.getSimpleName())
            .withLabelSelector(Labels.SELECTOR)
            .withSecondaryToPrimaryMapper(toPrimary)
            .withWatchAllNamespaces()
            .build(),
        context);
  }

  /**
   * Watches the objects of a foreign kind that the operator made, from now on. Idempotent. When it
   * returns, the cache has what the API server has: an empty cache means that there is nothing.
   */
  public static synchronized <P extends HasMetadata> void watch(
      Foreign kind,
      SecondaryToPrimaryMapper<GenericKubernetesResource> toPrimary,
      Context<P> context) {
    var retriever = context.eventSourceRetriever();
    Optional<InformerEventSource<?, ?>> known =
        retriever.getEventSourcesFor(GenericKubernetesResource.class).stream()
            .filter(source -> source.name().equals(kind.kind()))
            .<InformerEventSource<?, ?>>map(source -> (InformerEventSource<?, ?>) source)
            .findFirst();
    if (known.isPresent()) {
      requireSynced(kind, known.get());
      return;
    }
    EventSourceContext<P> sources = retriever.eventSourceContextForDynamicRegistration();
    retriever.dynamicallyRegisterEventSource(
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(kind.gvk(), sources.getPrimaryResourceClass())
                .withName(kind.kind())
                .withLabelSelector(Labels.SELECTOR)
                .withSecondaryToPrimaryMapper(toPrimary)
                .withWatchAllNamespaces()
                .build(),
            sources));
  }

  private static void requireSynced(Foreign kind, InformerEventSource<?, ?> source) {
    boolean synced =
        source.informerHealthIndicators().values().stream()
            .allMatch(InformerHealthIndicator::hasSynced);
    if (!synced) {
      throw new IllegalStateException("the cache of " + kind.kind() + " is not filled yet");
    }
  }

  /** The cached objects of a kind in a namespace that pass the test. */
  public static <R extends HasMetadata> List<R> list(
      Context<?> context, Class<R> kind, String namespace, Predicate<R> test) {
    return list(context, kind, kind.getSimpleName(), namespace, test);
  }

  /** The same of a foreign kind. */
  public static List<GenericKubernetesResource> list(
      Context<?> context,
      Foreign kind,
      String namespace,
      Predicate<GenericKubernetesResource> test) {
    return list(context, GenericKubernetesResource.class, kind.kind(), namespace, test);
  }

  private static <R extends HasMetadata> List<R> list(
      Context<?> context, Class<R> kind, String source, String namespace, Predicate<R> test) {
    var cache = cache(context, kind, source);
    return (namespace.isEmpty() ? cache.list(test) : cache.list(namespace, test)).toList();
  }

  @SuppressWarnings("unchecked") // a source of R caches R
  private static <R extends HasMetadata> InformerEventSource<R, ?> cache(
      Context<?> context, Class<R> kind, String source) {
    return (InformerEventSource<R, ?>)
        context.eventSourceRetriever().getEventSourceFor(kind, source);
  }

  /** The cached object of that name, if there is one. */
  public static <R extends HasMetadata> Optional<R> get(
      Context<?> context, Class<R> kind, String namespace, String name) {
    return cache(context, kind, kind.getSimpleName()).get(new ResourceID(name, namespace));
  }

  /** The same of a foreign kind. */
  public static Optional<GenericKubernetesResource> get(
      Context<?> context, Foreign kind, String namespace, String name) {
    return cache(context, GenericKubernetesResource.class, kind.kind())
        .get(new ResourceID(name, namespace));
  }

  /** Maps an object to the namesake of its label, in its namespace. */
  public static <R extends HasMetadata> SecondaryToPrimaryMapper<R> byLabel(String label) {
    return object -> {
      String name = label(object, label);
      return name.isEmpty() ? Set.of() : Set.of(id(object, name));
    };
  }

  public static ResourceID id(HasMetadata inNamespaceOf, String name) {
    return new ResourceID(name, inNamespaceOf.getMetadata().getNamespace());
  }

  /** The label's value, or nothing. */
  public static String label(HasMetadata object, String label) {
    var labels = object.getMetadata().getLabels();
    return labels == null ? "" : Objects.requireNonNullElse(labels.get(label), "");
  }

  /** The label's value as a number, or 0 if it is none. */
  public static int number(HasMetadata object, String label) {
    String value = label(object, label);
    return value.matches("[0-9]{1,9}") ? Integer.parseInt(value) : 0;
  }

  /** The annotation's value, or nothing. */
  public static String annotation(HasMetadata object, String annotation) {
    var annotations = object.getMetadata().getAnnotations();
    return annotations == null ? "" : Objects.requireNonNullElse(annotations.get(annotation), "");
  }

  public static boolean isTerminating(HasMetadata object) {
    return object.getMetadata().getDeletionTimestamp() != null;
  }

  /** Whether the owner controls the object. */
  public static boolean isOwnedBy(HasMetadata object, HasMetadata owner) {
    return object.getMetadata().getOwnerReferences().stream()
        .map(OwnerReference::getUid)
        .anyMatch(owner.getMetadata().getUid()::equals);
  }
}
