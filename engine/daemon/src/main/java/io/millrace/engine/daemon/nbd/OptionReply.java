package io.millrace.engine.daemon.nbd;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A reply to an option of the handshake; see {@link Negotiation}. */
final class OptionReply {
  /** Why an option is refused. */
  enum Kind {
    UNSUPPORTED(1),
    POLICY(2),
    INVALID(3),
    TLS_REQUIRED(5),
    UNKNOWN(6),
    TOO_BIG(9),
    /** Extended headers are agreed on already, and are more. */
    EXTENDED_HEADERS(10);

    private final int number;

    Kind(int number) {
      this.number = number;
    }

    int type() {
      return ERROR | number;
    }
  }

  static final int INFO_NAME = 1;
  static final int INFO_DESCRIPTION = 2;
  static final int ACKNOWLEDGE = 1;
  static final int SERVER = 2;
  static final int INFO = 3;
  static final int META_CONTEXT = 4;
  static final long MAGIC = 0x3e889045565a9L;
  private static final int ERROR = 1 << 31;

  /** Of a message, which may have 4096 bytes: a name that was asked for can be longer. */
  private static final int MESSAGE_CHARS_MAX = 1000;

  private static final int INFO_EXPORT = 0;
  private static final int INFO_BLOCK_SIZE = 3;
  private static final int BLOCK_BYTES_MIN = 512;
  private static final int BLOCK_BYTES_PREFERRED = 4096;

  private final int type;
  private final byte[] data;

  private OptionReply(int type, byte[] data) {
    this.type = type;
    this.data = data;
  }

  static OptionReply acknowledge() {
    return new OptionReply(ACKNOWLEDGE, new byte[0]);
  }

  static OptionReply refusal(Kind kind, String why) {
    String message = why.substring(0, Math.min(why.length(), MESSAGE_CHARS_MAX));
    return new OptionReply(kind.type(), utf8(message.replace('\0', '?')));
  }

  static OptionReply server(Export export) {
    byte[] name = utf8(export.name());
    byte[] description = utf8(export.description());
    ByteBuffer data = ByteBuffer.allocate(4 + name.length + description.length);
    data.putInt(name.length).put(name).put(description);
    return new OptionReply(SERVER, data.array());
  }

  static OptionReply export(long sizeBytes, int transmissionFlags) {
    ByteBuffer data = ByteBuffer.allocate(12);
    data.putShort((short) INFO_EXPORT).putLong(sizeBytes).putShort((short) transmissionFlags);
    return new OptionReply(INFO, data.array());
  }

  static OptionReply blockSize() {
    ByteBuffer data = ByteBuffer.allocate(14);
    data.putShort((short) INFO_BLOCK_SIZE).putInt(BLOCK_BYTES_MIN).putInt(BLOCK_BYTES_PREFERRED);
    data.putInt(NbdWire.IO_BYTES_MAX);
    return new OptionReply(INFO, data.array());
  }

  static OptionReply info(int kind, String text) {
    byte[] bytes = utf8(text);
    ByteBuffer data = ByteBuffer.allocate(2 + bytes.length);
    data.putShort((short) kind).put(bytes);
    return new OptionReply(INFO, data.array());
  }

  static OptionReply context(int id, String name) {
    byte[] bytes = utf8(name);
    ByteBuffer data = ByteBuffer.allocate(4 + bytes.length);
    data.putInt(id).put(bytes);
    return new OptionReply(META_CONTEXT, data.array());
  }

  byte[] encode(int option) {
    ByteBuffer all = ByteBuffer.allocate(20 + data.length);
    all.putLong(MAGIC).putInt(option).putInt(type).putInt(data.length).put(data);
    return all.array();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
