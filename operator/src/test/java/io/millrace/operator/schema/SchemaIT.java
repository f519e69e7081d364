package io.millrace.operator.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.millrace.api.v1alpha1.DesktopClaim;
import io.millrace.api.v1alpha1.DesktopPool;
import io.millrace.operator.harness.ApiServer;
import io.millrace.operator.harness.Scene;
import io.millrace.operator.harness.SharedApiServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the API server itself accepts, refuses and fills in, with no operator running. */
@ExtendWith(SharedApiServer.class)
final class SchemaIT {
  private static KubernetesClient client;
  private Scene scene;

  @BeforeAll
  static void start(ApiServer server) {
    client = server.client();
  }

  @AfterAll
  static void stop() {
    client.close();
  }

  @BeforeEach
  void begin() {
    scene = new Scene(client);
  }

  @AfterEach
  void cleanUp() {
    scene.clear();
  }

  @Test
  void samplesAreAccepted() throws IOException {
    try (Stream<Path> samples = Files.list(Path.of("..", "manifests", "samples"))) {
      for (Path sample : samples.filter(f -> f.toString().endsWith(".yaml")).toList()) {
        if (!sample.endsWith("kustomization.yaml")) {
          scene.apply(Files.readString(sample));
        }
      }
    }
    DesktopPool pool = Objects.requireNonNull(scene.get(DesktopPool.class, "office"));
    assertEquals(3, pool.getSpec().replicas());
  }

  @Test
  void defaultsAreFilledIn() {
    scene.apply(
        """
        apiVersion: millrace.io/v1alpha1
        kind: DesktopPool
        metadata: {name: office}
        spec: {image: {name: debian, version: v1}, template: {instancetype: {name: u1.small}}}
        """);
    var spec = Objects.requireNonNull(scene.get(DesktopPool.class, "office")).getSpec();
    assertEquals(1, spec.replicas());
    assertTrue(spec.running());
    assertEquals(0, spec.spares());
    assertEquals("25%", spec.rollout().maxUnavailable().getStrVal());
    assertEquals("millrace", spec.storage().className());
    assertEquals(
        "VirtualMachineClusterInstancetype",
        Objects.requireNonNull(spec.template().instancetype()).kind());
    assertEquals(30, spec.template().spec().get("terminationGracePeriodSeconds"));
  }

  @Test
  void scaleSubresourceChangesReplicas() {
    scene.pool(1, "v1", "");
    client.resources(DesktopPool.class).inNamespace(scene.namespace()).withName("office").scale(4);
    assertEquals(
        4, Objects.requireNonNull(scene.get(DesktopPool.class, "office")).getSpec().replicas());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {hostDevices: []}                                    | spec.template.spec.domain.devices.hostDevices: | hand a device of the node
          {gpus: [{name: g}]}                                  | spec.template.spec.domain.devices.gpus: | hand a device of the node
          {filesystems: [{name: f}]}                           | spec.template.spec.domain.devices.filesystems: | share files of the node
          {tpm: {persistent: true}}                            | spec.template.spec.domain.devices.tpm.persistent: | set persistent to false
          {disks: [{name: os}]}                                | spec.template.spec.domain.devices.disks[0].name: | give this disk another name
          {interfaces: [{name: a, sriov: {}}]}                 | spec.template.spec.domain.devices.interfaces[0].sriov: | use masquerade
          {interfaces: [{name: a, macAddress: '02:00:00:00:00:01'}]} | spec.template.spec.domain.devices.interfaces[0].macAddress: | derives one from the slot
          """)
  void devicesThatReachTheHostAreRefused(String devices, String field, String remedy) {
    refusedPool("{template: {spec: {domain: {devices: %s}}}}".formatted(devices), field, remedy);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {volumes: [{name: x, hostDisk: {path: /}}]}              | spec.template.spec.volumes[0].hostDisk: | use emptyDisk
          {volumes: [{name: x, persistentVolumeClaim: {claimName: y}}]} | spec.template.spec.volumes[0]: | shared by all its desktops
          {volumes: [{name: x, dataVolume: {name: y}}]}            | spec.template.spec.volumes[0]: | shared by all its desktops
          {volumes: [{name: x, secret: {secretName: y}}]}          | spec.template.spec.volumes[0]: | could be read by every desktop
          {volumes: [{name: os, emptyDisk: {capacity: 1Gi}}]}      | spec.template.spec.volumes[0].name: | another name
          {accessCredentials: [{}]}                                | spec.template.spec.accessCredentials: | remove them
          {hostname: x}                                            | spec.template.spec: | the host name is
          {domain: {rebootPolicy: Reboot}}                         | spec.template.spec.domain.rebootPolicy: | remove it
          {domain: {firmware: {kernelBoot: {}}}}                   | spec.template.spec.domain.firmware.kernelBoot: | the image brings its own
          {domain: {firmware: {uuid: x}}}                          | spec.template.spec.domain.firmware: | derived from its slot
          {domain: {firmware: {bootloader: {efi: {persistent: true}}}}} | spec.template.spec.domain.firmware.bootloader.efi.persistent: | set persistent to false
          """)
  void templateThatReachesTheHostOrOthersIsRefused(String template, String field, String remedy) {
    refusedPool("{template: {spec: %s}}".formatted(template), field, remedy);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {spares: 1, template: {}}                             | spec.spares: | set running to false
          {rollout: {maxUnavailable: 0}, template: {}}          | spec.rollout.maxUnavailable: | write 1 or 25%
          {rollout: {maxUnavailable: 0%}, template: {}}         | spec.rollout.maxUnavailable: | write 1 or 25%
          {replicas: -1, template: {}}                          | spec.replicas: | greater than or equal to 0
          {storage: {size: 1.5Gi}, template: {}}                | spec.storage.size: | should match
          {storage: {size: 65Ti}, template: {}}                 | spec.storage.size: | at most 64Ti
          {storage: {size: 999999999999999999Ti}, template: {}} | spec.storage.size: | at most 64Ti
          {template: {annotations: {hooks.kubevirt.io/hookSidecars: x}}} | spec.template.annotations: | remove the hooks.kubevirt.io
          """)
  void poolThatMakesNoSenseIsRefused(String spec, String field, String remedy) {
    refusedPool(spec, field, remedy);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {name: v1}                                                     | spec.versions[0].source: | Required value
          {name: V1, source: {pvc: {name: x}}}                           | spec.versions[0].name: | should match
          {name: v1, source: {}}                                         | spec.versions[0].source: | exactly one of http and pvc
          {name: v1, size: 1Gi, source: {pvc: {name: x}}}                | spec.versions[0]: | leave size out
          {name: v1, source: {http: {url: 'http://x/', format: raw, sha256: SHA}}} | spec.versions[0]: | size belongs to an http source
          {name: v1, size: 65Ti, source: {http: {url: 'http://x/', format: raw, sha256: SHA}}} | spec.versions[0].size: | at most 64Ti
          {name: v1, size: 1Gi, source: {http: {url: 'http://x/', format: raw}}}  | spec.versions[0].source.http.sha256: | Required value
          {name: v1, size: 1Gi, source: {http: {url: 'http://x/', format: raw, sha256: abc}}} | spec.versions[0].source.http.sha256: | at least 64
          {name: v1, size: 1Gi, source: {http: {url: 'http://x/', sha256: SHA}}}  | spec.versions[0].source.http.format: | Required value
          {name: v1, size: 1Gi, source: {http: {url: 'http://x/', format: vmdk, sha256: SHA}}} | spec.versions[0].source.http.format: | supported values
          {name: v1, size: 1Gi, source: {http: {url: 'file:///etc/passwd', format: raw, sha256: SHA}}} | spec.versions[0].source.http.url: | should match
          """)
  void imageThatMakesNoSenseIsRefused(String version, String field, String remedy) {
    String yaml =
        """
        apiVersion: millrace.io/v1alpha1
        kind: GoldenImage
        metadata: {name: debian}
        spec: {versions: [%s]}
        """
            .formatted(version.replace("SHA", "0".repeat(64)));
    refused(yaml, field, remedy);
  }

  @Test
  void listedVersionNeverChangesButOthersComeAndGo() {
    scene.image("v1", "v2");
    scene.image("v2", "v3");
    KubernetesClientException refusal =
        assertThrows(
            KubernetesClientException.class,
            () ->
                scene.apply(
                    """
                    apiVersion: millrace.io/v1alpha1
                    kind: GoldenImage
                    metadata: {name: debian}
                    spec:
                      versions:
                      - {name: v2, size: 2Gi, source: {http: {url: 'http://x/v2', format: raw, sha256: %s}}}
                    """
                        .formatted("0".repeat(64))));
    assertTrue(said(refusal).contains("a listed version never changes"), said(refusal));
  }

  @Test
  void claimNeverChanges() {
    scene.claim("ann");
    KubernetesClientException refusal =
        assertThrows(
            KubernetesClientException.class,
            () ->
                client
                    .resources(DesktopClaim.class)
                    .inNamespace(scene.namespace())
                    .withName("ann")
                    .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"user\":\"bob\"}}"));
    assertTrue(said(refusal).contains("delete it and make a new one"), said(refusal));
  }

  @Test
  void appliedTwiceChangesNothing() {
    scene.image("v1");
    scene.pool(3, "v1", "");
    String before = version(DesktopPool.class, "office");
    scene.pool(3, "v1", "");
    assertEquals(before, version(DesktopPool.class, "office"));
  }

  private <R extends HasMetadata> String version(Class<R> kind, String name) {
    return Objects.requireNonNull(scene.get(kind, name)).getMetadata().getResourceVersion();
  }

  private void refusedPool(String spec, String field, String remedy) {
    String yaml =
        """
        apiVersion: millrace.io/v1alpha1
        kind: DesktopPool
        metadata: {name: office}
        spec: {image: {name: debian, version: v1}, %s
        """
            .formatted(spec.substring(1));
    refused(yaml, field, remedy);
  }

  private void refused(String yaml, String field, String remedy) {
    KubernetesClientException refusal =
        assertThrows(KubernetesClientException.class, () -> scene.apply(yaml));
    assertTrue(said(refusal).contains(field), said(refusal));
    assertTrue(said(refusal).contains(remedy), said(refusal));
  }

  private static String said(KubernetesClientException refusal) {
    return Objects.requireNonNull(refusal.getStatus()).getMessage();
  }
}
