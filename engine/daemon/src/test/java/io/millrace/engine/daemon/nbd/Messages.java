package io.millrace.engine.daemon.nbd;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** What clients send. */
final class Messages {
  static final long COOKIE = 0x1122334455667788L;

  private Messages() {}

  static byte[] option(int option, byte[] data) {
    ByteBuffer all = ByteBuffer.allocate(16 + data.length);
    return all.putLong(Negotiation.OPTION_MAGIC)
        .putInt(option)
        .putInt(data.length)
        .put(data)
        .array();
  }

  /** Of INFO and GO, asking for every kind of information. */
  static byte[] go(String export) {
    byte[] name = utf8(export);
    ByteBuffer all = ByteBuffer.allocate(4 + name.length + 2 + 6);
    all.putInt(name.length).put(name).putShort((short) 3);
    return all.putShort((short) 1).putShort((short) 2).putShort((short) 3).array();
  }

  static byte[] contexts(String export, String... queries) {
    byte[] name = utf8(export);
    ByteBuffer all = ByteBuffer.allocate(4096);
    all.putInt(name.length).put(name).putInt(queries.length);
    for (String query : queries) {
      byte[] text = utf8(query);
      all.putInt(text.length).put(text);
    }
    byte[] used = new byte[all.position()];
    all.flip().get(used);
    return used;
  }

  static byte[] request(
      ReplyStyle style, int type, int flags, long offset, long length, byte[] data) {
    boolean extended = style == ReplyStyle.EXTENDED;
    ByteBuffer all = ByteBuffer.allocate((extended ? 32 : 28) + data.length);
    all.putInt(extended ? 0x21e41c71 : 0x25609513);
    all.putShort((short) flags).putShort((short) type).putLong(COOKIE).putLong(offset);
    if (extended) {
      all.putLong(length);
    } else {
      all.putInt((int) length);
    }
    return all.put(data).array();
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
