package io.millrace.operator.cluster;

import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.millrace.operator.Labels;
import java.net.HttpURLConnection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The ways in which the operator writes to the API server; each is safe to repeat after a crash.
 * Calls block; any thread.
 *
 * <ul>
 *   <li>{@link #create}: an object that never changes. If it is there already, it is the one that
 *       an earlier pass made, or the caller is told that somebody else holds the name.
 *   <li>{@link #apply}: server-side apply of the whole intent, from a fresh object.
 *   <li>{@link #report}: the same of a status, for the version that was observed.
 *   <li>{@link #patchLocked}: a change that is right only for the version that was observed.
 *   <li>{@link #delete}, {@link #deleteLocked}: of exactly the object that was observed.
 * </ul>
 */
public final class Writes {
  private final KubernetesClient client;

  public Writes(KubernetesClient client) {
    this.client = client;
  }

  /** A child's reference to its owner; foreground deletion of the owner waits for the child. */
  public static OwnerReference ownedBy(HasMetadata owner) {
    return new OwnerReferenceBuilder()
        .withApiVersion(owner.getApiVersion())
        .withKind(owner.getKind())
        .withName(owner.getMetadata().getName())
        .withUid(owner.getMetadata().getUid())
        .withController(true)
        .withBlockOwnerDeletion(true)
        .build();
  }

  /** What became of a {@link #create}. */
  public enum Creation {
    NEW,
    /** An earlier pass made it. */
    THERE,
    /** The name is held by an object of another owner, or by one that is going away. */
    BLOCKED;

    /** Whether the object is there now. */
    public boolean done() {
      return this != BLOCKED;
    }
  }

  /** Creates the object, or finds the one of an earlier pass. */
  public Creation create(HasMetadata object, HasMetadata owner) {
    try {
      client.resource(object).create();
      return Creation.NEW;
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
      HasMetadata holder = client.resource(object).get();
      boolean ours =
          holder != null && Sources.isOwnedBy(holder, owner) && !Sources.isTerminating(holder);
      return ours ? Creation.THERE : Creation.BLOCKED;
    }
  }

  /** Applies the object as a whole: what it no longer names is dropped from the cluster. */
  public void apply(HasMetadata object) {
    client
        .resource(object)
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(Labels.OPERATOR)
                .withForce(true)
                .withFieldValidation("Strict")
                .build());
  }

  /**
   * Applies the status, unless the object shows it already, if the object still has the version
   * that was observed. So nothing is reported from a stale cache, and what a reconciler says after
   * it, it says once.
   *
   * @param fresh an object of the kind that holds nothing yet
   * @return whether the status is a new one
   */
  public <S, R extends CustomResource<?, S>> boolean report(R observed, R fresh, S status) {
    if (status.equals(observed.getStatus())) {
      return false;
    }
    fresh.setMetadata(
        new ObjectMetaBuilder()
            .withName(observed.getMetadata().getName())
            .withNamespace(observed.getMetadata().getNamespace())
            .withResourceVersion(observed.getMetadata().getResourceVersion())
            .build());
    fresh.setStatus(status);
    client
        .resource(fresh)
        .subresource("status")
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(Labels.OPERATOR)
                .withForce(true)
                .build());
    return true;
  }

  /** Merges the patch if the object still has the resource version that was observed. */
  public void patchLocked(HasMetadata observed, Map<String, ?> patch) {
    merge(observed, locked(observed, patch), false);
  }

  /** Merges the patch into the status, likewise. */
  public void patchStatusLocked(HasMetadata observed, Map<String, ?> patch) {
    merge(observed, locked(observed, patch), true);
  }

  /** Merges the patch into whatever version the object has. */
  public void patch(HasMetadata observed, Map<String, ?> patch) {
    merge(observed, patch, false);
  }

  private static Map<String, Object> locked(HasMetadata observed, Map<String, ?> patch) {
    Map<String, Object> body = new LinkedHashMap<>(patch);
    body.put("metadata", Map.of("resourceVersion", observed.getMetadata().getResourceVersion()));
    return body;
  }

  private void merge(HasMetadata observed, Map<String, ?> body, boolean status) {
    PatchContext context =
        new PatchContext.Builder()
            .withPatchType(PatchType.JSON_MERGE)
            .withFieldManager(Labels.OPERATOR)
            .build();
    String json = Serialization.asJson(body);
    if (status) {
      client.resource(observed).subresource("status").patch(context, json);
    } else {
      client.resource(observed).patch(context, json);
    }
  }

  /** Replaces the finalizers, if the object still has the resource version that was observed. */
  public void setFinalizersLocked(HasMetadata observed, List<String> finalizers) {
    String version = observed.getMetadata().getResourceVersion();
    merge(
        observed,
        Map.of("metadata", Map.of("resourceVersion", version, "finalizers", finalizers)),
        false);
  }

  /** Deletes the object and waits for its children, if it has the version that was observed. */
  public void deleteLocked(HasMetadata observed) {
    String path =
        "/apis/%s/namespaces/%s/%s/%s"
            .formatted(
                observed.getApiVersion(),
                observed.getMetadata().getNamespace(),
                observed.getPlural(),
                observed.getMetadata().getName());
    client.raw(
        path,
        "DELETE",
        new DeleteOptionsBuilder()
            .withPropagationPolicy("Foreground")
            .withNewPreconditions()
            .withUid(observed.getMetadata().getUid())
            .withResourceVersion(observed.getMetadata().getResourceVersion())
            .endPreconditions()
            .build());
  }

  /** Deletes the object; it is fine if it has gone already. */
  public void delete(HasMetadata observed) {
    client.resource(observed).withPropagationPolicy(DeletionPropagation.BACKGROUND).delete();
  }

  /** Reads an object of a foreign kind from the API server, past every cache. */
  public @Nullable GenericKubernetesResource read(Foreign kind, String namespace, String name) {
    return client
        .genericKubernetesResources(kind.context())
        .inNamespace(namespace)
        .withName(name)
        .get();
  }

  /** Reads an object from the API server, past every cache. */
  public <R extends HasMetadata> @Nullable R read(Class<R> kind, String namespace, String name) {
    return client.resources(kind).inNamespace(namespace).withName(name).get();
  }
}
