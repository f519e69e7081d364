package io.millrace.e2e.cluster;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimList;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopClaim;
import io.millrace.api.v1alpha1.DesktopClaimSpec;
import io.millrace.api.v1alpha1.DesktopPool;
import io.millrace.api.v1alpha1.GoldenImage;
import io.millrace.e2e.guest.Guest;
import io.millrace.e2e.guest.GuestStatus;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** One namespace of the cluster under test, in the words of Millrace. Thread-safe. */
public final class Cluster {
  private static final String FIELD_MANAGER = "platform-team";

  private final KubernetesClient client;
  private final String namespace;

  /** Makes the namespace when it is not there. */
  public Cluster(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(namespace).endMetadata().build())
        .serverSideApply();
  }

  public KubernetesClient client() {
    return client;
  }

  public String namespace() {
    return namespace;
  }

  /** Applies a file as `kubectl apply --server-side` does; {@code edit} sees its text before. */
  public List<HasMetadata> apply(Path yaml, UnaryOperator<String> edit) throws IOException {
    return apply(edit.apply(Files.readString(yaml)));
  }

  /** Applies a document of YAML as `kubectl apply --server-side` does. */
  public List<HasMetadata> apply(String yaml) {
    return client.load(stream(yaml)).items().stream().map(this::applied).toList();
  }

  private HasMetadata applied(HasMetadata item) {
    PatchContext context =
        new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager(FIELD_MANAGER)
            .build();
    return client.resource(item).inNamespace(namespace).patch(context);
  }

  private static InputStream stream(String text) {
    return new java.io.ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  public NonNamespaceOperation<Pod, PodList, PodResource> pods() {
    return client.pods().inNamespace(namespace);
  }

  public NonNamespaceOperation<
          PersistentVolumeClaim, PersistentVolumeClaimList, Resource<PersistentVolumeClaim>>
      volumeClaims() {
    return client.persistentVolumeClaims().inNamespace(namespace);
  }

  public GoldenImage image(String name) {
    return client.resources(GoldenImage.class).inNamespace(namespace).withName(name).require();
  }

  public DesktopPool pool(String name) {
    return client.resources(DesktopPool.class).inNamespace(namespace).withName(name).require();
  }

  public Desktop desktop(String name) {
    return client.resources(Desktop.class).inNamespace(namespace).withName(name).require();
  }

  /** The desktops of a pool, by slot. */
  public List<Desktop> desktops(String pool) {
    return client.resources(Desktop.class).inNamespace(namespace).list().getItems().stream()
        .filter(desktop -> desktop.getSpec().poolName().equals(pool))
        .sorted(Comparator.comparingInt(desktop -> desktop.getSpec().slot()))
        .toList();
  }

  /** Waits until a pool has so many desktops that {@code state} holds for, and no others. */
  public List<Desktop> awaitDesktops(
      String pool, int count, String what, Predicate<Desktop> state, Duration limit) {
    return Waiting.until(
        count + " desktops of " + pool + " " + what,
        limit,
        () -> {
          List<Desktop> desktops = desktops(pool);
          return desktops.size() == count && desktops.stream().allMatch(state)
              ? Optional.of(desktops)
              : Optional.empty();
        });
  }

  public DesktopClaim claim(String name, String pool, String user) {
    DesktopClaim claim = new DesktopClaim();
    claim.getMetadata().setName(name);
    claim.getMetadata().setNamespace(namespace);
    claim.setSpec(new DesktopClaimSpec(pool, user));
    return client.resource(claim).create();
  }

  /** Waits until a claim is bound and its desktop has an address; gives the desktop. */
  public Desktop awaitBound(String claim, Duration limit) {
    return Waiting.until(
        "claim " + claim + " bound, its desktop ready",
        limit,
        () -> {
          DesktopClaim now =
              client.resources(DesktopClaim.class).inNamespace(namespace).withName(claim).require();
          return States.isTrue(now, "Ready") && now.getStatus().ip() != null
              ? Optional.of(desktop(String.valueOf(now.getStatus().desktopName())))
              : Optional.empty();
        });
  }

  /** Waits until the guest of a desktop shows its login prompt; gives what it says of itself. */
  public static GuestStatus awaitLogin(Desktop desktop, Duration limit) {
    Guest guest = States.guest(desktop);
    return Waiting.until(
        desktop.getMetadata().getName() + " at its login prompt",
        limit,
        () -> guest.status().filter(GuestStatus::loginReached));
  }

  public void release(String claim) {
    client.resources(DesktopClaim.class).inNamespace(namespace).withName(claim).delete();
  }

  /** The VirtualMachineInstance of a desktop, while there is one. */
  public Optional<GenericKubernetesResource> machineInstance(String desktop) {
    return Optional.ofNullable(
        client
            .genericKubernetesResources("kubevirt.io/v1", "VirtualMachineInstance")
            .inNamespace(namespace)
            .withName(desktop)
            .get());
  }

  /** The VirtualMachine of a desktop, while there is one. */
  public Optional<GenericKubernetesResource> machine(String desktop) {
    return Optional.ofNullable(
        client
            .genericKubernetesResources("kubevirt.io/v1", "VirtualMachine")
            .inNamespace(namespace)
            .withName(desktop)
            .get());
  }

  public Map<String, Object> machineStatus(String desktop) {
    return machineInstance(desktop).map(vmi -> States.map(vmi.get("status"))).orElse(Map.of());
  }

  /** How many machines, instances and claims are left in the namespace. */
  public int leftObjects() {
    return count("VirtualMachine")
        + count("VirtualMachineInstance")
        + volumeClaims().list().getItems().size();
  }

  private int count(String kind) {
    return client
        .genericKubernetesResources("kubevirt.io/v1", kind)
        .inNamespace(namespace)
        .list()
        .getItems()
        .size();
  }
}
