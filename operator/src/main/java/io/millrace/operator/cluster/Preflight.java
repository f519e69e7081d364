package io.millrace.operator.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Knows which foreign APIs the cluster serves. Asked in every pass, from any thread; an API that
 * was seen once is not looked up again, one that is missing is.
 */
public final class Preflight {
  private final KubernetesClient client;
  private final Set<String> served = ConcurrentHashMap.newKeySet();

  public Preflight(KubernetesClient client) {
    this.client = client;
  }

  /** What is missing and what to do, or empty when all of the kinds are served. */
  public Optional<String> missing(Foreign... kinds) {
    for (Foreign kind : kinds) {
      if (!isServed(kind)) {
        return Optional.of(
            "the cluster does not serve %s %s: install %s"
                .formatted(kind.apiVersion(), kind.kind(), remedy(kind)));
      }
    }
    return Optional.empty();
  }

  private boolean isServed(Foreign kind) {
    String key = kind.apiVersion() + "/" + kind.kind();
    if (served.contains(key)) {
      return true;
    }
    var resources = client.getApiResources(kind.apiVersion());
    boolean found =
        resources != null
            && resources.getResources().stream().anyMatch(r -> r.getKind().equals(kind.kind()));
    if (found) {
      served.add(key);
    }
    return found;
  }

  private static String remedy(Foreign kind) {
    return kind.equals(Foreign.SNAPSHOT)
        ? "the CRDs and the controller of kubernetes-csi/external-snapshotter"
        : "KubeVirt";
  }
}
