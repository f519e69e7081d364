package io.millrace.engine.daemon.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.engine.core.Extents;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Golden bytes of the transmission phase. */
final class NbdWireTest {
  private static final int AT = 100;
  private static final String COOKIE = "1122334455667788";

  private final MemorySegment m = Arena.ofAuto().allocate(1000);

  private NbdWire wire(ReplyStyle style) {
    return new NbdWire(m, style);
  }

  private String written(int bytes) {
    return HexFormat.of().formatHex(m.asSlice(AT, bytes).toArray(ValueLayout.JAVA_BYTE));
  }

  @Test
  void requestsAreReadAsTheyWereSent() {
    for (ReplyStyle style : ReplyStyle.values()) {
      byte[] bytes = Messages.request(style, 6, 0x11, 1L << 40, 0xfffffe00L, new byte[0]);
      MemorySegment.copy(bytes, 0, m, ValueLayout.JAVA_BYTE, AT, bytes.length);
      NbdWire wire = wire(style);
      assertEquals(bytes.length, wire.requestBytes());
      assertTrue(wire.isRequest(AT));
      assertFalse(wire.isRequest(AT + 4));
      assertEquals(6, wire.type(AT));
      assertEquals(0x11, wire.flags(AT));
      assertEquals(Messages.COOKIE, wire.cookie(AT));
      assertEquals(1L << 40, wire.offset(AT));
      assertEquals(0xfffffe00L, wire.length(AT));
    }
  }

  @Test
  void endsHaveTheShapeThatWasAgreedOn() {
    long cookie = Messages.COOKIE;
    assertEquals(
        "67446698" + "0000001c" + COOKIE,
        written(wire(ReplyStyle.SIMPLE).end(AT, NbdWire.READ, 28, cookie, 4096)));
    assertEquals(
        "67446698" + "00000000" + COOKIE,
        written(wire(ReplyStyle.STRUCTURED).end(AT, NbdWire.WRITE, 0, cookie, 4096)));
    assertEquals(
        "668e33ef" + "0001" + "8001" + COOKIE + "00000006" + "00000005" + "0000",
        written(wire(ReplyStyle.STRUCTURED).end(AT, NbdWire.READ, 5, cookie, 4096)));
    assertEquals(
        "6e8a278c" + "0001" + "0000" + COOKIE + "0000000000001000" + "0000000000000000",
        written(wire(ReplyStyle.EXTENDED).end(AT, NbdWire.WRITE, 0, cookie, 4096)));
    assertEquals(
        "6e8a278c"
            + "0001"
            + "8001"
            + COOKIE
            + "0000000000001000"
            + "0000000000000006"
            + "00000016"
            + "0000",
        written(wire(ReplyStyle.EXTENDED).end(AT, NbdWire.TRIM, 22, cookie, 4096)));
  }

  @Test
  void dataFollowTheirHeader() {
    long cookie = Messages.COOKIE;
    assertEquals(
        "67446698" + "00000000" + COOKIE,
        written(wire(ReplyStyle.SIMPLE).readHeader(AT, cookie, 4096, 512)));
    assertEquals(
        "668e33ef" + "0001" + "0001" + COOKIE + "00000208" + "0000000000001000",
        written(wire(ReplyStyle.STRUCTURED).readHeader(AT, cookie, 4096, 512)));
    assertEquals(
        "6e8a278c"
            + "0001"
            + "0001"
            + COOKIE
            + "0000000000001000"
            + "0000000000000208"
            + "0000000000001000",
        written(wire(ReplyStyle.EXTENDED).readHeader(AT, cookie, 4096, 512)));
  }

  @Test
  void extentsAreNarrowOrWide() {
    MemorySegment extents = Arena.ofAuto().allocate(Extents.bytesFor(2), 8);
    extents.set(ValueLayout.JAVA_LONG, 0, 2);
    extents.set(ValueLayout.JAVA_LONG, 8, 8192);
    extents.set(ValueLayout.JAVA_LONG, 16, 1);
    extents.set(ValueLayout.JAVA_LONG, 24, 512);
    Terms.Context allocation = new Terms.Context(1, MetaContexts.ALLOCATION, 0);
    Terms.Context changed = new Terms.Context(2, MetaContexts.CHANGED_SINCE + "s", 7);
    long cookie = Messages.COOKIE;
    NbdWire narrow = wire(ReplyStyle.STRUCTURED);
    assertEquals(
        "668e33ef"
            + "0000"
            + "0005"
            + COOKIE
            + "00000014"
            + "00000001"
            + "00002000"
            + "00000000"
            + "00000200"
            + "00000003",
        written(narrow.extents(AT, allocation, false, cookie, 4096, extents)));
    assertEquals(
        "6e8a278c"
            + "0001"
            + "0006"
            + COOKIE
            + "0000000000001000"
            + "0000000000000028"
            + "00000002"
            + "00000002"
            + "0000000000002000"
            + "0000000000000001"
            + "0000000000000200"
            + "0000000000000000",
        written(wire(ReplyStyle.EXTENDED).extents(AT, changed, true, cookie, 4096, extents)));
  }
}
