package io.millrace.engine.daemon.fuse;

import io.millrace.engine.core.GuidedFuzz;
import io.millrace.engine.daemon.linux.KernelException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * What a kernel could send, fuzzed: truncated, too long, of no known kind, with numbers that make
 * no sense. The server must answer what has a head with an errno, or as a plain array of bytes in
 * the volume's place would; it must go on, and hold no memory.
 */
public final class FuzzedRequests implements BiFunction<Long, Long, Map<String, Long>> {
  private static final int VOLUME_BYTES = 160 << 10;
  private static final int SENT_MAX = 160 << 10;

  /** How many bytes are sent, whether the head is made to say so, and a request's first ones. */
  private static final int INPUT_BYTES = 8 + FuseWire.IO_BYTES + 512;

  private static final int FLUSH = 25;
  private static final long UNIQUE = 77;
  private static final Set<Integer> WITHOUT_ANSWER =
      Set.of(FuseWire.FORGET, FuseWire.BATCH_FORGET, FuseWire.INTERRUPT);
  private static final Set<Integer> KNOWN =
      Set.of(1, 3, 14, 15, 16, 17, 18, 20, 26, 38, FuseWire.FALLOCATE);
  private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;

  /**
   * Makes the runs.
   *
   * @param nanos how long
   */
  @Override
  public Map<String, Long> apply(Long seed, Long nanos) {
    try (Side writable = new Side(false);
        Side readOnly = new Side(true)) {
      GuidedFuzz fuzz = new GuidedFuzz(seed);
      for (Side side : List.of(writable, readOnly)) {
        addAll(fuzz, side);
      }
      return fuzz.run(nanos);
    } catch (KernelException e) {
      throw new AssertionError(e);
    }
  }

  private static void addAll(GuidedFuzz fuzz, Side side) {
    int init = FuseWire.ASYNC_DIO | FuseWire.MAX_PAGES | FuseWire.INIT_EXT;
    side.add(fuzz, "INIT", request(FuseWire.INIT, 104, 7 | 45L << 32, (long) init << 32));
    byte[] lookup = request(FuseWire.LOOKUP, FuseWire.REQUEST_BYTES + ServedFile.NAME.length() + 1);
    byte[] name = ServedFile.NAME.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(name, 0, lookup, 8 + FuseWire.REQUEST_BYTES, name.length);
    side.add(fuzz, "LOOKUP", lookup);
    side.add(fuzz, "GETATTR", request(FuseWire.GETATTR, 56));
    side.add(fuzz, "OPEN", request(FuseWire.OPEN, 48));
    side.add(fuzz, "STATFS", request(FuseWire.STATFS, 40));
    side.add(fuzz, "RELEASE", request(FuseWire.RELEASE, 64));
    side.add(fuzz, "FLUSH", request(FLUSH, 64));
    side.add(fuzz, "FORGET", request(FuseWire.FORGET, 48));
    side.add(fuzz, "INTERRUPT", request(FuseWire.INTERRUPT, 48));
    side.add(fuzz, "FSYNC", request(FuseWire.FSYNC, 56));
    side.add(fuzz, "READ", request(FuseWire.READ, 80, 0, 8192, 4096));
    side.add(fuzz, "READ", request(FuseWire.READ, 80, 0, 0, 64 << 10));
    side.add(fuzz, "WRITE", request(FuseWire.WRITE, 80 + 512, 0, 512, 512));
    side.add(fuzz, "WRITE", request(FuseWire.WRITE, 80 + 8192, 0, 4096, 8192));
    side.add(fuzz, "WRITE", request(FuseWire.WRITE, 80 + (40 << 10), 0, 16384, 40 << 10));
    long discard = FuseWire.MODE_DISCARD;
    side.add(fuzz, "FALLOCATE", request(FuseWire.FALLOCATE, 72, 0, 4096, 8192, discard));
    side.add(fuzz, "FALLOCATE", request(FuseWire.FALLOCATE, 72, 0, 512, 1024, FuseWire.MODE_ZERO));
  }

  private static byte[] request(int opcode, int bytes, long... body) {
    byte[] input = new byte[INPUT_BYTES];
    MemorySegment m = MemorySegment.ofArray(input);
    m.set(U32, 0, bytes);
    m.set(U32, 8, bytes);
    m.set(U32, 12, opcode);
    m.set(U64, 16, UNIQUE);
    m.set(U64, 24, FuseWire.FILE_NODE);
    for (int i = 0; i < body.length; i++) {
      m.set(U64, 8 + FuseWire.REQUEST_BYTES + 8L * i, body[i]);
    }
    Arrays.fill(input, 8 + FuseWire.IO_BYTES, INPUT_BYTES, (byte) 0xa5);
    return input;
  }

  /** A connection, and what must be in its volume. */
  private static final class Side implements AutoCloseable {
    private final boolean readOnly;
    private final ServedFile file;
    private final byte[] content = new byte[VOLUME_BYTES];

    Side(boolean readOnly) throws KernelException {
      this.readOnly = readOnly;
      file = new ServedFile(VOLUME_BYTES, readOnly);
    }

    void add(GuidedFuzz fuzz, String name, byte[] input) {
      fuzz.add(readOnly ? name + " of a read-only volume" : name, input, this::judge);
    }

    private void judge(byte[] input) {
      byte[] request = sent(input);
      try {
        judge(MemorySegment.ofArray(request), file.ask(request));
        requireContent();
      } catch (RuntimeException | Error e) {
        String hex = HexFormat.of().formatHex(input);
        throw new AssertionError("%d bytes sent of %s: %s".formatted(request.length, hex, e), e);
      }
    }

    private static byte[] sent(byte[] input) {
      MemorySegment m = MemorySegment.ofArray(input);
      int bytes = Math.clamp(m.get(U32, 0), 1, SENT_MAX);
      byte[] request = Arrays.copyOf(Arrays.copyOfRange(input, 8, INPUT_BYTES), bytes);
      if (input[4] % 2 == 0 && bytes >= 4) {
        MemorySegment.ofArray(request).set(U32, 0, bytes);
      }
      return request;
    }

    private void judge(MemorySegment request, List<byte[]> answers) {
      long bytes = request.byteSize();
      if (bytes < FuseWire.REQUEST_BYTES) {
        require(answers.isEmpty(), "an answer to nothing");
        return;
      }
      boolean whole = FuseWire.length(request, 0) == bytes;
      int opcode = FuseWire.opcode(request, 0);
      if (whole && WITHOUT_ANSWER.contains(opcode)) {
        require(answers.isEmpty(), "an answer that nobody waits for");
        return;
      }
      require(answers.size() == 1, answers.size() + " answers");
      MemorySegment answer = MemorySegment.ofArray(answers.getFirst());
      require(answer.get(U32, 0) == answer.byteSize(), "a wrong length");
      require(answer.get(U64, 8) == FuseWire.unique(request, 0), "an answer to another");
      int errno = -answer.get(U32, 4);
      require(errno >= 0 && errno < 4096, "errno " + errno);
      if (errno != 0) {
        require(answer.byteSize() == FuseWire.ANSWER_BYTES, "an error with a body");
      } else {
        require(whole && KNOWN.contains(opcode) && bytes >= bytesMin(opcode), "it was taken");
        done(opcode, request, answer);
      }
    }

    /** What the kernel's header file says of the opcodes of which more than the head is read. */
    private static int bytesMin(int opcode) {
      return switch (opcode) {
        case FuseWire.READ, FuseWire.WRITE -> 80;
        case FuseWire.FALLOCATE -> 72;
        case FuseWire.INIT -> 56;
        case FuseWire.LOOKUP -> FuseWire.REQUEST_BYTES + ServedFile.NAME.length() + 1;
        default -> FuseWire.REQUEST_BYTES;
      };
    }

    /** What must be so when it succeeds. */
    private void done(int opcode, MemorySegment request, MemorySegment answer) {
      switch (opcode) {
        case FuseWire.READ -> {
          long offset = request.get(U64, 48);
          long end = Math.min(VOLUME_BYTES, offset + request.get(U32, 56));
          require(offset >= 0 && request.get(U32, 56) >= 0, "a read beside the volume");
          byte[] there = new byte[0];
          if (offset < end) {
            there = Arrays.copyOfRange(content, (int) offset, (int) end);
          }
          byte[] read = answer.asSlice(16).toArray(ValueLayout.JAVA_BYTE);
          require(Arrays.equals(there, read), "something else was read");
        }
        case FuseWire.WRITE -> {
          long offset = request.get(U64, 48);
          int length = request.get(U32, 56);
          require(!readOnly && length == request.byteSize() - 80, "it was written");
          require(offset >= 0 && offset <= VOLUME_BYTES - length, "a write beside the volume");
          require(answer.get(U32, 16) == length, "part of it was written");
          MemorySegment.copy(request, ValueLayout.JAVA_BYTE, 80, content, (int) offset, length);
        }
        case FuseWire.FALLOCATE -> {
          long offset = request.get(U64, 48);
          long length = request.get(U64, 56);
          require(!readOnly && offset >= 0 && length >= 0, "it was zeroed");
          require(offset <= VOLUME_BYTES - length, "a range beside the volume");
          Arrays.fill(content, (int) offset, (int) (offset + length), (byte) 0);
        }
        default -> {}
      }
    }

    /** By a request as it should be: so the server goes on, too. */
    private void requireContent() {
      byte[] all = sent(request(FuseWire.READ, 80, 0, 0, VOLUME_BYTES));
      List<byte[]> answers = file.ask(all);
      require(answers.size() == 1, "it does not go on");
      byte[] answer = answers.getFirst();
      require(answer.length == 16 + VOLUME_BYTES, "it does not read any more");
      require(Arrays.equals(answer, 16, answer.length, content, 0, VOLUME_BYTES), "wrong content");
    }

    private static void require(boolean holds, String otherwise) {
      if (!holds) {
        throw new AssertionError(otherwise);
      }
    }

    @Override
    public void close() {
      file.close();
    }
  }
}
