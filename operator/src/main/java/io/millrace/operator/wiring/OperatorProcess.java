package io.millrace.operator.wiring;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.javaoperatorsdk.operator.Operator;
import io.millrace.operator.OperatorConfig;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Clock;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts the controllers with the process, stops them with it, and answers the readiness probe. */
@Readiness
@Singleton
final class OperatorProcess implements HealthCheck {
  private static final Logger log = LoggerFactory.getLogger(OperatorProcess.class);

  private final Operator operator;

  OperatorProcess(KubernetesClient client, OperatorConfig config) {
    this.operator =
        Controllers.create(client, config, Clock.systemUTC(), OperatorProcess::endBlind);
  }

  void start(@Observes StartupEvent event) {
    operator.start();
  }

  void stop(@Observes ShutdownEvent event) {
    operator.stop();
  }

  /** An orderly end with a cause; the kubelet starts a new process with new watches. */
  private static void endBlind(SharedIndexInformer<?> informer, @Nullable Throwable cause) {
    if (cause != null) {
      log.error("the watch of {} ended; the process ends", informer.getApiTypeClass(), cause);
      Quarkus.asyncExit(1);
    }
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("caches are filled and watched")
        .status(operator.getRuntimeInfo().allEventSourcesAreHealthy())
        .build();
  }
}
