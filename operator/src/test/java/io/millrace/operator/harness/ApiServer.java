package io.millrace.operator.harness;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

/**
 * etcd, kube-apiserver and the controllers that collect garbage, as processes on the loopback
 * address, with free ports and a folder of their own. The programs are those that {@code
 * e2e/tools/build.sh kubernetes etcd} builds.
 */
public final class ApiServer implements AutoCloseable {
  private static final String TOKEN = "it-admin";

  /** The framework can't print the name of a foreign kind when it traces. */
  private static final Logger FRAMEWORK = Logger.getLogger("io.javaoperatorsdk");

  private static final Duration START_TIMEOUT = Duration.ofSeconds(90);

  private final Path folder;
  private final Path programs;
  private final List<Process> processes = new ArrayList<>();
  private final int port = freePort();

  private ApiServer() throws IOException {
    folder = Files.createTempDirectory("millrace-it-");
    programs = programs();
  }

  /** Starts everything and applies the committed CRDs. Close it to stop and remove everything. */
  public static ApiServer start() {
    FRAMEWORK.setLevel(Level.WARNING);
    try {
      ApiServer server = new ApiServer();
      try {
        server.startProcesses();
        server.apply(Path.of("..", "manifests", "base", "crds"));
        server.applyAll(Path.of("..", "manifests", "base", "namespace.yaml"));
        server.applyAll(Path.of("..", "manifests", "base", "operator", "rbac.yaml"));
        return server;
      } catch (IOException | RuntimeException e) {
        server.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An administrator's configuration. */
  public Config config() {
    return new ConfigBuilder(Config.empty())
        .withMasterUrl("https://127.0.0.1:" + port)
        .withOauthToken(TOKEN)
        .withTrustCerts(true)
        .build();
  }

  /** The configuration of the operator's service account: it may do what the manifests allow. */
  public Config operatorConfig() {
    return new ConfigBuilder(config())
        .withImpersonateUsername("system:serviceaccount:millrace-system:millrace-operator")
        .withImpersonateGroups(
            "system:serviceaccounts",
            "system:serviceaccounts:millrace-system",
            "system:authenticated")
        .build();
  }

  public KubernetesClient operatorClient() {
    return new KubernetesClientBuilder().withConfig(operatorConfig()).build();
  }

  public KubernetesClient client() {
    return new KubernetesClientBuilder().withConfig(config()).build();
  }

  /** Applies the CRDs of every YAML file of the folder, and waits until the kinds are served. */
  public void apply(Path yaml) {
    try (KubernetesClient client = client();
        Stream<Path> files = Files.list(yaml)) {
      for (Path file : files.filter(f -> !f.endsWith("kustomization.yaml")).toList()) {
        applyFile(client, file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void applyAll(Path file) throws IOException {
    try (KubernetesClient client = client();
        var in = Files.newInputStream(file)) {
      client.load(in).items().forEach(object -> client.resource(object).serverSideApply());
    }
  }

  private static void applyFile(KubernetesClient client, Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      for (var crd : client.load(in).items()) {
        client.resource(crd).serverSideApply();
        Eventually.eventually(
            crd.getMetadata().getName() + " is served",
            () -> isEstablished(client, crd.getMetadata().getName()));
      }
    }
  }

  private static boolean isEstablished(KubernetesClient client, String crd) {
    var status =
        client.apiextensions().v1().customResourceDefinitions().withName(crd).get().getStatus();
    return status != null
        && status.getConditions() != null
        && status.getConditions().stream()
            .anyMatch(c -> c.getType().equals("Established") && c.getStatus().equals("True"));
  }

  private void startProcesses() throws IOException {
    int etcd = freePort();
    int peer = freePort();
    writeKeys();
    run(
        "etcd",
        "--data-dir=" + folder.resolve("etcd"),
        "--listen-client-urls=http://127.0.0.1:" + etcd,
        "--advertise-client-urls=http://127.0.0.1:" + etcd,
        "--listen-peer-urls=http://127.0.0.1:" + peer,
        "--initial-advertise-peer-urls=http://127.0.0.1:" + peer,
        "--initial-cluster=default=http://127.0.0.1:" + peer,
        "--unsafe-no-fsync");
    run(
        "kube-apiserver",
        "--etcd-servers=http://127.0.0.1:" + etcd,
        "--secure-port=" + port,
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        "--cert-dir=" + folder.resolve("certs"),
        "--token-auth-file=" + folder.resolve("tokens.csv"),
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-account-key-file=" + folder.resolve("sa.key"),
        "--service-account-signing-key-file=" + folder.resolve("sa.key"),
        "--service-cluster-ip-range=10.96.0.0/16",
        "--authorization-mode=RBAC",
        "--disable-admission-plugins=ServiceAccount");
    awaitReady();
    run(
        "kube-controller-manager",
        "--kubeconfig=" + folder.resolve("kubeconfig"),
        "--controllers=garbage-collector-controller,persistentvolumeclaim-protection-controller",
        "--leader-elect=false",
        "--secure-port=0");
  }

  private void writeKeys() throws IOException {
    Files.writeString(
        folder.resolve("tokens.csv"), TOKEN + ",admin,admin,\"system:masters\"\n", UTF_8);
    Files.writeString(
        folder.resolve("kubeconfig"),
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: it, cluster: {server: "https://127.0.0.1:%d", insecure-skip-tls-verify: true}}]
        users: [{name: it, user: {token: %s}}]
        contexts: [{name: it, context: {cluster: it, user: it}}]
        current-context: it
        """
            .formatted(port, TOKEN));
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      KeyPair pair = generator.generateKeyPair();
      String key = Base64.getMimeEncoder().encodeToString(pair.getPrivate().getEncoded());
      Files.writeString(
          folder.resolve("sa.key"),
          "-----BEGIN PRIVATE KEY-----\n" + key + "\n-----END PRIVATE KEY-----\n");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has RSA", e);
    }
  }

  private void run(String program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(program(program).toString());
    command.addAll(List.of(arguments));
    processes.add(
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(program + ".log").toFile())
            .start());
  }

  private void awaitReady() throws IOException {
    Instant end = Instant.now().plus(START_TIMEOUT);
    try (KubernetesClient client = client()) {
      while (!isReady(client)) {
        boolean dead = processes.stream().anyMatch(process -> !process.isAlive());
        if (dead || Instant.now().isAfter(end)) {
          throw new IllegalStateException(
              "no API server:\n" + tail("etcd") + tail("kube-apiserver"));
        }
        Eventually.pause();
      }
    }
  }

  private static boolean isReady(KubernetesClient client) {
    try {
      return "ok".equals(client.raw("/readyz"));
    } catch (KubernetesClientException e) {
      return false;
    }
  }

  private String tail(String program) throws IOException {
    List<String> lines = Files.readAllLines(folder.resolve(program + ".log"));
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size())) + "\n";
  }

  private Path program(String name) {
    return Stream.of(programs.toString().split(":"))
        .map(bin -> Path.of(bin, name))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    name + " is not built: run e2e/tools/build.sh kubernetes etcd"));
  }

  private static Path programs() throws IOException {
    Process process =
        new ProcessBuilder(Path.of("..", "e2e", "tools", "build.sh").toString(), "--path").start();
    return Path.of(new String(process.getInputStream().readAllBytes(), UTF_8).strip());
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    processes.reversed().forEach(Process::destroyForcibly);
    processes.forEach(process -> process.onExit().join());
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
