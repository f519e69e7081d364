package io.millrace.csi.registration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.csi.registration.proto.InfoRequest;
import io.millrace.csi.registration.proto.PluginInfo;
import io.millrace.csi.registration.proto.RegistrationGrpc;
import io.millrace.csi.registration.proto.RegistrationStatus;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The test is the kubelet. */
class KubeletRegistrarTest {
  private static final Duration LIMIT = Duration.ofSeconds(15);

  private final NioEventLoopGroup eventLoops = new NioEventLoopGroup(1);
  private final AtomicBoolean engineServes = new AtomicBoolean();

  @AfterEach
  void stop() {
    var _ = eventLoops.shutdownGracefully();
  }

  @Test
  void offersThePluginWhenTheEngineServesAndAnewWhenItIsRefusedOrRemoved(@TempDir Path kubelet)
      throws Exception {
    Path socket = kubelet.resolve("plugins_registry/csi.millrace.io-reg.sock");
    Files.createDirectories(kubelet.resolve("plugins_registry"));
    Files.writeString(socket, "left behind by an earlier life");
    try (var _ = start(kubelet)) {
      TimeUnit.SECONDS.sleep(3);
      assertTrue(Files.isRegularFile(socket));
      engineServes.set(true);
      await(() -> isSocket(socket));
      assertEquals(expected(kubelet), info(socket));
      notify(socket, RegistrationStatus.newBuilder().setPluginRegistered(true).build());
      assertEquals(expected(kubelet), info(socket));

      Object first = identity(socket);
      notify(socket, RegistrationStatus.newBuilder().setError("no topology").build());
      await(() -> isSocket(socket) && !identity(socket).equals(first));
      Object second = identity(socket);
      assertNotEquals(first, second);
      Files.delete(socket);
      await(() -> isSocket(socket));
      assertEquals(expected(kubelet), info(socket));
    }
    assertFalse(Files.exists(socket));
  }

  @Test
  void aContainersSocketIsNamedAsTheKubeletSeesIt() {
    Path kubelet = Path.of("/var/lib/kubelet");
    assertEquals(
        Path.of("/var/lib/kubelet/plugins/d/csi.sock"),
        KubeletRegistrar.asKubeletSees(Path.of("/csi/csi.sock"), kubelet, "d"));
    Path own = kubelet.resolve("plugins/other/csi.sock");
    assertEquals(own, KubeletRegistrar.asKubeletSees(own, kubelet, "d"));
  }

  private KubeletRegistrar start(Path kubelet) {
    return KubeletRegistrar.start(
        "csi.millrace.io", kubelet, Path.of("/csi/csi.sock"), eventLoops, engineServes::get);
  }

  private static PluginInfo expected(Path kubelet) {
    return PluginInfo.newBuilder()
        .setType("CSIPlugin")
        .setName("csi.millrace.io")
        .setEndpoint(kubelet + "/plugins/csi.millrace.io/csi.sock")
        .addSupportedVersions("1.0.0")
        .build();
  }

  private PluginInfo info(Path socket) {
    ManagedChannel channel = channel(socket);
    try {
      return RegistrationGrpc.newBlockingStub(channel).getInfo(InfoRequest.getDefaultInstance());
    } finally {
      channel.shutdownNow();
    }
  }

  private void notify(Path socket, RegistrationStatus status) {
    ManagedChannel channel = channel(socket);
    try {
      var _ = RegistrationGrpc.newBlockingStub(channel).notifyRegistrationStatus(status);
    } finally {
      channel.shutdownNow();
    }
  }

  private ManagedChannel channel(Path socket) {
    return NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
        .channelFactory(NioDomainSocketChannel::new)
        .eventLoopGroup(eventLoops)
        .overrideAuthority("localhost")
        .usePlaintext()
        .build();
  }

  private static boolean isSocket(Path socket) {
    return Files.exists(socket) && !Files.isRegularFile(socket);
  }

  private static Object identity(Path socket) throws IOException {
    return Files.readAttributes(socket, "unix:ino,ctime");
  }

  private static void await(Callable<Boolean> condition) throws Exception {
    Instant end = Instant.now().plus(LIMIT);
    while (!condition.call()) {
      assertTrue(Instant.now().isBefore(end), "did not happen within " + LIMIT);
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }
}
