package io.millrace.engine.core;

import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * CRC32C of blocks and headers, bound to the store.
 *
 * <p>A block's checksum is CRC32C(data) xor a number made of the store's uuid, its secret and the
 * block's address, so that data of another store or another address never passes, even all zeros,
 * and nobody who only writes data can make what passes as a header. The layer and the generation
 * are bound by the commit header, whose own checksum covers the block checksums; they are not mixed
 * in here because a merge of layers hands blocks to another layer.
 */
final class Checksum {
  private static final byte[] ZERO_FIELD = new byte[4];

  private final CRC32C crc = new CRC32C();
  private final UUID store;
  private final long secret;
  private final int salt;

  Checksum(UUID store, long secret) {
    this.store = store;
    this.secret = secret;
    long mixed = mix(store.getMostSignificantBits()) ^ store.getLeastSignificantBits();
    salt = (int) (mix(mix(mixed) ^ secret) >>> 32);
  }

  UUID store() {
    return store;
  }

  /** Known to the store alone: it is in its superblock, and in the header of each commit. */
  long secret() {
    return secret;
  }

  private static long mix(long value) {
    long mixed = (value ^ (value >>> 32)) * 0x9E3779B97F4A7C15L;
    return (mixed ^ (mixed >>> 29)) * 0xBF58476D1CE4E5B9L;
  }

  /** Of the page at {@code at}, as the content of block {@code address}. */
  int block(PageBuffer buffer, int at, long address) {
    return plain(buffer, at, Bytes.PAGE) ^ salt ^ (int) (mix(address + 1) >>> 32);
  }

  int plain(PageBuffer buffer, int at, int length) {
    crc.reset();
    buffer.addTo(crc, at, length);
    return (int) crc.getValue();
  }

  /** Of a structure whose own four checksum bytes at {@code field} count as zeros. */
  int around(PageBuffer buffer, int at, int length, int field) {
    crc.reset();
    buffer.addTo(crc, at, field);
    crc.update(ZERO_FIELD);
    buffer.addTo(crc, at + field + 4, length - field - 4);
    return (int) crc.getValue() ^ salt;
  }
}
