package io.millrace.operator.wiring;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.InformerStoppedHandler;
import io.millrace.operator.OperatorConfig;
import io.millrace.operator.claim.ClaimReconciler;
import io.millrace.operator.cluster.Preflight;
import io.millrace.operator.desktop.DesktopReconciler;
import io.millrace.operator.image.ImageReconciler;
import io.millrace.operator.pool.PoolReconciler;
import java.time.Clock;
import java.time.Duration;

/**
 * The four controllers of one operator process. Two processes at once do no harm, only double work:
 * every write is idempotent or locked to what was observed.
 */
final class Controllers {
  private static final int THREADS = 10;
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);

  private Controllers() {}

  /**
   * Not started yet. The client stays the caller's.
   *
   * @param whenBlind told when a watch has ended for good: the operator no longer sees the cluster.
   *     The SDK's own answer is System.exit in the middle of whatever runs.
   */
  static Operator create(
      KubernetesClient client,
      OperatorConfig config,
      Clock clock,
      InformerStoppedHandler whenBlind) {
    Operator operator =
        new Operator(
            settings ->
                settings
                    .withKubernetesClient(client)
                    .withCloseClientOnStop(false)
                    .withInformerStoppedHandler(whenBlind)
                    .withConcurrentReconciliationThreads(THREADS)
                    .withReconciliationTerminationTimeout(STOP_TIMEOUT));
    Preflight preflight = new Preflight(client);
    operator.register(new ImageReconciler(client, preflight, config, clock));
    operator.register(new PoolReconciler(client, preflight, clock));
    operator.register(new DesktopReconciler(client, preflight, config, clock));
    operator.register(new ClaimReconciler(client, clock));
    return operator;
  }
}
