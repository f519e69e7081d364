package io.millrace.csi.mount;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the kernel lets this process do: capabilities(7), as a bit set. */
record Capabilities(long effective) {
  static final int SYS_RESOURCE = 24;

  private static final String FIELD = "CapEff:";

  static Capabilities ofThisProcess() {
    try {
      return parse(Files.readAllLines(Path.of("/proc/self/status")));
    } catch (IOException e) {
      return new Capabilities(0);
    }
  }

  static Capabilities parse(List<String> status) {
    return status.stream()
        .filter(line -> line.startsWith(FIELD))
        .findFirst()
        .map(
            line ->
                new Capabilities(
                    Long.parseUnsignedLong(line.substring(FIELD.length()).strip(), 16)))
        .orElse(new Capabilities(0));
  }

  boolean contain(int capability) {
    return (effective >>> capability & 1) == 1;
  }
}
