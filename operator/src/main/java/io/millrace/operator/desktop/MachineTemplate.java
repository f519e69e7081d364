package io.millrace.operator.desktop;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopPool;
import io.millrace.api.v1alpha1.DesktopTemplate;
import io.millrace.operator.Labels;
import io.millrace.operator.Names;
import io.millrace.operator.cluster.Foreign;
import io.millrace.operator.cluster.Writes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The VirtualMachine of a desktop: the pool's template, and what the operator adds. Pure; the same
 * desktop, pool and clone always give the same object.
 */
final class MachineTemplate {
  /** Name of the root disk and its volume; a template can't use it. */
  static final String ROOT_DISK = "os";

  private final Desktop desktop;
  private final DesktopTemplate template;
  private final Identity identity;

  MachineTemplate(Desktop desktop, DesktopPool pool) {
    this.desktop = desktop;
    this.template = pool.getSpec().template();
    this.identity =
        Identity.of(
            desktop.getMetadata().getNamespace(),
            desktop.getSpec().poolName(),
            desktop.getSpec().slot());
  }

  GenericKubernetesResource render(int cloneNumber, RunStrategy strategy) {
    GenericKubernetesResource machine = new GenericKubernetesResource();
    machine.setApiVersion(Foreign.MACHINE.apiVersion());
    machine.setKind(Foreign.MACHINE.kind());
    machine.setMetadata(
        new ObjectMetaBuilder()
            .withName(desktop.getMetadata().getName())
            .withNamespace(desktop.getMetadata().getNamespace())
            .withLabels(labels(cloneNumber))
            .addToAnnotations(Labels.TEMPLATE_HASH, desktop.getSpec().templateHash())
            .withOwnerReferences(Writes.ownedBy(desktop))
            .build());
    machine.setAdditionalProperty("spec", spec(cloneNumber, strategy));
    return machine;
  }

  private Map<String, String> labels(int cloneNumber) {
    Map<String, String> labels = new LinkedHashMap<>(Labels.managed());
    labels.put(Labels.POOL, desktop.getSpec().poolName());
    labels.put(Labels.DESKTOP, desktop.getMetadata().getName());
    labels.put(Labels.CLONE_NUMBER, Integer.toString(cloneNumber));
    return labels;
  }

  private Map<String, Object> spec(int cloneNumber, RunStrategy strategy) {
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("runStrategy", strategy.text());
    if (template.instancetype() != null) {
      spec.put(
          "instancetype",
          reference(template.instancetype().kind(), template.instancetype().name()));
    }
    if (template.preference() != null) {
      spec.put("preference", reference(template.preference().kind(), template.preference().name()));
    }
    spec.put(
        "template",
        Map.of("metadata", instanceMetadata(cloneNumber), "spec", instance(cloneNumber)));
    return spec;
  }

  private static Map<String, Object> reference(String kind, String name) {
    return Map.of("kind", kind, "name", name);
  }

  private Map<String, Object> instanceMetadata(int cloneNumber) {
    Map<String, String> labels = new LinkedHashMap<>();
    if (template.labels() != null) {
      labels.putAll(template.labels());
    }
    labels.putAll(labels(cloneNumber));
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("labels", labels);
    if (template.annotations() != null) {
      metadata.put("annotations", template.annotations());
    }
    return metadata;
  }

  private Map<String, Object> instance(int cloneNumber) {
    Map<String, Object> instance = new LinkedHashMap<>(template.spec());
    // Clones live in the store of one node: a drain that insists on migration would never end.
    instance.putIfAbsent("evictionStrategy", "LiveMigrateIfPossible");
    instance.put("hostname", desktop.getMetadata().getName());
    instance.put("domain", domain(object(template.spec(), "domain")));
    instance.putIfAbsent("networks", List.of(Map.of("name", "default", "pod", Map.of())));
    String claim = Names.clone(desktop.getMetadata().getName(), cloneNumber);
    instance.put(
        "volumes",
        prepended(
            Map.of("name", ROOT_DISK, "persistentVolumeClaim", Map.of("claimName", claim)),
            template.spec().get("volumes")));
    return instance;
  }

  private Map<String, Object> domain(Map<String, Object> given) {
    Map<String, Object> domain = new LinkedHashMap<>(given);
    // No rebootPolicy: a guest that reboots stays in its instance, on its disk, and is back within
    // seconds, which is what users and installers of updates expect. Terminate would take the
    // instance down each time, and KubeVirt refuses it while its RebootPolicy gate is off. A reset
    // needs neither: it halts the machine.
    Map<String, Object> firmware = object(given, "firmware");
    firmware.put("uuid", identity.firmwareUuid().toString());
    firmware.put("serial", desktop.getMetadata().getName());
    domain.put("firmware", firmware);
    domain.put("devices", devices(object(given, "devices")));
    return domain;
  }

  private Map<String, Object> devices(Map<String, Object> given) {
    Map<String, Object> devices = new LinkedHashMap<>(given);
    devices.put(
        "disks",
        prepended(
            Map.of("name", ROOT_DISK, "bootOrder", 1, "disk", Map.of("bus", "virtio")),
            given.get("disks")));
    devices.put("interfaces", interfaces(given.get("interfaces")));
    if (template.preference() != null) {
      // A preference may ask for a persistent TPM, whose state would outlive a reset.
      devices.putIfAbsent("tpm", Map.of("enabled", false));
    }
    return devices;
  }

  private List<Object> interfaces(@Nullable Object given) {
    List<Object> interfaces = new ArrayList<>();
    List<?> wanted =
        given instanceof List<?> list && !list.isEmpty()
            ? list
            : List.of(Map.of("name", "default", "masquerade", Map.of()));
    for (Object one : wanted) {
      Map<String, Object> copy = copy(one);
      copy.put("macAddress", identity.macAddress(interfaces.size()));
      interfaces.add(copy);
    }
    return interfaces;
  }

  private static List<Object> prepended(Object first, @Nullable Object rest) {
    List<Object> all = new ArrayList<>();
    all.add(first);
    if (rest instanceof List<?> list) {
      all.addAll(list);
    }
    return all;
  }

  /** A copy of the object under the key, to add to; empty if there is none. */
  private static Map<String, Object> object(Map<String, Object> parent, String key) {
    return copy(parent.get(key));
  }

  private static Map<String, Object> copy(@Nullable Object json) {
    Map<String, Object> copy = new LinkedHashMap<>();
    if (json instanceof Map<?, ?> map) {
      map.forEach((key, value) -> copy.put(String.valueOf(key), value));
    }
    return copy;
  }
}
