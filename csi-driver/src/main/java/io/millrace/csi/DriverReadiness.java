package io.millrace.csi;

import io.millrace.csi.engine.EngineClient;
import io.millrace.csi.mount.MountTable;
import jakarta.inject.Singleton;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready: the engine serves, and nothing on this node stands in the way. What does is said in words.
 */
@Readiness
@Singleton
final class DriverReadiness implements HealthCheck {
  private static final Path FUSE = Path.of("/dev/fuse");

  private final CsiConfig config;
  private final EngineClient engine;

  DriverReadiness(CsiConfig config, EngineClient engine) {
    this.config = config;
    this.engine = engine;
  }

  @Override
  public HealthCheckResponse call() {
    Optional<String> trouble = engine.trouble().or(this::troubleOfNode);
    var response = HealthCheckResponse.named("node-and-engine").status(trouble.isEmpty());
    trouble.ifPresent(reason -> response.withData("reason", reason));
    return response.build();
  }

  private Optional<String> troubleOfNode() {
    if (!config.servesNode()) {
      return Optional.empty();
    }
    if (!Files.exists(FUSE)) {
      return Optional.of(
          FUSE + " is missing: load the kernel module fuse, or mount the host's /dev");
    }
    Path kubeletDir = config.kubeletDir();
    return MountTable.read().isShared(kubeletDir)
        ? Optional.empty()
        : Optional.of(
            "mounts under "
                + kubeletDir
                + " would stay invisible to the host: it needs mountPropagation Bidirectional,"
                + " and the host a shared root (mount --make-rshared /)");
  }
}
