package io.millrace.engine.daemon.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.engine.core.Command;
import io.millrace.engine.daemon.ObjectId;
import io.millrace.engine.daemon.linux.Errno;
import io.millrace.engine.daemon.meter.Reading;
import io.millrace.engine.daemon.meter.Readings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients of a store in memory, byte for byte. */
final class NbdServerTest {
  private static final int SIZE = 4 << 20;
  private static final byte[] NOTHING = new byte[0];

  @TempDir Path folder = Path.of("");
  private NbdBench bench;
  private long volume;

  @BeforeEach
  void start() throws IOException {
    bench = new NbdBench(folder);
    volume = bench.volume("v", SIZE);
  }

  @AfterEach
  void stop() {
    bench.close();
  }

  private static byte[] filled(int bytes, int value) {
    byte[] data = new byte[bytes];
    Arrays.fill(data, (byte) value);
    return data;
  }

  @ParameterizedTest
  @EnumSource(ReplyStyle.class)
  void whatIsWrittenIsReadAndWhatIsZeroedIsZero(ReplyStyle style) throws IOException {
    byte[] model = new byte[SIZE];
    Random random = new Random(5);
    try (NbdBench.Client client = bench.connect("v", style)) {
      for (int i = 0; i < 60; i++) {
        int bytes = 512 * (1 + random.nextInt(i % 10 == 0 ? 2048 : 40));
        int offset = 512 * random.nextInt((SIZE - bytes) / 512 + 1);
        if (i % 4 == 3) {
          int type = i % 8 == 3 ? NbdWire.TRIM : NbdWire.WRITE_ZEROES;
          assertEquals(0, client.call(type, offset, bytes));
          Arrays.fill(model, offset, offset + bytes, (byte) 0);
        } else {
          byte[] data = new byte[bytes];
          random.nextBytes(data);
          assertEquals(0, client.write(offset, data, i % 3 == 0 ? NbdWire.FLAG_FUA : 0));
          System.arraycopy(data, 0, model, offset, bytes);
        }
        assertEquals(0, client.call(NbdWire.CACHE, offset, bytes));
        byte[] expected = Arrays.copyOfRange(model, offset, offset + bytes);
        assertArrayEquals(expected, client.read(offset, bytes));
      }
      assertEquals(0, client.call(NbdWire.FLUSH, 0, 0));
      assertEquals(Errno.EINVAL, client.call(NbdWire.READ, SIZE, 512));
      assertEquals(Errno.EINVAL, client.call(99, 0, 512));
      assertEquals(Errno.ENOSPC, client.write(SIZE, new byte[512], 0));
      assertEquals(Errno.EINVAL, client.write(0, new byte[(1 << 20) + 512], 0), "too much");
      assertArrayEquals(Arrays.copyOf(model, 4096), client.read(0, 4096), "and it goes on");
    }
    assertTrue(bench.server().isMemoryFree());
  }

  @Test
  void aWriteThatIsRefusedIsAnsweredWhenItsDataAreThere() throws IOException {
    byte[] data = new byte[512 << 10];
    try (NbdBench.Client client = bench.connect("v", ReplyStyle.SIMPLE)) {
      byte[] beyond =
          Messages.request(ReplyStyle.SIMPLE, NbdWire.WRITE, 0, SIZE, data.length, data);
      client.send(Arrays.copyOf(beyond, beyond.length - 1));
      assertTrue(client.isToldNothing());
      client.send(new byte[1]);
      assertEquals(Errno.ENOSPC, client.end());
      assertEquals(0, client.write(0, data, 0), "and it goes on");
      client.send(Arrays.copyOf(beyond, beyond.length / 2));
    }
    assertTrue(bench.server().isMemoryFree());
    assertEquals(0, bench.server().connections());
  }

  @Test
  void anExportIsCalledInTheHandshakeWhatItIsCalledInTheList() throws IOException {
    long snapshot = bench.snapshot("v", volume);
    String id = new ObjectId(snapshot).toString();
    for (String[] asked : new String[][] {{"v", "v"}, {new ObjectId(volume) + "", "v"}, {id, id}}) {
      try (NbdBench.Client client = bench.connect()) {
        client.greet();
        client.option(Negotiation.INFO, Messages.go(asked[0]));
        ByteBuffer info = client.replyOf(OptionReply.INFO_NAME);
        assertEquals(asked[1], StandardCharsets.UTF_8.decode(info).toString());
      }
    }
  }

  @Test
  void aFlushOfOneConnectionCoversWhatWasAnsweredToAll() throws IOException {
    try (NbdBench.Client writer = bench.connect("v", ReplyStyle.SIMPLE);
        NbdBench.Client reader = bench.connect("v", ReplyStyle.SIMPLE);
        NbdBench.Client other = bench.connect("v", ReplyStyle.EXTENDED)) {
      assertEquals(0, writer.write(8192, filled(4096, 7), 0));
      assertArrayEquals(filled(4096, 7), reader.read(8192, 4096), "seen by all once answered");
      assertEquals(0, other.call(NbdWire.FLUSH, 0, 0));
      assertEquals(0, reader.write(4096, filled(512, 8), NbdWire.FLAG_FUA));
      bench.losePower();
    }
    try (NbdBench.Client after = bench.connect("v", ReplyStyle.SIMPLE)) {
      assertArrayEquals(filled(4096, 7), after.read(8192, 4096));
      assertArrayEquals(filled(512, 8), after.read(4096, 512));
    }
  }

  @Test
  void aSnapshotIsServedAsItWasAndIsNotWritten() throws IOException {
    try (NbdBench.Client writer = bench.connect("v", ReplyStyle.SIMPLE)) {
      assertEquals(0, writer.write(0, filled(4096, 1), 0));
      long snapshot = bench.snapshot("s", volume);
      assertEquals(0, writer.write(0, filled(4096, 2), 0));
      try (NbdBench.Client reader = bench.connect("s", ReplyStyle.STRUCTURED)) {
        assertArrayEquals(filled(4096, 1), reader.read(0, 4096));
        assertEquals(Errno.EPERM, reader.write(0, filled(512, 3), 0));
        assertEquals(Errno.EPERM, reader.call(NbdWire.TRIM, 0, 512));
        assertEquals(1, bench.server().users(snapshot));
        assertEquals(0, bench.server().writers(snapshot));
        assertEquals(1, bench.server().writers(volume));
      }
      assertEquals(0, bench.server().users(snapshot));
    }
  }

  @Test
  void aVolumeThatHasADeviceIsReadOnly() throws IOException {
    bench.attached.add(volume);
    try (NbdBench.Client client = bench.connect("v", ReplyStyle.SIMPLE)) {
      assertEquals(Errno.EPERM, client.write(0, new byte[512], 0));
      assertEquals(0, bench.server().writers(volume));
    }
  }

  @Test
  void aVolumeThatGrowsHasItsNewSizeForThoseWhoComeThen() throws IOException {
    try (NbdBench.Client before = bench.connect("v", ReplyStyle.SIMPLE)) {
      var _ = bench.run(new Command.ResizeVolume(volume, 2 * SIZE, false));
      assertEquals(Errno.ENOSPC, before.write(SIZE, new byte[512], 0));
      try (NbdBench.Client after = bench.connect("v", ReplyStyle.SIMPLE)) {
        assertEquals(0, after.write(SIZE, filled(512, 3), 0));
      }
    }
  }

  @Test
  void whoseVolumeIsGoneMeetsErrors() throws IOException {
    try (NbdBench.Client client = bench.connect("v", ReplyStyle.SIMPLE)) {
      var _ = bench.run(new Command.DeleteVolume(volume));
      assertEquals(Errno.EIO, client.write(0, new byte[512], 0));
      assertEquals(Errno.EIO, client.call(NbdWire.FLUSH, 0, 0));
    }
  }

  /** The extents of a reply with one context: lengths, negative where their flag is 0. */
  private static List<Long> extents(NbdBench.Client client, int flags, long bytes)
      throws IOException {
    client.request(NbdWire.BLOCK_STATUS, flags, 0, bytes, NOTHING);
    ByteBuffer chunk = client.receive(client.receive(20).getInt(16));
    List<Long> all = new ArrayList<>();
    for (int at = 4; at < chunk.capacity(); at += 8) {
      long length = Integer.toUnsignedLong(chunk.getInt(at));
      all.add(chunk.getInt(at + 4) == 0 ? -length : length);
    }
    return all;
  }

  @Test
  void blockStatusTellsWhatHasDataAndWhatHasChanged() throws IOException {
    try (NbdBench.Client writer = bench.connect("v", ReplyStyle.SIMPLE)) {
      assertEquals(0, writer.write(8192, filled(8192, 1), 0));
      long unused = bench.snapshot("s", volume);
      assertEquals(0, writer.write(12288, filled(8192, 2), 0));
      assertEquals(0, writer.call(NbdWire.TRIM, 8192, 4096));
    }
    try (NbdBench.Client client =
        bench.connect("v", ReplyStyle.STRUCTURED, MetaContexts.ALLOCATION)) {
      assertEquals(List.of(12288L, -8192L, SIZE - 20480L), extents(client, 0, SIZE));
      assertEquals(
          List.of(12288L), extents(client, NbdWire.FLAG_REQUEST_ONE, SIZE), "one is asked for");
      assertEquals(List.of(12288L, -4096L), extents(client, 0, 16384), "not beyond the range");
    }
    String changed = MetaContexts.CHANGED_SINCE + "s";
    try (NbdBench.Client client = bench.connect("v", ReplyStyle.STRUCTURED, changed)) {
      assertEquals(List.of(-8192L, 12288L, 20480L - SIZE), extents(client, 0, SIZE));
    }
    try (NbdBench.Client client =
        bench.connect("v", ReplyStyle.EXTENDED, MetaContexts.ALLOCATION, changed)) {
      client.request(NbdWire.BLOCK_STATUS, 0, 0, SIZE, NOTHING);
      for (int context = 1; context <= 2; context++) {
        ByteBuffer header = client.receive(32);
        assertEquals(context == 2 ? 1 : 0, header.getShort(4), "the last is marked");
        ByteBuffer chunk = client.receive((int) header.getLong(24));
        assertEquals(context, chunk.getInt(0));
        assertEquals(3, chunk.getInt(4));
        assertEquals(context == 1 ? 12288 : 8192, chunk.getLong(8));
      }
    }
  }

  private static Reading of(List<Reading> readings, String kind) {
    return readings.stream().filter(r -> r.kind().equals(kind)).findFirst().orElseThrow();
  }

  private static void assertCounts(
      List<Reading> readings, String kind, long count, long errors, long bytes) {
    Reading of = of(readings, kind);
    assertEquals(count, of.count(), kind);
    assertEquals(errors, of.errors(), kind);
    assertEquals(bytes, of.bytes(), kind);
    assertEquals(0, of.inFlight(), kind);
    assertEquals(count, of.micros().getTotalCount(), kind);
  }

  @ParameterizedTest
  @EnumSource(ReplyStyle.class)
  void whatIsAskedIsOnTheMetersOfTheVolume(ReplyStyle style) throws IOException {
    long other = bench.volume("other", SIZE);
    try (NbdBench.Client client = bench.connect("v", style);
        NbdBench.Client _ = bench.connect("other", style)) {
      assertEquals(0, client.write(0, filled(8192, 1), 0));
      assertEquals(0, client.write(8192, filled(4096, 2), NbdWire.FLAG_FUA));
      assertEquals(Errno.ENOSPC, client.write(SIZE, new byte[512], 0));
      assertArrayEquals(filled(512, 2), client.read(8192, 512));
      assertEquals(0, client.call(NbdWire.CACHE, 0, 1024));
      assertEquals(0, client.call(NbdWire.FLUSH, 0, 0));
      assertEquals(0, client.call(NbdWire.TRIM, 0, 4096));
      assertEquals(0, client.call(NbdWire.WRITE_ZEROES, 4096, 512));
      assertEquals(Errno.EINVAL, client.call(99, 0, 512));
      assertEquals(1, bench.server().users(other));
    }
    Readings readings = bench.readings();
    assertEquals(List.of(volume, other), readings.volumes().stream().map(v -> v.id()).toList());
    for (List<Reading> of :
        List.of(readings.requests(), readings.volumes().getFirst().requests())) {
      assertCounts(of, "read", 2, 0, 1536);
      assertCounts(of, "write", 3, 1, 12288);
      assertCounts(of, "flush", 1, 0, 0);
      assertCounts(of, "zero", 2, 0, 4608);
    }
    for (Reading none : readings.volumes().getLast().requests()) {
      assertCounts(List.of(none), none.kind(), 0, 0, 0);
    }
  }

  @Test
  void whatIsReadOfASnapshotIsOnTheMetersOfAll() throws IOException {
    long unused = bench.snapshot("s", volume);
    try (NbdBench.Client client = bench.connect("s", ReplyStyle.SIMPLE)) {
      assertArrayEquals(filled(4096, 0), client.read(0, 4096));
    }
    assertCounts(bench.readings().requests(), "read", 1, 0, 4096);
    assertEquals(List.of(), bench.readings().volumes());
  }

  @Test
  void aRequestTakesFromWhenItHasComeToItsAnswerAlsoWhenItsClientIsGone() throws IOException {
    byte[] flush = Messages.request(ReplyStyle.SIMPLE, NbdWire.FLUSH, 0, 0, 0, NOTHING);
    try (NbdBench.Client client = bench.connect("v", ReplyStyle.SIMPLE)) {
      assertEquals(0, client.write(0, filled(4096, 1), 0));
      assertTrue(client.trySend(flush) > 0);
      bench.rounds(2);
      assertEquals(1, of(bench.readings().requests(), "flush").inFlight());
      assertEquals(0, of(bench.readings().requests(), "flush").count());
    }
    bench.rounds(50);
    Reading ended = of(bench.readings().requests(), "flush");
    assertEquals(0, ended.inFlight());
    assertEquals(1, ended.count());
    assertTrue(ended.nanos() >= NbdBench.ROUND_NANOS, ended.nanos() + " ns");
    assertEquals(ended.nanos() / 1e3, ended.micros().getMean(), ended.nanos() / 16e3);
  }

  @Test
  void aClientThatTakesNoAnswersHoldsNobodyUp() throws IOException {
    try (NbdBench.Client deaf = bench.connect("v", ReplyStyle.SIMPLE);
        NbdBench.Client client = bench.connect("v", ReplyStyle.SIMPLE)) {
      byte[] read = Messages.request(ReplyStyle.SIMPLE, NbdWire.READ, 0, 0, 1 << 20, NOTHING);
      int sent = 0;
      for (int i = 0; i < 2000; i++) {
        sent += deaf.trySend(read) > 0 ? 1 : 0;
        bench.round();
      }
      assertTrue(sent > 4, "it has asked for more than there is room for");
      for (int i = 0; i < 200; i++) {
        assertEquals(0, client.write(4096L * i, filled(4096, i), 0));
      }
      assertEquals(0, client.call(NbdWire.FLUSH, 0, 0));
      byte[] reply = deaf.receive(16 + (1 << 20)).array();
      assertEquals(0x67446698, ByteBuffer.wrap(reply).getInt(0), "its answers are as they were");
    }
    bench.rounds(50);
    assertTrue(bench.server().isMemoryFree());
  }

  @Test
  void manyRequestsAtATimeAreAllAnswered() throws IOException {
    try (NbdBench.Client client = bench.connect("v", ReplyStyle.SIMPLE)) {
      ByteBuffer all = ByteBuffer.allocate(300 * (28 + 4096));
      for (int i = 0; i < 300; i++) {
        byte[] data = filled(4096, i);
        long at = 4096L * i;
        all.put(Messages.request(ReplyStyle.SIMPLE, NbdWire.WRITE, 0, at, 4096, data));
      }
      client.send(all.array());
      for (int i = 0; i < 300; i++) {
        assertEquals(0, client.end(), "request " + i);
      }
      for (int i = 0; i < 300; i++) {
        assertArrayEquals(filled(4096, i), client.read(4096L * i, 4096));
      }
    }
  }

  @Test
  void noMoreClientsThanWereAllowedAreServedAndThatIsSaid() throws IOException {
    List<NbdBench.Client> clients = new ArrayList<>();
    for (int i = 0; i < NbdBench.CLIENTS_MAX; i++) {
      clients.add(bench.connect("v", ReplyStyle.SIMPLE));
    }
    assertThrows(IOException.class, () -> bench.connect("v", ReplyStyle.SIMPLE));
    clients.getFirst().close();
    clients.set(0, bench.connect("v", ReplyStyle.SIMPLE));
    for (NbdBench.Client client : clients) {
      assertEquals(0, client.write(0, new byte[512], 0));
      client.close();
    }
    assertTrue(bench.server().isMemoryFree());
  }

  @Test
  void aClientThatSaysItLeavesIsAnsweredFirst() throws IOException {
    try (NbdBench.Client client = bench.connect("v", ReplyStyle.SIMPLE)) {
      byte[] write = Messages.request(ReplyStyle.SIMPLE, NbdWire.WRITE, 1, 0, 512, filled(512, 9));
      byte[] leave = Messages.request(ReplyStyle.SIMPLE, NbdWire.DISCONNECT, 0, 0, 0, NOTHING);
      ByteBuffer both = ByteBuffer.allocate(write.length + leave.length).put(write).put(leave);
      client.send(both.array());
      assertEquals(0, client.end());
      assertTrue(client.drain(), "then it is ended");
    }
  }

  @Test
  void theSocketIsForTheUserAlone() throws IOException {
    assertEquals(
        "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(bench.socket())));
    Path open = Files.createDirectory(folder.resolve("open"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
    assertThrows(IOException.class, () -> NbdSocket.bind(open.resolve("socket")));
    Path file = Files.createFile(bench.socket().resolveSibling("file"));
    assertThrows(IOException.class, () -> NbdSocket.bind(file));
    assertTrue(Files.exists(file));
    assertFalse(Files.exists(open.resolve("socket")));
  }
}
