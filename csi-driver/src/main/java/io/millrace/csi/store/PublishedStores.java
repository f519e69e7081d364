package io.millrace.csi.store;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.millrace.api.v1alpha1.Store;
import java.util.List;
import java.util.function.Supplier;

/** The one seam to the API server. Blocking; any thread. */
final class PublishedStores {
  private static final PatchContext APPLY =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager("millrace-csi-node")
          .withForce(true)
          .build();

  private final Supplier<KubernetesClient> client;

  PublishedStores(Supplier<KubernetesClient> client) {
    this.client = client;
  }

  List<Store> of(String nodeName) {
    return client.get().resources(Store.class).list().getItems().stream()
        .filter(store -> store.getSpec().nodeName().equals(nodeName))
        .toList();
  }

  /** Makes the object; its status is a matter of its own. */
  void apply(Store store) {
    client.get().resource(store).patch(APPLY);
  }

  /** Of an object that is there. */
  void applyStatus(Store store) {
    client.get().resource(store).subresource("status").patch(APPLY);
  }
}
