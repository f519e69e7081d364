package io.millrace.engine.sim;

import io.millrace.engine.core.Storage;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory with a volatile cache, driven by a seed.
 *
 * <p>Calls end after a time of the dice's choosing, thus in any order. A write is seen by reads
 * when it has ended, and is durable when a sync that was submitted after its end has ended: {@code
 * current} is what reads see, {@code platter} what is durable, {@code unsynced} the writes between
 * the two. A power loss keeps any part of the unsynced and of the flying writes, down to single
 * sectors. Everything a caller of {@link Storage} must respect is checked here.
 */
final class SimStorage implements Storage {
  static final int EIO = 5;

  private static final int BLOCK_BYTES = 4096;
  private static final int SECTOR_BYTES = 512;
  private static final byte POISON = (byte) 0xA5;
  private static final Set<String> WITNESSES = Set.of("MRCOMMIT", "MILLRACE");

  private enum Kind {
    READ(1),
    WRITE(2),
    SYNC(3);

    final int code;

    Kind(int code) {
      this.code = code;
    }
  }

  /** A call between its submission and its end. */
  private static final class Call {
    final Kind kind;
    final long offset;
    final @Nullable MemorySegment memory;
    final byte[] data;
    final long ticket;
    long due;
    long order;
    long coversEnded;
    long knownDurable;
    Fault.@Nullable Kind fault;

    Call(Kind kind, long offset, @Nullable MemorySegment memory, byte[] data, long ticket) {
      this.kind = kind;
      this.offset = offset;
      this.memory = memory;
      this.data = data;
      this.ticket = ticket;
    }

    long end() {
      return offset + data.length;
    }
  }

  /** A sync that has ended, and what it covers. */
  private record HeldSync(long order, long covers) {}

  /** A write that has ended and that no sync has made durable; hopeless after a failed sync. */
  private static final class Unsynced {
    final long offset;
    final byte[] data;
    final long ended;

    /** What its content may tell to be durable; 0 when that can tell nothing. */
    final long knownDurable;

    boolean hopeless;

    Unsynced(long offset, byte[] data, long ended, long knownDurable) {
      this.offset = offset;
      this.data = data;
      this.ended = ended;
      this.knownDurable = knownDurable;
    }

    boolean overlaps(Unsynced other) {
      return offset < other.offset + other.data.length && other.offset < offset + data.length;
    }
  }

  private static final byte[] NO_DATA = new byte[0];

  private final SimClock clock;
  private final Trace trace;
  private final Dice dice;
  private final BrokenRule broken;
  private final long delayNanosMax;
  private final byte[] platter;
  private final byte[] current;
  private final List<Call> flying = new ArrayList<>();
  private final List<Unsynced> unsynced = new ArrayList<>();
  private final List<Fault> armed = new ArrayList<>();
  private long submitted;
  private final long[] newestEnded;
  private final List<Long> damagedWrites = new ArrayList<>();
  private long ended;
  private long syncedEnded;
  private final List<HeldSync> heldSyncs = new ArrayList<>();
  private long watermark;
  private long faultsStruck;

  SimStorage(int sizeBytes, SimClock clock, Trace trace, long seed, BrokenRule broken) {
    this.clock = clock;
    this.trace = trace;
    this.dice = new Dice(seed);
    this.broken = broken;
    this.delayNanosMax = dice.oneOf(0L, 20_000L, 300_000L, 8_000_000L);
    platter = new byte[sizeBytes];
    current = new byte[sizeBytes];
    newestEnded = new long[sizeBytes / BLOCK_BYTES];
  }

  @Override
  public long sizeBytes() {
    return current.length;
  }

  @Override
  public void read(long offset, MemorySegment into, long ticket) {
    checkRange("read", offset, into);
    for (Call call : flying) {
      if (call.kind == Kind.WRITE
          && call.offset < offset + into.byteSize()
          && offset < call.end()) {
        throw new Violation("read at %d meets a write in flight".formatted(offset));
      }
    }
    into.fill(POISON);
    submit(new Call(Kind.READ, offset, into, NO_DATA, ticket));
  }

  @Override
  public void write(long offset, MemorySegment from, long ticket) {
    checkRange("write", offset, from);
    byte[] data = new byte[(int) from.byteSize()];
    MemorySegment.copy(from, 0, MemorySegment.ofArray(data), 0, data.length);
    trace.fold(from);
    submit(new Call(Kind.WRITE, offset, from, data, ticket));
  }

  @Override
  public void sync(long ticket) {
    submit(new Call(Kind.SYNC, 0, null, NO_DATA, ticket));
  }

  @Override
  public void drain(Completions sink) {
    List<Call> due = new ArrayList<>();
    for (Call call : flying) {
      if (call.due <= clock.nanos()) {
        due.add(call);
      }
    }
    due.sort(Comparator.<Call>comparingLong(c -> c.due).thenComparingLong(c -> c.order));
    flying.removeAll(due);
    for (Call call : due) {
      int errno = end(call);
      trace.fold(call.ticket * 131 + errno);
      sink.completed(call.ticket, errno);
    }
  }

  /** When the next call ends, {@code Long.MAX_VALUE} when none is in flight. */
  long nextDueNanos() {
    long next = Long.MAX_VALUE;
    for (Call call : flying) {
      next = Math.min(next, call.due);
    }
    return next;
  }

  int inFlight() {
    return flying.size();
  }

  long faultsStruck() {
    return faultsStruck;
  }

  void arm(Fault fault) {
    armed.add(fault);
  }

  void disarm() {
    armed.clear();
  }

  /** Damages what is at rest, in the cache and on the platter. */
  void flipBit(long bit) {
    int at = (int) (bit / 8);
    platter[at] ^= (byte) (1 << (bit % 8));
    current[at] ^= (byte) (1 << (bit % 8));
    damage(at, 1);
    faultsStruck++;
  }

  private void damage(long offset, int bytes) {
    for (long block = offset / BLOCK_BYTES; block * BLOCK_BYTES < offset + bytes; block++) {
      damagedWrites.add(newestEnded[(int) block]);
    }
  }

  /**
   * Whether something was damaged that nobody can miss: no durable write was submitted after a sync
   * had told that the damaged one was durable, so that nothing on the disk says that it was there.
   */
  boolean lostWithoutTrace() {
    return damagedWrites.stream().anyMatch(write -> write > watermark);
  }

  boolean isZero(long offset, int bytes) {
    for (int i = 0; i < bytes; i++) {
      if (current[(int) offset + i] != 0) {
        return false;
      }
    }
    return true;
  }

  /** Fills the disk with what a stranger left on it. */
  void scribble(Dice with) {
    for (int at = 0; at < current.length; at += 8) {
      long word = with.next();
      for (int i = 0; i < 8; i++) {
        current[at + i] = platter[at + i] = (byte) (word >>> (8 * i));
      }
    }
  }

  /** The power fails: of what no sync covers any part survives. */
  void losePower(Dice crash) {
    Survival survival = Survival.choose(crash);
    List<Unsynced> atRisk = new ArrayList<>(unsynced);
    for (Call call : flyingWritesShuffled(crash)) {
      atRisk.add(new Unsynced(call.offset, call.data, 0, 0));
    }
    for (Unsynced write : atRisk) {
      survival.keep(crash, write.data, (from, to) -> copy(write, from, to, platter));
    }
    for (Unsynced write : atRisk) {
      System.arraycopy(platter, (int) write.offset, current, (int) write.offset, write.data.length);
    }
    flying.clear();
    heldSyncs.clear();
    unsynced.clear();
    armed.clear();
  }

  /** The process dies, the disk lives: ended writes stay, flying ones end in part, none is lost. */
  void loseProcess(Dice crash) {
    Survival survival = Survival.choose(crash);
    for (Call call : flyingWritesShuffled(crash)) {
      byte[] mixed = new byte[call.data.length];
      System.arraycopy(current, (int) call.offset, mixed, 0, mixed.length);
      survival.keep(
          crash,
          call.data,
          (from, to) -> System.arraycopy(call.data, from, mixed, from, to - from));
      apply(call.offset, mixed, 0);
    }
    flying.clear();
    heldSyncs.clear();
    armed.clear();
  }

  private List<Call> flyingWritesShuffled(Dice crash) {
    List<Call> writes = new ArrayList<>();
    for (Call call : flying) {
      if (call.kind == Kind.WRITE) {
        writes.add(crash.below(writes.size() + 1), call);
      }
    }
    return writes;
  }

  private void checkRange(String what, long offset, MemorySegment memory) {
    long bytes = memory.byteSize();
    if (!memory.isNative() || memory.address() % BLOCK_BYTES != 0) {
      throw new Violation(what + " at " + offset + " with memory that is not aligned");
    }
    if (offset % BLOCK_BYTES != 0 || bytes % BLOCK_BYTES != 0 || bytes == 0) {
      throw new Violation("%s of %d bytes at %d is not aligned".formatted(what, bytes, offset));
    }
    if (offset < 0 || offset + bytes > current.length) {
      throw new Violation("%s of %d bytes at %d is outside".formatted(what, bytes, offset));
    }
  }

  private void submit(Call call) {
    for (Call other : flying) {
      if (other.ticket == call.ticket) {
        throw new Violation("ticket %d is in flight already".formatted(call.ticket));
      }
    }
    trace.fold(call.ticket);
    trace.fold(call.offset * 3 + call.kind.code);
    call.due = clock.nanos() + delayNanos();
    call.order = ++submitted;
    call.coversEnded = ended;
    call.knownDurable = syncedEnded;
    call.fault = fault(call.kind);
    flying.add(call);
  }

  private long delayNanos() {
    if (delayNanosMax == 0) {
      return 0;
    }
    long delay = dice.below(delayNanosMax);
    return dice.percent(2) ? delay * 50 : delay;
  }

  private Fault.@Nullable Kind fault(Kind kind) {
    for (int i = 0; i < armed.size(); i++) {
      Fault fault = armed.get(i);
      if (!strikes(fault.kind(), kind)) {
        continue;
      }
      if (fault.afterCalls() > 0) {
        armed.set(i, fault.oneCallLater());
        continue;
      }
      armed.remove(i);
      faultsStruck++;
      return fault.kind();
    }
    return null;
  }

  private static boolean strikes(Fault.Kind fault, Kind call) {
    return switch (fault) {
      case READ_ERROR -> call == Kind.READ;
      case WRITE_ERROR, LOST_WRITE, MISDIRECTED_WRITE -> call == Kind.WRITE;
      case SYNC_ERROR -> call == Kind.SYNC;
    };
  }

  private int end(Call call) {
    return switch (call.kind) {
      case READ -> endRead(call);
      case WRITE -> endWrite(call);
      case SYNC -> endSync(call);
    };
  }

  private int endRead(Call call) {
    if (call.fault == Fault.Kind.READ_ERROR) {
      return EIO;
    }
    MemorySegment into = Objects.requireNonNull(call.memory);
    MemorySegment.copy(MemorySegment.ofArray(current), call.offset, into, 0, into.byteSize());
    return 0;
  }

  private int endWrite(Call call) {
    MemorySegment from = Objects.requireNonNull(call.memory);
    if (from.mismatch(MemorySegment.ofArray(call.data)) >= 0) {
      throw new Violation("the memory of a write at %d changed in flight".formatted(call.offset));
    }
    if (call.fault == Fault.Kind.WRITE_ERROR) {
      int kept = dice.below(call.data.length / SECTOR_BYTES + 1) * SECTOR_BYTES;
      apply(call.offset, Arrays.copyOf(call.data, kept), 0);
      return EIO;
    }
    if (call.fault == Fault.Kind.MISDIRECTED_WRITE) {
      long places = ((long) current.length - call.data.length) / BLOCK_BYTES + 1;
      long offset = dice.below(places) * BLOCK_BYTES;
      damage(offset, call.data.length);
      apply(offset, call.data, 0);
      damagedWrites.add(ended);
      return 0;
    }
    if (call.fault == Fault.Kind.LOST_WRITE) {
      damagedWrites.add(++ended);
      return 0;
    }
    if (broken != BrokenRule.SILENT_LOSS || !dice.percent(2)) {
      apply(call.offset, call.data, bearsWitness(call) ? call.knownDurable : 0);
    }
    return 0;
  }

  /**
   * Commits and superblocks tell how far the log was durable when they were written; chunks and
   * summaries do not, roots only how far it was some time before, nor does what is written again.
   */
  private boolean bearsWitness(Call call) {
    int from = (int) call.offset;
    int to = from + call.data.length;
    boolean again = Arrays.equals(current, from, to, call.data, 0, call.data.length);
    String magic = new String(call.data, 0, 8, StandardCharsets.US_ASCII);
    return !again && WITNESSES.contains(magic);
  }

  private void apply(long offset, byte[] data, long knownDurable) {
    System.arraycopy(data, 0, current, (int) offset, data.length);
    unsynced.add(new Unsynced(offset, data, ++ended, knownDurable));
    for (long block = offset / BLOCK_BYTES; block * BLOCK_BYTES < offset + data.length; block++) {
      newestEnded[(int) block] = ended;
    }
  }

  /**
   * After an error nothing that the sync covered is ever made durable, whatever later syncs say.
   */
  private int endSync(Call call) {
    if (call.fault == Fault.Kind.SYNC_ERROR) {
      for (Unsynced write : unsynced) {
        write.hopeless |= write.ended <= call.coversEnded;
      }
      return EIO;
    }
    if (broken == BrokenRule.DROPPED_SYNC && dice.percent(33)) {
      return 0;
    }
    long covers =
        broken == BrokenRule.REORDERED_ACROSS_SYNC ? call.coversEnded - 1 : call.coversEnded;
    for (Unsynced write : List.copyOf(unsynced)) {
      if (write.ended <= covers && !write.hopeless) {
        copy(write, 0, write.data.length, platter);
        watermark = Math.max(watermark, write.knownDurable);
        unsynced.removeIf(other -> other.hopeless && other.overlaps(write));
      }
    }
    unsynced.removeIf(write -> write.ended <= covers && !write.hopeless);
    heldSyncs.add(new HeldSync(call.order, covers));
    tellSyncs();
    return 0;
  }

  /** A store knows of a sync only when those that were submitted before it have ended as well. */
  private void tellSyncs() {
    long firstFlying = Long.MAX_VALUE;
    for (Call call : flying) {
      firstFlying = call.kind == Kind.SYNC ? Math.min(firstFlying, call.order) : firstFlying;
    }
    for (HeldSync sync : List.copyOf(heldSyncs)) {
      if (sync.order < firstFlying) {
        syncedEnded = Math.max(syncedEnded, sync.covers);
        heldSyncs.remove(sync);
      }
    }
  }

  private static void copy(Unsynced write, int from, int to, byte[] into) {
    System.arraycopy(write.data, from, into, (int) write.offset + from, to - from);
  }
}
