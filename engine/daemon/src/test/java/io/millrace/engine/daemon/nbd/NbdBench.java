package io.millrace.engine.daemon.nbd;

import io.millrace.engine.core.Answers;
import io.millrace.engine.core.Clock;
import io.millrace.engine.core.Command;
import io.millrace.engine.core.CommandResult;
import io.millrace.engine.core.FormatOptions;
import io.millrace.engine.core.Formatting;
import io.millrace.engine.core.Limits;
import io.millrace.engine.core.MemoryStorage;
import io.millrace.engine.core.Store;
import io.millrace.engine.core.StoreOptions;
import io.millrace.engine.core.StoreState;
import io.millrace.engine.daemon.linux.Epoll;
import io.millrace.engine.daemon.meter.DiskMeter;
import io.millrace.engine.daemon.meter.Meters;
import io.millrace.engine.daemon.meter.Readings;
import io.millrace.engine.daemon.qos.VolumeGates;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** An NBD server on a small store in memory, and its clients; all on the thread of the test. */
final class NbdBench implements Answers, AutoCloseable {
  static final int CLIENTS_MAX = 4;
  static final long ROUND_NANOS = 100_000;
  private static final int SEGMENT_BYTES = 1 << 16;
  private static final int ROUNDS_MAX = 20_000;

  private final MemoryStorage disk = new MemoryStorage(200L * SEGMENT_BYTES);
  private Epoll epoll;
  private final Path socket;
  private Store store;
  private VolumeGates gates;
  private final Meters meters;
  private NbdServer server;
  private long nanos;
  private @Nullable CommandResult result;
  final Set<Long> attached = new HashSet<>();

  /** The socket is made in a folder of its own in this one. */
  NbdBench(Path folder) throws IOException {
    epoll = new Epoll();
    socket = folder.resolve("nbd/socket");
    FormatOptions format = new FormatOptions(new UUID(1, 2), 3, SEGMENT_BYTES, true);
    for (Formatting formatting = Store.format(disk, clock, format); !formatting.done(); ) {
      formatting.poll();
    }
    store = opened();
    gates = new VolumeGates(store, clock);
    meters = new Meters(clock, new DiskMeter());
    server = listening();
  }

  private final Clock clock =
      new Clock() {
        @Override
        public long nanos() {
          return nanos;
        }

        @Override
        public long wallMillis() {
          return nanos / 1_000_000;
        }
      };

  private Store opened() {
    Store opening = Store.open(disk, clock, StoreOptions.small());
    while (opening.state() == StoreState.RECOVERING) {
      nanos += ROUND_NANOS;
      opening.poll(this);
    }
    return opening;
  }

  private NbdServer listening() throws IOException {
    NbdServer listening = new NbdServer(store, gates, meters, epoll, attached::contains);
    listening.admit(CLIENTS_MAX);
    listening.listen(NbdSocket.bind(socket));
    return listening;
  }

  /** The power fails: what is not durable is lost, and the clients are. */
  void losePower() throws IOException {
    server.stop();
    disk.crash();
    epoll.close();
    epoll = new Epoll();
    store = opened();
    gates = new VolumeGates(store, clock);
    server = listening();
  }

  Path socket() {
    return socket;
  }

  NbdServer server() {
    return server;
  }

  Readings readings() {
    return meters.read(store);
  }

  long volume(String name, long bytes) {
    return ((CommandResult.VolumeDone) run(Command.CreateVolume.empty(name, bytes))).volume().id();
  }

  void limit(long volume, Limits limits) {
    var _ = run(new Command.ChangeVolume(volume, false, limits));
  }

  long nanos() {
    return nanos;
  }

  long snapshot(String name, long volume) {
    Command create = new Command.CreateSnapshot(name, volume);
    return ((CommandResult.SnapshotDone) run(create)).snapshot().id();
  }

  CommandResult run(Command command) {
    result = null;
    store.command(command, 1L << 40);
    for (int i = 0; result == null && i < ROUNDS_MAX; i++) {
      round();
    }
    return java.util.Objects.requireNonNull(result);
  }

  /** What a reactor does in one round. */
  void round() {
    nanos += 100_000;
    gates.beginTurn();
    nanos += ROUND_NANOS;
    server.serve();
    store.poll(this);
    server.send();
    int events = epoll.await(0);
    for (int i = 0; i < events; i++) {
      server.ready(epoll.key(i));
    }
  }

  void rounds(int count) {
    for (int i = 0; i < count; i++) {
      round();
    }
  }

  void rest(long seconds) {
    nanos += seconds * 1_000_000_000;
    rounds(3);
  }

  @Override
  public void answered(long tag, int errno) {
    server.answered(tag, errno);
  }

  @Override
  public void commanded(long tag, CommandResult done) {
    result = done;
  }

  Client connect() throws IOException {
    SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
    channel.configureBlocking(false);
    return new Client(channel);
  }

  /** One that is past its handshake. */
  Client connect(String export, ReplyStyle style, String... contexts) throws IOException {
    Client client = connect();
    client.negotiate(export, style, contexts);
    return client;
  }

  /** A client, byte for byte. */
  final class Client implements AutoCloseable {
    private final SocketChannel channel;
    private ReplyStyle style = ReplyStyle.SIMPLE;

    private Client(SocketChannel channel) {
      this.channel = channel;
    }

    void send(byte[] bytes) throws IOException {
      ByteBuffer left = ByteBuffer.wrap(bytes);
      for (int i = 0; left.hasRemaining(); i++) {
        require(i);
        int unused = channel.write(left);
        round();
      }
    }

    /** As much as is taken now; how much that is. */
    int trySend(byte[] bytes) throws IOException {
      return channel.write(ByteBuffer.wrap(bytes));
    }

    ByteBuffer receive(int bytes) throws IOException {
      ByteBuffer into = ByteBuffer.allocate(bytes);
      for (int i = 0; into.hasRemaining(); i++) {
        require(i);
        if (channel.read(into) < 0) {
          throw new IOException("ended after " + into.position() + " of " + bytes + " bytes");
        }
        round();
      }
      return into.flip();
    }

    /** How many bytes have come; they are passed over. */
    int receiveSome() throws IOException {
      return Math.max(0, channel.read(ByteBuffer.allocate(1 << 16)));
    }

    /** What comes until nothing comes any more; whether the server has ended the connection. */
    boolean drain() throws IOException {
      ByteBuffer into = ByteBuffer.allocate(1 << 16);
      for (int quiet = 0; quiet < 20; quiet++) {
        round();
        try {
          int bytes = channel.read(into.clear());
          if (bytes < 0) {
            return true;
          }
          quiet = bytes > 0 ? 0 : quiet;
        } catch (IOException reset) {
          return true;
        }
      }
      return false;
    }

    /** Whether there is nothing to be read. */
    boolean isToldNothing() throws IOException {
      rounds(20);
      return channel.read(ByteBuffer.allocate(1)) == 0;
    }

    private void require(int rounds) {
      if (rounds > ROUNDS_MAX) {
        throw new AssertionError("the server is silent");
      }
    }

    void greet() throws IOException {
      ByteBuffer greeting = receive(18);
      if (greeting.getLong() != Negotiation.MAGIC) {
        throw new AssertionError("no greeting");
      }
      send(ByteBuffer.allocate(4).putInt(3).array());
    }

    void option(int option, byte[] data) throws IOException {
      send(Messages.option(option, data));
    }

    /** The type of the next reply to an option; its data are passed over. */
    int reply() throws IOException {
      ByteBuffer header = receive(20);
      int type = header.getInt(12);
      var _ = receive(header.getInt(16));
      return type;
    }

    /** What it is told of one kind of information. */
    ByteBuffer replyOf(int information) throws IOException {
      while (true) {
        ByteBuffer header = receive(20);
        if (header.getInt(12) != OptionReply.INFO) {
          throw new IOException("is not told " + information);
        }
        ByteBuffer data = receive(header.getInt(16));
        if (data.getShort() == information) {
          return data;
        }
      }
    }

    private void negotiate(String export, ReplyStyle wanted, String... contexts)
        throws IOException {
      style = wanted;
      greet();
      if (wanted != ReplyStyle.SIMPLE) {
        boolean extended = wanted == ReplyStyle.EXTENDED;
        option(extended ? Negotiation.EXTENDED_HEADERS : Negotiation.STRUCTURED_REPLY, new byte[0]);
        expectAcknowledged();
      }
      if (contexts.length > 0) {
        option(Negotiation.SET_META_CONTEXT, Messages.contexts(export, contexts));
        expectAcknowledged();
      }
      option(Negotiation.GO, Messages.go(export));
      expectAcknowledged();
    }

    private void expectAcknowledged() throws IOException {
      int type = reply();
      while (type > OptionReply.ACKNOWLEDGE) {
        type = reply();
      }
      if (type != OptionReply.ACKNOWLEDGE) {
        throw new IOException("refused with " + Integer.toHexString(type));
      }
    }

    void request(int type, int flags, long offset, long length, byte[] data) throws IOException {
      send(Messages.request(style, type, flags, offset, length, data));
    }

    /** The error of a simple reply, or of a chunk; 0: well. */
    int end() throws IOException {
      if (style != ReplyStyle.EXTENDED) {
        ByteBuffer header = receive(16);
        if (header.getInt(0) == 0x67446698) {
          return header.getInt(4);
        }
        return error(header.getShort(6), receive(receive(4).getInt()));
      }
      ByteBuffer header = receive(32);
      return error(header.getShort(6), receive((int) header.getLong(24)));
    }

    private static int error(short type, ByteBuffer payload) {
      return type < 0 ? payload.getInt(0) : 0;
    }

    int write(long offset, byte[] data, int flags) throws IOException {
      int all = style == ReplyStyle.EXTENDED ? flags | NbdWire.FLAG_PAYLOAD_LENGTH : flags;
      request(NbdWire.WRITE, all, offset, data.length, data);
      return end();
    }

    int call(int type, long offset, long length) throws IOException {
      request(type, 0, offset, length, new byte[0]);
      return end();
    }

    byte[] read(long offset, int length) throws IOException {
      request(NbdWire.READ, 0, offset, length, new byte[0]);
      int header = style == ReplyStyle.SIMPLE ? 16 : style == ReplyStyle.STRUCTURED ? 28 : 40;
      ByteBuffer reply = receive(header);
      boolean well = style == ReplyStyle.SIMPLE ? reply.getInt(4) == 0 : reply.getShort(6) == 1;
      if (!well) {
        throw new IOException("read failed");
      }
      return receive(length).array();
    }

    @Override
    public void close() throws IOException {
      channel.close();
      rounds(5);
    }
  }

  @Override
  public void close() {
    server.stop();
    epoll.close();
  }
}
