package io.millrace.engine.daemon.nbd;

import io.millrace.engine.daemon.linux.Errno;
import io.millrace.engine.daemon.linux.Libc;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One client: its handshake first, then its {@link Transmission}. Reactor thread only.
 *
 * <p>Of the handshake not a byte more is read than it wants, so that the first request is still
 * there; and nothing while the client has answers to take.
 */
final class NbdConnection {
  private static final int OPTIONS_PER_TURN = 16;

  final int fd;
  final long deadlineNanos;

  /** Number below the most there may be; it tells tags and epoll keys. */
  final int place;

  /** Whether it stands in the queue of those to be served. */
  boolean queued;

  /** Whether it stands in the queue of those who have answers to take. */
  boolean hasAnswers;

  /** The client must take something before more can be sent. */
  boolean blocked;

  boolean closed;

  private final Negotiation negotiation;
  private final MemorySegment scratch;
  private boolean readable = true;
  private boolean lost;
  private byte[] unsent = new byte[0];
  private int unsentAt;
  private byte[] wanted = new byte[0];
  private int got;
  private int skipped;
  private @Nullable Transmission transmission;

  /**
   * @param fd non-blocking; owned from now on
   * @param scratch for the time of a call; the same for all
   */
  NbdConnection(
      int fd, int place, Negotiation negotiation, MemorySegment scratch, long deadlineNanos) {
    this.fd = fd;
    this.place = place;
    this.negotiation = negotiation;
    this.scratch = scratch;
    this.deadlineNanos = deadlineNanos;
  }

  @Nullable Transmission transmission() {
    return transmission;
  }

  void begin(Transmission begun) {
    transmission = begun;
  }

  void readable() {
    readable = true;
    if (transmission != null) {
      transmission.readable();
    }
  }

  /** The handshake has ended without an agreement, or nobody is there any more. */
  boolean isOver() {
    return lost || (isTold() && negotiation.next() instanceof Negotiation.Step.Close);
  }

  /** What was agreed on, once the client has been told; null before. */
  @Nullable Terms agreed() {
    boolean told = isTold() && !lost;
    return told && negotiation.next() instanceof Negotiation.Step.Transmit(Terms terms)
        ? terms
        : null;
  }

  private boolean isTold() {
    return unsent.length == 0 && !negotiation.hasOutput();
  }

  /** Goes on with the handshake; whether it could go on at once. */
  boolean negotiate() {
    for (int i = 0; i < OPTIONS_PER_TURN; i++) {
      if (!send()) {
        return false;
      }
      switch (negotiation.next()) {
        case Negotiation.Step.Read(int bytes) -> {
          if (!receive(bytes)) {
            return false;
          }
        }
        case Negotiation.Step.Skip(int bytes) -> {
          if (!skip(bytes)) {
            return false;
          }
        }
        default -> {
          return false;
        }
      }
    }
    return true;
  }

  /** Whether all is sent. */
  private boolean send() {
    if (unsent.length == 0) {
      unsent = negotiation.takeOutput();
      unsentAt = 0;
    }
    while (unsentAt < unsent.length) {
      int bytes = (int) Math.min(unsent.length - unsentAt, scratch.byteSize());
      MemorySegment.copy(unsent, unsentAt, scratch, ValueLayout.JAVA_BYTE, 0, bytes);
      long sent = Libc.write(fd, scratch.address(), bytes);
      if (sent < 0 && sent != -Errno.EINTR) {
        blocked = sent == -Errno.EAGAIN;
        lost = !blocked;
        return false;
      }
      unsentAt += (int) Math.max(0, sent);
    }
    unsent = new byte[0];
    return true;
  }

  /** Whether all that is wanted has come and was taken. */
  private boolean receive(int bytes) {
    if (wanted.length != bytes) {
      wanted = new byte[bytes];
      got = 0;
    }
    while (got < bytes) {
      int part = read(bytes - got);
      if (part == 0) {
        return false;
      }
      MemorySegment.copy(scratch, ValueLayout.JAVA_BYTE, 0, wanted, got, part);
      got += part;
    }
    ByteBuffer taken = ByteBuffer.wrap(wanted);
    wanted = new byte[0];
    got = 0;
    negotiation.take(taken);
    return true;
  }

  private boolean skip(int bytes) {
    while (skipped < bytes) {
      int part = read(bytes - skipped);
      if (part == 0) {
        return false;
      }
      skipped += part;
    }
    skipped = 0;
    negotiation.take(ByteBuffer.allocate(0));
    return true;
  }

  private int read(int bytesMax) {
    if (!readable) {
      return 0;
    }
    long bytes = -Errno.EINTR;
    while (bytes == -Errno.EINTR) {
      bytes = Libc.read(fd, scratch.address(), Math.min(bytesMax, scratch.byteSize()));
    }
    readable = bytes != -Errno.EAGAIN;
    lost = bytes <= 0 && readable;
    return (int) Math.max(0, bytes);
  }
}
