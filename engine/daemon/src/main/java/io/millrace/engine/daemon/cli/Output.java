package io.millrace.engine.daemon.cli;

import io.millrace.engine.daemon.ByteSize;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/**
 * Prints objects as a table for people or as JSON for programs. A table of one object stands
 * upright, of several it has a row each. JSON keeps field names, ids and bytes as engine.proto has
 * them.
 */
final class Output {
  enum Form {
    TABLE,
    JSON
  }

  @Option(
      names = {"-o", "--output"},
      paramLabel = "table|json",
      defaultValue = "table",
      description = "How to print; default ${DEFAULT-VALUE}.")
  private Form form = Form.TABLE;

  @Spec(Target.MIXEE)
  private @Nullable CommandSpec command;

  /**
   * One value of an object.
   *
   * @param name as in engine.proto; its ending says how people see it (_bytes, _unix_millis)
   * @param value a String, Long, Double, Boolean
   */
  record Field(String name, Object value) {
    private String column() {
      return name.replace("_unix_millis", "").replace("_bytes", "").replace('_', ' ');
    }

    private String cell() {
      if (value instanceof Long number && name.endsWith("_bytes")) {
        return new ByteSize(number).toString();
      }
      if (value instanceof Long number && name.endsWith("_unix_millis")) {
        return Instant.ofEpochMilli(number).truncatedTo(ChronoUnit.SECONDS).toString();
      }
      return value.toString().isEmpty() ? "-" : value.toString();
    }

    private String json() {
      String text = value instanceof String s ? '"' + escape(s) + '"' : value.toString();
      return '"' + name + "\": " + text;
    }

    private static String escape(String text) {
      StringBuilder out = new StringBuilder();
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (c == '"' || c == '\\') {
          out.append('\\').append(c);
        } else if (c < ' ') {
          out.append(String.format("\\u%04x", (int) c));
        } else {
          out.append(c);
        }
      }
      return out.toString();
    }
  }

  boolean isJson() {
    return form == Form.JSON;
  }

  void object(List<Field> fields) {
    PrintWriter out = out();
    if (form == Form.JSON) {
      out.println(json(fields));
    } else {
      int width = fields.stream().mapToInt(f -> f.column().length()).max().orElse(1);
      fields.forEach(f -> out.printf("%-" + width + "s  %s%n", f.column(), f.cell()));
    }
    out.flush();
  }

  /** An object with a list in it; people see a table below, if the list is not empty. */
  void object(List<Field> fields, String name, List<String> columns, List<List<Field>> items) {
    if (form == Form.JSON) {
      String json = json(fields);
      String list = String.join(", ", items.stream().map(Output::json).toList());
      out().println(json.substring(0, json.length() - 1) + ", \"" + name + "\": [" + list + "]}");
    } else {
      object(fields);
      if (!items.isEmpty()) {
        rows(out(), columns, items);
      }
    }
    out().flush();
  }

  /**
   * @param columns printed as the head of an empty table
   */
  void list(List<String> columns, List<List<Field>> objects) {
    PrintWriter out = out();
    if (form == Form.JSON) {
      List<String> items = objects.stream().map(Output::json).toList();
      out.println(items.isEmpty() ? "[]" : "[\n  " + String.join(",\n  ", items) + "\n]");
    } else {
      rows(out, columns, objects);
    }
    out.flush();
  }

  private static void rows(PrintWriter out, List<String> columns, List<List<Field>> objects) {
    int[] width = columns.stream().mapToInt(String::length).toArray();
    for (List<Field> object : objects) {
      for (int i = 0; i < width.length; i++) {
        width[i] = Math.max(width[i], object.get(i).cell().length());
      }
    }
    row(out, columns, width);
    objects.forEach(o -> row(out, o.stream().map(Field::cell).toList(), width));
  }

  private static void row(PrintWriter out, List<String> cells, int[] width) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < width.length; i++) {
      line.append(cells.get(i)).repeat(" ", width[i] - cells.get(i).length() + 2);
    }
    out.println(line.toString().stripTrailing());
  }

  static String json(List<Field> fields) {
    return "{" + String.join(", ", fields.stream().map(Field::json).toList()) + "}";
  }

  private PrintWriter out() {
    if (command == null) {
      throw new IllegalStateException("used outside a command");
    }
    return command.commandLine().getOut();
  }
}
