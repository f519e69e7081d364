package io.millrace.csi.grpc;

import io.millrace.csi.proto.CapacityRange;
import io.millrace.csi.proto.CreateVolumeRequest;
import io.millrace.csi.proto.TopologyRequirement;
import io.millrace.csi.proto.VolumeCapability;
import io.millrace.csi.proto.VolumeContentSource;
import io.millrace.csi.volume.CsiFailure;
import io.millrace.csi.volume.Filesystem;
import io.millrace.csi.volume.Placement;
import io.millrace.csi.volume.SizeRange;
import io.millrace.csi.volume.VolumeRequest;
import io.millrace.csi.volume.VolumeRequest.Source;
import io.millrace.csi.volume.VolumeUse;
import io.millrace.csi.volume.VolumeUse.Access;
import java.util.List;

/**
 * From the words of CSI to ours. Pure; refuses with INVALID_ARGUMENT what is missing, malformed or
 * not supported.
 */
final class Requests {
  private Requests() {}

  static VolumeRequest volume(CreateVolumeRequest request) {
    String name = required("name", request.getName());
    List<VolumeUse> uses = uses(request.getVolumeCapabilitiesList());
    if (request.getMutableParamsCount() > 0) {
      throw CsiFailure.invalid(
          "mutable_parameters are not supported: " + request.getMutableParamsMap().keySet());
    }
    return new VolumeRequest(
        name,
        size(request.getCapacityRange()),
        source(request.getVolumeContentSource()),
        uses,
        placement(request.getAccessibilityRequirements()));
  }

  static String required(String field, String value) {
    if (value.isEmpty()) {
      throw CsiFailure.invalid(field + " is missing");
    }
    return value;
  }

  static SizeRange size(CapacityRange range) {
    return new SizeRange(range.getRequiredBytes(), range.getLimitBytes());
  }

  static List<VolumeUse> uses(List<VolumeCapability> capabilities) {
    if (capabilities.isEmpty()) {
      throw CsiFailure.invalid("volume_capabilities are missing");
    }
    return capabilities.stream().map(Requests::use).toList();
  }

  static VolumeUse use(VolumeCapability capability) {
    return new VolumeUse(access(capability.getAccessMode().getMode()), shape(capability));
  }

  private static VolumeUse.Shape shape(VolumeCapability capability) {
    return switch (capability.getAccessTypeCase()) {
      case BLOCK -> new VolumeUse.Block();
      case MOUNT -> {
        var mount = capability.getMount();
        yield new VolumeUse.Mounted(filesystem(mount.getFsType()), mount.getMountFlagsList());
      }
      case ACCESSTYPE_NOT_SET ->
          throw CsiFailure.invalid("volume_capability says neither block nor mount");
    };
  }

  private static Filesystem filesystem(String name) {
    if (name.isEmpty()) {
      return Filesystem.EXT4;
    }
    return Filesystem.named(name)
        .orElseThrow(
            () ->
                CsiFailure.invalid("fs_type \"" + name + "\" is not supported: ext4 and xfs are"));
  }

  private static Access access(VolumeCapability.AccessMode.Mode mode) {
    return switch (mode) {
      case SINGLE_NODE_WRITER -> Access.WRITER;
      case SINGLE_NODE_READER_ONLY -> Access.READER;
      case SINGLE_NODE_SINGLE_WRITER -> Access.SINGLE_WRITER;
      case SINGLE_NODE_MULTI_WRITER -> Access.MULTI_WRITER;
      case MULTI_NODE_READER_ONLY, MULTI_NODE_SINGLE_WRITER, MULTI_NODE_MULTI_WRITER ->
          throw CsiFailure.invalid(
              "access mode " + mode + " is not supported: a volume is local to its node");
      case UNKNOWN, UNRECOGNIZED ->
          throw CsiFailure.invalid("volume_capability has no access mode");
    };
  }

  static Placement placement(TopologyRequirement requirement) {
    return new Placement(
        requirement.getRequisiteList().stream()
            .map(topology -> topology.getSegmentsMap())
            .toList());
  }

  private static Source source(VolumeContentSource source) {
    return switch (source.getTypeCase()) {
      case TYPE_NOT_SET -> new VolumeRequest.Empty();
      case SNAPSHOT ->
          new VolumeRequest.OfSnapshot(
              required("source snapshot_id", source.getSnapshot().getSnapshotId()));
      case VOLUME ->
          new VolumeRequest.OfVolume(
              required("source volume_id", source.getVolume().getVolumeId()));
    };
  }
}
