package io.millrace.operator.desktop;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.millrace.api.v1alpha1.Desktop;
import io.millrace.api.v1alpha1.DesktopPool;
import io.millrace.operator.Labels;
import io.millrace.operator.Names;
import io.millrace.operator.cluster.Foreign;
import io.millrace.operator.cluster.Writes;

/** The claim of a desktop's clone: raw block, from the image version's snapshot. Pure. */
final class CloneTemplate {
  private CloneTemplate() {}

  static PersistentVolumeClaim render(Desktop desktop, DesktopPool pool, Action.CreateClone clone) {
    String name = desktop.getMetadata().getName();
    return new PersistentVolumeClaimBuilder()
        .withNewMetadata()
        .withName(Names.clone(name, clone.number()))
        .withNamespace(desktop.getMetadata().getNamespace())
        .addToLabels(Labels.managed())
        .addToLabels(Labels.POOL, desktop.getSpec().poolName())
        .addToLabels(Labels.DESKTOP, name)
        .addToLabels(Labels.CLONE_NUMBER, Integer.toString(clone.number()))
        .addToLabels(Labels.IMAGE_VERSION, clone.imageVersion())
        .addToAnnotations(Labels.SELECTED_NODE, clone.node())
        .withOwnerReferences(Writes.ownedBy(desktop))
        .endMetadata()
        .withNewSpec()
        .withStorageClassName(pool.getSpec().storage().className())
        .withVolumeMode("Block")
        .withAccessModes("ReadWriteOnce")
        .withNewDataSource()
        .withApiGroup(Foreign.SNAPSHOT.group())
        .withKind(Foreign.SNAPSHOT.kind())
        .withName(clone.snapshotName())
        .endDataSource()
        .withNewResources()
        .addToRequests("storage", new Quantity(Long.toString(clone.bytes())))
        .endResources()
        .endSpec()
        .build();
  }
}
