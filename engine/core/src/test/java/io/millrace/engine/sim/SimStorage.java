package io.millrace.engine.sim;

import io.millrace.engine.core.Storage;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory with a volatile cache, driven by a seed.
 *
 * <p>Calls end after a time of the dice's choosing, thus in any order. A write is seen by reads
 * when it has ended, and is durable when a sync that was submitted after its end has ended. A power
 * loss keeps any part of the unsynced and of the flying writes, down to single sectors. Everything
 * a caller of {@link Storage} must respect is checked here.
 */
final class SimStorage implements Storage {
  static final int EIO = 5;
  static final int ENOSPC = 28;
  static final int NEVER = 0;

  private static final int BLOCK_BYTES = Medium.BLOCK_BYTES;
  private static final int SECTOR_BYTES = 512;
  private static final byte POISON = (byte) 0xA5;
  private static final Set<String> WITNESSES = Set.of("MRCOMMIT", "MILLRACE");
  private static final byte[] NO_DATA = new byte[0];

  /** A call between its submission and its end. */
  private static final class Call {
    final Fault.Target kind;
    final long offset;
    final @Nullable MemorySegment memory;
    final byte[] data;
    final long ticket;
    long due;
    long order;
    long coversEnded;
    long promised;
    Fault.@Nullable Kind fault;

    Call(Fault.Target kind, long offset, @Nullable MemorySegment memory, byte[] data, long ticket) {
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

  private final SimClock clock;
  private final Trace trace;
  private final Dice dice;
  private final BrokenRule broken;
  private final long delayNanosMax;
  private final Medium medium;
  private final Faults faults;
  private final Setup setup;
  private final List<Call> flying = new ArrayList<>();
  private final LongSupplier promised;

  /** For each block, what had been promised when its newest write was submitted. */
  private final long[] promisedBefore;

  /** Blocks whose damage the store has been opened with since. */
  private final BitSet accepted = new BitSet();

  /** Blocks of reads that failed or came wrong. */
  private final BitSet misread = new BitSet();

  private long submitted;
  private int prepared;
  private long cutAt = Long.MAX_VALUE;
  private long ended;

  /**
   * Makes an empty disk.
   *
   * @param promised up to which event the store has promised that all is durable
   */
  SimStorage(
      Medium medium,
      SimClock clock,
      Trace trace,
      Faults faults,
      Setup setup,
      LongSupplier promised) {
    this.medium = medium;
    this.clock = clock;
    this.trace = trace;
    this.faults = faults;
    this.setup = setup;
    this.promised = promised;
    dice = new Dice(~setup.seed());
    broken = setup.broken();
    this.delayNanosMax = dice.oneOf(0L, 20_000L, 300_000L, 8_000_000L);
    promisedBefore = new long[medium.sizeBytes() / BLOCK_BYTES];
  }

  // ---- calls

  @Override
  public long sizeBytes() {
    return medium.sizeBytes();
  }

  @Override
  public void read(long offset, MemorySegment into, long ticket) {
    checkRead(offset, into);
    into.fill(POISON);
    submit(new Call(Fault.Target.READ, offset, into, NO_DATA, ticket));
  }

  @Override
  public int readNow(long offset, MemorySegment into) {
    checkRead(offset, into);
    Call call = new Call(Fault.Target.READ, offset, into, NO_DATA, -1);
    trace.fold(offset * 31 + 7);
    call.fault = faults.strike(call.kind);
    if (++submitted == cutAt) {
      throw new PowerCut();
    }
    return endRead(call);
  }

  private void checkRead(long offset, MemorySegment into) {
    checkRange("read", offset, into);
    for (Call call : flying) {
      if (call.kind == Fault.Target.WRITE
          && call.offset < offset + into.byteSize()
          && offset < call.end()) {
        throw new Violation("read at %d meets a write in flight".formatted(offset));
      }
    }
  }

  @Override
  public void write(long offset, MemorySegment from, long ticket) {
    checkRange("write", offset, from);
    byte[] data = new byte[(int) from.byteSize()];
    MemorySegment.copy(from, 0, MemorySegment.ofArray(data), 0, data.length);
    trace.fold(from);
    submit(new Call(Fault.Target.WRITE, offset, from, data, ticket));
  }

  @Override
  public void sync(long ticket) {
    if (flying.stream().anyMatch(call -> call.kind == Fault.Target.SYNC)) {
      throw new Violation("two syncs at a time: of a lost write the kernel tells one of them");
    }
    submit(new Call(Fault.Target.SYNC, 0, null, NO_DATA, ticket));
  }

  @Override
  public void drain(Completions sink) {
    submit();
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

  /** The power fails with the call that is so many calls away; {@link #NEVER}. */
  void cutAfter(int calls) {
    cutAt = calls == NEVER ? Long.MAX_VALUE : submitted + calls;
  }

  /** Writes of which a power loss would leave any or none. */
  int writesAtRisk() {
    int count = medium.unsyncedWrites();
    for (Call call : flying) {
      count += call.kind == Fault.Target.WRITE ? 1 : 0;
    }
    return count;
  }

  private void checkRange(String what, long offset, MemorySegment memory) {
    long bytes = memory.byteSize();
    if (!memory.isNative() || memory.address() % BLOCK_BYTES != 0) {
      throw new Violation(what + " at " + offset + " with memory that is not aligned");
    }
    if (offset % BLOCK_BYTES != 0 || bytes % BLOCK_BYTES != 0 || bytes == 0) {
      throw new Violation("%s of %d bytes at %d is not aligned".formatted(what, bytes, offset));
    }
    if (offset < 0 || offset + bytes > medium.sizeBytes()) {
      throw new Violation("%s of %d bytes at %d is outside".formatted(what, bytes, offset));
    }
  }

  /** Calls that were asked for, and that a disk need not have begun. */
  int prepared() {
    return prepared;
  }

  @Override
  public void submit() {
    prepared = 0;
  }

  private void submit(Call call) {
    for (Call other : flying) {
      if (other.ticket == call.ticket) {
        throw new Violation("ticket %d is in flight already".formatted(call.ticket));
      }
    }
    trace.fold(call.ticket);
    trace.fold(call.offset * 31 + call.kind.name().hashCode());
    call.fault = faults.strike(call.kind);
    call.due = clock.nanos() + delayNanos(call.fault == Fault.Kind.DELAY);
    call.order = ++submitted;
    call.coversEnded = ended;
    call.promised = call.kind == Fault.Target.WRITE ? promised.getAsLong() : 0;
    flying.add(call);
    prepared++;
    if (submitted == cutAt) {
      throw new PowerCut();
    }
  }

  private long delayNanos(boolean late) {
    if (late) {
      return dice.below(2_000_000_000L);
    }
    if (delayNanosMax == 0) {
      return 0;
    }
    long delay = dice.below(delayNanosMax);
    return dice.percent(2) ? delay * 50 : delay;
  }

  // ---- their ends

  private int end(Call call) {
    return switch (call.kind) {
      case READ -> endRead(call);
      case WRITE -> endWrite(call);
      case SYNC -> endSync(call);
      case ANY, REST -> throw new IllegalStateException("no call is " + call.kind);
    };
  }

  private int endRead(Call call) {
    MemorySegment into = Objects.requireNonNull(call.memory);
    int first = (int) (call.offset / BLOCK_BYTES);
    int blocks = (int) (into.byteSize() / BLOCK_BYTES);
    boolean bad = medium.isBad(first, blocks);
    if (bad) {
      faults.struck(Fault.Kind.BAD_SECTOR);
    }
    if (bad || call.fault == Fault.Kind.READ_ERROR) {
      misread.set(first, first + blocks);
      return EIO;
    }
    copy(medium.current(), call.offset, into, 0, into.byteSize());
    if (call.fault == Fault.Kind.STALE_READ) {
      int stale = dice.below(blocks);
      long at = (long) stale * BLOCK_BYTES;
      copy(medium.previous(), call.offset + at, into, at, BLOCK_BYTES);
      misread.set(first + stale);
    }
    return 0;
  }

  private static void copy(byte[] from, long offset, MemorySegment into, long at, long bytes) {
    MemorySegment.copy(MemorySegment.ofArray(from), offset, into, at, bytes);
  }

  private int endWrite(Call call) {
    MemorySegment from = Objects.requireNonNull(call.memory);
    if (from.mismatch(MemorySegment.ofArray(call.data)) >= 0) {
      throw new Violation("the memory of a write at %d changed in flight".formatted(call.offset));
    }
    Fault.Kind fault = call.fault;
    if (fault == null || fault == Fault.Kind.DELAY) {
      if (broken != BrokenRule.SILENT_LOSS || !dice.percent(2)) {
        apply(call, call.offset, call.data.length);
      }
      return 0;
    }
    int sectors = call.data.length / SECTOR_BYTES;
    switch (fault) {
      case NO_SPACE -> {
        return ENOSPC;
      }
      case WRITE_ERROR -> {
        byte[] kept = Arrays.copyOf(call.data, dice.below(sectors + 1) * SECTOR_BYTES);
        medium.write(Medium.Written.plain(call.offset, kept, ++ended, 0));
        touch(call, kept.length);
        return EIO;
      }
      case MISDIRECTED_WRITE -> misdirect(call);
      case SHORT_WRITE -> cutOff(call, dice.below(sectors) * SECTOR_BYTES);
      default -> cutOff(call, 0);
    }
    return 0;
  }

  private void misdirect(Call call) {
    long places = ((long) medium.sizeBytes() - call.data.length) / BLOCK_BYTES + 1;
    apply(call, dice.below(places) * BLOCK_BYTES, call.data.length);
  }

  private void cutOff(Call call, int bytes) {
    apply(call, call.offset, bytes);
  }

  private void apply(Call call, long realOffset, int realBytes) {
    medium.write(
        new Medium.Written(call.offset, call.data, realOffset, realBytes, ++ended, told(call)));
    touch(call, call.data.length);
  }

  private void touch(Call call, int bytes) {
    int first = (int) (call.offset / BLOCK_BYTES);
    int end = (int) ((call.offset + bytes + BLOCK_BYTES - 1) / BLOCK_BYTES);
    Arrays.fill(promisedBefore, first, end, call.promised);
    accepted.clear(first, end);
  }

  /**
   * Commits and superblocks tell how far the log was durable when they were written, thus all that
   * had been promised by then; chunks and summaries do not, roots only how far it was some time
   * before, and what is written again tells what it told.
   */
  private long told(Call call) {
    if (!setup.mayLie()) {
      return 0;
    }
    if (medium.holds(call.offset, call.data)) {
      return Medium.AS_BEFORE;
    }
    String magic = new String(call.data, 0, 8, StandardCharsets.US_ASCII);
    return WITNESSES.contains(magic) ? call.promised : 0;
  }

  private int endSync(Call call) {
    if (call.fault == Fault.Kind.SYNC_ERROR) {
      medium.failSync(call.coversEnded);
      return EIO;
    }
    if (broken == BrokenRule.DROPPED_SYNC && dice.percent(33)) {
      return 0;
    }
    long covers =
        broken == BrokenRule.REORDERED_ACROSS_SYNC ? call.coversEnded - 1 : call.coversEnded;
    medium.sync(covers);
    return 0;
  }

  // ---- losses

  /** The power fails: of what no sync covers any part survives. */
  void losePower(Dice crash) {
    losePower(crash, Survival.choose(crash).with(crash));
  }

  /** The power fails, and what survives is known. */
  void losePower(Dice crash, Survival.Choice choice) {
    List<Medium.Written> writes = new ArrayList<>();
    for (Call call : flyingWritesShuffled(crash)) {
      writes.add(Medium.Written.plain(call.offset, call.data, 0, 0));
    }
    medium.losePower(writes, choice);
    forget();
  }

  /** The process dies, the disk lives: ended writes stay, flying ones end in part, none is lost. */
  void loseProcess(Dice crash) {
    Survival survival = Survival.choose(crash);
    for (Call call : flyingWritesShuffled(crash)) {
      ended++;
      survival.keep(
          crash,
          call.data,
          (from, to) -> {
            byte[] part = Arrays.copyOfRange(call.data, from, to);
            medium.write(Medium.Written.plain(call.offset + from, part, ended, 0));
          });
      touch(call, call.data.length);
    }
    forget();
  }

  private void forget() {
    flying.clear();
    faults.disarm();
  }

  private List<Call> flyingWritesShuffled(Dice crash) {
    List<Call> writes = new ArrayList<>();
    for (Call call : flying) {
      if (call.kind == Fault.Target.WRITE) {
        writes.add(crash.below(writes.size() + 1), call);
      }
    }
    return writes;
  }

  // ---- damage

  /** Flips a bit of a block at rest, or makes it unreadable. */
  void damageAtRest(Fault.Kind kind, int block, Dice with) {
    if (kind == Fault.Kind.BIT_FLIP) {
      medium.flipBit((long) block * BLOCK_BYTES * 8 + with.below(BLOCK_BYTES * 8));
      faults.struck(kind);
    } else {
      medium.goBad(block);
    }
  }

  /** Blocks whose content is not what it should be, or that can't be read, or were misread. */
  BitSet damagedBlocks() {
    BitSet damaged = medium.damagedBlocks();
    damaged.or(misread);
    return damaged;
  }

  /** Blocks that a read failed on, or would. */
  BitSet unreadableBlocks() {
    BitSet unreadable = (BitSet) medium.bad().clone();
    unreadable.or(misread);
    return unreadable;
  }

  /** Reads begin anew: what failed once may go well now. */
  void forgetMisreads() {
    misread.clear();
  }

  /** What is damaged now has cost what it could. */
  void acceptDamage() {
    accepted.or(medium.damagedBlocks());
  }

  /**
   * Whether damage that no opening has met yet lies in what was written after that promise: it may
   * hold a command that was given before it, and answered later.
   */
  boolean isDamagedSince(long floor) {
    BitSet fresh = damagedBlocks();
    fresh.andNot(accepted);
    return fresh.stream().anyMatch(block -> promisedBefore[block] >= floor);
  }

  /**
   * Up to which event all that was promised must be there, whatever the disk did: nobody can miss
   * the end of the log when it is damaged, unless something durable tells that it was there.
   */
  long keptAtLeast(long floor) {
    BitSet damaged = damagedBlocks();
    BitSet fresh = (BitSet) damaged.clone();
    fresh.andNot(accepted);
    long least = floor;
    for (int b = fresh.nextSetBit(0); b >= 0; b = fresh.nextSetBit(b + 1)) {
      least = Math.min(least, promisedBefore[b]);
    }
    return least == floor ? floor : Math.max(least, medium.promisedWithout(damaged));
  }
}
