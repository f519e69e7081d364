package io.millrace.operator.desktop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopPool;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class MachineTemplateTest {
  private static final DesktopPool POOL =
      Serialization.unmarshal(
          """
          apiVersion: millrace.io/v1alpha1
          kind: DesktopPool
          metadata: {name: office, namespace: vdi, uid: p}
          spec:
            replicas: 1
            image: {name: debian, version: v1}
            storage: {className: millrace}
            rollout: {maxUnavailable: 1}
            template:
              labels: {team: blue}
              preference: {kind: VirtualMachineClusterPreference, name: windows.11}
              spec:
                domain:
                  firmware: {bootloader: {bios: {}}}
                  devices:
                    disks: [{name: data, disk: {bus: virtio}}]
                    interfaces: [{name: a, masquerade: {}}, {name: b, bridge: {}}]
                volumes: [{name: data, emptyDisk: {capacity: 1Gi}}]
          """,
          DesktopPool.class);

  @Test
  void rootDiskComesFirstAndTheTemplatesDisksAfterIt() {
    GenericKubernetesResource machine = render(desktop(0));
    assertEquals("os", spec(machine, "domain", "devices", "disks", 0, "name"));
    assertEquals("data", spec(machine, "domain", "devices", "disks", 1, "name"));
    assertEquals(
        "office-0-os-7", spec(machine, "volumes", 0, "persistentVolumeClaim", "claimName"));
    assertEquals("1Gi", spec(machine, "volumes", 1, "emptyDisk", "capacity"));
  }

  @Test
  void whatATemplateSaysIsKept() {
    GenericKubernetesResource machine = render(desktop(0));
    assertEquals(Map.of(), spec(machine, "domain", "firmware", "bootloader", "bios"));
    assertEquals("blue", machine.get("spec", "template", "metadata", "labels", "team"));
    assertEquals("windows.11", machine.get("spec", "preference", "name"));
  }

  @Test
  void nothingIsAskedThatAStockKubeVirtRefuses() {
    Map<?, ?> domain = (Map<?, ?>) spec(render(desktop(0)), "domain");
    assertFalse(domain.containsKey("rebootPolicy"), "needs the gate RebootPolicy, alpha in 1.8");
  }

  @Test
  void nothingThatWouldOutliveAResetIsLeftToThePreference() {
    assertEquals(Map.of("enabled", false), spec(render(desktop(0)), "domain", "devices", "tpm"));
  }

  @Test
  void sameSlotAlwaysHasTheSameIdentityAndAnotherSlotAnother() {
    GenericKubernetesResource machine = render(desktop(0));
    assertEquals(machine, render(desktop(0)));
    for (Object[] path :
        List.of(
            new Object[] {"domain", "firmware", "uuid"},
            new Object[] {"domain", "firmware", "serial"},
            new Object[] {"domain", "devices", "interfaces", 0, "macAddress"},
            new Object[] {"hostname"})) {
      assertNotEquals(spec(machine, path), spec(render(desktop(1)), path));
    }
    assertNotEquals(
        spec(machine, "domain", "devices", "interfaces", 0, "macAddress"),
        spec(machine, "domain", "devices", "interfaces", 1, "macAddress"));
  }

  @Test
  void macAddressIsLocallyAdministeredAndUnicast() {
    String mac = Identity.of("vdi", "office", 3).macAddress(0);
    assertTrue(mac.matches("[0-9a-f]{2}(:[0-9a-f]{2}){5}"), mac);
    assertEquals(0x02, Integer.parseInt(mac.substring(0, 2), 16) & 0x03);
  }

  @Test
  void identityIsFixedForEver() {
    Identity identity = Identity.of("vdi", "office", 0);
    assertEquals("4eb8585b-7204-3c6b-8af8-0694ecf7c4dd", identity.firmwareUuid().toString());
    assertEquals("82:84:c7:57:d9:f7", identity.macAddress(0));
  }

  private static GenericKubernetesResource render(Desktop desktop) {
    return new MachineTemplate(desktop, POOL).render(7, RunStrategy.RUNNING);
  }

  private static Desktop desktop(int slot) {
    return Serialization.unmarshal(
        """
        apiVersion: millrace.io/v1alpha1
        kind: Desktop
        metadata: {name: office-%d, namespace: vdi, uid: d%d}
        spec: {poolName: office, slot: %d, image: {name: debian, version: v1}, templateHash: h, running: true}
        """
            .formatted(slot, slot, slot),
        Desktop.class);
  }

  private static Object spec(GenericKubernetesResource machine, Object... path) {
    Object[] full = new Object[path.length + 3];
    full[0] = "spec";
    full[1] = "template";
    full[2] = "spec";
    System.arraycopy(path, 0, full, 3, path.length);
    return Objects.requireNonNull(machine.get(full));
  }
}
