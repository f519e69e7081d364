package io.millrace.engine.daemon.nbd;

import io.millrace.engine.core.ExtentQuery;
import io.millrace.engine.core.Extents;
import io.millrace.engine.core.Store;
import io.millrace.engine.daemon.linux.Errno;
import io.millrace.engine.daemon.linux.Libc;
import io.millrace.engine.daemon.qos.VolumeGate;
import io.millrace.engine.daemon.qos.VolumeGates;
import java.lang.foreign.MemorySegment;

/**
 * The requests of one connection: from its socket to the store, and the answers back.
 *
 * <p>Reactor thread only. Many requests come with one read and many answers go with one write; the
 * data of a long request are read to where the store takes them. A request is a number below {@link
 * ConnectionMemory#REQUESTS}; none makes an object, but BLOCK_STATUS. When there is no room,
 * nothing is read until an answer has been sent. What the volume may not begin yet waits where it
 * is, with all behind it, here and in the socket.
 */
final class Transmission {
  private static final int NONE = ConnectionMemory.NONE;

  /** A refused WRITE's data are read and dropped up to here; with more the connection ends. */
  private static final long DROPPED_BYTES_MAX = 64L << 20;

  private final Store store;
  private final VolumeGates gates;
  private final VolumeGate gate;
  private final int fd;
  private final long firstTag;
  private final Terms terms;
  private final ConnectionMemory memory;
  private final RequestMeter meter;
  private final MemorySegment m;
  private final NbdWire wire;
  private final int requestBytes;

  // What has been read and not taken.
  private int inputBegin;
  private int inputEnd;

  /** The WRITE whose data are being read, and how many of them are. */
  private int landing = NONE;

  private int landedBytes;

  /** The request whose data are being dropped. */
  private int refused = NONE;

  private int refusedErrno;
  private long dropBytes;

  // Of the requests under way.
  private final int[] type = new int[ConnectionMemory.REQUESTS];
  private final int[] flags = new int[ConnectionMemory.REQUESTS];
  private final long[] cookie = new long[ConnectionMemory.REQUESTS];
  private final long[] offset = new long[ConnectionMemory.REQUESTS];
  private final long[] length = new long[ConnectionMemory.REQUESTS];
  private final int[] unit = new int[ConnectionMemory.REQUESTS];
  private final int[] units = new int[ConnectionMemory.REQUESTS];

  /** Calls of the store that it has had, besides the one that is under way. */
  private final int[] stage = new int[ConnectionMemory.REQUESTS];

  private final int[] headerBytes = new int[ConnectionMemory.REQUESTS];
  private final int[] dataBytes = new int[ConnectionMemory.REQUESTS];

  private final int[] free = new int[ConnectionMemory.REQUESTS];
  private int freeCount;

  /** Answers to be sent, first in, first out. */
  private final int[] answers = new int[ConnectionMemory.REQUESTS];

  private int firstAnswer;
  private int answerCount;
  private long sentBytes;

  private int atStore;
  private boolean readable = true;
  private boolean starved;

  /** The next request has to wait for the volume's gate. */
  private boolean gated;

  private boolean ending;
  private boolean broken;

  Transmission(
      Store store,
      VolumeGates gates,
      int fd,
      long firstTag,
      Terms terms,
      ConnectionMemory memory,
      RequestMeter meter) {
    this.store = store;
    this.gates = gates;
    gate = gates.enter(terms.export().id());
    this.fd = fd;
    this.firstTag = firstTag;
    this.terms = terms;
    this.memory = memory;
    this.meter = meter;
    m = memory.segment();
    wire = new NbdWire(m, terms.style());
    requestBytes = wire.requestBytes();
    for (int i = ConnectionMemory.REQUESTS - 1; i >= 0; i--) {
      free[freeCount++] = i;
    }
  }

  ConnectionMemory memory() {
    return memory;
  }

  Terms terms() {
    return terms;
  }

  /** There may be something to read. */
  void readable() {
    readable = true;
  }

  /** Nothing more will be read, and all that was asked is answered; or nobody is there any more. */
  boolean isOver() {
    return broken || (ending && atStore == 0 && answerCount == 0);
  }

  /** No call of the store may touch the memory any more. */
  boolean isIdle() {
    return atStore == 0;
  }

  boolean hasAnswers() {
    return answerCount > 0;
  }

  /** Nanoseconds until {@link #receive} may get on. */
  long dueIn() {
    return gated ? gates.dueIn(gate) : 0;
  }

  /** Nothing begins any more. */
  void leaveGate() {
    gates.leave(gate);
  }

  /** Whether {@link #receive} would find something to do, now or when it is due. */
  boolean mayReceive() {
    boolean dataWanted = dropBytes > 0 || landing != NONE;
    boolean buffered = inputEnd - inputBegin >= (dataWanted ? 1 : requestBytes);
    return !ending && !broken && !starved && (readable || buffered);
  }

  // ---- in

  /** Takes so many requests, or parts of them, at most. */
  void receive(int turns) {
    gated = false;
    for (int i = 0; i < turns && mayReceive() && step(); i++) {}
  }

  /** Whether it got on. */
  private boolean step() {
    if (dropBytes > 0) {
      return drop();
    }
    if (landing != NONE) {
      return land();
    }
    if (inputEnd - inputBegin < requestBytes) {
      return fill();
    }
    return begin();
  }

  private boolean fill() {
    int left = inputEnd - inputBegin;
    if (inputBegin > 0) {
      MemorySegment.copy(m, inputBegin, m, 0, left);
      inputBegin = 0;
      inputEnd = left;
    }
    int bytes = read(inputEnd, ConnectionMemory.INPUT_BYTES - inputEnd);
    inputEnd += bytes;
    return bytes > 0;
  }

  /** 0: nothing now, or never again. */
  private int read(long at, long bytesMax) {
    long bytes = Libc.read(fd, memory.address() + at, bytesMax);
    if (bytes > 0) {
      return (int) bytes;
    }
    switch ((int) -bytes) {
      case 0 -> end();
      case Errno.EAGAIN -> readable = false;
      case Errno.EINTR -> {}
      default -> broken = true;
    }
    return 0;
  }

  /** What is under way is still answered. */
  private void end() {
    ending = true;
    if (landing != NONE) {
      release(landing);
      landing = NONE;
    }
    if (refused != NONE) {
      release(refused);
      refused = NONE;
    }
  }

  private boolean begin() {
    long at = inputBegin;
    int asked = wire.type(at);
    int askedFlags = wire.flags(at);
    long askedBytes = wire.length(at);
    long payload = payloadBytes(asked, askedFlags, askedBytes);
    if (!wire.isRequest(at) || payload < 0 || payload > DROPPED_BYTES_MAX) {
      broken = true;
      return false;
    }
    if (asked == NbdWire.DISCONNECT) {
      end();
      return false;
    }
    int errno = terms.refusal(asked, askedFlags, wire.offset(at), askedBytes);
    boolean limited = errno == 0 && NbdWire.isLimited(asked);
    if (limited && !gates.admits(gate)) {
      gated = true;
      return false;
    }
    int wanted = errno == 0 ? unitsFor(asked, askedBytes) : 0;
    int first = freeCount == 0 ? NONE : wanted == 0 ? 0 : memory.takeUnits(wanted);
    if (first == NONE) {
      starved = true;
      return false;
    }
    int request = free[--freeCount];
    type[request] = asked;
    flags[request] = askedFlags;
    cookie[request] = wire.cookie(at);
    offset[request] = wire.offset(at);
    length[request] = asked == NbdWire.CACHE ? cachedBytes(askedBytes) : askedBytes;
    unit[request] = first;
    units[request] = wanted;
    stage[request] = 0;
    inputBegin += requestBytes;
    if (limited) {
      gates.begun(gate, movedBytes(asked, length[request]));
    }
    if (errno != 0) {
      refuse(request, errno, payload);
    } else if (asked == NbdWire.WRITE) {
      landing = request;
      landedBytes = 0;
    } else {
      submit(request);
    }
    return true;
  }

  /** Negative: the client breaks the protocol. */
  private long payloadBytes(int asked, int askedFlags, long askedBytes) {
    if (terms.style() != ReplyStyle.EXTENDED) {
      return asked == NbdWire.WRITE ? askedBytes : 0;
    }
    boolean announced = (askedFlags & NbdWire.FLAG_PAYLOAD_LENGTH) != 0;
    return announced ? askedBytes : asked == NbdWire.WRITE ? -1 : 0;
  }

  /** It is only advice, and the cache may be smaller than what it is about. */
  private static long cachedBytes(long askedBytes) {
    return Math.min(askedBytes, NbdWire.IO_BYTES_MAX);
  }

  private static long movedBytes(int asked, long bytes) {
    return asked == NbdWire.TRIM || asked == NbdWire.WRITE_ZEROES ? 0 : bytes;
  }

  /** One for the store's answer and one for each chunk of ours, where those are extents. */
  private int unitsFor(int asked, long askedBytes) {
    return switch (asked) {
      case NbdWire.READ, NbdWire.WRITE -> ConnectionMemory.unitsFor(askedBytes);
      case NbdWire.CACHE -> ConnectionMemory.unitsFor(cachedBytes(askedBytes));
      case NbdWire.BLOCK_STATUS -> 1 + terms.contexts().size();
      default -> 0;
    };
  }

  /** Once its data are there: libnbd takes an answer to what it has not sent for a mistake. */
  private void refuse(int request, int errno, long payloadBytes) {
    if (payloadBytes == 0) {
      meter.begins(request, type[request]);
      finish(request, errno);
      return;
    }
    refused = request;
    refusedErrno = errno;
    dropBytes = payloadBytes;
  }

  private boolean drop() {
    if (inputBegin == inputEnd && !fill()) {
      return false;
    }
    long dropped = Math.min(dropBytes, inputEnd - inputBegin);
    dropBytes -= dropped;
    inputBegin += (int) dropped;
    if (dropBytes == 0) {
      int request = refused;
      refused = NONE;
      meter.begins(request, type[request]);
      finish(request, refusedErrno);
    }
    return true;
  }

  /** What has come with other requests is copied; what is still to come is not. */
  private boolean land() {
    int request = landing;
    long to = memory.dataAt(unit[request]) + landedBytes;
    int left = (int) length[request] - landedBytes;
    int here = Math.min(left, inputEnd - inputBegin);
    if (here > 0) {
      MemorySegment.copy(m, inputBegin, m, to, here);
      inputBegin += here;
    } else {
      here = read(to, left);
    }
    landedBytes += here;
    if (here > 0 && landedBytes == length[request]) {
      landing = NONE;
      submit(request);
    }
    return here > 0;
  }

  // ---- at the store

  private void submit(int request) {
    atStore++;
    meter.begins(request, type[request]);
    long id = terms.export().id();
    long tag = firstTag + request;
    int bytes = (int) length[request];
    switch (type[request]) {
      case NbdWire.READ, NbdWire.CACHE ->
          store.read(id, offset[request], memory.data(unit[request], bytes), tag);
      case NbdWire.WRITE ->
          store.write(id, offset[request], memory.data(unit[request], bytes), tag);
      case NbdWire.TRIM, NbdWire.WRITE_ZEROES ->
          store.zero(id, offset[request], length[request], tag);
      // What was answered before is in the maps then.
      case NbdWire.FLUSH, NbdWire.BLOCK_STATUS -> store.flush(id, tag);
      default -> throw new IllegalStateException("request of type " + type[request]);
    }
  }

  /** The store has answered; whether it was asked for something more. */
  boolean answered(int request, int errno) {
    if (errno == 0 && !broken && goOn(request)) {
      return true;
    }
    atStore--;
    if (broken) {
      meter.ends(request, type[request], length[request], errno);
      release(request);
    } else {
      finish(request, errno);
    }
    return false;
  }

  /** Whether there is something more to be asked of the store. */
  private boolean goOn(int request) {
    int done = stage[request]++;
    if (NbdWire.changes(type[request])) {
      boolean wanted = done == 0 && (flags[request] & NbdWire.FLAG_FUA) != 0;
      if (wanted) {
        store.flush(terms.export().id(), firstTag + request);
      }
      return wanted;
    }
    return type[request] == NbdWire.BLOCK_STATUS && nextContext(request, done);
  }

  private boolean nextContext(int request, int done) {
    if (done == 0) {
      dataBytes[request] = 0;
    } else {
      addExtents(request, done - 1);
    }
    if (done == terms.contexts().size()) {
      return false;
    }
    long since = terms.contexts().get(done).sinceSnapshotId();
    ExtentQuery query =
        new ExtentQuery(terms.export().id(), since, offset[request], length[request]);
    store.extents(query, storeExtents(request), firstTag + request);
    return true;
  }

  private MemorySegment storeExtents(int request) {
    boolean one = (flags[request] & NbdWire.FLAG_REQUEST_ONE) != 0;
    int bytes = Extents.bytesFor(one ? 1 : NbdWire.EXTENTS_MAX);
    return m.asSlice(memory.dataAt(unit[request]), bytes);
  }

  private void addExtents(int request, int index) {
    boolean last = index == terms.contexts().size() - 1;
    dataBytes[request] +=
        wire.extents(
            answerDataAt(request) + dataBytes[request],
            terms.contexts().get(index),
            last,
            cookie[request],
            offset[request],
            storeExtents(request));
  }

  // ---- out

  private long answerDataAt(int request) {
    int skipped = type[request] == NbdWire.BLOCK_STATUS ? 1 : 0;
    return memory.dataAt(unit[request] + skipped);
  }

  private void finish(int request, int errno) {
    meter.ends(request, type[request], length[request], errno);
    long at = memory.headerAt(request);
    boolean withData = errno == 0 && type[request] == NbdWire.READ;
    boolean withExtents = errno == 0 && type[request] == NbdWire.BLOCK_STATUS;
    if (withData) {
      int bytes = (int) length[request];
      dataBytes[request] = bytes;
      headerBytes[request] = wire.readHeader(at, cookie[request], offset[request], bytes);
    } else if (withExtents) {
      headerBytes[request] = 0;
    } else {
      dataBytes[request] = 0;
      headerBytes[request] =
          wire.end(at, type[request], error(errno), cookie[request], offset[request]);
    }
    answers[(firstAnswer + answerCount++) % answers.length] = request;
  }

  /** The numbers that the protocol knows; a volume that is gone is no name that was wrong. */
  private static int error(int errno) {
    return switch (errno) {
      case 0,
          Errno.EPERM,
          Errno.EIO,
          Errno.ENOMEM,
          Errno.EINVAL,
          Errno.ENOSPC,
          Errno.EOVERFLOW,
          Errno.EOPNOTSUPP,
          Errno.ESHUTDOWN ->
          errno;
      default -> Errno.EIO;
    };
  }

  /** Sends what it can; false when the client must take some of it first. */
  boolean send() {
    while (answerCount > 0 && !broken) {
      long sent = Libc.writev(fd, memory.vectorsAddress(), gather());
      if (sent == -Errno.EAGAIN) {
        return false;
      }
      if (sent >= 0) {
        sent(sent);
      } else if (sent != -Errno.EINTR) {
        broken = true;
      }
    }
    return true;
  }

  /** How many vectors: of the first answers, without what has been sent. */
  private int gather() {
    int vectors = 0;
    long skip = sentBytes;
    for (int i = 0; i < answerCount && vectors < ConnectionMemory.VECTORS - 1; i++) {
      int request = answers[(firstAnswer + i) % answers.length];
      int header = headerBytes[request];
      if (skip < header) {
        memory.vector(vectors++, memory.headerAt(request) + skip, header - skip);
      }
      long skipData = Math.max(0, skip - header);
      if (skipData < dataBytes[request]) {
        memory.vector(vectors++, answerDataAt(request) + skipData, dataBytes[request] - skipData);
      }
      skip = 0;
    }
    return vectors;
  }

  private void sent(long bytes) {
    sentBytes += bytes;
    while (answerCount > 0) {
      int request = answers[firstAnswer];
      long whole = headerBytes[request] + (long) dataBytes[request];
      if (sentBytes < whole) {
        return;
      }
      sentBytes -= whole;
      firstAnswer = (firstAnswer + 1) % answers.length;
      answerCount--;
      release(request);
    }
  }

  private void release(int request) {
    if (units[request] > 0) {
      memory.giveUnits(unit[request], units[request]);
      units[request] = 0;
    }
    free[freeCount++] = request;
    starved = false;
  }

  /** Gives back what no call of the store uses, when the connection has ended. */
  void abandon() {
    broken = true;
    end();
    while (answerCount > 0) {
      release(answers[firstAnswer]);
      firstAnswer = (firstAnswer + 1) % answers.length;
      answerCount--;
    }
  }
}
