package io.millrace.engine.daemon.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.engine.daemon.attach.HungServer;
import java.io.BufferedReader;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class KillIT {
  @Test
  void aProcessThatWaitsForItsOwnAnswerCanBeKilled() throws Exception {
    Process process =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                HungServer.class.getName())
            .redirectErrorStream(true)
            .start();
    try (BufferedReader out = process.inputReader()) {
      String line = out.readLine();
      assertTrue(line != null && line.contains("stays without an answer"), line);
    }
    Thread.sleep(200);
    process.destroyForcibly();
    assertTrue(process.waitFor(10, TimeUnit.SECONDS), "it hangs for ever after kill -9");
  }
}
