package io.millrace.engine.daemon.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.engine.daemon.serve.PrometheusParser;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a daemon tells of its work: metrics, {@code top}, and what its threads allocate. */
final class MetersIT {
  private static final int ROUNDS_MAX = 12;

  /** Who sees a block device that was written looks for a file system on it. */
  private static final long OTHERS_BYTES_MAX = 4 << 20;

  @TempDir static Path folder = Path.of("");
  private static Daemon daemon;
  private static String busy = "";
  private static String idle = "";

  @BeforeAll
  static void start() throws Exception {
    daemon = Daemon.format(folder, "2GiB");
    daemon.start("--nbd-socket", nbdSocket());
    busy = daemon.attachNew("busy", "64MiB");
    idle = daemon.attachNew("an idle one", "64MiB");
    daemon.millrace("volume", "create", "by-nbd", "--size", "64MiB").ok();
  }

  private static String nbdSocket() {
    return folder.resolve("nbd/socket").toString();
  }

  @AfterAll
  static void stop() throws Exception {
    daemon.close();
  }

  private static void fio(String arguments) throws Exception {
    fioOn("--direct=1 --ioengine=libaio --filename=" + busy, arguments);
  }

  private static void fioOn(String target, String arguments) throws Exception {
    Shell.bash("fio --name=t --randrepeat=0 --bs=4k --size=64m " + target + " " + arguments);
  }

  private static Map<String, Double> scrape() throws Exception {
    String port = daemon.logText().replaceFirst("(?s).*metrics on [^ ]*:(\\d+).*", "$1");
    return PrometheusParser.parse(Shell.bash("curl -sf http://127.0.0.1:" + port + "/metrics"));
  }

  private static double value(Map<String, Double> scraped, String name) {
    Double value = scraped.get(name);
    if (value == null) {
      throw new AssertionError("no " + name + " in " + scraped.keySet());
    }
    return value;
  }

  private static double ofBusy(Map<String, Double> scraped, String name, String request) {
    return ofVolume("busy", scraped, name, request);
  }

  private static double ofVolume(
      String volume, Map<String, Double> scraped, String name, String request) {
    String labels = "{name=" + volume + ", request=" + request + ", volume=";
    return scraped.entrySet().stream()
        .filter(e -> e.getKey().startsWith("millrace_volume_" + name + labels))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + name + labels + "in " + scraped.keySet()))
        .getValue();
  }

  @Test
  void metricsGrowWithWhatIsAskedOfTheBlockDevice() throws Exception {
    Map<String, Double> before = scrape();
    fio("--rw=randwrite --iodepth=16 --io_size=8m --fsync=128");
    fio("--rw=randread --iodepth=16 --io_size=4m");
    Shell.bash("blkdiscard -o 1M -l 2M " + busy);
    Map<String, Double> after = scrape();
    for (String[] asked :
        new String[][] {{"write", "8388608"}, {"read", "4194304"}, {"zero", "2097152"}}) {
      double bytes =
          ofBusy(after, "bytes_total", asked[0]) - ofBusy(before, "bytes_total", asked[0]);
      double least = Double.parseDouble(asked[1]);
      assertTrue(bytes >= least && bytes <= least + OTHERS_BYTES_MAX, asked[0] + ": " + bytes);
    }
    String count = "request_duration_seconds_count";
    assertTrue(ofBusy(after, count, "flush") - ofBusy(before, count, "flush") >= 15);
    assertTrue(ofBusy(after, count, "write") - ofBusy(before, count, "write") > 100);
    assertEquals(0, ofBusy(after, "errors_total", "write"));
    for (String grows :
        new String[] {
          "millrace_durable_lsn{}",
          "millrace_commits_total{}",
          "millrace_disk_call_duration_seconds_count{call=write}",
          "millrace_disk_call_duration_seconds_sum{call=sync}",
          "millrace_request_duration_seconds_count{request=write}",
          "millrace_reactor_allocated_bytes_total{}"
        }) {
      assertTrue(value(after, grows) > value(before, grows), grows);
    }
    assertTrue(value(after, "millrace_write_amplification_ratio{}") >= 1);
    assertFalse(idle.isEmpty());
  }

  @Test
  void topShowsTheVolumeFirstThatIsAskedMost() throws Exception {
    Shell.bash("dd if=/dev/zero of=" + idle + " bs=4k count=4 oflag=direct");
    Process load =
        new ProcessBuilder(
                "fio",
                "--name=t",
                "--direct=1",
                "--ioengine=libaio",
                "--rw=randrw",
                "--bs=4k",
                "--iodepth=4",
                "--size=64m",
                "--time_based",
                "--runtime=100",
                "--filename=" + busy)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("fio.log").toFile())
            .start();
    try {
      while (ofBusy(scrape(), "request_duration_seconds_count", "read") == 0) {
        Thread.sleep(100);
      }
      String json = daemon.millrace("top", "-n", "1", "-d", "1", "-o", "json").ok();
      String volumes = json.substring(json.indexOf("\"volumes\": ["));
      assertTrue(volumes.matches("(?s)[^}]*\"name\": \"busy\".*\"name\": \"an idle one\".*"), json);
      assertTrue(volumes.matches("(?s)[^}]*\"reads_per_second\": [0-9]*[1-9].*"), json);
      assertTrue(volumes.matches("(?s)[^}]*\"write_p99_micros\": [1-9].*"), json);
      String last =
          daemon.millrace("top", "-n", "1", "-d", "0.2", "-o", "json", "--sort", "name").ok();
      assertTrue(last.indexOf("an idle one") < last.indexOf("busy"), last);
      String table = daemon.millrace("top", "-n", "2", "-d", "0.5").ok();
      assertTrue(table.matches("(?s)log: .*\nVOLUME .*\nbusy .*\nan idle one .*log: .*"), table);
      assertFalse(table.contains("\u001b"), "it is no terminal");
    } finally {
      load.destroy();
      int unused = load.waitFor();
    }
    assertEquals(2, daemon.millrace("top", "--sort", "nothing").exitCode());
    assertEquals(2, daemon.millrace("top", "-d", "0").exitCode());
  }

  /**
   * Once all is compiled; until then, and by a checkpoint now and then, objects are made. If
   * requests made any, no round would be without: the smallest has 16 bytes. fio connects twice,
   * and each NBD client makes 14 KB when it comes.
   */
  @Test
  void requestsAllocateNothingOnceTheDaemonIsWarm() throws Exception {
    assertAllocatesNothing("--direct=1 --ioengine=libaio --filename=" + busy);
    assertAllocatesNothing("--ioengine=nbd '--uri=nbd+unix:///by-nbd?socket=" + nbdSocket() + "'");
    assertTrue(ofVolume("by-nbd", scrape(), "request_duration_seconds_count", "read") > 10_000);
  }

  private static void assertAllocatesNothing(String target) throws Exception {
    StringBuilder rounds = new StringBuilder(target + "%n".formatted());
    double least = Double.MAX_VALUE;
    for (int i = 0; i < ROUNDS_MAX && least >= 1; i++) {
      Map<String, Double> first = scrape();
      Map<String, Double> before = scrape();
      fioOn(target, "--rw=randrw --iodepth=32 --io_size=128m --fsync=32");
      Map<String, Double> after = scrape();
      double requests = requests(after) - requests(before);
      double ofScrape = allocated(before) - allocated(first);
      double bytes = allocated(after) - allocated(before) - ofScrape;
      assertTrue(requests > 25_000, "the load did not come: " + requests);
      least = Math.min(least, bytes / requests);
      rounds.append(
          "%.0f bytes for %.0f requests, %.0f for a scrape%n".formatted(bytes, requests, ofScrape));
    }
    assertTrue(least < 1, rounds.toString());
    System.out.print("allocated: " + rounds);
  }

  private static double requests(Map<String, Double> scraped) {
    double requests = 0;
    for (String kind : new String[] {"read", "write", "flush"}) {
      requests += value(scraped, "millrace_request_duration_seconds_count{request=" + kind + "}");
    }
    return requests;
  }

  private static double allocated(Map<String, Double> scraped) {
    return value(scraped, "millrace_reactor_allocated_bytes_total{}")
        + value(scraped, "millrace_disk_threads_allocated_bytes_total{}");
  }
}
