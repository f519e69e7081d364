package io.millrace.engine.daemon.nbd;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * What BLOCK_STATUS can tell of an export: {@code base:allocation}, and {@code
 * millrace:changed-since:SNAPSHOT} for any snapshot, which tools that know QEMU's dirty bitmaps may
 * call {@code qemu:dirty-bitmap:SNAPSHOT}.
 */
final class MetaContexts {
  /** More than that can't be chosen. */
  static final int CONTEXTS_MAX = 8;

  static final String ALLOCATION = "base:allocation";
  static final String CHANGED_SINCE = "millrace:changed-since:";
  static final String DIRTY_BITMAP = "qemu:dirty-bitmap:";

  private final Exports exports;
  private final Export export;

  MetaContexts(Exports exports, Export export) {
    this.exports = exports;
    this.export = export;
  }

  /** Those that are asked for by their full names. */
  List<Terms.Context> select(List<String> queries) {
    List<Terms.Context> chosen = new ArrayList<>();
    for (String query : queries.stream().distinct().toList()) {
      OptionalLong since = since(query);
      if (since.isPresent()) {
        chosen.add(new Terms.Context(chosen.size() + 1, query, since.getAsLong()));
      }
    }
    return chosen;
  }

  /** All that begin so, or without a query all; ids mean nothing yet. */
  List<Terms.Context> list(List<String> queries) {
    List<String> names = new ArrayList<>(List.of(ALLOCATION));
    List<String> snapshots = exports.snapshotsOf(export);
    for (String prefix : List.of(CHANGED_SINCE, DIRTY_BITMAP)) {
      snapshots.forEach(s -> names.add(prefix + s));
    }
    List<Terms.Context> listed = new ArrayList<>();
    for (String name : names) {
      if (queries.isEmpty() || queries.stream().anyMatch(q -> asksFor(q, name))) {
        listed.add(new Terms.Context(0, name, 0));
      }
    }
    return listed;
  }

  /** A query that ends in a colon asks for all that begin with it. */
  private static boolean asksFor(String query, String name) {
    return name.equals(query) || (query.endsWith(":") && name.startsWith(query));
  }

  /** The snapshot that a context compares with, 0 for none; empty: there is no such context. */
  private OptionalLong since(String name) {
    if (name.equals(ALLOCATION)) {
      return OptionalLong.of(0);
    }
    for (String prefix : List.of(CHANGED_SINCE, DIRTY_BITMAP)) {
      if (name.startsWith(prefix)) {
        return exports.snapshot(name.substring(prefix.length()));
      }
    }
    return OptionalLong.empty();
  }
}
