package io.millrace.csi;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.util.Optional;

/** The options of {@link CommandLine}, checked once at start. */
@ConfigMapping(prefix = "millrace")
public interface CsiConfig {
  /** Which CSI services this process serves. */
  enum Mode {
    ALL,
    CONTROLLER,
    NODE
  }

  /** Who tells the kubelet about the plugin. With SIDECAR somebody else does, with NONE nobody. */
  enum Registrar {
    SELF,
    SIDECAR,
    NONE
  }

  @WithDefault("all")
  Mode mode();

  @WithDefault("unix:///csi/csi.sock")
  String endpoint();

  @WithDefault("unix:///run/millrace/engine.sock")
  String engine();

  Optional<String> nodeId();

  @WithDefault("/var/lib/kubelet")
  Path kubeletDir();

  @WithDefault("self")
  Registrar registrar();

  /** Whether the node's store is shown in the cluster; outside of one it never is. */
  @WithDefault("true")
  boolean publishStore();

  @WithDefault("9808")
  int httpPort();

  default boolean servesNode() {
    return mode() != Mode.CONTROLLER;
  }

  default boolean servesController() {
    return mode() != Mode.NODE;
  }

  default Path endpointSocket() {
    return socket(endpoint());
  }

  default Path engineSocket() {
    return socket(engine());
  }

  /** {@code unix:///path}, {@code unix:/path} or the path itself. */
  static Path socket(String address) {
    String path = address.replaceFirst("^unix:(//)?", "");
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException(
          "\"" + address + "\" is no unix socket: unix:///absolute/path is");
    }
    return Path.of(path);
  }
}
