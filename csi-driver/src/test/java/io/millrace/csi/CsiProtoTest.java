package io.millrace.csi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The vendored csi.proto is the published one but for what its header admits. */
class CsiProtoTest {
  private static final String PUBLISHED_SHA256 =
      "8c5604cb76fefff19c01cf88ebd229e4f8c88c419898b07e4914318d25d84af3";

  @Test
  void withoutOurEditsItIsThePublishedFile() throws Exception {
    String published =
        Files.readAllLines(Path.of("src/main/proto/csi.proto")).stream()
            .filter(line -> !line.contains("// vendored: "))
            .map(line -> line.replace("> mutable_params =", "> mutable_parameters =") + "\n")
            .collect(Collectors.joining());
    byte[] hash =
        MessageDigest.getInstance("SHA-256").digest(published.getBytes(StandardCharsets.UTF_8));
    assertEquals(PUBLISHED_SHA256, HexFormat.of().formatHex(hash));
  }
}
