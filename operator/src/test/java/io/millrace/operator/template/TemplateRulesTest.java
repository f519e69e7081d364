package io.millrace.operator.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.millrace.api.v1alpha1.DesktopPoolSpec;
import io.millrace.api.v1alpha1.DesktopTemplate;
import io.millrace.api.v1alpha1.ImageRef;
import io.millrace.api.v1alpha1.PoolStorage;
import io.millrace.api.v1alpha1.Rollout;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TemplateRulesTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {volumes: [{name: x, emptyDisk: {capacity: 1Gi}}]}
          {volumes: [{name: x, cloudInitNoCloud: {userData: y}}]}
          {domain: {cpu: {cores: 2}, devices: {disks: [{name: x, disk: {bus: virtio}}]}}}
          {domain: {devices: {interfaces: [{name: x, masquerade: {}, ports: []}]}}}
          {networks: [{name: x, pod: {}}, {name: y, multus: {networkName: lab}}]}
          """)
  void ordinaryTemplateIsAccepted(String spec) {
    assertEquals(List.of(), violations(spec));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {volumes: [{name: x, hostDisk: {path: /}}]}                      | volume x: hostDisk
          {utilityVolumes: [{name: x, claimName: y}]}                      | spec: utilityVolumes
          {domain: {devices: {somethingNew: {}}}}                          | devices: somethingNew
          {volumes: [{name: x, somethingNew: {}}]}                         | volume x: somethingNew
          {volumes: [{name: x, cloudInitNoCloud: {secretRef: {name: y}}}]} | cloudInitNoCloud.secretRef would hand a Secret
          {domain: {devices: {disks: [{name: x, lun: {reservation: true}}]}}} | disk x: lun
          {networks: [{name: x, multus: {networkName: other/lab}}]}        | network x: other/lab is in another namespace
          {networks: [{name: x, multus: {networkName: lab, default: true}}]} | network x: default
          {networks: [{name: x, somethingNew: {}}]}                        | network x: somethingNew
          {domain: {devices: {disks: [{name: x, shareable: true}]}}}       | disk x: shareable
          {domain: {devices: {interfaces: [{name: x, binding: {name: y}}]}}} | interface x: binding
          """)
  void whatTheSchemaCanNotReachIsRefused(String spec, String said) {
    List<String> violations = violations(spec);
    assertEquals(1, violations.size(), violations.toString());
    assertTrue(violations.getFirst().contains(said), violations.toString());
  }

  @Test
  void labelsOfTheSystemAreRefused() {
    DesktopTemplate template =
        new DesktopTemplate(Map.of("millrace.io/desktop", "x"), null, null, null, Map.of());
    assertEquals(1, TemplateRules.violations(template).size());
  }

  @ParameterizedTest
  @CsvSource({
    "k8s.v1.cni.cncf.io/networks,1",
    "container.apparmor.security.beta.kubernetes.io/compute,1",
    "kubevirt.io/keep-launcher-alive-after-failure,1",
    "io.katacontainers.config.hypervisor.path,1",
    "example.com/owner,0",
    "notkubernetes.io/owner,0"
  })
  void annotationsThatTheNodeActsOnAreRefused(String annotation, int violations) {
    DesktopTemplate template =
        new DesktopTemplate(null, Map.of(annotation, "x"), null, null, Map.of());
    assertEquals(violations, TemplateRules.violations(template).size());
  }

  @Test
  void hashDependsOnValuesAndNotOnTheirOrder() {
    String hash = hash("{a: 1, b: {c: 2, d: 3}}", "40Gi");
    assertEquals(hash, hash("{b: {d: 3, c: 2}, a: 1}", "40Gi"));
    assertNotEquals(hash, hash("{a: 1, b: {c: 2, d: 4}}", "40Gi"));
    assertNotEquals(hash, hash("{a: 1, b: {c: 2, d: 3}}", "41Gi"));
  }

  private static String hash(String spec, String size) {
    return TemplateHash.of(
        new DesktopPoolSpec(
            1,
            new ImageRef("debian", "v1"),
            template(spec),
            new PoolStorage("millrace", size),
            true,
            0,
            new Rollout(new IntOrString(1))));
  }

  private static List<String> violations(String spec) {
    return TemplateRules.violations(template(spec));
  }

  @SuppressWarnings("unchecked") // JSON objects are maps with string keys
  private static DesktopTemplate template(String spec) {
    Map<String, Object> json = Serialization.unmarshal("---\n" + spec, Map.class);
    return new DesktopTemplate(null, null, null, null, json);
  }
}
