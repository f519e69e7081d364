package io.millrace.engine.core;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/** The image of a disk that stays as it is: what is written over it is forgotten at a reset. */
final class FlatStorage implements Storage {
  private record End(long ticket, int errno) {}

  private final byte[] image;
  private final MemorySegment memory;
  private final Map<Long, byte[]> written = new HashMap<>();
  private final ArrayDeque<End> ended = new ArrayDeque<>();

  FlatStorage(byte[] image) {
    this.image = image;
    memory = MemorySegment.ofArray(image);
  }

  /** Forgets what was written, and all calls. */
  void reset() {
    written.clear();
    ended.clear();
  }

  /** Also in the image. */
  void flip(int at, int bit) {
    image[at] ^= (byte) (1 << bit);
  }

  @Override
  public long sizeBytes() {
    return image.length;
  }

  @Override
  public void read(long offset, MemorySegment into, long ticket) {
    ended.add(new End(ticket, readNow(offset, into)));
  }

  @Override
  public int readNow(long offset, MemorySegment into) {
    MemorySegment.copy(memory, offset, into, 0, into.byteSize());
    for (long at = 0; at < into.byteSize() && !written.isEmpty(); at += Bytes.PAGE) {
      byte[] page = written.get((offset + at) / Bytes.PAGE);
      if (page != null) {
        MemorySegment.copy(MemorySegment.ofArray(page), 0, into, at, Bytes.PAGE);
      }
    }
    return 0;
  }

  @Override
  public void write(long offset, MemorySegment from, long ticket) {
    for (long at = 0; at < from.byteSize(); at += Bytes.PAGE) {
      byte[] page = new byte[Bytes.PAGE];
      MemorySegment.copy(from, at, MemorySegment.ofArray(page), 0, Bytes.PAGE);
      written.put((offset + at) / Bytes.PAGE, page);
    }
    ended.add(new End(ticket, 0));
  }

  @Override
  public void sync(long ticket) {
    ended.add(new End(ticket, 0));
  }

  @Override
  public void drain(Completions sink) {
    int count = ended.size();
    for (int i = 0; i < count; i++) {
      End end = ended.remove();
      sink.completed(end.ticket, end.errno);
    }
  }
}
