package io.millrace.operator.harness;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopClaim;
import io.millrace.api.v1alpha1.DesktopPhase;
import io.millrace.api.v1alpha1.DesktopPool;
import io.millrace.api.v1alpha1.GoldenImage;
import io.millrace.operator.cluster.Foreign;
import io.millrace.operator.status.Conditions;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One namespace, and the words in which the tests say what is applied and what is there. */
public final class Scene {
  private final KubernetesClient client;
  private final String namespace = "it-" + UUID.randomUUID().toString().substring(0, 8);

  public Scene(KubernetesClient client) {
    this.client = client;
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
        .create();
  }

  public String namespace() {
    return namespace;
  }

  /** Applies YAML by server-side apply, as GitOps would. */
  public void apply(String yaml) {
    client
        .resource(yaml)
        .inNamespace(namespace)
        .fieldManager("gitops")
        .forceConflicts()
        .serverSideApply();
  }

  public void image(String... versions) {
    StringBuilder yaml =
        new StringBuilder(
            """
            apiVersion: millrace.io/v1alpha1
            kind: GoldenImage
            metadata: {name: debian}
            spec:
              versions:
            """);
    for (String version : versions) {
      yaml.append(
          "  - {name: %s, size: 1Gi, source: {http: {url: 'http://x/%s', format: raw, sha256: %s}}}\n"
              .formatted(version, version, "0".repeat(64)));
    }
    apply(yaml.toString());
  }

  /**
   * @param more further lines of the spec, as a flow mapping's content
   */
  public void pool(int replicas, String version, String more) {
    pool(replicas, version, more, "384Mi");
  }

  public void pool(int replicas, String version, String more, String memory) {
    apply(
        """
        apiVersion: millrace.io/v1alpha1
        kind: DesktopPool
        metadata: {name: office}
        spec: {replicas: %d, image: {name: debian, version: %s}, %s
          template: {spec: {domain: {memory: {guest: %s}}}}}
        """
            .formatted(replicas, version, more.isEmpty() ? "" : more + ",", memory));
  }

  public void claim(String user) {
    apply(
        """
        apiVersion: millrace.io/v1alpha1
        kind: DesktopClaim
        metadata: {name: %s}
        spec: {poolName: office, user: %s}
        """
            .formatted(user, user));
  }

  public void release(String user) {
    client.resources(DesktopClaim.class).inNamespace(namespace).withName(user).delete();
  }

  /** Deletes what people write; the operator and the garbage collector do the rest. */
  public void clear() {
    client.resources(DesktopClaim.class).inNamespace(namespace).delete();
    client.resources(DesktopPool.class).inNamespace(namespace).delete();
    client.resources(GoldenImage.class).inNamespace(namespace).delete();
  }

  public void deletePool() {
    client.resources(DesktopPool.class).inNamespace(namespace).withName("office").delete();
  }

  public void deleteImage() {
    client.resources(GoldenImage.class).inNamespace(namespace).withName("debian").delete();
  }

  public void eventuallyReady(int desktops) {
    Eventually.eventually(
        desktops + " desktops are ready",
        () ->
            desktops().size() == desktops
                && desktops().stream().allMatch(d -> holds(d, Conditions.READY) && isJudged(d)),
        this::dump);
  }

  public void eventuallyPhase(String desktop, DesktopPhase phase) {
    Eventually.eventually(
        desktop + " is " + phase,
        () -> {
          Desktop found = desktop(desktop);
          return found != null
              && found.getStatus() != null
              && found.getStatus().phase() == phase
              && isJudged(found);
        },
        this::dump);
  }

  /** Waits until the user has a desktop, and returns its name. */
  public String eventuallyBound(String user) {
    Eventually.eventually(
        user + " has a desktop",
        () -> {
          DesktopClaim claim = get(DesktopClaim.class, user);
          return claim != null
              && claim.getStatus() != null
              && Conditions.holds(claim.getStatus().conditions(), "Bound");
        },
        this::dump);
    return Objects.requireNonNull(
        Objects.requireNonNull(get(DesktopClaim.class, user)).getStatus().desktopName());
  }

  /** The message of the object's condition, or nothing. */
  public String poolMessage(String type) {
    DesktopPool pool = get(DesktopPool.class, "office");
    return pool == null || pool.getStatus() == null
        ? ""
        : Conditions.find(pool.getStatus().conditions(), type)
            .filter(c -> c.getStatus().equals("True"))
            .map(c -> c.getReason() + ": " + c.getMessage())
            .orElse("");
  }

  public String imageMessage(String type) {
    GoldenImage image = get(GoldenImage.class, "debian");
    return image == null || image.getStatus() == null
        ? ""
        : Conditions.find(image.getStatus().conditions(), type)
            .filter(c -> c.getStatus().equals("True"))
            .map(c -> c.getReason() + ": " + c.getMessage())
            .orElse("");
  }

  public List<Desktop> desktops() {
    return client.resources(Desktop.class).inNamespace(namespace).list().getItems();
  }

  public @Nullable Desktop desktop(String name) {
    return get(Desktop.class, name);
  }

  public List<PersistentVolumeClaim> disks() {
    return client.persistentVolumeClaims().inNamespace(namespace).list().getItems();
  }

  public List<String> diskNames() {
    return disks().stream()
        .filter(claim -> claim.getMetadata().getDeletionTimestamp() == null)
        .map(claim -> claim.getMetadata().getName())
        .sorted()
        .toList();
  }

  public <R extends HasMetadata> @Nullable R get(Class<R> kind, String name) {
    return client.resources(kind).inNamespace(namespace).withName(name).get();
  }

  /** Every object of ours in the namespace, as "kind/name@resourceVersion". */
  public List<String> everything() {
    Stream<? extends HasMetadata> typed =
        Stream.of(
                client.resources(GoldenImage.class),
                client.resources(DesktopPool.class),
                client.resources(Desktop.class),
                client.resources(DesktopClaim.class),
                client.resources(PersistentVolumeClaim.class),
                client.resources(Pod.class))
            .flatMap(kind -> kind.inNamespace(namespace).list().getItems().stream());
    Stream<? extends HasMetadata> foreign =
        Stream.of(Foreign.MACHINE, Foreign.INSTANCE, Foreign.SNAPSHOT)
            .flatMap(
                kind ->
                    client
                        .genericKubernetesResources(kind.context())
                        .inNamespace(namespace)
                        .list()
                        .getItems()
                        .stream());
    return Stream.concat(typed, foreign)
        .map(
            object ->
                object.getKind()
                    + "/"
                    + object.getMetadata().getName()
                    + "@"
                    + object.getMetadata().getResourceVersion())
        .sorted()
        .toList();
  }

  public static boolean holds(Desktop desktop, String condition) {
    return desktop.getStatus() != null
        && Conditions.holds(desktop.getStatus().conditions(), condition);
  }

  private static boolean isJudged(Desktop desktop) {
    return Objects.equals(
        desktop.getStatus().observedGeneration(), desktop.getMetadata().getGeneration());
  }

  /** What to look at when a test fails. */
  public String dump() {
    StringBuilder text = new StringBuilder();
    text.append("image ").append(get(GoldenImage.class, "debian")).append('\n');
    text.append("pool ").append(get(DesktopPool.class, "office")).append('\n');
    desktops()
        .forEach(d -> text.append(d.getSpec()).append('\n').append(d.getStatus()).append('\n'));
    everything().forEach(name -> text.append(name).append('\n'));
    return text.toString();
  }
}
