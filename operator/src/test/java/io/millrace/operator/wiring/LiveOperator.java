package io.millrace.operator.wiring;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.millrace.operator.harness.ApiServer;
import io.millrace.operator.harness.World;

/** The operator at work: under its own rights, on an API server on which the world goes on. */
record LiveOperator(
    KubernetesClient client, World world, KubernetesClient operatorClient, RunningOperator operator)
    implements AutoCloseable {

  static LiveOperator on(ApiServer server) {
    KubernetesClient client = server.client();
    KubernetesClient operatorClient = server.operatorClient();
    return new LiveOperator(
        client, new World(client), operatorClient, RunningOperator.start(operatorClient));
  }

  @Override
  public void close() {
    operator.close();
    operatorClient.close();
    world.close();
    client.close();
  }
}
