package io.millrace.operator.image;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.millrace.api.v1alpha1.GoldenImage;
import io.millrace.api.v1alpha1.ImageVersion;
import io.millrace.operator.Names;
import io.millrace.operator.cluster.Foreign;
import io.millrace.operator.cluster.Pass;
import io.millrace.operator.cluster.Sources;
import io.millrace.operator.cluster.Writes;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Carries out an image's plan. */
final class ImageActions {
  private final Writes writes;
  private final String importerImage;

  ImageActions(Writes writes, String importerImage) {
    this.writes = writes;
    this.importerImage = importerImage;
  }

  /** Carries out the actions. A version that the API server refuses doesn't hold up the others. */
  Done execute(List<Action> actions, GoldenImage image) {
    boolean blocked = false;
    Map<String, String> refusals = new TreeMap<>();
    for (Action action : actions) {
      try {
        blocked |= !execute(action, image);
      } catch (KubernetesClientException e) {
        if (!Pass.isRefusal(e)) {
          throw e;
        }
        refusals.put(action.version(), Pass.refusal(e));
      }
    }
    return new Done(blocked, Collections.unmodifiableMap(refusals));
  }

  /**
   * How far a pass came.
   *
   * @param blocked whether a step has to wait a moment; the next pass plans again
   * @param refusals version → what the API server said when it refused a step
   */
  record Done(boolean blocked, Map<String, String> refusals) {}

  private boolean execute(Action action, GoldenImage image) {
    return switch (action) {
      case Action.StartImport start -> start(start, image);
      case Action.EndImport end -> end(end.version(), image);
      case Action.DiscardHalfImport discard -> discard(discard.version(), image);
      case Action.TakeSnapshot take ->
          writes.create(new ImportTemplates(image).snapshot(take), image).done();
      case Action.DeleteSnapshot delete ->
          delete(
              writes.read(
                  Foreign.SNAPSHOT,
                  namespace(image),
                  Names.snapshot(name(image), delete.version())),
              image);
    };
  }

  /**
   * The pod first: it waits for its claim, and an operator that is killed in between goes on here.
   * A claim without its pod could be half written.
   */
  private boolean start(Action.StartImport start, GoldenImage image) {
    ImageVersion version =
        image.getSpec().versions().stream()
            .filter(v -> v.name().equals(start.version()))
            .findFirst()
            .orElseThrow();
    ImportTemplates templates = new ImportTemplates(image);
    return writes.create(templates.pod(version, start.attempt(), importerImage), image).done()
        && writes.create(templates.claim(version), image).done();
  }

  private boolean end(String version, GoldenImage image) {
    return delete(read(Pod.class, version, image), image)
        && delete(read(PersistentVolumeClaim.class, version, image), image);
  }

  /** The cache may be behind: a claim whose pod is there is being filled. */
  private boolean discard(String version, GoldenImage image) {
    return read(Pod.class, version, image) == null
        && delete(read(PersistentVolumeClaim.class, version, image), image);
  }

  private <R extends HasMetadata> @Nullable R read(
      Class<R> kind, String version, GoldenImage image) {
    return writes.read(kind, namespace(image), Names.importer(name(image), version));
  }

  private boolean delete(@Nullable HasMetadata object, GoldenImage image) {
    if (object != null && Sources.isOwnedBy(object, image) && !Sources.isTerminating(object)) {
      writes.delete(object);
    }
    return true;
  }

  private static String name(GoldenImage image) {
    return image.getMetadata().getName();
  }

  private static String namespace(GoldenImage image) {
    return image.getMetadata().getNamespace();
  }
}
