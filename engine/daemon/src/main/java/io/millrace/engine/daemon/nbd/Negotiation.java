package io.millrace.engine.daemon.nbd;

import io.millrace.engine.daemon.nbd.OptionReply.Kind;
import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The handshake of one client (fixed newstyle; the protocol's doc/proto.md), from bytes to bytes.
 *
 * <p>It says what it wants to {@link #next read}, is {@link #take given} exactly that, and has
 * answers in {@link #takeOutput}. No thread and no socket; big-endian.
 *
 * <pre>
 * greeting  | NBDMAGIC | IHAVEOPT | flags u16 |
 * client    | flags u32 |
 * option    | IHAVEOPT | option u32 | length u32 | data |
 * reply     | magic u64 | option u32 | type u32 | length u32 | data |
 * </pre>
 */
final class Negotiation {
  /** What comes next. */
  sealed interface Step {
    /** So many bytes. */
    record Read(int bytes) implements Step {}

    /** So many bytes that are of no use. */
    record Skip(int bytes) implements Step {}

    /** The handshake of TLS. */
    record Encrypt() implements Step {}

    /** Requests. */
    record Transmit(Terms terms) implements Step {}

    /** The end of the connection, once all is sent. */
    record Close() implements Step {}
  }

  /** What the connection came through. */
  enum Security {
    /** A socket of this machine. */
    LOCAL,
    /** TLS must come first. */
    PLAIN,
    /** TLS. */
    ENCRYPTED
  }

  static final int OPTION_BYTES_MAX = 16 << 10;
  static final long MAGIC = 0x4e42444d41474943L;
  static final long OPTION_MAGIC = 0x49484156454f5054L;
  private static final int SKIPPED_BYTES_MAX = 1 << 20;

  /** Each is looked up. */
  static final int QUERIES_MAX = 64;

  private static final String TLS_FIRST = "this server wants NBD_OPT_STARTTLS first";

  static final int FIXED_NEWSTYLE = 1;
  static final int NO_ZEROES = 2;
  static final int CLIENT_FLAGS_BYTES = 4;
  static final int OPTION_HEADER_BYTES = 16;
  private static final int ZEROES = 124;

  static final int EXPORT_NAME = 1;
  static final int ABORT = 2;
  static final int LIST = 3;
  static final int STARTTLS = 5;
  static final int INFO = 6;
  static final int GO = 7;
  static final int STRUCTURED_REPLY = 8;
  static final int LIST_META_CONTEXT = 9;
  static final int SET_META_CONTEXT = 10;
  static final int EXTENDED_HEADERS = 11;

  private enum Awaited {
    CLIENT_FLAGS,
    OPTION_HEADER,
    OPTION_DATA,
    OPTION_SKIPPED
  }

  private final Exports exports;
  private final Security security;
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private Awaited awaited = Awaited.CLIENT_FLAGS;
  private Step next = new Step.Read(CLIENT_FLAGS_BYTES);
  private int option;
  private boolean zeroes = true;
  private ReplyStyle style = ReplyStyle.SIMPLE;
  private List<Terms.Context> contexts = List.of();
  private long contextsOf;

  Negotiation(Exports exports, Security security) {
    this.exports = exports;
    this.security = security;
    ByteBuffer greeting = ByteBuffer.allocate(18);
    greeting.putLong(MAGIC).putLong(OPTION_MAGIC).putShort((short) (FIXED_NEWSTYLE | NO_ZEROES));
    output.writeBytes(greeting.array());
  }

  Step next() {
    return next;
  }

  boolean hasOutput() {
    return output.size() > 0;
  }

  /** What is to be sent before anything else. */
  byte[] takeOutput() {
    byte[] taken = output.toByteArray();
    output.reset();
    return taken;
  }

  /** The bytes that {@link #next} wanted; of those to be skipped only the word that they are. */
  void take(ByteBuffer bytes) {
    switch (awaited) {
      case CLIENT_FLAGS -> takeFlags(bytes.getInt());
      case OPTION_HEADER -> takeHeader(bytes);
      case OPTION_DATA -> {
        awaitOption();
        takeOption(bytes);
      }
      case OPTION_SKIPPED -> {
        awaitOption();
        takeSkipped();
      }
    }
  }

  private void takeFlags(int flags) {
    zeroes = (flags & NO_ZEROES) == 0;
    awaitOption();
    if ((flags & ~(FIXED_NEWSTYLE | NO_ZEROES)) != 0) {
      next = new Step.Close();
    }
  }

  /** Too long an option is refused like any other of its kind. */
  private void takeSkipped() {
    if (option == EXPORT_NAME) {
      next = new Step.Close();
    } else if (security == Security.PLAIN) {
      refuse(Kind.TLS_REQUIRED, TLS_FIRST);
    } else {
      forgetContexts();
      refuse(Kind.TOO_BIG, "an option has at most " + OPTION_BYTES_MAX + " bytes");
    }
  }

  private void awaitOption() {
    awaited = Awaited.OPTION_HEADER;
    next = new Step.Read(OPTION_HEADER_BYTES);
  }

  private void takeHeader(ByteBuffer header) {
    long magic = header.getLong();
    option = header.getInt();
    int length = header.getInt();
    if (magic != OPTION_MAGIC || length < 0 || length > SKIPPED_BYTES_MAX) {
      next = new Step.Close();
    } else if (length > OPTION_BYTES_MAX) {
      awaited = Awaited.OPTION_SKIPPED;
      next = new Step.Skip(length);
    } else if (length > 0) {
      awaited = Awaited.OPTION_DATA;
      next = new Step.Read(length);
    } else {
      takeOption(ByteBuffer.allocate(0));
    }
  }

  private void takeOption(ByteBuffer data) {
    try {
      if (security == Security.PLAIN) {
        decidePlain(data);
      } else {
        decide(data);
      }
    } catch (BufferUnderflowException e) {
      refuse(Kind.INVALID, "the option ends within a field");
    }
  }

  /** Nothing is told before TLS. */
  private void decidePlain(ByteBuffer data) {
    switch (option) {
      case STARTTLS -> startTls(data);
      case ABORT -> abort();
      case EXPORT_NAME -> next = new Step.Close();
      default -> refuse(Kind.TLS_REQUIRED, TLS_FIRST);
    }
  }

  private void decide(ByteBuffer data) {
    switch (option) {
      case EXPORT_NAME -> exportName(data);
      case ABORT -> abort();
      case LIST -> list(data);
      case STARTTLS -> startTls(data);
      case INFO, GO -> go(data);
      case STRUCTURED_REPLY -> chooseStyle(data, ReplyStyle.STRUCTURED);
      case EXTENDED_HEADERS -> chooseStyle(data, ReplyStyle.EXTENDED);
      case LIST_META_CONTEXT, SET_META_CONTEXT -> metaContexts(data);
      default -> refuse(Kind.UNSUPPORTED, "this server does not know option " + option);
    }
  }

  private void startTls(ByteBuffer data) {
    if (data.hasRemaining()) {
      refuse(Kind.INVALID, "NBD_OPT_STARTTLS has no data");
    } else if (security == Security.ENCRYPTED) {
      refuse(Kind.INVALID, "this connection has TLS");
    } else if (security == Security.LOCAL) {
      refuse(Kind.POLICY, "there is no TLS on a unix socket");
    } else {
      reply(OptionReply.acknowledge());
      next = new Step.Encrypt();
    }
  }

  private void abort() {
    reply(OptionReply.acknowledge());
    next = new Step.Close();
  }

  /** The only option that has no way to be refused. */
  private void exportName(ByteBuffer data) {
    Optional<Export> found = exports.find(text(data, data.remaining()));
    if (found.isEmpty() || exports.noRoom().isPresent()) {
      next = new Step.Close();
      return;
    }
    Terms terms = terms(found.get());
    ByteBuffer answer = ByteBuffer.allocate(10 + (zeroes ? ZEROES : 0));
    answer.putLong(found.get().sizeBytes()).putShort((short) terms.transmissionFlags());
    output.writeBytes(answer.array());
    next = new Step.Transmit(terms);
  }

  /** Contexts count for the export that they were asked for. */
  private Terms terms(Export export) {
    boolean same = export.id() == contextsOf;
    return new Terms(export, style, same ? contexts : List.of());
  }

  private void list(ByteBuffer data) {
    if (data.hasRemaining()) {
      refuse(Kind.INVALID, "NBD_OPT_LIST has no data");
      return;
    }
    exports.all().forEach(export -> reply(OptionReply.server(export)));
    reply(OptionReply.acknowledge());
  }

  private void go(ByteBuffer data) {
    String name = text(data, data.getInt());
    List<Integer> wanted = new ArrayList<>();
    for (int left = data.getShort() & 0xffff; left > 0; left--) {
      wanted.add(data.getShort() & 0xffff);
    }
    Optional<Export> found = exports.find(name);
    Optional<String> noRoom = option == GO ? exports.noRoom() : Optional.empty();
    if (data.hasRemaining()) {
      refuse(Kind.INVALID, "the option has more than its fields");
    } else if (found.isEmpty()) {
      refuse(Kind.UNKNOWN, "no volume or snapshot has the name or id '" + name + "'");
    } else if (noRoom.isPresent()) {
      refuse(Kind.POLICY, noRoom.get());
    } else {
      describe(terms(found.get()), wanted);
    }
  }

  private void describe(Terms terms, List<Integer> wanted) {
    Export export = terms.export();
    reply(OptionReply.export(export.sizeBytes(), terms.transmissionFlags()));
    reply(OptionReply.blockSize());
    if (wanted.contains(OptionReply.INFO_NAME)) {
      reply(OptionReply.info(OptionReply.INFO_NAME, export.name()));
    }
    if (wanted.contains(OptionReply.INFO_DESCRIPTION)) {
      reply(OptionReply.info(OptionReply.INFO_DESCRIPTION, export.description()));
    }
    reply(OptionReply.acknowledge());
    if (option == GO) {
      next = new Step.Transmit(terms);
    }
  }

  private void chooseStyle(ByteBuffer data, ReplyStyle wanted) {
    if (data.hasRemaining()) {
      refuse(Kind.INVALID, "the option has no data");
    } else if (style == wanted) {
      refuse(Kind.INVALID, "that is agreed on already");
    } else if (style == ReplyStyle.EXTENDED) {
      refuse(Kind.EXTENDED_HEADERS, "extended headers are agreed on already");
    } else {
      style = wanted;
      reply(OptionReply.acknowledge());
    }
  }

  /** A new choice takes the place of the last one even when it fails. */
  private void forgetContexts() {
    if (option == SET_META_CONTEXT) {
      contexts = List.of();
    }
  }

  private void metaContexts(ByteBuffer data) {
    forgetContexts();
    String name = text(data, data.getInt());
    int count = data.getInt();
    if (count < 0 || count > QUERIES_MAX) {
      refuse(Kind.TOO_BIG, "there are at most " + QUERIES_MAX + " queries");
      return;
    }
    List<String> queries = new ArrayList<>();
    for (int left = count; left > 0; left--) {
      queries.add(text(data, data.getInt()));
    }
    Optional<Export> found = exports.find(name);
    if (style == ReplyStyle.SIMPLE || data.hasRemaining()) {
      refuse(Kind.INVALID, "contexts want structured replies first, and no more than their fields");
    } else if (found.isEmpty()) {
      refuse(Kind.UNKNOWN, "no volume or snapshot has the name or id '" + name + "'");
    } else {
      tellContexts(found.get(), queries);
    }
  }

  private void tellContexts(Export export, List<String> queries) {
    MetaContexts known = new MetaContexts(exports, export);
    boolean set = option == SET_META_CONTEXT;
    List<Terms.Context> matching = set ? known.select(queries) : known.list(queries);
    if (set && matching.size() > MetaContexts.CONTEXTS_MAX) {
      refuse(Kind.TOO_BIG, "there are at most " + MetaContexts.CONTEXTS_MAX + " contexts");
      return;
    }
    matching.forEach(c -> reply(OptionReply.context(c.id(), c.name())));
    reply(OptionReply.acknowledge());
    if (set) {
      contexts = matching;
      contextsOf = export.id();
    }
  }

  /** The next bytes as text; a length that is more than there is ends within a field. */
  private static String text(ByteBuffer data, int bytes) {
    if (bytes < 0 || bytes > data.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] name = new byte[bytes];
    data.get(name);
    return new String(name, StandardCharsets.UTF_8);
  }

  private void refuse(Kind kind, String why) {
    reply(OptionReply.refusal(kind, why));
  }

  private void reply(OptionReply reply) {
    output.writeBytes(reply.encode(option));
  }
}
