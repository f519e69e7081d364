package io.millrace.engine.daemon.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.engine.core.Limits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A volume's limits hold for all its NBD clients together, and for nobody else; by a clock of the
 * test.
 */
final class NbdLimitsTest {
  private static final int SIZE = 4 << 20;
  private static final int REPLY_BYTES = 16;
  private static final int REQUESTS = 120;
  private static final double NANOS_PER_SECOND = 1e9;
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

  private static byte[] requests(int type, int count, int bytes) {
    byte[] data = type == NbdWire.WRITE ? new byte[bytes] : NOTHING;
    ByteBuffer all = ByteBuffer.allocate(count * (28 + data.length));
    for (int i = 0; i < count; i++) {
      long at = (long) i * bytes;
      all.put(Messages.request(ReplyStyle.SIMPLE, type, 0, at, bytes, data));
    }
    return all.array();
  }

  /** Bytes that a client has been sent by the time that so many seconds have passed. */
  private int received(NbdBench.Client client, double seconds) throws IOException {
    int bytes = 0;
    for (long end = bench.nanos() + (long) (seconds * NANOS_PER_SECOND); bench.nanos() < end; ) {
      bench.round();
      bytes += client.receiveSome();
    }
    return bytes;
  }

  @Test
  void twoClientsOfAVolumeHaveItsRequestsTogetherAndOthersHaveTheirs() throws IOException {
    long unused = bench.volume("free", SIZE);
    bench.limit(volume, new Limits(10, 0, 0, 0));
    try (NbdBench.Client writer = bench.connect("v", ReplyStyle.SIMPLE);
        NbdBench.Client zeroer = bench.connect("v", ReplyStyle.SIMPLE);
        NbdBench.Client flusher = bench.connect("v", ReplyStyle.SIMPLE);
        NbdBench.Client free = bench.connect("free", ReplyStyle.SIMPLE)) {
      writer.send(requests(NbdWire.WRITE, REQUESTS, 512));
      zeroer.send(requests(NbdWire.TRIM, REQUESTS, 4096));
      long began = bench.nanos();
      for (int i = 0; i < 500; i++) {
        assertEquals(0, free.write(4096L * (i % 500), new byte[4096], 0));
        assertEquals(0, flusher.call(NbdWire.FLUSH, 0, 0), "a flush is not limited");
      }
      double seconds = (bench.nanos() - began) / NANOS_PER_SECOND;
      int answered = (writer.receiveSome() + zeroer.receiveSome()) / REPLY_BYTES;
      assertTrue(answered <= 10 * (seconds + 1) + 1, answered + " answered in " + seconds + " s");
      assertTrue(answered >= 10, "what it may it does");
      bench.limit(volume, Limits.NONE);
      int rest = REQUESTS * 2 - answered;
      int after = received(writer, 0.5) + received(zeroer, 0.5);
      assertEquals(rest, after / REPLY_BYTES, "lifted, for what waits too");
    }
    assertTrue(bench.server().isMemoryFree());
  }

  @Test
  void readsAreHeldToTheBytesAndTheServerSleepsUntilTheNextIsDue() throws IOException {
    bench.limit(volume, new Limits(0, 1 << 20, 0, 0));
    try (NbdBench.Client reader = bench.connect("v", ReplyStyle.SIMPLE)) {
      reader.send(requests(NbdWire.READ, 4, 1 << 20));
      int first = received(reader, 1.5);
      assertTrue(first <= (1 << 20) * 2.5 + (1 << 20) + 3 * REPLY_BYTES, first + " bytes");
      long due = bench.server().dueIn();
      assertTrue(due > 0 && due <= NANOS_PER_SECOND, "due in " + due + " ns");
      assertEquals(4 * (REPLY_BYTES + (1 << 20)), first + received(reader, 3));
    }
  }

  @Test
  void whoGoesAwayWithRequestsThatMayNotBeginYetLeavesNothingBehind() throws IOException {
    bench.limit(volume, new Limits(1, 0, 0, 0));
    try (NbdBench.Client gone = bench.connect("v", ReplyStyle.SIMPLE)) {
      gone.send(requests(NbdWire.WRITE, REQUESTS, 512));
      gone.send(Messages.request(ReplyStyle.SIMPLE, NbdWire.DISCONNECT, 0, 0, 0, NOTHING));
    }
    bench.rest(1);
    bench.rest(1);
    bench.rest(1);
    bench.rounds(20);
    assertEquals(0, bench.server().connections());
    assertTrue(bench.server().isMemoryFree());
  }

  @Test
  void whoComesBackHasNoNewBurst() throws IOException {
    bench.limit(volume, new Limits(1, 0, 0, 0));
    long began = bench.nanos();
    for (int i = 0; i < 3; i++) {
      try (NbdBench.Client client = bench.connect("v", ReplyStyle.SIMPLE)) {
        assertEquals(0, client.write(0, new byte[512], 0));
      }
    }
    double seconds = (bench.nanos() - began) / NANOS_PER_SECOND;
    assertTrue(seconds >= 2, "three in " + seconds + " s");
  }

  @Test
  void whatIsRefusedIsNotCharged() throws IOException {
    bench.limit(volume, new Limits(1, 0, 0, 0));
    try (NbdBench.Client client = bench.connect("v", ReplyStyle.SIMPLE)) {
      for (int i = 0; i < REQUESTS; i++) {
        assertTrue(client.write(SIZE, new byte[512], 0) != 0, "beyond the end");
      }
      assertEquals(0, client.write(0, new byte[512], 0));
    }
  }
}
