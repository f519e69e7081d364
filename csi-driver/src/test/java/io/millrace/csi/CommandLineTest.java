package io.millrace.csi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {
  @Test
  void bothSpellingsSetTheProperty() {
    assertEquals(
        Map.of("millrace.mode", "node", "millrace.node-id", "n=1"),
        CommandLine.parse("--mode", "node", "--node-id=n=1"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--mod", "mode", "-mode", "--", "--mode"})
  void whatIsNotUnderstoodIsNamed(String argument) {
    var failure = assertThrows(IllegalArgumentException.class, () -> CommandLine.parse(argument));
    assertTrue(String.valueOf(failure.getMessage()).contains(argument));
  }

  @Test
  void socketsAreAbsolutePaths() {
    for (String address : new String[] {"unix:///a/b.sock", "unix:/a/b.sock", "/a/b.sock"}) {
      assertEquals(Path.of("/a/b.sock"), CsiConfig.socket(address));
    }
    assertThrows(IllegalArgumentException.class, () -> CsiConfig.socket("tcp://host:1"));
  }
}
