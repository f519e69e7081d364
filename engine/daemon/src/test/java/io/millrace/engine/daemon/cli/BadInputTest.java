package io.millrace.engine.daemon.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.engine.api.CreateSnapshotRequest;
import io.millrace.engine.api.CreateVolumeRequest;
import io.millrace.engine.daemon.rpc.ServedStore;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/**
 * What every command does with what it can't take: it says so in one line, ends with the code that
 * is promised for it, and changes neither a store nor a folder.
 */
final class BadInputTest {
  private static final String UNKNOWN = "00000000deadbeef";
  private static final String LONG_NAME = "n".repeat(256);

  @TempDir static Path folder = Path.of("");
  private static ServedStore served;

  /**
   * A line and its end. In the line {@code @} stands for the folder: {@code @/served} is served at
   * {@code @/engine.sock}, {@code @/store} is not served, {@code @/garbage} is no store,
   * {@code @/image} a file, {@code @/folder} a folder, {@code @/none} nothing. A name that is
   * {@code EMPTY} is empty, {@code LONG} too long, {@code LINES} two lines.
   */
  private record Row(String line, int exitCode, String words) {
    String[] arguments() {
      return Arrays.stream(line.split(" "))
          .map(word -> word.replace("@", folder.toString()))
          .map(word -> word.equals("EMPTY") ? "" : word)
          .map(word -> word.equals("LONG") ? LONG_NAME : word)
          .map(word -> word.equals("LINES") ? "a\nb" : word)
          .toArray(String[]::new);
    }

    /** A command that asks the daemon. */
    static Row online(String line, int exitCode, String words) {
      return new Row(line + " --socket @/engine.sock", exitCode, words);
    }

    @Override
    public String toString() {
      return line;
    }
  }

  static List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    Stream.of(
            "store format @/folder --size 256MiB|2|is a directory",
            "store format @/fifo --size 256MiB|2|neither a file nor a block device",
            "store format @/new|2|a file needs --size",
            "store format @/new --size 1MiB|2|too small: a store needs",
            "store format @/new --size 0|2|too small",
            "store format @/new --size -5|2|is no size",
            "store format @/none/new --size 256MiB|1|no such file or directory",
            "store format @/store --size 256MiB|4|it holds a Millrace store",
            "store format @/served --size 256MiB --force|4|in use by another process",
            "store format @/garbage --size 256MiB|4|is not empty",
            "store info @/folder|2|is a directory",
            "store info @/none|1|no such file",
            "store info @/served|4|in use by another process",
            "store info @/garbage|6|garbage: ",
            "store check @/folder|2|is a directory",
            "store check @/none|1|no such file",
            "store check @/served --socket @/none|4|in use by another process",
            "store check @/fifo|2|neither a file nor a block device",
            "store check --socket @/none|7|no daemon listens on",
            "store dump @/folder|2|is a directory",
            "store dump @/none|1|no such file",
            "store dump @/served|4|in use by another process",
            "store dump @/store --segment 64|2|the store has segments 0 to 63",
            "store dump @/store --segment -1|2|the store has segments 0 to 63",
            "store rebuild @/folder|2|is a directory",
            "store rebuild @/none|1|no such file",
            "store rebuild @/served|4|in use by another process",
            "store rebuild @/garbage --staging-dir @/folder|6|nothing was written",
            "store export v @/new --store @/none|1|no such file",
            "store export v @/new --store @/folder|2|is a directory",
            "store export v @/new --store @/served|4|in use by another process",
            "store export v @/new --store @/garbage|6|garbage: ",
            "store export v @/new --store @/store|3|no volume or snapshot 'v'",
            "store export v @/image --store @/store|4|exists (--force overwrites it)",
            "store export v @/folder --store @/store --force|4|is no regular file",
            "store export v @/store --store @/store --force|4|is the store itself",
            "store import @/none v --store @/store --format raw|3|no such file",
            "store import @/folder v --store @/store --format raw|2|is a directory",
            "store import @/fifo v --store @/store --format raw|2|neither a file nor",
            "store import @/image v --store @/none --format raw|1|no such file",
            "store import @/image v --store @/folder --format raw|2|is a directory",
            "store import @/image v --store @/served --format raw|4|in use by another process",
            "store import @/image v --store @/garbage --format raw|6|garbage: ",
            "store import @/store v --store @/store --format raw|4|is the store itself",
            "store import @/image v --store @/store --format qcow2|2|it is no qcow2 file",
            "store import @/empty v --store @/store --format raw|2|is empty",
            "store import @/image .millrace-import --store @/store --format raw|2|unfinished")
        .map(text -> text.split("\\|"))
        .forEach(r -> rows.add(new Row(r[0], Integer.parseInt(r[1]), r[2])));
    Stream.of(
            "store scrub|4|never to scrub",
            "stats -o yaml|2|Invalid value for option '--output'",
            "top -d 0|2|--delay is 0.1 to 3600",
            "top --sort size|2|Invalid value for option '--sort'",
            "volume create EMPTY --size 1MiB|2|a name has 1 to 255 bytes",
            "volume create LONG --size 1MiB|2|a name has 1 to 255 bytes, this one has 256",
            "volume create LINES --size 1MiB|2|no control characters",
            "volume create w --size 0|2|size 0 is not a multiple of 512",
            "volume create w --size 1000|2|size 1000 is not a multiple of 512",
            "volume create w --size 2PiB|2|is not a multiple of 512 between",
            "volume create w --size 9EiB|2|is no size",
            "volume create w --size 1MiB --acknowledge never|2|Invalid value for option",
            "volume create w --size 1MiB --iops many|2|Invalid value for option '--iops'",
            "volume create w --size 1MiB --bandwidth 10KiB|2|bandwidth 10240 can't be: from 65536",
            "volume create w --size 1MiB --burst -1|2|burst -1 can't be",
            "volume create w --size 1MiB --weight 20000|2|weight 20000 can't be: from 1 to 10000",
            "volume create v --size 1MiB|4|volume v exists with",
            "volume list -o xml|2|Invalid value",
            "volume delete none|3|no volume none",
            "volume delete UNKNOWN|3|no volume",
            "volume resize none --size 1MiB|3|no volume none",
            "volume resize v --size 7|2|is not a multiple of 512",
            "volume resize v --size 1MiB|4|must be allowed expressly",
            "volume set none --acknowledge durable|3|no volume none",
            "volume set v --acknowledge maybe|2|Invalid value for option",
            "volume set v|2|nothing is to be changed",
            "volume set v --iops -5|2|iops -5 can't be",
            "volume set v --bandwidth fast|2|is no size",
            "volume show none|3|no volume none",
            "volume attach none|3|no volume none",
            "volume attach v --sector 1024|2|sector_bytes must be 512 or 4096",
            "volume detach none|3|no volume none",
            "snapshot create none s2|3|no volume none",
            "snapshot create v EMPTY|2|a name has 1 to 255 bytes",
            "snapshot create v LINES|2|no control characters",
            "snapshot create other s|4|snapshot s exists, of volume",
            "snapshot list --volume none|3|no volume none",
            "snapshot delete none|3|no snapshot none",
            "clone none c|3|no snapshot none",
            "clone none c --volume|3|no volume none",
            "clone s LONG|2|a name has 1 to 255 bytes",
            "clone s c --size 1MiB|2|is below its source's",
            "clone s v|4|volume v exists with")
        .map(text -> text.replace("UNKNOWN", UNKNOWN).split("\\|"))
        .forEach(r -> rows.add(Row.online(r[0], Integer.parseInt(r[1]), r[2])));
    rows.add(new Row("stats --socket @/none", 7, "no daemon listens on"));
    rows.add(new Row("volume list --socket @/image", 7, ""));
    return rows;
  }

  @BeforeAll
  static void makeStores() throws Exception {
    served = new ServedStore(folder);
    var v =
        served
            .calls()
            .createVolume(
                CreateVolumeRequest.newBuilder().setName("v").setSizeBytes(8 << 20).build());
    served
        .calls()
        .createVolume(
            CreateVolumeRequest.newBuilder().setName("other").setSizeBytes(8 << 20).build());
    served
        .calls()
        .createSnapshot(
            CreateSnapshotRequest.newBuilder().setName("s").setVolumeId(v.getId()).build());
    ServedStore.format(folder.resolve("store"));
    Files.createDirectory(folder.resolve("folder"));
    Files.write(folder.resolve("image"), new byte[8192]);
    Files.write(
        folder.resolve("garbage"),
        "all sorts of things ".repeat(100_000).getBytes(StandardCharsets.UTF_8));
    Files.createFile(folder.resolve("empty"));
    assertEquals(
        0, new ProcessBuilder("mkfifo", folder.resolve("fifo").toString()).start().waitFor());
  }

  @AfterAll
  static void end() {
    served.close();
  }

  /** Every file but the one that is served, and the volumes in that. */
  private static String everything() throws Exception {
    try (Stream<Path> files = Files.list(folder)) {
      StringBuilder all = new StringBuilder(served.catalog());
      for (Path file : files.sorted().toList()) {
        boolean compared = Files.isRegularFile(file) && !file.endsWith("served");
        all.append(file).append(' ');
        all.append(compared ? Arrays.hashCode(sampled(file)) : 0).append('\n');
      }
      return all.toString();
    }
  }

  /** The heads and the first segments, where anything that is written would be. */
  private static byte[] sampled(Path file) throws Exception {
    try (var in = Files.newInputStream(file)) {
      return in.readNBytes(16 << 20);
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void isRefusedInOneLineAndChangesNothing(Row row) throws Exception {
    String before = everything();
    StringWriter err = new StringWriter();
    int exitCode =
        Millrace.commandLine()
            .setOut(new PrintWriter(new StringWriter()))
            .setErr(new PrintWriter(err))
            .execute(row.arguments());
    String said = err.toString();
    assertEquals(row.exitCode, exitCode, said);
    assertTrue(said.contains(row.words), said);
    boolean usage = said.contains("Usage: ");
    assertTrue(usage || said.lines().count() == 1, said);
    assertTrue(usage || said.startsWith("millrace: "), said);
    assertEquals(before, everything());
  }

  @Test
  void everyCommandHasARow() {
    Set<String> commands = new TreeSet<>();
    collect(Millrace.commandLine(), "", commands);
    Set<String> tested =
        rows().stream()
            .map(row -> row.line + " ")
            .flatMap(line -> commands.stream().filter(c -> line.startsWith(c + " ")))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(commands, tested);
    assertTrue(commands.size() > 18, commands.toString());
  }

  private static void collect(CommandLine command, String path, Set<String> into) {
    if (command.getSubcommands().isEmpty()) {
      into.add(path.strip());
    }
    command.getSubcommands().forEach((name, sub) -> collect(sub, path + " " + name, into));
  }
}
