package io.millrace.operator.wiring;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.millrace.operator.OperatorConfig;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Clock;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Starts the controllers with the process, stops them with it, and answers the readiness probe. */
@Readiness
@Singleton
final class OperatorProcess implements HealthCheck {
  private final Operator operator;

  OperatorProcess(KubernetesClient client, OperatorConfig config) {
    this.operator = Controllers.create(client, config, Clock.systemUTC());
  }

  void start(@Observes StartupEvent event) {
    operator.start();
  }

  void stop(@Observes ShutdownEvent event) {
    operator.stop();
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("caches are filled and watched")
        .status(operator.getRuntimeInfo().allEventSourcesAreHealthy())
        .build();
  }
}
