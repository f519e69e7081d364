package io.millrace.csi;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.util.Map;

/** The program: options to configuration, then the beans of {@link DriverLifecycle}. */
@QuarkusMain
public final class CsiDriver {
  private static final int EXIT_USAGE = 2;

  private CsiDriver() {}

  public static void main(String... args) {
    Map<String, String> properties;
    try {
      properties = CommandLine.parse(args);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage() + System.lineSeparator() + CommandLine.USAGE);
      System.exit(EXIT_USAGE);
      return;
    }
    properties.forEach(System::setProperty);
    Quarkus.run();
  }
}
