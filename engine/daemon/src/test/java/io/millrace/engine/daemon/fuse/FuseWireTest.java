package io.millrace.engine.daemon.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** The bytes as the kernel (Linux 6.18, little-endian) sent or took them. */
final class FuseWireTest {
  private final MemorySegment memory = Arena.global().allocate(4096);

  private void request(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
    memory.fill((byte) 0xee);
    MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
  }

  private String answer(int bodyBytes) {
    byte[] bytes =
        memory.asSlice(0, FuseWire.ANSWER_BYTES + bodyBytes).toArray(ValueLayout.JAVA_BYTE);
    return HexFormat.of().formatHex(bytes);
  }

  @Test
  void readsTheHeaderOfAWrite() {
    request(
        "50100000 10000000 3412000000000080 0200000000000000 00000000 00000000 07000000 00000000"
            + "0000000000000000 0000002000000000 00100000 00000000 0000000000000000 00000000 00000000");
    assertEquals(0x1050, FuseWire.length(memory, 0));
    assertEquals(FuseWire.WRITE, FuseWire.opcode(memory, 0));
    assertEquals(0x8000000000001234L, FuseWire.unique(memory, 0), "bit 63 marks a resent request");
    assertEquals(FuseWire.FILE_NODE, FuseWire.node(memory, 0));
    assertEquals(0x20000000L, FuseWire.ioOffset(memory, 0));
    assertEquals(4096, FuseWire.ioSize(memory, 0));
  }

  @Test
  void readsADiscardOfTheLoopDevice() {
    request(
        "48000000 2b000000 0600000000000000 0200000000000000 00000000 00000000 00000000 00000000"
            + "0000000000000000 0000100000000000 0000004000000000 03000000 00000000");
    assertEquals(FuseWire.FALLOCATE, FuseWire.opcode(memory, 0));
    assertEquals(1 << 20, FuseWire.ioOffset(memory, 0));
    assertEquals(1L << 30, FuseWire.fallocateLength(memory, 0));
    assertEquals(FuseWire.MODE_DISCARD, FuseWire.fallocateMode(memory, 0));
  }

  @Test
  void comparesTheWholeNameOfALookup() {
    request("2c000000" + "00000000".repeat(9) + "61626300");
    assertTrue(FuseWire.lookupIs(memory, 0, "abc".getBytes(StandardCharsets.UTF_8)));
    assertFalse(FuseWire.lookupIs(memory, 0, "ab".getBytes(StandardCharsets.UTF_8)));
    assertFalse(FuseWire.lookupIs(memory, 0, "abd".getBytes(StandardCharsets.UTF_8)));
    request("2b000000" + "00000000".repeat(9) + "61626300");
    assertFalse(FuseWire.lookupIs(memory, 0, "abc".getBytes(StandardCharsets.UTF_8)), "too short");
  }

  @Test
  void refusesAKernelWithoutAsynchronousDirectIo() {
    String header = "68000000 1a000000 0200000000000000" + "00000000".repeat(6);
    request(header + "07000000 2d000000 00000200 00804040 80000000");
    assertTrue(FuseWire.initAcceptable(memory, 0));
    request(header + "07000000 2d000000 00000200 00004040 80000000");
    assertFalse(FuseWire.initAcceptable(memory, 0));
    request(header + "07000000 1e000000 00000200 00804040 80000000");
    assertFalse(FuseWire.initAcceptable(memory, 0));
  }

  @Test
  void asksForWhatIsNeededAndOffered() {
    FuseWire.initBody(memory, 0, 45, -1, -1, 128);
    FuseWire.header(memory, 0, FuseWire.INIT_ANSWER_BYTES, 0, 2);
    assertEquals(
        "50000000 00000000 0200000000000000 07000000 2d000000 00001000 21804240 8000 8000 00001000"
                .replace(" ", "")
            + "01000000 0001 0000 80000000".replace(" ", "")
            + "00".repeat(28),
        answer(FuseWire.INIT_ANSWER_BYTES));
  }

  @Test
  void neverAsksForWhatTheKernelDoesNotOffer() {
    FuseWire.initBody(memory, 0, 31, FuseWire.ASYNC_DIO | FuseWire.MAX_PAGES, 0, 64);
    assertEquals(31, memory.get(ValueLayout.JAVA_INT, FuseWire.ANSWER_BYTES + 4));
    assertEquals(
        FuseWire.ASYNC_DIO | FuseWire.MAX_PAGES,
        memory.get(ValueLayout.JAVA_INT, FuseWire.ANSWER_BYTES + 12));
    assertEquals(0, memory.get(ValueLayout.JAVA_INT, FuseWire.ANSWER_BYTES + 32));
  }

  @Test
  void answersWithTheFilesAttributes() {
    FuseWire.attributesBody(memory, 0, FuseWire.FILE_NODE, 1 << 30);
    FuseWire.header(memory, 0, FuseWire.ATTR_ANSWER_BYTES, 0, 9);
    assertEquals(
        "78000000 00000000 0900000000000000".replace(" ", "")
            + "00".repeat(16)
            + "0200000000000000 0000004000000000 0000200000000000".replace(" ", "")
            + "00".repeat(36)
            + "80810000 01000000 00000000 00000000 00000000 00100000 00000000".replace(" ", ""),
        answer(FuseWire.ATTR_ANSWER_BYTES));
  }

  @Test
  void answersAnErrorAsItsNegative() {
    FuseWire.header(memory, 0, 0, 28, 5);
    assertEquals("10000000e4ffffff0500000000000000", answer(0));
  }
}
