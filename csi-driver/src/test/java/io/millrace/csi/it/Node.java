package io.millrace.csi.it;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.csi.proto.IdentityGrpc;
import io.millrace.csi.proto.ProbeRequest;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One node: an engine, and the driver as the process that it is in production, in a mount namespace
 * of its own that ends with it. The test looks into that namespace by {@link #sh}.
 */
final class Node implements AutoCloseable {
  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(60);

  final Path folder;
  final ManagedChannel channel;
  private final EventLoopGroup eventLoops = new NioEventLoopGroup(1);
  private final Engine engine;
  private final Map<String, String> cluster;
  private Process driver;

  private Node(Path folder, String storeSize, Map<String, String> cluster) throws Exception {
    this.folder = folder;
    this.cluster = cluster;
    engine = Engine.start(folder, eventLoops, storeSize);
    driver = startDriver();
    channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket()))
            .channelFactory(NioDomainSocketChannel::new)
            .eventLoopGroup(eventLoops)
            .overrideAuthority("localhost")
            .usePlaintext()
            .build();
    awaitReady();
  }

  static Node start(String storeSize) throws Exception {
    return new Node(Files.createTempDirectory("millrace-csi-"), storeSize, Map.of());
  }

  /** A node of a cluster: its driver publishes the store. */
  static Node start(String storeSize, FakeApiServer cluster) throws Exception {
    return new Node(
        Files.createTempDirectory("millrace-csi-"), storeSize, cluster.environmentOfPods());
  }

  Path socket() {
    return folder.resolve("csi.sock");
  }

  Engine engine() {
    return engine;
  }

  Path log() {
    return folder.resolve("driver.log");
  }

  /** kill -9; the namespace goes with it, and every mount in it. */
  void killDriver() {
    if (!Programs.ends(driver.destroyForcibly(), COMMAND_TIMEOUT)) {
      throw new AssertionError("the driver can't be killed");
    }
  }

  void startDriverAgain() throws Exception {
    driver = startDriver();
    awaitReady();
  }

  /** The most memory that the driver's process has had in RAM. */
  long driverResidentBytesMax() throws IOException {
    String line =
        Programs.output(
            COMMAND_TIMEOUT, List.of("grep", "VmHWM", "/proc/" + driver.pid() + "/status"));
    return Long.parseLong(line.replaceAll("\\D", "")) << 10;
  }

  /** The output of a shell command in the driver's mount namespace; it must succeed. */
  String sh(String command) throws IOException {
    return Programs.output(COMMAND_TIMEOUT, inNamespace(List.of("sh", "-ec", command)));
  }

  /** From now on the driver finds this shell script instead of a program of the host. */
  void replaceTool(String name, String script) throws IOException {
    Path tool = tools().resolve(name);
    Files.writeString(tool, "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(tool, PosixFilePermissions.fromString("rwx------"));
  }

  void restoreTool(String name) throws IOException {
    Files.delete(tools().resolve(name));
  }

  private Path tools() throws IOException {
    return Files.createDirectories(folder.resolve("tools"));
  }

  List<String> inNamespace(List<String> command) {
    var all =
        new ArrayList<>(List.of("nsenter", "--mount", "--target", Long.toString(driver.pid())));
    all.addAll(command);
    return all;
  }

  private Process startDriver() throws IOException {
    String start =
        "mount --make-rshared / && PATH="
            + tools()
            + ":$PATH exec "
            + Programs.driver()
            + " --mode all --node-id node-1 --registrar none --http-port 0"
            + " --endpoint unix://"
            + socket()
            + " --engine unix://"
            + engine.socket()
            + " --kubelet-dir "
            + folder
            + " --publish-store "
            + !cluster.isEmpty();
    var builder =
        new ProcessBuilder("unshare", "--mount", "sh", "-c", start)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
    builder.environment().putAll(cluster);
    return builder.start();
  }

  private void awaitReady() throws Exception {
    Instant end = Instant.now().plus(START_TIMEOUT);
    while (!isReady()) {
      if (!driver.isAlive() || Instant.now().isAfter(end)) {
        throw new AssertionError("the driver is not ready: " + Files.readString(log()));
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  private boolean isReady() {
    channel.resetConnectBackoff();
    try {
      var identity = IdentityGrpc.newBlockingStub(channel).withDeadlineAfter(5, TimeUnit.SECONDS);
      return identity.probe(ProbeRequest.getDefaultInstance()).getReady().getValue();
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    channel.shutdownNow();
    driver.destroy();
    if (!Programs.ends(driver, Duration.ofSeconds(10))) {
      killDriver();
    }
    engine.close();
    var _ = eventLoops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    Programs.output(COMMAND_TIMEOUT, List.of("rm", "-rf", "--one-file-system", folder.toString()));
  }
}
