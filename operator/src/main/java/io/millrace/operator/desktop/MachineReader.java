package io.millrace.operator.desktop;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.operator.Labels;
import io.millrace.operator.Names;
import io.millrace.operator.cluster.Sources;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads KubeVirt's objects. Pure; a field that isn't there reads as nothing. */
final class MachineReader {
  /** Printable statuses that a person should know of. */
  private static final Set<String> TROUBLES =
      Set.of(
          "ErrorUnschedulable",
          "ErrorPvcNotFound",
          "ErrImagePull",
          "ImagePullBackOff",
          "CrashLoopBackOff",
          "Paused");

  private MachineReader() {}

  static Observed.Machine machine(GenericKubernetesResource machine, Desktop desktop) {
    String handled = text(machine.get("status", "runStrategy"));
    String printable = text(machine.get("status", "printableStatus"));
    boolean created = Boolean.TRUE.equals(machine.get("status", "created"));
    String strategy = text(machine.get("spec", "runStrategy"));
    boolean poweredOff =
        printable.equals("Stopped")
            && !created
            && strategy.equals(RunStrategy.RUNNING.text())
            && handled.equals(RunStrategy.RUNNING.text());
    return new Observed.Machine(
        Sources.isOwnedBy(machine, desktop),
        Sources.isTerminating(machine),
        cloneNumber(machine),
        strategy,
        handled,
        poweredOff,
        Sources.annotation(machine, Labels.TEMPLATE_HASH),
        trouble(machine, printable));
  }

  private static String trouble(GenericKubernetesResource machine, String printable) {
    Optional<String> failure =
        conditions(machine)
            .filter(c -> text(c.get("type")).equals("Failure") && isTrue(c))
            .map(c -> text(c.get("message")))
            .findFirst();
    return failure
        .map(message -> "KubeVirt: " + message)
        .orElse(TROUBLES.contains(printable) ? "KubeVirt: " + printable : "");
  }

  static Observed.Instance instance(GenericKubernetesResource instance) {
    String phase = text(instance.get("status", "phase"));
    boolean ready =
        conditions(instance).anyMatch(c -> text(c.get("type")).equals("Ready") && isTrue(c));
    String trouble =
        conditions(instance)
            .filter(c -> text(c.get("type")).equals("Paused") && isTrue(c))
            .map(c -> "paused: %s %s".formatted(text(c.get("reason")), text(c.get("message"))))
            .findFirst()
            .orElse("");
    return new Observed.Instance(
        ready && phase.equals("Running"),
        phase.equals("Running"),
        Sources.isTerminating(instance),
        rootClone(instance.get("spec", "volumes"), instance.getMetadata().getName()),
        text(instance.get("status", "interfaces", 0, "ipAddress")),
        text(instance.get("status", "nodeName")),
        trouble);
  }

  /** Number of the clone that is the machine's root disk, or 0. */
  static int cloneNumber(GenericKubernetesResource machine) {
    return rootClone(
        machine.get("spec", "template", "spec", "volumes"), machine.getMetadata().getName());
  }

  private static int rootClone(@Nullable Object volumes, String desktop) {
    for (Object volume : volumes instanceof List<?> list ? list : List.of()) {
      if (volume instanceof Map<?, ?> map
          && Objects.equals(map.get("name"), MachineTemplate.ROOT_DISK)
          && map.get("persistentVolumeClaim") instanceof Map<?, ?> claim) {
        return number(text(claim.get("claimName")), desktop);
      }
    }
    return 0;
  }

  private static int number(String claimName, String desktop) {
    String prefix = Names.clone(desktop, 0).substring(0, Names.clone(desktop, 0).length() - 1);
    String digits = claimName.startsWith(prefix) ? claimName.substring(prefix.length()) : "";
    return digits.matches("[1-9][0-9]{0,8}") ? Integer.parseInt(digits) : 0;
  }

  private static Stream<Map<?, ?>> conditions(GenericKubernetesResource object) {
    Object conditions = object.get("status", "conditions");
    return (conditions instanceof List<?> list ? list : List.of())
        .stream().filter(Map.class::isInstance).map(condition -> (Map<?, ?>) condition);
  }

  private static boolean isTrue(Map<?, ?> condition) {
    return text(condition.get("status")).equals("True");
  }

  static String text(@Nullable Object json) {
    return json == null ? "" : json.toString();
  }
}
