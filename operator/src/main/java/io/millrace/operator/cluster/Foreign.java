package io.millrace.operator.cluster;

import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.javaoperatorsdk.operator.processing.GroupVersionKind;

/** A kind that another project defines and that the operator handles without a Java model. */
public record Foreign(String group, String version, String kind, String plural) {
  public static final Foreign MACHINE =
      new Foreign("kubevirt.io", "v1", "VirtualMachine", "virtualmachines");
  public static final Foreign INSTANCE =
      new Foreign("kubevirt.io", "v1", "VirtualMachineInstance", "virtualmachineinstances");
  public static final Foreign SNAPSHOT =
      new Foreign("snapshot.storage.k8s.io", "v1", "VolumeSnapshot", "volumesnapshots");

  public String apiVersion() {
    return group + "/" + version;
  }

  public GroupVersionKind gvk() {
    return new GroupVersionKind(group, version, kind);
  }

  public ResourceDefinitionContext context() {
    return new ResourceDefinitionContext.Builder()
        .withGroup(group)
        .withVersion(version)
        .withKind(kind)
        .withPlural(plural)
        .withNamespaced(true)
        .build();
  }
}
