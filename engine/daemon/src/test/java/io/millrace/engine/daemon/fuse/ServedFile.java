package io.millrace.engine.daemon.fuse;

import io.millrace.engine.core.Answers;
import io.millrace.engine.core.Clock;
import io.millrace.engine.core.Command;
import io.millrace.engine.core.CommandResult;
import io.millrace.engine.core.FormatOptions;
import io.millrace.engine.core.Formatting;
import io.millrace.engine.core.MemoryStorage;
import io.millrace.engine.core.Store;
import io.millrace.engine.core.StoreOptions;
import io.millrace.engine.core.StoreState;
import io.millrace.engine.daemon.linux.Epoll;
import io.millrace.engine.daemon.linux.Errno;
import io.millrace.engine.daemon.linux.KernelException;
import io.millrace.engine.daemon.linux.Libc;
import io.millrace.engine.daemon.linux.Sockets;
import io.millrace.engine.daemon.meter.DiskMeter;
import io.millrace.engine.daemon.meter.Meters;
import io.millrace.engine.daemon.qos.VolumeGates;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A volume of a small store in memory, served as the kernel knows it; the test has the kernel's end
 * of the connection. One thread.
 */
final class ServedFile implements Answers, AutoCloseable {
  static final String NAME = "file";
  private static final int SEGMENT_BYTES = 1 << 16;
  private static final int SEGMENTS = 64;
  private static final int POLLS_MAX = 20_000;
  private static final int QUEUE = 16;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment buffer = arena.allocate(256 << 10);
  private final Store store;
  private final Epoll epoll;
  private final FuseServer server;
  private final FuseConnection connection;
  private final int kernelEnd;
  private long nanos;
  private @Nullable CommandResult result;

  ServedFile(long volumeBytes, boolean readOnly) throws KernelException {
    MemoryStorage disk = new MemoryStorage((long) SEGMENTS * SEGMENT_BYTES);
    Clock clock = new Time();
    FormatOptions format = new FormatOptions(new UUID(1, 2), 3, SEGMENT_BYTES, true);
    for (Formatting formatting = Store.format(disk, clock, format); !formatting.done(); ) {
      formatting.poll();
    }
    store = Store.open(disk, clock, StoreOptions.small());
    epoll = new Epoll();
    server =
        new FuseServer(
            store, new VolumeGates(store, clock), new Meters(clock, new DiskMeter()), epoll, QUEUE);
    int[] ends = Sockets.pair();
    kernelEnd = ends[1];
    long volume = createVolume(volumeBytes);
    connection = new FuseConnection(ends[0], volume, NAME, volumeBytes, readOnly);
    server.add(connection);
  }

  /** It goes on whenever it is looked at. */
  private final class Time implements Clock {
    @Override
    public long nanos() {
      return nanos;
    }

    @Override
    public long wallMillis() {
      return nanos / 1_000_000;
    }
  }

  private long createVolume(long bytes) {
    while (store.state() == StoreState.RECOVERING) {
      poll();
    }
    store.command(Command.CreateVolume.empty("v", bytes), 0);
    while (result == null) {
      poll();
    }
    return ((CommandResult.VolumeDone) result).volume().id();
  }

  private void poll() {
    nanos += 100_000;
    store.poll(this);
  }

  @Override
  public void answered(long tag, int errno) {
    server.answered(tag, errno);
  }

  @Override
  public void commanded(long tag, CommandResult done) {
    result = done;
  }

  /** All that is answered to a message until nothing is under way any more. */
  List<byte[]> ask(byte[] message) {
    MemorySegment.copy(message, 0, buffer, ValueLayout.JAVA_BYTE, 0, message.length);
    long sent = Libc.write(kernelEnd, buffer.address(), message.length);
    if (sent != message.length) {
      throw new AssertionError("sent " + sent + " of " + message.length);
    }
    server.readable(connection.key);
    server.gates().beginTurn();
    server.serve();
    for (int i = 0; connection.pendingRequests > 0; i++) {
      if (i == POLLS_MAX) {
        throw new AssertionError("it is never answered");
      }
      poll();
    }
    if (connection.heldBigSlots != 0 || connection.closed().isDone()) {
      throw new AssertionError("memory is held for nothing, or the connection was ended");
    }
    return answers();
  }

  private List<byte[]> answers() {
    List<byte[]> all = new ArrayList<>();
    while (true) {
      long bytes = Libc.read(kernelEnd, buffer.address(), buffer.byteSize());
      if (bytes == -Errno.EAGAIN) {
        return all;
      }
      if (bytes <= 0) {
        throw new AssertionError("the connection was ended: " + bytes);
      }
      all.add(buffer.asSlice(0, bytes).toArray(ValueLayout.JAVA_BYTE));
    }
  }

  @Override
  public void close() {
    server.remove(connection);
    Libc.close(kernelEnd);
    epoll.close();
    arena.close();
  }
}
