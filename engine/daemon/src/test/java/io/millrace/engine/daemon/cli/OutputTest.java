package io.millrace.engine.daemon.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.engine.api.Acknowledge;
import io.millrace.engine.api.Volume;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

final class OutputTest {
  private static final Volume VOLUME =
      Volume.newBuilder()
          .setId("0000000000000001")
          .setName("say \"hi\"")
          .setSizeBytes(1 << 30)
          .setCreatedUnixMillis(1_700_000_000_000L)
          .setAcknowledge(Acknowledge.DURABLE)
          .setIops(500)
          .setBurstSeconds(2)
          .setWeight(100)
          .build();

  @Command
  static final class Printer implements Runnable {
    @Mixin Output output = new Output();
    boolean list;

    @Override
    public void run() {
      List<String> columns = List.of("id", "size_bytes", "device");
      if (list) {
        output.list(columns, List.of(Rows.of(VOLUME, columns)));
      } else {
        output.object(Rows.of(VOLUME));
      }
    }
  }

  private static String print(boolean list, String form) {
    Printer printer = new Printer();
    printer.list = list;
    StringWriter out = new StringWriter();
    new CommandLine(printer)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setOut(new PrintWriter(out))
        .execute("-o", form);
    return out.toString();
  }

  @Test
  void anObjectStandsUpright() {
    assertEquals(
        """
        id                  0000000000000001
        name                say "hi"
        size                1 GiB
        source snapshot id  -
        source volume id    -
        created             2023-11-14T22:13:20Z
        own                 0 B
        device              -
        acknowledge         DURABLE
        iops                500
        bytes per second    0
        burst seconds       2
        weight              100
        """,
        print(false, "table"));
  }

  @Test
  void aListHasARowForEach() {
    assertEquals(
        """
        id                size_bytes  device
        0000000000000001  1 GiB       -
        """,
        print(true, "table"));
  }

  @Test
  void jsonKeepsNamesAndBytes() {
    assertEquals(
        "{\"id\": \"0000000000000001\", \"name\": \"say \\\"hi\\\"\", \"size_bytes\": 1073741824,"
            + " \"source_snapshot_id\": \"\", \"source_volume_id\": \"\","
            + " \"created_unix_millis\": 1700000000000, \"own_bytes\": 0, \"device\": \"\","
            + " \"acknowledge\": \"DURABLE\", \"iops\": 500, \"bytes_per_second\": 0,"
            + " \"burst_seconds\": 2, \"weight\": 100}\n",
        print(false, "json"));
    assertEquals(
        """
        [
          {"id": "0000000000000001", "size_bytes": 1073741824, "device": ""}
        ]
        """,
        print(true, "json"));
  }
}
