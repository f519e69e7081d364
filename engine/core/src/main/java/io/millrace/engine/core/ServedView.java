package io.millrace.engine.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * A store that an engine serves, as it was at one moment; for reading alone, by another process.
 *
 * <p>Superblocks and roots are those that were there in the beginning. Of the log, what is behind
 * the position that the engine told afterwards reads as zeros: commits, and the summaries of
 * segments that were begun later. So a look finds what an opening would have found had the power
 * gone then. What a view can't do is keep the engine from writing a segment anew that was free to
 * be: {@link #retaken} tells which it has met.
 */
final class ServedView implements Storage {
  private static final int LOOKS_MAX = 100;

  private record Read(long offset, MemorySegment into) {}

  private final Storage storage;
  private final Map<Long, Read> reads = new HashMap<>();
  private final Set<Long> retaken = new HashSet<>();
  private final MemorySegment heads;
  private final StoreHeads found;
  private LogPosition until = new LogPosition(new java.util.UUID(0, 0), 0, 0);

  private ServedView(Storage storage, MemorySegment heads, StoreHeads found) {
    this.storage = storage;
    this.heads = heads;
    this.found = found;
  }

  /** With the heads as they are now. A copy that is just being written is looked at again. */
  static ServedView of(Storage storage) {
    Arena arena = Arena.ofAuto();
    BlockingDisk disk = new BlockingDisk(storage);
    StoreHeads heads = StoreHeads.read(disk, arena);
    for (int i = 0; i < LOOKS_MAX && heads.roots().contains(null); i++) {
      heads = StoreHeads.read(disk, arena);
    }
    long bytes = (StoreHeads.ROOT_PAGES[1] + 1L) * Bytes.PAGE;
    MemorySegment pages = arena.allocate(bytes, Bytes.PAGE);
    int unused = disk.read(0, pages);
    return new ServedView(storage, pages, heads);
  }

  /**
   * Sets how far the log is shown; told by the engine after this view was made. The root says then
   * that so much is durable: what is missing of it is damage.
   */
  void until(LogPosition position) {
    until = position;
    Superblock superblock = found.superblock();
    Root root = found.root();
    if (superblock != null && root != null && root.durableLsn() < position.durableLsn()) {
      PageBuffer page = new PageBuffer(Arena.ofAuto(), Bytes.PAGE);
      root.durable(position.durableLsn()).encode(page, superblock.checksum());
      long at = (long) StoreHeads.ROOT_PAGES[found.roots().indexOf(root)] * Bytes.PAGE;
      MemorySegment.copy(page.memory, 0, heads, at, Bytes.PAGE);
    }
  }

  /** Whether the checkpoint that it shows is not the newest any more. Between its reads only. */
  boolean replaced() {
    Root shown = found.root();
    Root newest = StoreHeads.read(new BlockingDisk(storage), Arena.ofAuto()).root();
    return shown != null && newest != null && shown.number() != newest.number();
  }

  /** Whether the engine was seen to have written that segment anew. */
  boolean retaken(long segment) {
    return retaken.contains(segment);
  }

  @Override
  public long sizeBytes() {
    return storage.sizeBytes();
  }

  @Override
  public void read(long offset, MemorySegment into, long ticket) {
    reads.put(ticket, new Read(offset, into));
    storage.read(offset, into, ticket);
  }

  @Override
  public int readNow(long offset, MemorySegment into) {
    int errno = storage.readNow(offset, into);
    if (errno == 0) {
      turnBack(new Read(offset, into));
    }
    return errno;
  }

  @Override
  public void write(long offset, MemorySegment from, long ticket) {
    throw new IllegalStateException("a write to a store that is only looked at");
  }

  @Override
  public void sync(long ticket) {
    throw new IllegalStateException("a sync of a store that is only looked at");
  }

  @Override
  public void submit() {
    storage.submit();
  }

  @Override
  public void drain(Completions sink) {
    storage.drain(
        (ticket, errno) -> {
          Read read = reads.remove(ticket);
          if (read != null && errno == 0) {
            turnBack(read);
          }
          sink.completed(ticket, errno);
        });
  }

  private void turnBack(Read read) {
    Superblock superblock = found.superblock();
    for (long at = 0; at + Bytes.PAGE <= read.into.byteSize(); at += Bytes.PAGE) {
      long offset = read.offset + at;
      if (offset + Bytes.PAGE <= heads.byteSize()) {
        MemorySegment.copy(heads, offset, read.into, at, Bytes.PAGE);
      } else if (superblock != null && isLater(read.into, at, offset, superblock)) {
        read.into.asSlice(at, Bytes.PAGE).fill((byte) 0);
      }
    }
  }

  /** Whether it is a commit or a summary of later. Nobody else can know the store's secret. */
  private boolean isLater(MemorySegment m, long at, long offset, Superblock superblock) {
    long magic = Bytes.u64(m, at);
    boolean commit = magic == CommitHeader.MAGIC && CommitHeader.isOf(m, at, superblock);
    boolean summary = magic == Summary.MAGIC;
    if ((!commit && !summary) || !Bytes.sameUuid(m, at + 8, superblock.uuid())) {
      return false;
    }
    boolean laterUse = Bytes.u64(m, at + 24) >= until.nextSegmentSequence();
    if (laterUse) {
      retaken.add(offset / superblock.segmentBytes());
    }
    return laterUse || (commit && CommitHeader.isLater(m, at, until.durableLsn()));
  }
}
