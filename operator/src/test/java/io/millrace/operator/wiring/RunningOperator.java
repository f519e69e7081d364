package io.millrace.operator.wiring;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.millrace.operator.OperatorConfig;
import java.time.Clock;

/** The operator as it runs in its pod, in this process. */
final class RunningOperator implements AutoCloseable {
  private static final OperatorConfig CONFIG =
      new OperatorConfig() {
        @Override
        public String importerImage() {
          return "importer:it";
        }

        @Override
        public String driverName() {
          return "csi.millrace.io";
        }
      };

  private final Operator operator;

  private RunningOperator(Operator operator) {
    this.operator = operator;
  }

  static RunningOperator start(KubernetesClient client) {
    Operator operator =
        Controllers.create(client, CONFIG, Clock.systemUTC(), (informer, cause) -> {});
    operator.start();
    return new RunningOperator(operator);
  }

  boolean isHealthy() {
    return operator.getRuntimeInfo().allEventSourcesAreHealthy();
  }

  @Override
  public void close() {
    operator.stop();
  }
}
