package io.millrace.csi;

import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/** Alive: the CSI socket is served. An engine that is down gets nobody restarted. */
@Liveness
@Singleton
final class DriverLiveness implements HealthCheck {
  private final DriverLifecycle driver;

  DriverLiveness(DriverLifecycle driver) {
    this.driver = driver;
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("csi-socket").status(driver.isServing()).build();
  }
}
