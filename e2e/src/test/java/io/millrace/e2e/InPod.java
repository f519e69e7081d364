package io.millrace.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Pod;
import io.millrace.e2e.cluster.Cluster;
import io.millrace.e2e.cluster.Waiting;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Commands inside of running pods. */
final class InPod {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);

  private InPod() {}

  /** Waits until a pod of the test's namespace runs, then runs a shell line in it. */
  static String shell(Cluster cluster, String pod, String line) {
    Waiting.untilTrue("pod " + pod + " running", START_LIMIT, () -> isRunning(cluster, pod));
    return run(cluster, cluster.namespace(), pod, "sh", "-c", line);
  }

  private static boolean isRunning(Cluster cluster, String name) {
    Pod pod = cluster.pods().withName(name).get();
    return pod != null && "Running".equals(pod.getStatus().getPhase());
  }

  /** Runs a command in the pod's only container; it must succeed. Gives what it printed. */
  static String run(Cluster cluster, String namespace, String pod, String... command) {
    var printed = new ByteArrayOutputStream();
    try (var exec =
        cluster
            .client()
            .pods()
            .inNamespace(namespace)
            .withName(pod)
            .writingOutput(printed)
            .exec(command)) {
      Integer code = exec.exitCode().get(30, TimeUnit.SECONDS);
      assertEquals(0, code, List.of(command).toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(List.of(command).toString(), e);
    }
    return printed.toString(StandardCharsets.UTF_8).strip();
  }
}
