package io.millrace.operator.template;

import io.millrace.api.v1alpha1.DesktopTemplate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a template may not say and the schema can't reach: the schema refuses what it knows by name,
 * and this refuses what it doesn't know, such as a kind of volume of a later KubeVirt. Pure.
 */
public final class TemplateRules {
  private static final Set<String> SPEC_FIELDS =
      Set.of(
          "affinity",
          "architecture",
          "dnsConfig",
          "dnsPolicy",
          "domain",
          "evictionStrategy",
          "livenessProbe",
          "networks",
          "nodeSelector",
          "priorityClassName",
          "readinessProbe",
          "schedulerName",
          "terminationGracePeriodSeconds",
          "tolerations",
          "topologySpreadConstraints",
          "volumes");
  private static final Set<String> DEVICES =
      Set.of(
          "autoattachGraphicsDevice",
          "autoattachInputDevice",
          "autoattachMemBalloon",
          "autoattachPodInterface",
          "autoattachSerialConsole",
          "blockMultiQueue",
          "clientPassthrough",
          "disks",
          "inputs",
          "interfaces",
          "logSerialConsole",
          "networkInterfaceMultiqueue",
          "rng",
          "sound",
          "tpm",
          "useVirtioTransitional",
          "video",
          "watchdog");
  private static final Set<String> VOLUMES =
      Set.of("containerDisk", "emptyDisk", "cloudInitNoCloud", "cloudInitConfigDrive");
  private static final Set<String> CLOUD_INIT =
      Set.of("userData", "userDataBase64", "networkData", "networkDataBase64");
  private static final Set<String> NETWORKS = Set.of("pod", "multus");

  /**
   * Domains of annotations that Kubernetes, KubeVirt, network plug-ins and container runtimes act
   * on: they reach the pod that the hypervisor runs in.
   */
  private static final Set<String> SYSTEM_DOMAINS =
      Set.of("kubernetes.io", "k8s.io", "kubevirt.io", "cncf.io", "cri-o.io", "millrace.io");

  private static final Set<String> BINDINGS = Set.of("masquerade", "bridge");
  private static final Set<String> INTERFACE_FIELDS =
      Set.of("name", "model", "ports", "bootOrder", "dhcpOptions", "tag", "acpiIndex", "state");
  private static final Set<String> DISK_FIELDS =
      Set.of(
          "name",
          "disk",
          "cdrom",
          "bootOrder",
          "serial",
          "dedicatedIOThread",
          "cache",
          "io",
          "tag",
          "blockSize",
          "errorPolicy");

  private TemplateRules() {}

  /** One sentence per violation, each with the field and the remedy; empty if there is none. */
  public static List<String> violations(DesktopTemplate template) {
    List<String> violations = new ArrayList<>();
    Map<String, Object> devices = object(object(template.spec(), "domain"), "devices");
    checkFields("spec", template.spec(), SPEC_FIELDS, violations);
    checkFields("devices", devices, DEVICES, violations);
    objects(template.spec(), "volumes").forEach(volume -> checkVolume(volume, violations));
    objects(devices, "disks").forEach(disk -> checkDisk(disk, violations));
    objects(devices, "interfaces").forEach(nic -> checkInterface(nic, violations));
    objects(template.spec(), "networks").forEach(network -> checkNetwork(network, violations));
    checkLabels(template.labels(), violations);
    checkAnnotations(template.annotations(), violations);
    return violations;
  }

  private static void checkVolume(Map<String, Object> volume, List<String> violations) {
    for (String kind : volume.keySet()) {
      if (!kind.equals("name") && !VOLUMES.contains(kind)) {
        violations.add(
            "volume %s: %s is not among the kinds a pool may use (%s): use one of them"
                .formatted(volume.get("name"), kind, sorted(VOLUMES)));
      }
      if (kind.startsWith("cloudInit")) {
        checkCloudInit(volume, kind, violations);
      }
    }
  }

  private static void checkCloudInit(
      Map<String, Object> volume, String kind, List<String> violations) {
    for (String field : object(volume, kind).keySet()) {
      if (!CLOUD_INIT.contains(field)) {
        violations.add(
            "volume %s: %s.%s would hand a Secret to every desktop: write the data inline (%s)"
                .formatted(volume.get("name"), kind, field, sorted(CLOUD_INIT)));
      }
    }
  }

  private static void checkDisk(Map<String, Object> disk, List<String> violations) {
    checkFields("disk " + disk.get("name"), disk, DISK_FIELDS, violations);
  }

  private static void checkFields(
      String where, Map<String, Object> object, Set<String> allowed, List<String> violations) {
    for (String field : object.keySet()) {
      if (!allowed.contains(field)) {
        violations.add(
            "%s: %s is not among the fields a pool may set (%s): remove it"
                .formatted(where, field, sorted(allowed)));
      }
    }
  }

  private static void checkInterface(Map<String, Object> nic, List<String> violations) {
    for (String field : nic.keySet()) {
      if (!BINDINGS.contains(field) && !INTERFACE_FIELDS.contains(field)) {
        violations.add(
            "interface %s: %s is neither a binding that a pool may use (%s) nor a plain field: use"
                    .formatted(nic.get("name"), field, sorted(BINDINGS))
                + " masquerade");
      }
    }
  }

  /** A network of another namespace may be one that the pool's people have no access to. */
  private static void checkNetwork(Map<String, Object> network, List<String> violations) {
    for (String kind : network.keySet()) {
      if (!kind.equals("name") && !NETWORKS.contains(kind)) {
        violations.add(
            "network %s: %s is not among the kinds a pool may use (%s): use one of them"
                .formatted(network.get("name"), kind, sorted(NETWORKS)));
      }
    }
    Map<String, Object> multus = object(network, "multus");
    checkFields("network " + network.get("name"), multus, Set.of("networkName"), violations);
    if (String.valueOf(multus.get("networkName")).contains("/")) {
      violations.add(
          "network %s: %s is in another namespace: name a NetworkAttachmentDefinition of the pool's"
                  .formatted(network.get("name"), multus.get("networkName"))
              + " own");
    }
  }

  /** Runtimes take orders from names without a domain, too, such as io.katacontainers.config. */
  private static void checkAnnotations(
      @Nullable Map<String, String> annotations, List<String> violations) {
    if (annotations == null) {
      return;
    }
    for (String annotation : annotations.keySet()) {
      int slash = annotation.indexOf('/');
      String domain = slash < 0 ? "" : annotation.substring(0, slash);
      boolean systems =
          SYSTEM_DOMAINS.stream().anyMatch(s -> domain.equals(s) || domain.endsWith("." + s));
      if (domain.isEmpty() || systems) {
        violations.add(
            "annotation %s: may be an order to the node's runtime or network: use a name in a"
                    .formatted(annotation)
                + " domain of your own, such as example.com/owner");
      }
    }
  }

  private static void checkLabels(@Nullable Map<String, String> labels, List<String> violations) {
    if (labels == null) {
      return;
    }
    for (String label : labels.keySet()) {
      if (label.startsWith("millrace.io/") || label.startsWith("kubevirt.io/")) {
        violations.add("label " + label + ": the prefix belongs to the system: use another one");
      }
    }
  }

  private static String sorted(Set<String> names) {
    return String.join(", ", names.stream().sorted().toList());
  }

  /** The object under the key, or an empty one. */
  @SuppressWarnings("unchecked") // JSON objects are maps with string keys
  static Map<String, Object> object(Map<String, Object> parent, String key) {
    return parent.get(key) instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
  }

  /** The objects of the list under the key, or none. */
  @SuppressWarnings("unchecked") // JSON objects are maps with string keys
  static List<Map<String, Object>> objects(Map<String, Object> parent, String key) {
    return parent.get(key) instanceof List<?> list
        ? list.stream()
            .filter(Map.class::isInstance)
            .map(item -> (Map<String, Object>) item)
            .toList()
        : List.of();
  }
}
