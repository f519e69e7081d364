package io.millrace.csi.grpc;

import io.grpc.BindableService;
import io.millrace.csi.engine.EngineClient;
import io.millrace.csi.provision.Snapshots;
import io.millrace.csi.provision.Volumes;
import io.millrace.csi.volume.CsiFailure;
import io.millrace.engine.api.StoreState;
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

  public static CsiServer start(
      Path socket,
      EventLoopGroup eventLoops,
      EngineClient engine,
      String version,
      boolean controller)
      throws IOException {
    var answers = new Answers();
    List<BindableService> services = new ArrayList<>();
    services.add(new IdentityService(answers, version, controller, () -> engineServes(engine)));
    if (controller) {
      services.add(new ControllerService(answers, new Volumes(engine), new Snapshots(engine)));
    }
    var deadlines = new Deadlines();
    return new CsiServer(
        UnixGrpcServer.start(socket, eventLoops, services, List.of(deadlines, new RequestLog())),
        deadlines);
  }

  private static boolean engineServes(EngineClient engine) {
    try {
      return engine.store().getState() == StoreState.SERVING;
    } catch (CsiFailure e) {
      return false;
    }
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
