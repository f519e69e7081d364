package io.millrace.engine.daemon.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** NBD on TCP: with TLS and a certificate of the client's, or not at all. */
final class NbdTlsIT {
  @TempDir static Path folder = Path.of("");

  private static Daemon daemon;

  /** A CA with a server and a client, and another CA with a client. */
  @BeforeAll
  static void start() throws IOException, InterruptedException {
    for (String ca : List.of("ours", "theirs")) {
      Path files = Files.createDirectory(folder.resolve(ca));
      Shell.bash(
          """
          cd %s
          openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca-%s -keyout ca-key.pem -out ca-cert.pem
          issue() {
            openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" -keyout "$1-key.pem" -out "$1.csr"
            printf '%%s\\n' "$2" "extendedKeyUsage=$3" >"$1.ext"
            openssl x509 -req -days 2 -in "$1.csr" -CA ca-cert.pem -CAkey ca-key.pem -CAcreateserial -extfile "$1.ext" -out "$1-cert.pem"
          }
          issue server subjectAltName=IP:127.0.0.1,DNS:localhost serverAuth
          issue client subjectAltName=DNS:client clientAuth
          """
              .formatted(files, ca));
    }
    daemon = Daemon.format(folder, "256MiB");
    String key = file("ours", "server-key.pem");
    daemon.start(listening(key, "--nbd-socket", folder.resolve("nbd/socket").toString()));
  }

  @AfterAll
  static void stop() throws IOException {
    daemon.close();
  }

  private static String file(String ca, String name) {
    return folder.resolve(ca).resolve(name).toString();
  }

  private static String[] listening(String key, String... other) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "--nbd-listen",
                "127.0.0.1:0",
                "--nbd-tls-cert",
                file("ours", "server-cert.pem"),
                "--nbd-tls-key",
                key,
                "--nbd-tls-ca",
                file("ours", "ca-cert.pem")));
    all.addAll(List.of(other));
    return all.toArray(String[]::new);
  }

  private static int port() throws IOException {
    return Integer.parseInt(
        daemon.logText().replaceFirst("(?s).*NBD with TLS on [^ ]*:(\\d+).*", "$1"));
  }

  private static String uri(String export, String ca) throws IOException {
    return "nbds://127.0.0.1:%d/%s?tls-certificates=%s&tls-verify-peer=true"
        .formatted(port(), export, folder.resolve(ca));
  }

  /** The certificates of the other CA, but who trusts the server. */
  private static void trustOurs() throws IOException {
    Files.delete(folder.resolve("theirs/ca-cert.pem"));
    Files.copy(folder.resolve("ours/ca-cert.pem"), folder.resolve("theirs/ca-cert.pem"));
  }

  @Test
  void whoShowsACertificateIsServedAsOnTheUnixSocket() throws Exception {
    byte[] bytes = new byte[8 << 20];
    new Random(3).nextBytes(bytes);
    Path image = Files.write(folder.resolve("image"), bytes);
    daemon.millrace("volume", "create", "v", "--size", "8MiB").ok();
    for (int i = 0; i < 4; i++) {
      // Each with an orderly end, which is a race of both sides.
      Shell.run("nbdcopy", "--flush", image.toString(), uri("v", "ours")).ok();
    }
    String local = "nbd+unix:///v?socket=" + folder.resolve("nbd/socket");
    Shell.run("qemu-img", "compare", "-f", "raw", "-F", "raw", image.toString(), local).ok();
    Path copy = folder.resolve("copy");
    Shell.run("nbdcopy", uri("v", "ours"), copy.toString()).ok();
    assertEquals(-1, Files.mismatch(image, copy));
    String credentials = "tls-creds-x509,id=t,endpoint=client,dir=" + folder.resolve("ours");
    String options = "driver=nbd,host=127.0.0.1,port=" + port() + ",export=v,tls-creds=t";
    Shell.run(
            "qemu-img",
            "convert",
            "--object",
            credentials,
            "--image-opts",
            options,
            "-O",
            "raw",
            copy.toString())
        .ok();
    assertEquals(-1, Files.mismatch(image, copy), "by QEMU");
  }

  @Test
  void whoShowsNoneOrAnotherIsRefused() throws Exception {
    trustOurs();
    daemon.millrace("volume", "create", "closed", "--size", "1MiB").ok();
    Shell.run("nbdinfo", uri("closed", "ours")).ok();
    Shell.Result other = Shell.run("nbdinfo", uri("closed", "theirs"));
    assertTrue(other.exitCode() != 0, other.output());
    String unprotected = "nbd://127.0.0.1:%d/closed".formatted(port());
    Shell.Result plain = Shell.run("qemu-img", "info", unprotected);
    assertTrue(plain.exitCode() != 0, plain.output());
    assertTrue(plain.output().contains("wants NBD_OPT_STARTTLS first"), plain.output());
    assertTrue(Shell.run("nbdinfo", unprotected).exitCode() != 0);
    Path empty = Files.createDirectory(folder.resolve("none"));
    Files.copy(folder.resolve("ours/ca-cert.pem"), empty.resolve("ca-cert.pem"));
    Shell.Result none = Shell.run("nbdinfo", uri("closed", "none"));
    assertTrue(none.exitCode() != 0, none.output());
    Shell.run("nbdinfo", uri("closed", "ours")).ok();
    awaitRefusals("PKIX path", "Empty client certificate chain", "it did not ask for TLS");
  }

  /** Each is told of in the log, after the client has heard of it. */
  private static void awaitRefusals(String... reasons) throws Exception {
    for (String reason : reasons) {
      Predicate<String> tells =
          Pattern.compile("NBD client 127\\.0\\.0\\.1 port \\d+ was not let in: .*" + reason)
              .asPredicate();
      for (int i = 0; !tells.test(daemon.logText()); i++) {
        assertTrue(i < 500, reason + " is not told of");
        Thread.sleep(20);
      }
    }
  }

  @Test
  void withoutAllThatTlsWantsThereIsNoTcp() throws Exception {
    String[] plain = daemon.daemonArguments("--nbd-listen", "127.0.0.1:0");
    Shell.Result refused = Program.MILLRACED.run(plain);
    assertEquals(2, refused.exitCode(), refused.output());
    assertTrue(refused.output().contains("--nbd-tls-cert"), refused.output());
    String[] wrong = daemon.daemonArguments(listening(file("theirs", "server-key.pem")));
    Shell.Result another = Program.MILLRACED.run(wrong);
    assertEquals(1, another.exitCode(), another.output());
    assertTrue(another.output().contains("is not the key of"), another.output());
  }
}
