package io.millrace.csi.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The specification's own conformance suite, against the driver as a process and an engine with
 * real devices.
 */
class CsiSanityIT {
  private static final Duration LIMIT = Duration.ofMinutes(8);
  private static final Pattern COUNTS =
      Pattern.compile("(\\d+) Passed \\| (\\d+) Failed \\| \\d+ Pending \\| (\\d+) Skipped");

  /** Fewer than this and the suite has not run as a whole. */
  private static final int PASSED_AT_LEAST = 70;

  @ParameterizedTest
  @ValueSource(strings = {"block", "mount"})
  void everySpecPasses(String accessType) throws Exception {
    try (Node node = Node.start("4GiB")) {
      Path sanity = Programs.sanity();
      var ended =
          Programs.run(
              LIMIT,
              node.inNamespace(
                  List.of(
                      sanity.toString(),
                      "--csi.endpoint=" + node.socket(),
                      "--csi.mountdir=" + node.folder.resolve("target"),
                      "--csi.stagingdir=" + node.folder.resolve("staging"),
                      "--csi.testvolumeaccesstype=" + accessType,
                      "--csi.testvolumesize=" + (64L << 20),
                      "--csi.testvolumeexpandsize=" + (128L << 20),
                      "--ginkgo.junit-report=" + report(accessType),
                      "--ginkgo.no-color")),
              Map.of());
      keep(accessType, ended.output(), node);
      var counts = COUNTS.matcher(ended.output());
      assertTrue(counts.find(), ended.output());
      System.out.printf(
          "csi-sanity %s: %s passed, %s failed, %s skipped%n",
          accessType, counts.group(1), counts.group(2), counts.group(3));
      assertEquals("0", counts.group(2), ended.output());
      assertEquals(0, ended.exitCode(), ended.output());
      assertTrue(Integer.parseInt(counts.group(1)) >= PASSED_AT_LEAST, counts.group());
    }
  }

  private static Path report(String accessType) throws Exception {
    return Files.createDirectories(Path.of("target", "csi-sanity"))
        .toAbsolutePath()
        .resolve(accessType + ".xml");
  }

  private static void keep(String accessType, String output, Node node) throws Exception {
    Path folder = Files.createDirectories(Path.of("target", "csi-sanity"));
    Files.writeString(folder.resolve(accessType + ".log"), output);
    Files.writeString(folder.resolve(accessType + "-driver.log"), Files.readString(node.log()));
  }
}
