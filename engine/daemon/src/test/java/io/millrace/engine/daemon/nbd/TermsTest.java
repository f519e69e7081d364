package io.millrace.engine.daemon.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.engine.daemon.linux.Errno;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which requests are taken. */
final class TermsTest {
  private static final long SIZE = 4 << 20;
  private static final int MB = 1 << 20;

  private static Terms terms(ReplyStyle style, boolean readOnly, int contexts) {
    Terms.Context allocation = new Terms.Context(1, MetaContexts.ALLOCATION, 0);
    List<Terms.Context> all = contexts == 0 ? List.of() : List.of(allocation);
    return new Terms(new Export(1, "v", "", SIZE, readOnly), style, all);
  }

  private static final Terms WRITABLE = terms(ReplyStyle.SIMPLE, false, 0);
  private static final Terms STRUCTURED = terms(ReplyStyle.STRUCTURED, false, 1);
  private static final Terms EXTENDED = terms(ReplyStyle.EXTENDED, false, 1);
  private static final Terms READ_ONLY = terms(ReplyStyle.STRUCTURED, true, 1);

  private record Row(Terms terms, int type, int flags, long offset, long bytes, int errno) {}

  @Test
  void whatIsTakenFollowsFromWhatWasAgreedOn() {
    List<Row> rows =
        List.of(
            new Row(WRITABLE, NbdWire.READ, 0, 0, 512, 0),
            new Row(WRITABLE, NbdWire.READ, 0, SIZE - 512, 512, 0),
            new Row(WRITABLE, NbdWire.READ, 0, SIZE, 512, Errno.EINVAL),
            new Row(WRITABLE, NbdWire.READ, 0, 0, MB, 0),
            new Row(WRITABLE, NbdWire.READ, 0, 0, MB + 512, Errno.EINVAL),
            new Row(WRITABLE, NbdWire.READ, 0, 0, 0, Errno.EINVAL),
            new Row(WRITABLE, NbdWire.READ, 0, 1, 512, Errno.EINVAL),
            new Row(WRITABLE, NbdWire.READ, 0, 0, 511, Errno.EINVAL),
            new Row(WRITABLE, NbdWire.READ, 0, -512, 512, Errno.EINVAL),
            new Row(WRITABLE, NbdWire.READ, 0, Long.MAX_VALUE - 511, 512, Errno.EINVAL),
            new Row(WRITABLE, NbdWire.READ, 0, 0, -512, Errno.EINVAL),
            new Row(WRITABLE, NbdWire.READ, NbdWire.FLAG_FUA, 0, 512, 0),
            new Row(WRITABLE, NbdWire.READ, NbdWire.FLAG_DONT_FRAGMENT, 0, 512, Errno.EINVAL),
            new Row(STRUCTURED, NbdWire.READ, NbdWire.FLAG_DONT_FRAGMENT, 0, 512, 0),
            new Row(WRITABLE, NbdWire.WRITE, NbdWire.FLAG_FUA, 0, 512, 0),
            new Row(WRITABLE, NbdWire.WRITE, 0, SIZE, 512, Errno.ENOSPC),
            new Row(WRITABLE, NbdWire.WRITE, NbdWire.FLAG_PAYLOAD_LENGTH, 0, 512, Errno.EINVAL),
            new Row(EXTENDED, NbdWire.WRITE, NbdWire.FLAG_PAYLOAD_LENGTH, 0, 512, 0),
            new Row(EXTENDED, NbdWire.READ, NbdWire.FLAG_PAYLOAD_LENGTH, 0, 512, Errno.EINVAL),
            new Row(WRITABLE, NbdWire.TRIM, NbdWire.FLAG_FUA, 0, SIZE, 0),
            new Row(WRITABLE, NbdWire.TRIM, 0, SIZE - 512, 512, 0),
            new Row(WRITABLE, NbdWire.TRIM, 0, SIZE - 512, 1024, Errno.EINVAL),
            new Row(WRITABLE, NbdWire.TRIM, NbdWire.FLAG_NO_HOLE, 0, SIZE, Errno.EINVAL),
            new Row(
                WRITABLE,
                NbdWire.WRITE_ZEROES,
                NbdWire.FLAG_FUA | NbdWire.FLAG_NO_HOLE | NbdWire.FLAG_FAST_ZERO,
                0,
                SIZE,
                0),
            new Row(WRITABLE, NbdWire.WRITE_ZEROES, 0, 512, SIZE, Errno.ENOSPC),
            new Row(WRITABLE, NbdWire.FLUSH, 0, 0, 0, 0),
            new Row(READ_ONLY, NbdWire.FLUSH, 0, 0, 0, 0),
            new Row(WRITABLE, NbdWire.CACHE, 0, 0, SIZE, 0),
            new Row(WRITABLE, NbdWire.BLOCK_STATUS, 0, 0, SIZE, Errno.EINVAL),
            new Row(STRUCTURED, NbdWire.BLOCK_STATUS, NbdWire.FLAG_REQUEST_ONE, 0, SIZE, 0),
            new Row(STRUCTURED, NbdWire.BLOCK_STATUS, 0, 0, 0, Errno.EINVAL),
            new Row(READ_ONLY, NbdWire.WRITE, 0, 0, 512, Errno.EPERM),
            new Row(READ_ONLY, NbdWire.TRIM, 0, 0, 512, Errno.EPERM),
            new Row(READ_ONLY, NbdWire.WRITE_ZEROES, 0, 0, 512, Errno.EPERM),
            new Row(WRITABLE, 8, 0, 0, 512, Errno.EINVAL),
            new Row(WRITABLE, 0xffff, 0, 0, 512, Errno.EINVAL),
            new Row(WRITABLE, NbdWire.WRITE, 1 << 15, 0, 512, Errno.EINVAL));
    for (Row row : rows) {
      int errno = row.terms.refusal(row.type, row.flags, row.offset, row.bytes);
      assertEquals(row.errno, errno, row.toString());
    }
  }

  @Test
  void whatIsOfferedFollowsFromTheExport() {
    assertEquals(0xd6d, WRITABLE.transmissionFlags());
    assertEquals(0xded, STRUCTURED.transmissionFlags());
    assertEquals(0x58f, READ_ONLY.transmissionFlags());
  }
}
