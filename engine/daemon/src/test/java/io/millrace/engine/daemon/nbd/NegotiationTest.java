package io.millrace.engine.daemon.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The handshake, option by option, without a socket. */
final class NegotiationTest {
  private static final int ACK = 1;
  private static final int UNSUPPORTED = 1 << 31 | 1;
  private static final int POLICY = 1 << 31 | 2;
  private static final int INVALID = 1 << 31 | 3;
  private static final int TLS_REQUIRED = 1 << 31 | 5;
  private static final int UNKNOWN = 1 << 31 | 6;
  private static final int TOO_BIG = 1 << 31 | 9;
  private static final int EXTENDED_HEADERS_REQUIRED = 1 << 31 | 10;

  private static final byte[] NOTHING = new byte[0];

  private Optional<String> noRoom = Optional.empty();

  /** A volume "v" with a snapshot "s", and more that are not told of. */
  private final Exports exports =
      new Exports() {
        private final Export volume = new Export(1, "v", "volume", 1 << 20, false);
        private final Export snapshot = new Export(2, "s", "snapshot", 1 << 20, true);

        @Override
        public List<Export> all() {
          return List.of(volume, snapshot);
        }

        @Override
        public Optional<Export> find(String name) {
          return all().stream().filter(e -> e.name().equals(name)).findFirst();
        }

        @Override
        public OptionalLong snapshot(String name) {
          return name.startsWith("s") ? OptionalLong.of(2) : OptionalLong.empty();
        }

        @Override
        public List<String> snapshotsOf(Export export) {
          return List.of("s");
        }

        @Override
        public Optional<String> noRoom() {
          return noRoom;
        }
      };

  private Negotiation begun(Negotiation.Security security) {
    Negotiation n = new Negotiation(exports, security);
    assertEquals("4e42444d41474943" + "49484156454f5054" + "0003", hex(n.takeOutput()));
    n.take(ByteBuffer.wrap(new byte[] {0, 0, 0, 3}));
    return n;
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  /** The types of the replies to an option. */
  private static List<Integer> ask(Negotiation n, int option, byte[] data) {
    byte[] message = Messages.option(option, data);
    n.take(ByteBuffer.wrap(message, 0, 16).slice());
    switch (n.next()) {
      case Negotiation.Step.Read(int bytes) when bytes == data.length && bytes != 16 ->
          n.take(ByteBuffer.wrap(data));
      case Negotiation.Step.Skip(int bytes) -> {
        assertEquals(data.length, bytes);
        n.take(ByteBuffer.allocate(0));
      }
      default -> {}
    }
    List<Integer> types = new ArrayList<>();
    for (ByteBuffer out = ByteBuffer.wrap(n.takeOutput()); out.hasRemaining(); ) {
      assertEquals(OptionReply.MAGIC, out.getLong());
      assertEquals(option, out.getInt());
      types.add(out.getInt());
      int length = out.getInt();
      out.position(out.position() + length);
    }
    return types;
  }

  private static void expect(Negotiation n, int option, byte[] data, Integer... replies) {
    assertEquals(List.of(replies), ask(n, option, data), "option " + option);
    assertEquals(new Negotiation.Step.Read(16), n.next(), "option " + option);
  }

  @Test
  void eachOptionIsAnsweredByWhatItSays() {
    byte[] cut = {0, 0, 0, 9, 'v'};
    byte[] negative = {-1, -1, -1, -1};
    Negotiation n = begun(Negotiation.Security.LOCAL);
    expect(n, Negotiation.LIST, NOTHING, 2, 2, ACK);
    expect(n, Negotiation.LIST, new byte[1], INVALID);
    expect(n, Negotiation.INFO, Messages.go("v"), 3, 3, 3, 3, ACK);
    expect(n, Negotiation.INFO, Messages.go("nobody"), UNKNOWN);
    expect(n, Negotiation.INFO, cut, INVALID);
    expect(n, Negotiation.INFO, negative, INVALID);
    expect(n, Negotiation.INFO, new byte[1], INVALID);
    expect(n, Negotiation.GO, Messages.go(""), UNKNOWN);
    expect(n, Negotiation.GO, new byte[20_000], TOO_BIG);
    expect(n, Negotiation.STARTTLS, NOTHING, POLICY);
    expect(n, Negotiation.STRUCTURED_REPLY, new byte[4], INVALID);
    expect(n, Negotiation.LIST_META_CONTEXT, Messages.contexts("v"), INVALID);
    expect(n, Negotiation.STRUCTURED_REPLY, NOTHING, ACK);
    expect(n, Negotiation.STRUCTURED_REPLY, NOTHING, INVALID);
    expect(n, Negotiation.LIST_META_CONTEXT, Messages.contexts("v"), 4, 4, 4, ACK);
    expect(n, Negotiation.LIST_META_CONTEXT, Messages.contexts("v", "qemu:"), 4, ACK);
    expect(n, Negotiation.LIST_META_CONTEXT, Messages.contexts("v", "x:"), ACK);
    expect(n, Negotiation.LIST_META_CONTEXT, Messages.contexts("v", "base:"), 4, ACK);
    expect(
        n,
        Negotiation.SET_META_CONTEXT,
        Messages.contexts(
            "v",
            "base:allocation",
            "millrace:changed-since:s",
            "qemu:dirty-bitmap:s",
            "millrace:changed-since:nobody",
            "x:y"),
        4,
        4,
        4,
        ACK);
    expect(n, Negotiation.SET_META_CONTEXT, Messages.contexts("w"), UNKNOWN);
    expect(n, Negotiation.SET_META_CONTEXT, cut, INVALID);
    expect(n, Negotiation.EXTENDED_HEADERS, NOTHING, ACK);
    expect(n, Negotiation.EXTENDED_HEADERS, NOTHING, INVALID);
    expect(n, Negotiation.STRUCTURED_REPLY, NOTHING, EXTENDED_HEADERS_REQUIRED);
    expect(n, 4, NOTHING, UNSUPPORTED);
    expect(n, 12, new byte[5], UNSUPPORTED);
    expect(n, Integer.MAX_VALUE, NOTHING, UNSUPPORTED);
    assertEquals(List.of(3, 3, 3, 3, ACK), ask(n, Negotiation.GO, Messages.go("v")));
    Terms terms = assertInstanceOf(Negotiation.Step.Transmit.class, n.next()).terms();
    assertEquals(ReplyStyle.EXTENDED, terms.style());
    assertEquals(List.of(), terms.contexts(), "those of an option that was refused are gone");
  }

  @Test
  void contextsCountForTheExportThatTheyWereAskedFor() {
    for (String export : List.of("v", "s")) {
      Negotiation n = begun(Negotiation.Security.LOCAL);
      assertEquals(List.of(ACK), ask(n, Negotiation.STRUCTURED_REPLY, NOTHING));
      byte[] contexts = Messages.contexts("v", "base:allocation", "millrace:changed-since:s");
      assertEquals(List.of(4, 4, ACK), ask(n, Negotiation.SET_META_CONTEXT, contexts));
      var _ = ask(n, Negotiation.GO, Messages.go(export));
      Terms terms = assertInstanceOf(Negotiation.Step.Transmit.class, n.next()).terms();
      assertEquals(export.equals("v") ? 2 : 0, terms.contexts().size());
    }
  }

  @Test
  void aChoiceOfContextsThatFailsLeavesNoneOfTheLastOne() {
    byte[] cut = {0, 0, 0, 9, 'v'};
    for (byte[] wrong : List.of(cut, new byte[20_000], contexts(9), contexts(65))) {
      Negotiation n = begun(Negotiation.Security.LOCAL);
      expect(n, Negotiation.STRUCTURED_REPLY, NOTHING, ACK);
      expect(n, Negotiation.SET_META_CONTEXT, contexts(8), 4, 4, 4, 4, 4, 4, 4, 4, ACK);
      expect(n, Negotiation.SET_META_CONTEXT, wrong, wrong == cut ? INVALID : TOO_BIG);
      var _ = ask(n, Negotiation.GO, Messages.go("v"));
      Terms terms = assertInstanceOf(Negotiation.Step.Transmit.class, n.next()).terms();
      assertEquals(List.of(), terms.contexts());
    }
  }

  private static byte[] contexts(int count) {
    String[] names = new String[count];
    Arrays.setAll(names, i -> MetaContexts.CHANGED_SINCE + "s" + i);
    return Messages.contexts("v", names);
  }

  @Test
  void aRefusalIsNoLongerThanAStringOfTheProtocol() {
    Negotiation n = begun(Negotiation.Security.LOCAL);
    byte[] message = Messages.option(Negotiation.GO, Messages.go("\0€".repeat(3000)));
    n.take(ByteBuffer.wrap(message, 0, 16).slice());
    n.take(ByteBuffer.wrap(message, 16, message.length - 16).slice());
    ByteBuffer reply = ByteBuffer.wrap(n.takeOutput());
    assertEquals(UNKNOWN, reply.getInt(12));
    String why = StandardCharsets.UTF_8.decode(reply.position(20)).toString();
    assertTrue(why.length() == 1000 && why.indexOf('\0') < 0, why);
  }

  @Test
  void theOldWayToNameAnExportHasNoRefusalButTheEnd() {
    Negotiation n = begun(Negotiation.Security.LOCAL);
    byte[] message = Messages.option(Negotiation.EXPORT_NAME, Messages.utf8("v"));
    n.take(ByteBuffer.wrap(message, 0, 16).slice());
    n.take(ByteBuffer.wrap(Messages.utf8("v")));
    assertEquals("0000000000100000" + "0d6d", hex(n.takeOutput()));
    assertInstanceOf(Negotiation.Step.Transmit.class, n.next());
    Negotiation other = begun(Negotiation.Security.LOCAL);
    assertEquals(List.of(), ask(other, Negotiation.EXPORT_NAME, Messages.utf8("w")));
    assertInstanceOf(Negotiation.Step.Close.class, other.next());
    Negotiation longName = begun(Negotiation.Security.LOCAL);
    assertEquals(List.of(), ask(longName, Negotiation.EXPORT_NAME, new byte[20_000]));
    assertInstanceOf(Negotiation.Step.Close.class, longName.next());
  }

  @Test
  void whoBreaksTheProtocolIsCutOff() {
    Negotiation flags = new Negotiation(exports, Negotiation.Security.LOCAL);
    flags.take(ByteBuffer.wrap(new byte[] {0, 0, 0, 4}));
    assertInstanceOf(Negotiation.Step.Close.class, flags.next());
    Negotiation magic = begun(Negotiation.Security.LOCAL);
    magic.take(ByteBuffer.allocate(16));
    assertInstanceOf(Negotiation.Step.Close.class, magic.next());
    for (int length : new int[] {-1, (1 << 20) + 1, Integer.MAX_VALUE}) {
      Negotiation oversize = begun(Negotiation.Security.LOCAL);
      byte[] header = Messages.option(Negotiation.LIST, NOTHING);
      oversize.take(ByteBuffer.wrap(header).putInt(12, length));
      assertInstanceOf(Negotiation.Step.Close.class, oversize.next());
    }
    Negotiation abort = begun(Negotiation.Security.LOCAL);
    assertEquals(List.of(ACK), ask(abort, Negotiation.ABORT, NOTHING));
    assertInstanceOf(Negotiation.Step.Close.class, abort.next());
  }

  @Test
  void beforeTlsNothingIsTold() {
    Negotiation n = begun(Negotiation.Security.PLAIN);
    for (int option : new int[] {3, 4, 6, 7, 8, 9, 10, 11, 12}) {
      assertEquals(List.of(TLS_REQUIRED), ask(n, option, Messages.go("v")));
      assertEquals(List.of(TLS_REQUIRED), ask(n, option, new byte[20_000]));
    }
    assertEquals(List.of(INVALID), ask(n, Negotiation.STARTTLS, new byte[1]));
    assertEquals(List.of(ACK), ask(n, Negotiation.STARTTLS, NOTHING));
    assertInstanceOf(Negotiation.Step.Encrypt.class, n.next());
    Negotiation old = begun(Negotiation.Security.PLAIN);
    assertEquals(List.of(), ask(old, Negotiation.EXPORT_NAME, Messages.utf8("v")));
    assertInstanceOf(Negotiation.Step.Close.class, old.next());
    Negotiation within = begun(Negotiation.Security.ENCRYPTED);
    assertEquals(List.of(INVALID), ask(within, Negotiation.STARTTLS, NOTHING));
  }

  @Test
  void whenThereIsNoRoomItIsSaidAndTheClientMayAskAgain() {
    Negotiation n = begun(Negotiation.Security.LOCAL);
    noRoom = Optional.of("too many");
    assertEquals(List.of(POLICY), ask(n, Negotiation.GO, Messages.go("v")));
    assertEquals(ACK, ask(n, Negotiation.INFO, Messages.go("v")).getLast());
    noRoom = Optional.empty();
    assertEquals(ACK, ask(n, Negotiation.GO, Messages.go("v")).getLast());
    assertTrue(n.next() instanceof Negotiation.Step.Transmit);
  }
}
