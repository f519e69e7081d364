package io.millrace.engine.daemon.linux;

import static io.millrace.engine.daemon.linux.Downcalls.bind;
import static io.millrace.engine.daemon.linux.Downcalls.bindWithoutErrno;
import static io.millrace.engine.daemon.linux.Downcalls.errnoSlot;
import static io.millrace.engine.daemon.linux.Downcalls.longs;
import static io.millrace.engine.daemon.linux.Downcalls.orErrno;
import static io.millrace.engine.daemon.linux.Downcalls.unexpected;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * One io_uring of the kernel (5.12 or newer, whose workers take over what the owner's memory may
 * wait for, see {@link Libc#becomeIoFlusher}): calls go in by memory, many by one system call;
 * their ends come back by memory, by none.
 *
 * <p>One thread at a time. No object is made per call. The kernel ends a call on the thread that
 * submitted it: where that sleeps, in {@link Epoll} for one, it wakes as if by a signal, and the
 * end may be there before the eventfd is seen. The layouts are those of the kernel's {@code
 * include/uapi/linux/io_uring.h}:
 *
 * <pre>
 * struct io_uring_sqe (64)  u8 opcode 0, s32 fd 4, u64 off 8, u64 addr 16, u32 len 24, u32 flags 28, u64 user_data 32
 * struct io_uring_cqe (16)  u64 user_data 0, s32 res 8, u32 flags 12
 * struct io_uring_params (120)  u32 sq_entries 0, cq_entries 4, flags 8, features 20,
 *                               struct io_sqring_offsets 40, struct io_cqring_offsets 80
 * struct io_sqring_offsets (40)  u32 head 0, tail 4, ring_mask 8, ring_entries 12, flags 16, dropped 20, array 24
 * struct io_cqring_offsets (40)  u32 head 0, tail 4, ring_mask 8, ring_entries 12, overflow 16, cqes 20
 * </pre>
 */
public final class Uring implements AutoCloseable {
  // The same on every architecture.
  private static final long SYS_IO_URING_SETUP = 425;
  private static final long SYS_IO_URING_ENTER = 426;
  private static final long SYS_IO_URING_REGISTER = 427;

  private static final int IORING_SETUP_CQSIZE = 1 << 3;
  private static final int IORING_SETUP_CLAMP = 1 << 4;
  private static final int IORING_FEAT_SINGLE_MMAP = 1;
  private static final int IORING_FEAT_NODROP = 1 << 1;
  private static final int IORING_FEAT_SUBMIT_STABLE = 1 << 2;
  private static final int IORING_FEAT_NATIVE_WORKERS = 1 << 9;
  private static final int FEATURES_NEEDED =
      IORING_FEAT_SINGLE_MMAP
          | IORING_FEAT_NODROP
          | IORING_FEAT_SUBMIT_STABLE
          | IORING_FEAT_NATIVE_WORKERS;
  private static final int IORING_REGISTER_EVENTFD = 4;
  private static final int IORING_ENTER_GETEVENTS = 1;
  private static final int IORING_OP_FSYNC = 3;
  private static final int IORING_OP_READ = 22;
  private static final int IORING_OP_WRITE = 23;
  private static final int IORING_FSYNC_DATASYNC = 1;
  private static final long IORING_OFF_SQ_RING = 0;
  private static final long IORING_OFF_SQES = 0x10000000L;

  private static final int PARAMS_BYTES = 120;
  private static final int SQE_BYTES = 64;
  private static final int CQE_BYTES = 16;
  private static final VarHandle INT = JAVA_INT.varHandle();

  /** long syscall(long number, ...) */
  private static final FunctionDescriptor SIX_ARGUMENTS =
      longs(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private static final MethodHandle SYSCALL = bind("syscall", SIX_ARGUMENTS, 1);

  private static final MethodHandle SYSCALL_WITHOUT_ERRNO =
      bindWithoutErrno("syscall", SIX_ARGUMENTS, 1);

  private final int fd;
  private final MemorySegment ring;
  private final MemorySegment entries;
  private final long sqHead;
  private final long sqTail;
  private final int sqMask;
  private final int sqEntries;
  private final long cqHead;
  private final long cqTail;
  private final int cqMask;
  private final long cqes;

  /** Behind the last entry that was written. */
  private int tail;

  /** Behind the last entry that the kernel has taken. */
  private int told;

  private int ended;

  /** The call whose end was taken last. */
  private long endedTicket;

  private int endedResult;

  /**
   * @param callsMax that may be under way or ended and not taken at a time
   * @param wake is signalled whenever a call has ended
   * @throws KernelException when the kernel has none, or is told to have none
   */
  public Uring(int submissions, int callsMax, EventFd wake) throws KernelException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment params = arena.allocate(PARAMS_BYTES, 8);
      params.set(JAVA_INT, 4, callsMax);
      params.set(JAVA_INT, 8, IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP);
      long made = syscall(SYS_IO_URING_SETUP, submissions, params.address(), 0, 0, 0);
      fd = (int) KernelException.check("io_uring_setup", made);
      try {
        if ((params.get(JAVA_INT, 20) & FEATURES_NEEDED) != FEATURES_NEEDED) {
          throw new KernelException("io_uring of this kernel", Errno.ENOSYS);
        }
        MemorySegment wakeFd = arena.allocateFrom(JAVA_INT, wake.fd());
        long registered =
            syscall(SYS_IO_URING_REGISTER, fd, IORING_REGISTER_EVENTFD, wakeFd.address(), 1, 0);
        KernelException.check("io_uring_register eventfd", registered);
        sqEntries = params.get(JAVA_INT, 0);
        cqes = Integer.toUnsignedLong(params.get(JAVA_INT, 100));
        long arrayAt = Integer.toUnsignedLong(params.get(JAVA_INT, 64));
        long cqEnd = cqes + (long) params.get(JAVA_INT, 4) * CQE_BYTES;
        ring = Libc.mapFile(fd, Math.max(arrayAt + 4L * sqEntries, cqEnd), IORING_OFF_SQ_RING);
        entries = Libc.mapFile(fd, (long) sqEntries * SQE_BYTES, IORING_OFF_SQES);
        sqHead = params.get(JAVA_INT, 40);
        sqTail = params.get(JAVA_INT, 44);
        sqMask = ring.get(JAVA_INT, params.get(JAVA_INT, 48));
        cqHead = params.get(JAVA_INT, 80);
        cqTail = params.get(JAVA_INT, 84);
        cqMask = ring.get(JAVA_INT, params.get(JAVA_INT, 88));
        for (int i = 0; i < sqEntries; i++) {
          ring.set(JAVA_INT, arrayAt + 4L * i, i);
        }
      } catch (KernelException e) {
        Libc.close(fd);
        throw e;
      }
    }
  }

  /** Prepares a read; {@link #submit} begins it. */
  public void read(int file, long address, int bytes, long offset, long ticket) {
    prepare(IORING_OP_READ, file, address, bytes, offset, 0, ticket);
  }

  /** Prepares a write. */
  public void write(int file, long address, int bytes, long offset, long ticket) {
    prepare(IORING_OP_WRITE, file, address, bytes, offset, 0, ticket);
  }

  /** Prepares an fdatasync, which is not ordered against other calls. */
  public void datasync(int file, long ticket) {
    prepare(IORING_OP_FSYNC, file, 0, 0, 0, IORING_FSYNC_DATASYNC, ticket);
  }

  private void prepare(
      int opcode, int file, long address, int bytes, long offset, int flags, long ticket) {
    if (tail - (int) INT.getAcquire(ring, sqHead) == sqEntries) {
      submit();
    }
    long at = (long) (tail & sqMask) * SQE_BYTES;
    // The opcode stands in the lowest byte; its flags and priority, and what ends the entry, are 0.
    entries.set(JAVA_INT, at, opcode);
    entries.set(JAVA_INT, at + 4, file);
    entries.set(JAVA_LONG, at + 8, offset);
    entries.set(JAVA_LONG, at + 16, address);
    entries.set(JAVA_INT, at + 24, bytes);
    entries.set(JAVA_INT, at + 28, flags);
    entries.set(JAVA_LONG, at + 32, ticket);
    tail++;
  }

  /**
   * Begins all that was prepared; where the kernel is short of memory, only when a call that is
   * under way has ended.
   */
  public void submit() {
    while (told != tail) {
      INT.setRelease(ring, sqTail, tail);
      long taken = enter(tail - told);
      if (taken > 0) {
        told += (int) taken;
      } else if (taken != 0 && taken != -Errno.EINTR && taken != -Errno.EAGAIN) {
        throw new IllegalStateException("io_uring_enter: " + Errno.text((int) -taken));
      } else if (told != ended && tail - told < sqEntries) {
        return;
      } else {
        Thread.onSpinWait();
      }
    }
  }

  /**
   * How many of the calls the kernel has taken, or a negative errno.
   *
   * <p>Where errno is captured, the linker makes an object of each call that the compiler does not
   * always do away with. So only a failure is asked about again: it has taken none.
   */
  private long enter(int calls) {
    try {
      long taken =
          (long)
              SYSCALL_WITHOUT_ERRNO.invokeExact(
                  SYS_IO_URING_ENTER, (long) fd, (long) calls, 0L, 0L, 0L, 0L);
      return taken >= 0 ? taken : syscall(SYS_IO_URING_ENTER, fd, calls, 0, 0, 0);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** Waits until a call has ended, if none has. */
  public void await() {
    long result = syscall(SYS_IO_URING_ENTER, fd, 0, 1, IORING_ENTER_GETEVENTS, 0);
    if (result < 0 && result != -Errno.EINTR) {
      throw new IllegalStateException("io_uring_enter: " + Errno.text((int) -result));
    }
  }

  /** Takes the end of a call; false: none has ended. */
  public boolean takeEnded() {
    int head = (int) INT.get(ring, cqHead);
    if (head == (int) INT.getAcquire(ring, cqTail)) {
      return false;
    }
    long at = cqes + (long) (head & cqMask) * CQE_BYTES;
    endedTicket = ring.get(JAVA_LONG, at);
    endedResult = ring.get(JAVA_INT, at + 8);
    INT.setRelease(ring, cqHead, head + 1);
    ended++;
    return true;
  }

  /** Of the call whose end was taken. */
  public long endedTicket() {
    return endedTicket;
  }

  /** Bytes, or a negative errno, of the call whose end was taken. */
  public int endedResult() {
    return endedResult;
  }

  /** Calls under way go on in the kernel: wait for their ends first. */
  @Override
  public void close() {
    Libc.unmap(ring);
    Libc.unmap(entries);
    Libc.close(fd);
  }

  private static long syscall(long number, long a, long b, long c, long d, long e) {
    try {
      MemorySegment errno = errnoSlot();
      return orErrno((long) SYSCALL.invokeExact(errno, number, a, b, c, d, e, 0L), errno);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }
}
