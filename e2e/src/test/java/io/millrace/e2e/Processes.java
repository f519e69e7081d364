package io.millrace.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The processes of the cluster's pods, seen from the namespaces that the tests run in. */
final class Processes {
  static final String ENGINE = "io.millrace.engine.daemon.serve.Millraced";
  static final String CSI_DRIVER = "/opt/millrace/csi-driver/";
  static final String OPERATOR = "/opt/millrace/operator/";

  private Processes() {}

  /** kill -9 of the java processes whose command line names {@code part}; how many there were. */
  static int kill(String part) throws IOException {
    int killed = 0;
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        String line = commandLine(process);
        if (line.startsWith("/opt/java/bin/java") && line.contains(part)) {
          ProcessHandle.of(Long.parseLong(process.getFileName().toString()))
              .ifPresent(ProcessHandle::destroyForcibly);
          killed++;
        }
      }
    }
    return killed;
  }

  private static String commandLine(Path process) {
    try {
      return new String(Files.readAllBytes(process.resolve("cmdline")), StandardCharsets.ISO_8859_1)
          .replace('\0', ' ');
    } catch (IOException gone) {
      return "";
    }
  }
}
