package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * The memory of one batch in the {@link StagingRing}: what it is, then its records and its blocks.
 *
 * <pre>
 *    0 u64 LSN, 0: free                      24 u64 highest durable LSN
 *    8 u64 segment sequence                  32 u32 checksum of the header of LSN − 1
 *   16 u32 virtual segment · 20 u32 page     40 u32 record bytes · 44 u32 records
 *   64 a slot of 32 bytes for each block, and one more:
 *      0 u64 layer id · 8 u64 block address · 16 u64 LSN · 24 u64 order in the batch, 0: nothing
 *   then, at the next page, records; then room for the header; then the blocks, a page per slot
 * </pre>
 *
 * <p>Everything becomes true by one aligned store of eight bytes: a batch by its LSN, a block by
 * its order, records by their counts; what a kill leaves half done before it is not there. A block
 * that is written again goes to the slot that is left over, never over what is there: of two slots
 * with one block the higher order counts. Another process reads this memory only after this one has
 * ended, so the order of the stores in the program is all that is needed. Owner thread only.
 */
final class StagingPlace {
  private static final int LSN = 0;
  private static final int SEQUENCE = 8;
  private static final int SEGMENT = 16;
  private static final int PAGE = 20;
  private static final int DURABLE = 24;
  private static final int PREVIOUS_CRC = 32;
  private static final int RECORDS = 40;
  private static final int SLOTS = 64;
  private static final int SLOT_BYTES = 32;
  private static final int SLOT_LSN = 16;
  private static final int SLOT_ORDER = 24;

  private final MemorySegment memory;
  private final Batch.Room room;
  private final int slots;
  private long lsn;
  private long order;

  /** The memory is of {@link #bytes}. */
  StagingPlace(MemorySegment memory, int blocksMax) {
    this.memory = memory;
    slots = blocksMax + 1;
    long recordsAt = descriptorBytes(blocksMax);
    long imageAt = recordsAt + Batch.RECORD_BYTES_MAX;
    room =
        new Batch.Room(
            new PageBuffer(memory.asSlice(imageAt, Batch.imageBytes(blocksMax, false))),
            memory.asSlice(recordsAt, Batch.RECORD_BYTES_MAX),
            blocksMax);
    lsn = Bytes.u64(memory, LSN);
    for (int slot = 0; slot < slots; slot++) {
      order = Math.max(order, order(slot));
    }
  }

  static long bytes(int blocksMax) {
    return descriptorBytes(blocksMax) + Batch.RECORD_BYTES_MAX + Batch.imageBytes(blocksMax, false);
  }

  private static long descriptorBytes(int blocksMax) {
    return (long) Bytes.pages(SLOTS + (long) (blocksMax + 1) * SLOT_BYTES) * Bytes.PAGE;
  }

  Batch.Room room() {
    return room;
  }

  // ---- filling

  /** Makes it the place of a batch that has been opened. */
  void open(Batch batch) {
    Bytes.u64(memory, SEQUENCE, batch.segmentSequence);
    Bytes.u32(memory, SEGMENT, batch.segment);
    Bytes.u32(memory, PAGE, batch.page);
    Bytes.u64(memory, DURABLE, batch.durableLsn);
    Bytes.u32(memory, PREVIOUS_CRC, batch.previousCrc);
    Bytes.u64(memory, RECORDS, 0);
    lsn = batch.sequence;
    order = 0;
    VarHandle.storeStoreFence();
    Bytes.u64(memory, LSN, lsn);
  }

  /** Before a block's content is put into the slot. */
  void withdraw(int slot) {
    Bytes.u64(memory, at(slot) + SLOT_ORDER, 0);
    VarHandle.storeStoreFence();
  }

  /** The content is there: from now on it is the block. */
  void publish(int slot, long layerId, long address) {
    long at = at(slot);
    Bytes.u64(memory, at, layerId);
    Bytes.u64(memory, at + 8, address);
    Bytes.u64(memory, at + SLOT_LSN, lsn);
    VarHandle.storeStoreFence();
    Bytes.u64(memory, at + SLOT_ORDER, ++order);
  }

  /** The records are there, all of them, up to these counts. */
  void publishRecords(int bytes, int count) {
    VarHandle.storeStoreFence();
    Bytes.u64(memory, RECORDS, Integer.toUnsignedLong(bytes) | ((long) count << 32));
  }

  /** Before the header is made, which tells of it. */
  void seal(long durableLsn) {
    Bytes.u64(memory, DURABLE, durableLsn);
    VarHandle.storeStoreFence();
  }

  /** All of it is in the log. */
  void free() {
    VarHandle.storeStoreFence();
    lsn = 0;
    Bytes.u64(memory, LSN, 0);
  }

  /** Nothing is in it, whatever stood here. */
  void clear() {
    free();
    memory.asSlice(0, SLOTS + (long) slots * SLOT_BYTES).fill((byte) 0);
  }

  private static long at(int slot) {
    return SLOTS + (long) slot * SLOT_BYTES;
  }

  // ---- taking over

  /** Of what was staged here; 0: nothing. */
  long lsn() {
    return lsn;
  }

  int segment() {
    return Bytes.u32(memory, SEGMENT);
  }

  int page() {
    return Bytes.u32(memory, PAGE);
  }

  long segmentSequence() {
    return Bytes.u64(memory, SEQUENCE);
  }

  long durableLsn() {
    return Bytes.u64(memory, DURABLE);
  }

  int previousCrc() {
    return Bytes.u32(memory, PREVIOUS_CRC);
  }

  int recordBytes() {
    return (int) Bytes.u64(memory, RECORDS);
  }

  int recordCount() {
    return (int) (Bytes.u64(memory, RECORDS) >>> 32);
  }

  long layerId(int slot) {
    return Bytes.u64(memory, at(slot));
  }

  long address(int slot) {
    return Bytes.u64(memory, at(slot) + 8);
  }

  /** The slots that hold the newest version of a block, ascending. */
  int[] blocks() {
    int[] found = new int[slots];
    int count = 0;
    for (int slot = 0; slot < slots; slot++) {
      if (holds(slot) && !isSuperseded(slot)) {
        found[count++] = slot;
      }
    }
    return Arrays.copyOf(found, count);
  }

  /** Whether nothing was told of it but that it is open. */
  boolean isEmpty() {
    return recordCount() == 0 && blocks().length == 0;
  }

  /** Throws when a number is none that was ever staged: it would lead beside log or memory. */
  void requireSound() {
    int bytes = recordBytes();
    Bounds.require(bytes >= 0 && bytes <= Batch.RECORD_BYTES_MAX, "staged record bytes", bytes);
    Bounds.require(recordCount() >= 0, "staged records", recordCount());
    Bounds.require(page() >= 0, "staged page", page());
    Bounds.require(durableLsn() >= 0 && durableLsn() < lsn, "staged durable LSN", durableLsn());
    int[] blocks = blocks();
    Bounds.require(blocks.length < slots, "staged blocks", blocks.length);
    for (int slot : blocks) {
      // One slot is left over; two holes were never there.
      Bounds.require(slot <= blocks.length, "staged slot", slot);
      Bounds.blocks(address(slot), 1);
    }
  }

  private boolean holds(int slot) {
    return order(slot) != 0 && Bytes.u64(memory, at(slot) + SLOT_LSN) == lsn;
  }

  private long order(int slot) {
    return Bytes.u64(memory, at(slot) + SLOT_ORDER);
  }

  private boolean isSuperseded(int slot) {
    for (int other = 0; other < slots; other++) {
      if (holds(other)
          && order(other) > order(slot)
          && layerId(other) == layerId(slot)
          && address(other) == address(slot)) {
        return true;
      }
    }
    return false;
  }
}
