package io.millrace.operator.harness;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.storage.CSINodeBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.millrace.operator.Labels;
import io.millrace.operator.cluster.Foreign;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for KubeVirt, the provisioner, the snapshotter and kubelet: looks at the API server
 * every 40 ms and does what they would. KubeVirt's part follows virt-controller 1.8: what a run
 * strategy does depends on the one that was acted on before.
 *
 * <p>It watches over the fence, too: an instance that writes on a clone while an older user's clone
 * is still in use, or two instances of one desktop, are noted in {@link #violations}.
 */
public final class World implements AutoCloseable {
  public static final String NODE = "node1";
  private static final String SHUTDOWN = "test.millrace.io/shutdown";
  private static final long TICK_MILLIS = 40;

  /** What an import leaves: nothing if it succeeds, else the report of a failure. */
  private volatile Function<Pod, String> imports = pod -> "";

  private volatile boolean guestsStopAtOnce = true;
  private volatile boolean claimsAreBound = true;
  private final List<String> violations = new CopyOnWriteArrayList<>();
  private final Map<String, String> diskOfInstance = new LinkedHashMap<>();
  private final KubernetesClient client;
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();

  public World(KubernetesClient client) {
    this.client = client;
    makeNode();
    var unused = clock.scheduleWithFixedDelay(this::tick, 0, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  public void imports(Function<Pod, String> result) {
    imports = result;
  }

  /** Whether guests obey a shutdown; if not, their instances stay until {@code true}. */
  public void guestsStop(boolean atOnce) {
    guestsStopAtOnce = atOnce;
  }

  /** Whether the provisioner works. */
  public void claimsAreBound(boolean bound) {
    claimsAreBound = bound;
  }

  public List<String> violations() {
    return List.copyOf(violations);
  }

  /** The guest shuts itself down. */
  public void powerOff(String namespace, String desktop) {
    status(Foreign.INSTANCE, instance(namespace, desktop), Map.of("phase", "Succeeded"));
  }

  public @Nullable GenericKubernetesResource machine(String namespace, String name) {
    return get(Foreign.MACHINE, namespace, name);
  }

  public @Nullable GenericKubernetesResource instance(String namespace, String name) {
    return get(Foreign.INSTANCE, namespace, name);
  }

  private void makeNode() {
    client
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(NODE)
                .endMetadata()
                .withNewStatus()
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .endCondition()
                .endStatus()
                .build())
        .serverSideApply();
    client
        .nodes()
        .withName(NODE)
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}");
    client
        .resource(
            new CSINodeBuilder()
                .withNewMetadata()
                .withName(NODE)
                .endMetadata()
                .withNewSpec()
                .addNewDriver()
                .withName("csi.millrace.io")
                .withNodeID(NODE)
                .endDriver()
                .endSpec()
                .build())
        .serverSideApply();
  }

  private void tick() {
    try {
      bindClaims();
      runImports();
      list(Foreign.SNAPSHOT).forEach(this::takeSnapshot);
      list(Foreign.MACHINE).forEach(this::runMachine);
      list(Foreign.INSTANCE).forEach(this::runInstance);
    } catch (KubernetesClientException _) {
      // Somebody else was faster, or the kind isn't served yet: the next tick sees it anew.
    }
  }

  private void bindClaims() {
    if (!claimsAreBound) {
      return;
    }
    for (PersistentVolumeClaim claim :
        client.persistentVolumeClaims().inAnyNamespace().list().getItems()) {
      boolean placed =
          claim.getMetadata().getAnnotations() != null
              && claim.getMetadata().getAnnotations().containsKey(Labels.SELECTED_NODE);
      if (placed && !"Bound".equals(claim.getStatus().getPhase())) {
        mergeStatus(claim, Map.of("phase", "Bound"));
      }
    }
  }

  private void runImports() {
    for (Pod pod : client.pods().inAnyNamespace().withLabel(Labels.IMAGE).list().getItems()) {
      if (pod.getMetadata().getDeletionTimestamp() != null) {
        client.resource(pod).withGracePeriod(0).delete();
      } else if (pod.getSpec().getNodeName() == null) {
        bind(pod);
      } else if ("Pending".equals(pod.getStatus().getPhase())) {
        end(pod, imports.apply(pod));
      }
    }
  }

  private void bind(Pod pod) {
    String path =
        "/api/v1/namespaces/%s/pods/%s/binding"
            .formatted(pod.getMetadata().getNamespace(), pod.getMetadata().getName());
    client.raw(
        path,
        "POST",
        Map.of(
            "apiVersion",
            "v1",
            "kind",
            "Binding",
            "metadata",
            Map.of("name", pod.getMetadata().getName()),
            "target",
            Map.of("kind", "Node", "name", NODE)));
  }

  private void end(Pod pod, String report) {
    int code = report.isEmpty() ? 0 : 1;
    mergeStatus(
        pod,
        Map.of(
            "phase",
            report.isEmpty() ? "Succeeded" : "Failed",
            "containerStatuses",
            List.of(
                Map.of(
                    "name",
                    "importer",
                    "image",
                    "importer",
                    "imageID",
                    "",
                    "ready",
                    false,
                    "restartCount",
                    0,
                    "state",
                    Map.of("terminated", Map.of("exitCode", code, "message", report))))));
  }

  private void takeSnapshot(GenericKubernetesResource snapshot) {
    if (snapshot.get("status") == null) {
      status(Foreign.SNAPSHOT, snapshot, Map.of("readyToUse", true, "restoreSize", "1Gi"));
    }
  }

  private void runMachine(GenericKubernetesResource machine) {
    String namespace = machine.getMetadata().getNamespace();
    GenericKubernetesResource instance = instance(namespace, machine.getMetadata().getName());
    String strategy = text(machine.get("spec", "runStrategy"));
    String handled = text(machine.get("status", "runStrategy"));
    if (machine.getMetadata().getDeletionTimestamp() != null) {
      return;
    }
    if (instance == null && strategy.equals("RerunOnFailure") && !handled.equals(strategy)) {
      startInstance(machine);
      instance = instance(namespace, machine.getMetadata().getName());
    } else if (instance != null && instance.getMetadata().getDeletionTimestamp() == null) {
      boolean ended = text(instance.get("status", "phase")).equals("Succeeded");
      if (strategy.equals("Halted") || ended) {
        delete(Foreign.INSTANCE, instance);
      }
    }
    boolean created = instance != null;
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("created", created);
    if (created || !handled.isEmpty()) {
      status.put("runStrategy", strategy);
    }
    status.put("printableStatus", created ? "Running" : "Stopped");
    if (!Objects.equals(machine.get("status"), status)) {
      status(Foreign.MACHINE, machine, status);
    }
  }

  private void startInstance(GenericKubernetesResource machine) {
    GenericKubernetesResource instance = new GenericKubernetesResource();
    instance.setApiVersion(Foreign.INSTANCE.apiVersion());
    instance.setKind(Foreign.INSTANCE.kind());
    Map<String, String> labels = machine.get("spec", "template", "metadata", "labels");
    instance.setMetadata(
        new ObjectMetaBuilder()
            .withName(machine.getMetadata().getName())
            .withNamespace(machine.getMetadata().getNamespace())
            .withLabels(labels)
            .withFinalizers(SHUTDOWN)
            .addNewOwnerReference()
            .withApiVersion(machine.getApiVersion())
            .withKind(machine.getKind())
            .withName(machine.getMetadata().getName())
            .withUid(machine.getMetadata().getUid())
            .withController(true)
            .withBlockOwnerDeletion(true)
            .endOwnerReference()
            .build());
    instance.setAdditionalProperty("spec", machine.get("spec", "template", "spec"));
    client.resource(instance).create();
    noteDisk(instance);
  }

  private void runInstance(GenericKubernetesResource instance) {
    if (instance.getMetadata().getDeletionTimestamp() != null) {
      if (guestsStopAtOnce) {
        merge(instance, Map.of("metadata", Map.of("finalizers", List.of())));
        diskOfInstance.remove(key(instance));
      }
      return;
    }
    boolean bound = isBound(instance.getMetadata().getNamespace(), disk(instance));
    if (bound && instance.get("status", "phase") == null) {
      merge(
          instance,
          Map.of(
              "status",
              Map.of(
                  "phase",
                  "Running",
                  "nodeName",
                  NODE,
                  "interfaces",
                  List.of(Map.of("ipAddress", "10.85.0.7")),
                  "conditions",
                  List.of(Map.of("type", "Ready", "status", "True")))));
    }
  }

  /** An instance that starts while another one of its desktop still runs breaks the fence. */
  private void noteDisk(GenericKubernetesResource instance) {
    String before = diskOfInstance.put(key(instance), disk(instance));
    if (before != null) {
      violations.add(key(instance) + " runs on " + before + " and on " + disk(instance));
    }
  }

  private boolean isBound(String namespace, String claim) {
    PersistentVolumeClaim found =
        client.persistentVolumeClaims().inNamespace(namespace).withName(claim).get();
    return found != null && "Bound".equals(found.getStatus().getPhase());
  }

  private static String disk(GenericKubernetesResource instance) {
    return text(instance.get("spec", "volumes", 0, "persistentVolumeClaim", "claimName"));
  }

  private static String key(HasMetadata object) {
    return object.getMetadata().getNamespace() + "/" + object.getMetadata().getName();
  }

  private List<GenericKubernetesResource> list(Foreign kind) {
    if (client.getApiResources(kind.apiVersion()) == null) {
      return List.of();
    }
    return new ArrayList<>(
        client.genericKubernetesResources(kind.context()).inAnyNamespace().list().getItems());
  }

  private @Nullable GenericKubernetesResource get(Foreign kind, String namespace, String name) {
    return client
        .genericKubernetesResources(kind.context())
        .inNamespace(namespace)
        .withName(name)
        .get();
  }

  private void delete(Foreign kind, GenericKubernetesResource object) {
    client
        .genericKubernetesResources(kind.context())
        .inNamespace(object.getMetadata().getNamespace())
        .withName(object.getMetadata().getName())
        .delete();
  }

  /** KubeVirt's instances have no status subresource; the others do. */
  private void status(
      Foreign kind, @Nullable GenericKubernetesResource object, Map<String, ?> status) {
    GenericKubernetesResource found = Objects.requireNonNull(object);
    if (kind.equals(Foreign.INSTANCE)) {
      merge(found, Map.of("status", status));
    } else {
      mergeStatus(found, status);
    }
  }

  private void merge(HasMetadata object, Map<String, ?> patch) {
    client
        .resource(object)
        .patch(PatchContext.of(PatchType.JSON_MERGE), Serialization.asJson(patch));
  }

  private void mergeStatus(HasMetadata object, Map<String, ?> status) {
    client
        .resource(object)
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE), Serialization.asJson(Map.of("status", status)));
  }

  private static String text(@Nullable Object json) {
    return json == null ? "" : json.toString();
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
