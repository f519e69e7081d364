package io.millrace.operator.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the real import.sh with the host's curl and qemu-img, against an HTTP server of our own. */
final class ImportScriptIT {
  private static final Path SCRIPT = Path.of("src/main/importer/import.sh").toAbsolutePath();
  private static final int MIB = 1 << 20;
  private static final int DISK_BYTES = 8 * MIB;
  private static final int QCOW2_FEATURES_OFFSET = 72;
  private static final int QCOW2_SIZE_OFFSET = 24;

  private Path folder;
  private HttpServer server;
  private Path target;

  @BeforeEach
  void start(@TempDir Path scratch) throws IOException {
    folder = scratch;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.start();
    target = folder.resolve("target");
    Files.write(target, noise(DISK_BYTES, 99));
    Files.createDirectory(folder.resolve("scratch"));
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void rawImageArrivesByteForByteAndTheRestOfTheDiskIsZero() throws Exception {
    byte[] image = withHole(noise(3 * MIB + 512, 1));
    assertEquals("", importing(serve(image), sha256(image), "raw"));
    byte[] disk = Files.readAllBytes(target);
    assertEquals(DISK_BYTES, disk.length);
    assertArrayEquals(padded(image), disk);
  }

  @Test
  void rawImageArrivesOnABlockDevice() throws Exception {
    byte[] image = withHole(noise(3 * MIB, 2));
    String loop = output("losetup", "--find", "--show", target.toString()).strip();
    try {
      assertEquals("", importing(serve(image), sha256(image), "raw", loop));
      output("blockdev", "--flushbufs", loop);
      assertArrayEquals(padded(image), Files.readAllBytes(target));
    } finally {
      output("losetup", "--detach", loop);
    }
  }

  @Test
  void diskThatCanNotBeClearedIsNeverTakenForVerified() throws Exception {
    byte[] image = withHole(noise(3 * MIB, 11));
    String loop = output("losetup", "--find", "--show", target.toString()).strip();
    try {
      program("blkdiscard", "exit 1");
      String said = importing(serve(image), sha256(image), "raw", loop);
      assertTrue(said.startsWith("DiskFailed the disk can't be cleared"), said);
    } finally {
      output("losetup", "--detach", loop);
    }
  }

  @Test
  void diskThatIsNotThereIsSaid() throws Exception {
    String said = importing(address("/image"), sha256(new byte[0]), "raw", at("nothing"));
    assertTrue(said.startsWith("DiskFailed the disk " + at("nothing")), said);
  }

  @Test
  void storeThatFillsUpIsNotTakenForAnImageThatIsTooLarge() throws Exception {
    byte[] image = noise(MIB, 12);
    program(
        "dd",
        "cat >/dev/null; echo \"dd: error writing '$1': No space left on device\" >&2",
        "echo '65536 bytes (66 kB, 64 KiB) copied, 0.1 s, 1 MB/s' >&2; exit 1");
    String said = importing(serve(image), sha256(image), "raw");
    assertTrue(said.startsWith("NoSpace the store is full"), said);
  }

  @Test
  void stepThatNobodyForesawIsSaidToo() throws Exception {
    byte[] image = noise(MIB, 13);
    program("od", "exit 1");
    String said = importing(serve(image), sha256(image), "raw");
    assertTrue(said.startsWith("Broken a step of the importer failed: "), said);
  }

  @Test
  void wrongDigestIsRefused() throws Exception {
    byte[] image = noise(MIB, 3);
    String said = importing(serve(image), sha256(noise(MIB, 4)), "raw");
    assertTrue(said.startsWith("DigestMismatch the file has sha256 " + sha256(image)), said);
  }

  @Test
  void connectionThatEndsTooEarlyIsTruncated() throws Exception {
    byte[] image = noise(MIB, 5);
    String said = importing(serveShort(image), sha256(image), "raw");
    assertTrue(said.startsWith("Truncated "), said);
  }

  @Test
  void truncatedFileIsNeverTakenAsQcow2Either() throws Exception {
    byte[] image = qcow2("-f", "qcow2", "image", "4M");
    String said = importing(serveShort(image), sha256(image), "qcow2");
    assertTrue(said.startsWith("Truncated "), said);
  }

  @Test
  void missingFileIsUnreachable() throws Exception {
    String said = importing(address("/nothing"), sha256(new byte[0]), "raw");
    assertTrue(said.startsWith("Unreachable ") && said.contains("404"), said);
  }

  @Test
  void deadServerIsUnreachable() throws Exception {
    String address = address("/nothing");
    server.stop(0);
    String said = importing(address, sha256(new byte[0]), "raw");
    assertTrue(said.startsWith("Unreachable "), said);
  }

  @Test
  void fileUrlReachesNothing() throws Exception {
    String said = importing("file:///etc/passwd", sha256(new byte[0]), "raw");
    assertTrue(said.startsWith("Unreachable "), said);
  }

  @Test
  void rawImageLargerThanTheDiskIsTooLarge() throws Exception {
    byte[] image = noise(DISK_BYTES + 512, 6);
    String said = importing(serve(image), sha256(image), "raw");
    assertTrue(said.startsWith("TooLarge "), said);
  }

  @Test
  void qcow2DeclaredAsRawIsAFormatMismatch() throws Exception {
    byte[] image = qcow2("-f", "qcow2", "image", "4M");
    String said = importing(serve(image), sha256(image), "raw");
    assertTrue(said.startsWith("FormatMismatch the file is qcow2"), said);
  }

  @Test
  void compressedFileDeclaredAsRawIsAFormatMismatch() throws Exception {
    byte[] image = noise(MIB, 7);
    image[0] = 0x1f;
    image[1] = (byte) 0x8b;
    String said = importing(serve(image), sha256(image), "raw");
    assertTrue(said.startsWith("FormatMismatch the file is compressed"), said);
  }

  @Test
  void rawDeclaredAsQcow2IsAFormatMismatch() throws Exception {
    byte[] image = noise(MIB, 8);
    String said = importing(serve(image), sha256(image), "qcow2");
    assertTrue(said.startsWith("FormatMismatch the file is not qcow2"), said);
  }

  @Test
  void qcow2ArrivesAsItsDisk() throws Exception {
    byte[] disk = withHole(noise(4 * MIB, 9));
    Files.write(folder.resolve("disk"), disk);
    output("qemu-img", "convert", "-f", "raw", "-O", "qcow2", "-c", at("disk"), at("image"));
    byte[] image = Files.readAllBytes(folder.resolve("image"));
    assertEquals("", importing(serve(image), sha256(image), "qcow2"));
    assertArrayEquals(padded(disk), Files.readAllBytes(target));
  }

  @Test
  void qcow2WithBackingFileIsRefused() throws Exception {
    Files.write(folder.resolve("base"), noise(4 * MIB, 10));
    byte[] image = qcow2("-f", "qcow2", "-b", at("base"), "-F", "raw", "image");
    String said = importing(serve(image), sha256(image), "qcow2");
    assertTrue(said.startsWith("HasBackingFile "), said);
  }

  @Test
  void qcow2WithExternalDataFileIsRefused() throws Exception {
    byte[] image =
        qcow2("-f", "qcow2", "-o", "data_file=" + at("data") + ",data_file_raw=on", "image", "4M");
    String said = importing(serve(image), sha256(image), "qcow2");
    assertTrue(said.startsWith("HasExternalDataFile "), said);
  }

  @Test
  void qcow2WithAnUnknownFeatureIsRefused() throws Exception {
    byte[] image = qcow2("-f", "qcow2", "image", "4M");
    ByteBuffer.wrap(image).putLong(QCOW2_FEATURES_OFFSET, 1L << 40);
    String said = importing(serve(image), sha256(image), "qcow2");
    assertTrue(said.startsWith("FormatMismatch the image uses features"), said);
  }

  @Test
  void qcow2WithALargerDiskIsTooLarge() throws Exception {
    byte[] image = qcow2("-f", "qcow2", "image", "9M");
    String said = importing(serve(image), sha256(image), "qcow2");
    assertTrue(said.startsWith("TooLarge "), said);
  }

  @Test
  void qcow2WithAnAbsurdSizeIsTooLarge() throws Exception {
    byte[] image = qcow2("-f", "qcow2", "image", "4M");
    ByteBuffer.wrap(image).putLong(QCOW2_SIZE_OFFSET, -1);
    String said = importing(serve(image), sha256(image), "qcow2");
    assertTrue(said.startsWith("TooLarge "), said);
  }

  /** Imports and returns the report, which is empty after a success. */
  private String importing(String url, String sha256, String format) throws Exception {
    return importing(url, sha256, format, target.toString());
  }

  private String importing(String url, String sha256, String format, String device)
      throws Exception {
    Path report = folder.resolve("report");
    ProcessBuilder builder = new ProcessBuilder(SCRIPT.toString()).redirectErrorStream(true);
    builder
        .environment()
        .putAll(
            Map.of(
                "IMPORT_URL",
                url,
                "IMPORT_SHA256",
                sha256,
                "IMPORT_FORMAT",
                format,
                "IMPORT_TARGET",
                device,
                "IMPORT_SCRATCH",
                at("scratch"),
                "IMPORT_REPORT",
                report.toString(),
                "IMPORT_TRIES",
                "2",
                "PATH",
                at("bin") + ":" + System.getenv("PATH")));
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), output);
    String said = Files.exists(report) ? Files.readString(report) : "";
    assertEquals(said.isEmpty() ? 0 : 1, process.exitValue(), output);
    return said;
  }

  /** Puts a program before the host's of that name. */
  private void program(String name, String... lines) throws IOException {
    Path program = Files.createDirectories(folder.resolve("bin")).resolve(name);
    Files.writeString(program, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
    assertTrue(program.toFile().setExecutable(true));
  }

  private byte[] qcow2(String... arguments) throws Exception {
    String[] command = new String[arguments.length + 3];
    command[0] = "qemu-img";
    command[1] = "create";
    command[2] = "-q";
    for (int i = 0; i < arguments.length; i++) {
      command[i + 3] = arguments[i].equals("image") ? at("image") : arguments[i];
    }
    output(command);
    return Files.readAllBytes(folder.resolve("image"));
  }

  private static String output(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, process.waitFor(), output);
    return output;
  }

  private String serve(byte[] body) {
    server.createContext(
        "/image",
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
          } catch (IOException e) {
            // The importer hangs up on a file that is too large: nothing to do.
            exchange.close();
          }
        });
    return address("/image");
  }

  /** Announces the whole file and sends half of it. */
  private String serveShort(byte[] body) {
    server.createContext(
        "/image",
        exchange -> {
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body, 0, body.length / 2);
          exchange.getResponseBody().flush();
          exchange.close();
        });
    return address("/image");
  }

  private String address(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  private String at(String name) {
    return folder.resolve(name).toString();
  }

  private static byte[] noise(int bytes, long seed) {
    byte[] noise = new byte[bytes];
    new Random(seed).nextBytes(noise);
    return noise;
  }

  private static byte[] withHole(byte[] image) {
    Arrays.fill(image, MIB, 2 * MIB, (byte) 0);
    return image;
  }

  private static byte[] padded(byte[] image) {
    return Arrays.copyOf(image, DISK_BYTES);
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }
}
