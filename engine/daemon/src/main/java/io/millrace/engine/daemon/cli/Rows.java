package io.millrace.engine.daemon.cli;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.millrace.engine.daemon.cli.Output.Field;
import java.util.List;

/** The fields of a message of engine.proto, in its order. */
final class Rows {
  private Rows() {}

  static List<Field> of(Message message) {
    return message.getDescriptorForType().getFields().stream()
        .map(field -> new Field(field.getName(), value(message.getField(field))))
        .toList();
  }

  /** Of one field of an object that is listed. */
  static List<Field> of(Message message, List<String> columns) {
    return columns.stream()
        .map(
            column -> {
              FieldDescriptor field = message.getDescriptorForType().findFieldByName(column);
              return new Field(column, value(message.getField(field)));
            })
        .toList();
  }

  private static Object value(Object value) {
    return switch (value) {
      case Long number -> number;
      case Integer number -> number.longValue();
      case Boolean flag -> flag;
      default -> value.toString();
    };
  }
}
