package io.millrace.engine.sim;

import io.millrace.engine.core.Command;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A volume or a snapshot as the model knows it. */
final class View {
  static final int CHUNK_SECTORS = 64;

  final long key;
  final String name;
  final boolean snapshot;
  final @Nullable View source;

  /** The engine's id, 0 until it is told. */
  long id;

  /** Of a snapshot: the volume by which it is read, 0 when there is none. */
  long probeId;

  long sizeBytes;

  /** Asked for and not yet answered, else 0. */
  long nextSizeBytes;

  /** The event at which it was asked for. */
  long resizeAt;

  long createdAt;
  boolean created;

  /** Someone asked to delete it: it is no longer used. */
  boolean deleting;

  /** The command that made it, to be asked for again. */
  @Nullable Command createdBy;

  /** What it answers well is durable. */
  boolean acknowledgesWhenDurable;

  /** Asked to give all that it holds to this one, and not yet answered, else null. */
  @Nullable View filler;

  /** The event at which that was last asked for, and perhaps done; 0 when never. */
  long filledAt;

  /** It was there, and blank, before it was filled. */
  boolean refilled;

  /**
   * Something was once written to it, discarded or cut off, or to what it was cloned from: it may
   * be not blank.
   */
  boolean touched;

  /** It no longer has the size that it was made with. */
  boolean resized;

  /** A command about it, or about its copy, is in flight. */
  int commands;

  private record Zeroing(Op op, long from, long to) {}

  private final TreeMap<Long, Cell[]> chunks = new TreeMap<>();

  /** In flight, in the order of invocation. */
  private final List<Zeroing> zeroings = new ArrayList<>();

  View(long key, String name, boolean snapshot, @Nullable View source, long createdAt) {
    this.key = key;
    this.name = name;
    this.snapshot = snapshot;
    this.source = source;
    this.createdAt = createdAt;
  }

  long readableId() {
    return snapshot ? probeId : id;
  }

  Cell cell(long sector) {
    Cell[] chunk = chunks.get(sector / CHUNK_SECTORS);
    return chunk == null ? Op.VOID.settled : chunk[(int) (sector % CHUNK_SECTORS)];
  }

  void put(long sector, Cell cell) {
    chunks
            .computeIfAbsent(sector / CHUNK_SECTORS, k -> emptyChunk())[
            (int) (sector % CHUNK_SECTORS)] =
        cell;
  }

  private static Cell[] emptyChunk() {
    Cell[] chunk = new Cell[CHUNK_SECTORS];
    Arrays.fill(chunk, Op.VOID.settled);
    return chunk;
  }

  /** First sectors of the chunks that were ever written, in order. */
  List<Long> writtenChunks() {
    return chunks.keySet().stream().map(index -> index * CHUNK_SECTORS).toList();
  }

  /** Puts an operation on top of a range; a zeroing leaves alone what was never written. */
  void apply(Op op, long sector, long sectors) {
    touched = true;
    zeroings.removeIf(zeroing -> zeroing.op.answeredAt != Op.NEVER);
    if (op.content == Op.Content.NOTHING) {
      zero(op, sector, sector + sectors);
      zeroings.add(new Zeroing(op, sector, sector + sectors));
      return;
    }
    for (long s = sector; s < sector + sectors; s++) {
      put(s, concurrent(s).under(op));
    }
  }

  /** The sector's cell, with the zeroings in flight that found nothing written there. */
  private Cell concurrent(long sector) {
    Cell cell = cell(sector);
    if (cell == Op.VOID.settled) {
      for (Zeroing zeroing : zeroings) {
        if (zeroing.from <= sector && sector < zeroing.to) {
          cell = cell.under(zeroing.op);
        }
      }
    }
    return cell;
  }

  private void zero(Op op, long from, long to) {
    Map<Long, Cell[]> touched =
        chunks.subMap(from / CHUNK_SECTORS, (to + CHUNK_SECTORS - 1) / CHUNK_SECTORS);
    for (Map.Entry<Long, Cell[]> entry : touched.entrySet()) {
      long first = entry.getKey() * CHUNK_SECTORS;
      Cell[] cells = entry.getValue();
      for (int i = 0; i < CHUNK_SECTORS; i++) {
        if (first + i >= from && first + i < to && cells[i] != Op.VOID.settled) {
          cells[i] = cells[i].under(op);
        }
      }
    }
  }

  /** Forgets what lies beyond the end. */
  void truncate() {
    long sectors = sizeBytes / Stamp.SECTOR_BYTES;
    chunks.tailMap(sectors / CHUNK_SECTORS, false).clear();
    for (Map.Entry<Long, Cell[]> entry : chunks.entrySet()) {
      for (int i = 0; i < CHUNK_SECTORS; i++) {
        if (entry.getKey() * CHUNK_SECTORS + i >= sectors) {
          entry.getValue()[i] = Op.VOID.settled;
        }
      }
    }
  }

  /** Whether a write or zeroing here was under way at that time, or was invoked later. */
  boolean changedSince(long sector, long sectors, long event) {
    for (long s = sector; s < sector + sectors; s++) {
      if (cell(s).changedSince(event)) {
        return true;
      }
    }
    return false;
  }

  /** Takes over what the source may have held at some moment since {@code from}. */
  void copyFrom(View other, long from) {
    touched |= other.touched;
    for (Map.Entry<Long, Cell[]> entry : other.chunks.entrySet()) {
      Cell[] copy = new Cell[CHUNK_SECTORS];
      for (int i = 0; i < CHUNK_SECTORS; i++) {
        Cell cell = entry.getValue()[i];
        copy[i] = cell.only() != null ? cell : Cell.base(cell.legal(from));
      }
      chunks.put(entry.getKey(), copy);
    }
  }

  /** Is looked at wherever the other has something, and must hold nothing of it. */
  void standBeside(View other) {
    other.chunks.keySet().forEach(index -> chunks.computeIfAbsent(index, k -> emptyChunk()));
  }

  /** Some sector has data, whatever else has become of it. */
  boolean surelyHolds() {
    return chunks.values().stream()
        .flatMap(Arrays::stream)
        .map(Cell::only)
        .anyMatch(op -> op != null && op.content == Op.Content.STAMPS);
  }

  /** 4 KiB blocks that may hold data. */
  long mappedBlocks() {
    long blocks = 0;
    for (Cell[] cells : chunks.values()) {
      for (int i = 0; i < CHUNK_SECTORS; i += 8) {
        for (int j = i; j < i + 8; j++) {
          if (cells[j] != Op.VOID.settled) {
            blocks++;
            break;
          }
        }
      }
    }
    return blocks;
  }

  @Override
  public String toString() {
    return (snapshot ? "snapshot " : "volume ") + name;
  }
}
