package io.millrace.engine.daemon.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the offline tools say of a store that was killed in use: snapshots, clones, overwrites and
 * discards, some of it in a checkpoint, the rest in the log. What the engine serves of it, once it
 * has come back, is the measure.
 */
final class OfflineToolsIT {
  private static final String[] OBJECTS = {"v", "s", "c", "empty"};

  private static final Path READER = Path.of("../../e2e/reader/millrace_export.py");

  @TempDir static Path folder = Path.of("");
  private static final Map<String, String> served = new HashMap<>();
  private static String store = "";

  /** The daemon is killed, its store copied; then it comes back and is asked for everything. */
  @BeforeAll
  static void makeStore() throws Exception {
    Path home = Files.createDirectories(folder.resolve("home"));
    store = folder.resolve("copy").toString();
    try (Daemon daemon = Daemon.format(home, "512MiB")) {
      daemon.start();
      String v = daemon.attachNew("v", "96MiB");
      daemon.millrace("volume", "create", "empty", "--size", "1TiB").ok();
      random(v, 0, 24);
      daemon.millrace("snapshot", "create", "v", "s").ok();
      random(v, 4, 6);
      Shell.bash("blkdiscard -o 1M -l 2M " + v);
      assertEquals(0, daemon.terminate(), daemon.logText());
      daemon.start();
      v = daemon.attach("v");
      daemon.millrace("clone", "s", "c").ok();
      String c = daemon.attach("c");
      random(c, 20, 12);
      random(v, 8, 3);
      Shell.bash("blkdiscard -o 18M -l 20M " + c);
      Shell.bash("dd if=/dev/urandom of=" + c + " bs=512 seek=9001 count=3 conv=fsync,notrunc");
      daemon.kill();
      Shell.bash("cp --sparse=always " + daemon.store() + " " + store);
      daemon.start();
      daemon.millrace("clone", "s", "served-s").ok();
      served.put("v", sum(daemon.attach("v")));
      served.put("c", sum(daemon.attach("c")));
      served.put("s", sum(daemon.attach("served-s")));
    }
  }

  @AfterAll
  static void forget() {
    served.clear();
  }

  private static void random(String device, int atMebibyte, int mebibytes) throws Exception {
    Shell.bash(
        "dd if=/dev/urandom of=%s bs=1M seek=%d count=%d oflag=direct conv=fsync"
            .formatted(device, atMebibyte, mebibytes));
  }

  /** A cyclic one: nobody here wants to deceive, and it takes a twentieth of SHA-256's time. */
  private static String sum(String path) throws Exception {
    return Shell.bash("cksum < " + path);
  }

  private static Shell.Result store(String command, String... arguments) throws Exception {
    String[] all = new String[arguments.length + 2];
    all[0] = "store";
    all[1] = command;
    System.arraycopy(arguments, 0, all, 2, arguments.length);
    return Tool.run(all);
  }

  @Test
  void whatIsExportedIsWhatTheEngineServes() throws Exception {
    String before = sum(store);
    for (String object : OBJECTS) {
      Path file = folder.resolve("exported-" + object);
      String told = store("export", object, file.toString(), "--store", store).ok();
      assertTrue(told.contains("exported "), told);
      if (served.containsKey(object)) {
        assertEquals(served.get(object), sum(file.toString()), object);
      }
    }
    assertEquals(1L << 40, Files.size(folder.resolve("exported-empty")));
    String used = Shell.bash("du -k " + folder.resolve("exported-empty") + " | cut -f1").strip();
    assertTrue(Long.parseLong(used) < 100, "not sparse: it takes " + used + " KiB");
    assertEquals(before, sum(store), "the store was only read");
  }

  @Test
  void whatCannotBeExportedIsRefusedInWordsAndLeavesNothing() throws Exception {
    Path file = folder.resolve("refused");
    Shell.Result missing = store("export", "none", file.toString(), "--store", store);
    assertEquals(3, missing.exitCode(), missing.output());
    assertTrue(missing.output().contains("no volume or snapshot 'none'"), missing.output());
    Shell.Result onItself = store("export", "v", store, "--store", store, "--force");
    assertEquals(4, onItself.exitCode(), onItself.output());
    assertEquals(1, store("export", "v", file.toString(), "--store", "/nonexistent").exitCode());
    assertEquals(2, store("export", "v", file.toString()).exitCode());
    assertFalse(Files.exists(file));
    Files.writeString(file, "precious");
    Shell.Result exists = store("export", "v", file.toString(), "--store", store);
    assertEquals(4, exists.exitCode(), exists.output());
    assertEquals("precious", Files.readString(file));
    store("export", "v", file.toString(), "--store", store, "--force").ok();
    assertEquals(served.get("v"), sum(file.toString()));
  }

  @Test
  void aDumpTellsTheRecords() throws Exception {
    String all = store("dump", store).ok();
    assertTrue(all.contains("CATALOG") && all.contains("name=v,"), all);
    String first = store("dump", store, "--segment", "1").ok();
    assertTrue(first.contains("commit page 0 ") && first.contains("VolumeCreated["), first);
    assertEquals(2, store("dump", store, "--segment", "99999").exitCode());
  }

  @Test
  void aStoreWithDamagedMapsIsRebuiltAndServesTheSame() throws Exception {
    String whole = folder.resolve("whole").toString();
    Shell.bash("cp --sparse=always " + store + " " + whole);
    String before = sum(whole);
    String nothing = store("rebuild", whole).ok();
    assertTrue(nothing.contains("there is nothing to rebuild"), nothing);
    for (long chunk : mapChunks(whole)) {
      flipBit(whole, chunk + 1000);
    }
    assertEquals(6, store("check", whole).exitCode());
    String damaged = sum(whole);
    String told = store("rebuild", whole, "--dry-run").ok();
    assertTrue(told.contains("the maps: the chunk of the checkpoint in segment"), told);
    assertTrue(told.contains("nothing was written"), told);
    assertEquals(damaged, sum(whole));
    store("rebuild", whole).ok();
    store("check", whole).ok();
    assertFalse(before.equals(sum(whole)), "there is a new checkpoint");
    for (String object : served.keySet()) {
      Path file = folder.resolve("rebuilt-" + object);
      store("export", object, file.toString(), "--store", whole).ok();
      assertEquals(served.get(object), sum(file.toString()), object);
    }
    Shell.bash("dd if=/dev/urandom of=" + whole + " bs=4096 count=16 conv=notrunc");
    assertEquals(6, store("rebuild", whole).exitCode());
  }

  /** The places of all chunks with leaves, of old checkpoints too. */
  private static List<Long> mapChunks(String path) throws Exception {
    List<Long> found = new ArrayList<>();
    ByteBuffer header = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    try (FileChannel file = FileChannel.open(Path.of(path))) {
      for (long at = 4L << 20; at < file.size(); at += 4096) {
        file.read(header.clear(), at);
        boolean chunk = header.getLong(0) == 0x314b4e554843524dL;
        if (chunk && header.getInt(40) == 5) {
          found.add(at);
        }
      }
    }
    assertFalse(found.isEmpty());
    return found;
  }

  private static void flipBit(String path, long offset) throws Exception {
    try (RandomAccessFile file = new RandomAccessFile(path, "rw")) {
      file.seek(offset);
      int value = file.read();
      file.seek(offset);
      file.write(value ^ 1);
    }
  }

  @Test
  void aStoreInUseIsRefused() throws Exception {
    Path home = Files.createDirectories(folder.resolve("busy"));
    try (Daemon daemon = Daemon.started(home, "256MiB")) {
      daemon.millrace("volume", "create", "v", "--size", "1MiB").ok();
      Path file = folder.resolve("busy-file");
      Shell.Result busy = store("export", "v", file.toString(), "--store", daemon.store());
      assertEquals(4, busy.exitCode(), busy.output());
      assertTrue(busy.output().contains("in use by another process"), busy.output());
      assertFalse(Files.exists(file));
    }
  }

  @Test
  void aReaderThatKnowsTheFormatAloneReadsTheSame() throws Exception {
    String before = sum(store);
    for (String object : served.keySet()) {
      Path file = folder.resolve("read-" + object);
      Shell.run("python3", READER.toString(), store, object, file.toString()).ok();
      assertEquals(served.get(object), sum(file.toString()), object);
    }
    assertEquals(before, sum(store), "the store was only read");
  }

  @Test
  void theCheckFindsAKilledStoreCleanAndADamagedBlockByName() throws Exception {
    String before = sum(store);
    String told = store("check", store).ok();
    assertTrue(told.contains(" is clean: 0 damaged"), told);
    assertTrue(store("check", store, "--no-data").ok().contains("the data of 0"));
    assertEquals(before, sum(store), "the store was only read");
    String damaged = folder.resolve("damaged").toString();
    Shell.bash("cp --sparse=always " + store + " " + damaged);
    flipBit(damaged, 4L << 20 | 50 * 4096);
    Shell.Result found = store("check", damaged, "--json");
    assertEquals(6, found.exitCode(), found.output());
    assertTrue(found.output().contains("\"clean\": false"), found.output());
    assertTrue(found.output().contains("\"part\": \"data\", \"segment\": 1"), found.output());
    assertTrue(found.output().contains("\"seen_by\": \"volume v, "), found.output());
    Path json = Files.writeString(folder.resolve("report.json"), found.output());
    Shell.bash("python3 -m json.tool " + json);
  }
}
