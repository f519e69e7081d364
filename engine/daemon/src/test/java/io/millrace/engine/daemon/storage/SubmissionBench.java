package io.millrace.engine.daemon.storage;

import com.sun.management.OperatingSystemMXBean;
import io.millrace.engine.core.Storage;
import io.millrace.engine.daemon.linux.Epoll;
import io.millrace.engine.daemon.linux.EventFd;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;

/**
 * Random 4 KiB calls at the disk, by threads and by io_uring in turns, as the engine makes them:
 * one thread that sleeps in epoll.
 */
final class SubmissionBench {
  private static final int BLOCK_BYTES = 4096;
  private static final int DEPTH = 32;
  private static final int ROUNDS = 5;
  private static final long ROUND_NANOS = 2_000_000_000L;
  private static final long FILE_BYTES = 1L << 30;

  private record Result(double perSecond, double cpuMicros) {}

  private final Path file;
  private final Random random = new Random(7);

  private SubmissionBench(Path file) {
    this.file = file;
  }

  /** Takes the folder for its file. */
  public static void main(String[] arguments) throws IOException {
    Path file = Files.createTempFile(Path.of(arguments[0]), "submission", ".bench");
    try {
      fill(file);
      new SubmissionBench(file).run();
    } finally {
      Files.delete(file);
    }
  }

  private static void fill(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      var chunk = java.nio.ByteBuffer.allocateDirect(1 << 20);
      for (long at = 0; at < FILE_BYTES; at += chunk.capacity()) {
        channel.write(chunk.clear(), at);
      }
      channel.force(true);
    }
  }

  private void run() throws IOException {
    for (boolean writes : new boolean[] {false, true}) {
      for (int depth : new int[] {1, DEPTH}) {
        compare(writes, depth);
      }
    }
  }

  private void compare(boolean writes, int depth) throws IOException {
    Result[] threads = new Result[ROUNDS];
    Result[] uring = new Result[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      threads[i] = measure(DiskSubmission.THREADS, writes, depth);
      uring[i] = measure(DiskSubmission.IO_URING, writes, depth);
    }
    String what = "%s, depth %d".formatted(writes ? "writes" : "reads", depth);
    print(what, DiskSubmission.THREADS, threads);
    print(what, DiskSubmission.IO_URING, uring);
  }

  private static void print(String what, DiskSubmission how, Result[] results) {
    System.out.printf(
        "%-16s %-8s %8.0f calls/s %6.1f us of CPU each%n",
        what,
        how,
        median(Arrays.stream(results).mapToDouble(Result::perSecond).toArray()),
        median(Arrays.stream(results).mapToDouble(Result::cpuMicros).toArray()));
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }

  private Result measure(DiskSubmission how, boolean writes, int depth) throws IOException {
    var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    try (EventFd wake = new EventFd();
        Epoll epoll = new Epoll();
        Arena arena = Arena.ofConfined();
        FileStorage storage = FileStorage.open(file, wake, how, 16)) {
      epoll.add(wake.fd(), 0);
      MemorySegment memory = arena.allocate((long) depth * BLOCK_BYTES, BLOCK_BYTES);
      Load load = new Load(storage, memory, writes);
      for (int i = 0; i < depth; i++) {
        load.begin(i);
      }
      storage.submit();
      long cpu = system.getProcessCpuTime();
      long begun = System.nanoTime();
      while (System.nanoTime() - begun < ROUND_NANOS) {
        epoll.await(1000);
        wake.clear();
        storage.drain(load);
        storage.submit();
      }
      double seconds = (System.nanoTime() - begun) / 1e9;
      double micros = (system.getProcessCpuTime() - cpu) / 1e3;
      return new Result(load.ended / seconds, micros / load.ended);
    }
  }

  private final class Load implements Storage.Completions {
    private final FileStorage storage;
    private final MemorySegment memory;
    private final boolean writes;
    private long ended;

    Load(FileStorage storage, MemorySegment memory, boolean writes) {
      this.storage = storage;
      this.memory = memory;
      this.writes = writes;
    }

    void begin(long ticket) {
      long offset = random.nextLong(FILE_BYTES / BLOCK_BYTES) * BLOCK_BYTES;
      MemorySegment block = memory.asSlice(ticket * BLOCK_BYTES, BLOCK_BYTES);
      if (writes) {
        storage.write(offset, block, ticket);
      } else {
        storage.read(offset, block, ticket);
      }
    }

    @Override
    public void completed(long ticket, int errno) {
      if (errno != 0) {
        throw new IllegalStateException("error " + errno + " of the disk");
      }
      ended++;
      begin(ticket);
    }
  }
}
