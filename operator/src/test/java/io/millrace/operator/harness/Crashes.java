package io.millrace.operator.harness;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Clients that die: after so many writes no other write leaves the process, as if it had been
 * killed between two lines. Events don't count: nothing depends on them.
 */
public final class Crashes {
  private Crashes() {}

  /** The operator's process was killed, as far as the API server can tell. */
  public static final class Killed extends RuntimeException {
    Killed() {
      super("killed by the test");
    }
  }

  /** One life of the operator. */
  public record Life(KubernetesClient client, AtomicInteger writesLeft) {
    public boolean isOver() {
      return writesLeft.get() < 0;
    }
  }

  public static Life after(int writes, ApiServer server) {
    AtomicInteger left = new AtomicInteger(writes);
    KubernetesClient client =
        new KubernetesClientBuilder()
            .withConfig(server.operatorConfig())
            .withHttpClientBuilderConsumer(
                builder ->
                    builder.addOrReplaceInterceptor(
                        "crash",
                        new Interceptor() {
                          @Override
                          public void before(
                              BasicBuilder request, HttpRequest head, RequestTags tags) {
                            if (isWrite(head) && left.getAndUpdate(n -> Math.max(-1, n - 1)) <= 0) {
                              throw new Killed();
                            }
                          }
                        }))
            .build();
    return new Life(client, left);
  }

  private static boolean isWrite(HttpRequest request) {
    return !request.method().equals("GET") && !request.uri().getPath().endsWith("/events");
  }
}
