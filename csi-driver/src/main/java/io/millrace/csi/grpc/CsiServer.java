package io.millrace.csi.grpc;

import io.grpc.BindableService;
import io.millrace.csi.engine.EngineClient;
import io.millrace.csi.mount.FormatIntents;
import io.millrace.csi.mount.HostTools;
import io.millrace.csi.mount.NodeVolumes;
import io.millrace.csi.provision.Snapshots;
import io.millrace.csi.provision.Volumes;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The CSI services of this process on one unix socket: identity always, controller and node by
 * role.
 */
public final class CsiServer implements AutoCloseable {
  public static final String DRIVER_NAME = "csi.millrace.io";

  private final UnixGrpcServer server;
  private final Deadlines deadlines;

  private CsiServer(UnixGrpcServer server, Deadlines deadlines) {
    this.server = server;
    this.deadlines = deadlines;
  }

  /** What this process is, and where. */
  public record Role(boolean controller, boolean node, String nodeId, String version) {}

  /**
   * @param socket its folder also holds the node's notes, and so has to survive restarts
   */
  public static CsiServer start(
      Path socket, EventLoopGroup eventLoops, EngineClient engine, Role role) throws IOException {
    List<BindableService> services = new ArrayList<>();
    services.add(new IdentityService(new Answers(), role, () -> engine.trouble().isEmpty()));
    var formatting = new FormatIntents(socket.resolveSibling("formatting"));
    if (role.controller()) {
      services.add(
          new ControllerService(
              new Answers(), new Volumes(engine), new Snapshots(engine), formatting::forget));
    }
    if (role.node()) {
      var volumes = new NodeVolumes(engine, new HostTools(Deadlines::left), formatting);
      services.add(
          new NodeService(
              new Answers(), role.nodeId(), () -> engine.servingStore().getUuid(), volumes));
    }
    var deadlines = new Deadlines();
    var interceptors = List.of(deadlines, new RequestLog());
    return new CsiServer(
        UnixGrpcServer.start(socket, eventLoops, services, interceptors), deadlines);
  }

  public boolean isServing() {
    return server.isServing();
  }

  @Override
  public void close() {
    server.close();
    deadlines.close();
  }
}
