package io.millrace.csi;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * {@code --name value} or {@code --name=value} to the configuration property {@code millrace.name}.
 * Pure.
 */
final class CommandLine {
  static final String USAGE =
      """
      usage: csi-driver [option]…
        --mode all|controller|node    which CSI services to serve (all)
        --endpoint unix:///PATH       the CSI socket (unix:///csi/csi.sock)
        --engine unix:///PATH         the engine's socket (unix:///run/millrace/engine.sock)
        --node-id NAME                this node's name; needed for node and all
        --kubelet-dir PATH            the kubelet's folder, as the kubelet calls it (/var/lib/kubelet)
        --registrar self|sidecar|none who makes the plugin known to the kubelet (self)
        --publish-store true|false    keep a Store object of this node (true; node and all, in a cluster)
        --http-port PORT              health: /q/health/live and /q/health/ready (9808)
      Each may also be set in the environment: MILLRACE_MODE, MILLRACE_NODE_ID, …""";

  private static final Set<String> OPTIONS =
      Set.of(
          "mode",
          "endpoint",
          "engine",
          "node-id",
          "kubelet-dir",
          "registrar",
          "publish-store",
          "http-port");

  private CommandLine() {}

  /**
   * @throws IllegalArgumentException naming the argument that is not understood
   */
  static Map<String, String> parse(String... args) {
    var properties = new HashMap<String, String>();
    for (int i = 0; i < args.length; i++) {
      String name = args[i].startsWith("--") ? args[i].substring(2) : "";
      int equals = name.indexOf('=');
      String option = equals < 0 ? name : name.substring(0, equals);
      if (!OPTIONS.contains(option)) {
        throw new IllegalArgumentException("unknown argument: " + args[i]);
      }
      if (equals < 0 && i + 1 == args.length) {
        throw new IllegalArgumentException("--" + option + " needs a value");
      }
      properties.put("millrace." + option, equals < 0 ? args[++i] : name.substring(equals + 1));
    }
    return properties;
  }
}
