package io.millrace.engine.daemon.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that break the protocol, leave in its middle, or never say a word. */
final class FuzzedClientsTest {
  private static final int SIZE = 1 << 20;
  private static final int CONNECTIONS = 1000;
  private static final int MUTATIONS = 1500;
  private static final byte[] MARK = Messages.utf8("untouched".repeat(64).substring(0, 512));
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

  @TempDir Path folder = Path.of("");
  private NbdBench bench;
  private long descriptors;

  @BeforeEach
  void start() throws IOException {
    bench = new NbdBench(folder);
    var _ = bench.volume("v", SIZE);
    var _ = bench.volume("marked", SIZE);
    try (NbdBench.Client client = bench.connect("marked", ReplyStyle.SIMPLE)) {
      assertEquals(0, client.write(0, MARK, 0));
    }
    descriptors = descriptors();
  }

  /** Nothing is held for those who are gone, others' data are as they were, and it goes on. */
  @AfterEach
  void nothingIsLeft() throws IOException {
    bench.rounds(50);
    assertEquals(0, bench.server().connections());
    assertTrue(bench.server().isMemoryFree());
    assertEquals(descriptors, descriptors());
    bench.readings().requests().forEach(r -> assertEquals(0, r.inFlight(), r.kind()));
    try (NbdBench.Client client = bench.connect("marked", ReplyStyle.SIMPLE)) {
      assertArrayEquals(MARK, client.read(0, 512));
    }
    bench.close();
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> all = Files.list(DESCRIPTORS)) {
      return all.count();
    }
  }

  /** All that a client says from its flags to its leave, and where its messages begin. */
  private static byte[] session(ReplyStyle style) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(new byte[] {0, 0, 0, 3});
    all.write(Messages.option(Negotiation.LIST, new byte[0]));
    if (style != ReplyStyle.SIMPLE) {
      boolean extended = style == ReplyStyle.EXTENDED;
      int option = extended ? Negotiation.EXTENDED_HEADERS : Negotiation.STRUCTURED_REPLY;
      all.write(Messages.option(option, new byte[0]));
      byte[] contexts = Messages.contexts("v", MetaContexts.ALLOCATION);
      all.write(Messages.option(Negotiation.SET_META_CONTEXT, contexts));
    }
    all.write(Messages.option(Negotiation.GO, Messages.go("v")));
    int payload = style == ReplyStyle.EXTENDED ? NbdWire.FLAG_PAYLOAD_LENGTH : 0;
    byte[] data = new byte[1024];
    byte[] none = new byte[0];
    all.write(Messages.request(style, NbdWire.WRITE, payload, 4096, data.length, data));
    all.write(Messages.request(style, NbdWire.READ, 0, 4096, 2048, none));
    all.write(Messages.request(style, NbdWire.WRITE_ZEROES, 0, 0, 8192, none));
    all.write(Messages.request(style, NbdWire.BLOCK_STATUS, 0, 0, SIZE, none));
    all.write(Messages.request(style, NbdWire.FLUSH, 0, 0, 0, none));
    all.write(Messages.request(style, NbdWire.DISCONNECT, 0, 0, 0, none));
    return all.toByteArray();
  }

  @Test
  void aSessionThatIsCutAtAnyByteLeavesNothingBehind() throws IOException {
    for (ReplyStyle style : ReplyStyle.values()) {
      byte[] session = session(style);
      for (int cut = 0; cut < session.length; cut += cut > 300 && cut % 64 != 0 ? 7 : 1) {
        try (NbdBench.Client client = bench.connect()) {
          client.send(Arrays.copyOf(session, cut));
        }
      }
      try (NbdBench.Client whole = bench.connect()) {
        whole.send(session);
        assertTrue(whole.drain(), "it is ended as it has asked");
      }
    }
  }

  @Test
  void aSessionWithAnythingWrongInItIsRefusedOrServed() throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    List<byte[]> sessions = new ArrayList<>();
    for (ReplyStyle style : ReplyStyle.values()) {
      sessions.add(session(style));
    }
    for (int i = 0; i < MUTATIONS; i++) {
      byte[] wrong = sessions.get(random.nextInt(sessions.size())).clone();
      for (int change = random.nextInt(3); change >= 0; change--) {
        int at = random.nextInt(wrong.length);
        wrong[at] = (byte) (random.nextBoolean() ? random.nextInt(256) : -random.nextInt(2));
      }
      try (NbdBench.Client client = bench.connect()) {
        try {
          client.send(wrong);
          boolean unused = client.drain();
        } catch (IOException cutOff) {
          assertTrue(String.valueOf(cutOff.getMessage()).length() > 0);
        }
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + ", session " + i, e);
      }
    }
  }

  @Test
  void whoBreaksTheProtocolWithinHisRequestsIsCutOff() throws IOException {
    byte[] none = new byte[0];
    byte[] magic = Messages.request(ReplyStyle.SIMPLE, NbdWire.READ, 0, 0, 512, none);
    magic[0] ^= 1;
    byte[] huge = Messages.request(ReplyStyle.SIMPLE, NbdWire.WRITE, 0, 0, 0xfffffe00L, none);
    for (byte[] wrong : List.of(magic, huge)) {
      try (NbdBench.Client client = bench.connect("v", ReplyStyle.SIMPLE)) {
        client.send(wrong);
        assertTrue(client.drain());
      }
    }
    try (NbdBench.Client client = bench.connect("v", ReplyStyle.EXTENDED)) {
      client.send(Messages.request(ReplyStyle.EXTENDED, NbdWire.WRITE, 0, 0, 512, new byte[512]));
      assertTrue(client.drain(), "a WRITE that does not say that it has data");
    }
  }

  @Test
  void aThousandWhoSayNothingAreHeldUntilTheirTimeIsOver() throws IOException {
    List<NbdBench.Client> silent = new ArrayList<>();
    for (int i = 0; i < CONNECTIONS; i++) {
      silent.add(bench.connect());
      bench.round();
    }
    assertEquals(NbdServer.CONNECTIONS_MAX, bench.server().connections());
    silent.removeLast().close();
    bench.rest(31);
    assertEquals(0, bench.server().connections());
    try (NbdBench.Client client = bench.connect("v", ReplyStyle.SIMPLE)) {
      assertEquals(0, client.write(0, new byte[512], 0));
    }
    for (NbdBench.Client client : silent) {
      client.close();
    }
  }

  @Test
  void aThousandWhoComeAndLeaveAtOnceLeaveNothing() throws IOException {
    Random random = new Random(3);
    for (int i = 0; i < CONNECTIONS; i++) {
      try (NbdBench.Client client = bench.connect()) {
        if (random.nextBoolean()) {
          client.greet();
        }
        if (random.nextInt(4) == 0) {
          client.option(Negotiation.LIST, new byte[0]);
        }
      }
    }
  }

  @Test
  void whoAsksWithoutListeningGetsNoMoreMemoryForIt() throws IOException {
    try (NbdBench.Client deaf = bench.connect()) {
      deaf.greet();
      byte[] list = Messages.option(Negotiation.LIST, new byte[0]);
      ByteBuffer many = ByteBuffer.allocate(list.length * 1000);
      while (many.hasRemaining()) {
        many.put(list);
      }
      int unsent = 0;
      for (int i = 0; i < 200 && unsent < 5; i++) {
        unsent = deaf.trySend(many.array()) == 0 ? unsent + 1 : 0;
        bench.round();
      }
      assertEquals(5, unsent, "nothing is taken from it any more");
    }
  }
}
