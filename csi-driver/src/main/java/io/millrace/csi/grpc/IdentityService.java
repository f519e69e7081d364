package io.millrace.csi.grpc;

import com.google.protobuf.BoolValue;
import io.grpc.stub.StreamObserver;
import io.millrace.csi.proto.GetPluginCapabilitiesRequest;
import io.millrace.csi.proto.GetPluginCapabilitiesResponse;
import io.millrace.csi.proto.GetPluginInfoRequest;
import io.millrace.csi.proto.GetPluginInfoResponse;
import io.millrace.csi.proto.IdentityGrpc;
import io.millrace.csi.proto.PluginCapability;
import io.millrace.csi.proto.ProbeRequest;
import io.millrace.csi.proto.ProbeResponse;
import java.util.function.BooleanSupplier;

/** Who we are. Probe is ready when the engine serves its store. */
final class IdentityService extends IdentityGrpc.IdentityImplBase {
  private final Answers answers;
  private final CsiServer.Role role;
  private final BooleanSupplier engineServes;

  IdentityService(Answers answers, CsiServer.Role role, BooleanSupplier engineServes) {
    this.answers = answers;
    this.role = role;
    this.engineServes = engineServes;
  }

  @Override
  public void getPluginInfo(
      GetPluginInfoRequest request, StreamObserver<GetPluginInfoResponse> caller) {
    answers.answer(
        caller,
        () ->
            GetPluginInfoResponse.newBuilder()
                .setName(CsiServer.DRIVER_NAME)
                .setVendorVersion(role.version())
                .build());
  }

  @Override
  public void getPluginCapabilities(
      GetPluginCapabilitiesRequest request, StreamObserver<GetPluginCapabilitiesResponse> caller) {
    answers.answer(caller, this::capabilities);
  }

  @Override
  public void probe(ProbeRequest request, StreamObserver<ProbeResponse> caller) {
    answers.answer(
        caller,
        () ->
            ProbeResponse.newBuilder().setReady(BoolValue.of(engineServes.getAsBoolean())).build());
  }

  private GetPluginCapabilitiesResponse capabilities() {
    var response =
        GetPluginCapabilitiesResponse.newBuilder()
            .addCapabilities(
                service(PluginCapability.Service.Type.VOLUME_ACCESSIBILITY_CONSTRAINTS))
            .addCapabilities(onlineExpansion());
    if (role.controller()) {
      response.addCapabilities(service(PluginCapability.Service.Type.CONTROLLER_SERVICE));
    }
    return response.build();
  }

  private static PluginCapability service(PluginCapability.Service.Type type) {
    return PluginCapability.newBuilder()
        .setService(PluginCapability.Service.newBuilder().setType(type))
        .build();
  }

  private static PluginCapability onlineExpansion() {
    return PluginCapability.newBuilder()
        .setVolumeExpansion(
            PluginCapability.VolumeExpansion.newBuilder()
                .setType(PluginCapability.VolumeExpansion.Type.ONLINE))
        .build();
  }
}
