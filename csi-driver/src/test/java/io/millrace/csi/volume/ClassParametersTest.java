package io.millrace.csi.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClassParametersTest {
  @Test
  void sectorSizeComesBackFromTheVolumeContext() {
    var parameters = ClassParameters.ofStorageClass(Map.of("sectorBytes", "4096"));
    assertEquals(parameters, ClassParameters.ofVolumeContext(parameters.volumeContext()));
    var standard = ClassParameters.ofStorageClass(Map.of());
    assertEquals(512, standard.sectorBytes());
    assertEquals(standard, ClassParameters.ofVolumeContext(standard.volumeContext()));
  }

  @Test
  void aClassSaysWhenItsVolumesAcknowledge() {
    var durable = ClassParameters.ofStorageClass(Map.of("acknowledge", "durable"));
    assertTrue(durable.durable());
    assertEquals(Map.of(), durable.volumeContext(), "the engine remembers it");
    var staged = ClassParameters.ofStorageClass(Map.of("acknowledge", "staged"));
    assertFalse(staged.durable());
    assertEquals(staged, ClassParameters.ofStorageClass(Map.of()));
  }

  @Test
  void aClassLimitsItsVolumes() {
    var limited =
        ClassParameters.ofStorageClass(Map.of("iops", "500", "bandwidth", "50Mi", "weight", "200"));
    assertEquals(new VolumeLimits(500, 50 << 20, 200), limited.limits());
    assertEquals(Map.of(), limited.volumeContext(), "the engine remembers them");
    var bytes = ClassParameters.ofStorageClass(Map.of("bandwidth", "1048576"));
    assertEquals(new VolumeLimits(0, 1 << 20, 0), bytes.limits());
    assertEquals(VolumeLimits.NONE, ClassParameters.ofStorageClass(Map.of()).limits());
  }

  @ParameterizedTest
  @CsvSource({
    "iops, 0",
    "iops, -1",
    "iops, many",
    "iops, 10000001",
    "iops, 99999999999999999999",
    "bandwidth, 0",
    "bandwidth, 65535",
    "bandwidth, 63Ki",
    "bandwidth, 50MB",
    "bandwidth, 1025Gi",
    "bandwidth, 999999999999999Gi",
    "weight, 0",
    "weight, 10001",
    "weight, 1.5",
  })
  void limitsThatCantBeAreRefused(String name, String text) {
    refused(name + " is \"" + text, () -> ClassParameters.ofStorageClass(Map.of(name, text)));
  }

  @Test
  void whatSidecarsAddIsAccepted() {
    var added =
        Map.of("csi.storage.k8s.io/pv/name", "pv", "csi.storage.k8s.io/pvc/namespace", "ns");
    assertEquals(512, ClassParameters.ofStorageClass(added).sectorBytes());
    ClassParameters.checkSnapshotClass(Map.of("csi.storage.k8s.io/volumesnapshot/name", "s"));
    assertEquals(
        512,
        ClassParameters.ofVolumeContext(Map.of("storage.kubernetes.io/csiProvisionerIdentity", "x"))
            .sectorBytes());
  }

  @Test
  void otherValuesAndUnknownNamesAreRefusedByName() {
    refused("\"never\"", () -> ClassParameters.ofStorageClass(Map.of("acknowledge", "never")));
    refused("\"1024\"", () -> ClassParameters.ofStorageClass(Map.of("sectorBytes", "1024")));
    refused("\"sectorbytes\"", () -> ClassParameters.ofStorageClass(Map.of("sectorbytes", "512")));
    refused("\"retain\"", () -> ClassParameters.checkSnapshotClass(Map.of("retain", "yes")));
  }

  private static void refused(String named, Executable call) {
    var failure = assertThrows(CsiFailure.class, call);
    assertEquals(CsiFailure.Kind.INVALID_ARGUMENT, failure.kind());
    assertTrue(failure.getMessage().contains(named), failure.getMessage());
  }
}
