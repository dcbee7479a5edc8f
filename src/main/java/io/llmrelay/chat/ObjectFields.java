package io.llmrelay.chat;

import static com.fasterxml.jackson.core.JsonToken.FIELD_NAME;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** The fields of one object of a request, undecoded. A field that is JSON null counts as absent. */
final class ObjectFields {
  private final RequestPath path;
  private final RawJson source;
  private final Map<String, RawJson> fields;
  private final Set<String> read = new HashSet<>();

  private ObjectFields(RequestPath path, RawJson source, Map<String, RawJson> fields) {
    this.path = path;
    this.source = source;
    this.fields = fields;
  }

  /** Reads the object at the cursor. */
  static ObjectFields read(JsonCursor in, RequestPath path) {
    int from = in.tokenStart();
    Map<String, RawJson> fields = new HashMap<>();
    in.next();
    while (in.at(FIELD_NAME)) {
      String name = in.field();
      RawJson value = in.raw();
      if (value != null) {
        fields.put(name, value);
      }
    }
    RawJson source = in.closedSince(from);
    in.next();
    return new ObjectFields(path, source, fields);
  }

  /** Returns the object as it was received. */
  RawJson source() {
    return source;
  }

  RequestPath path() {
    return path;
  }

  RawJson raw(String field) {
    read.add(field);
    return fields.get(field);
  }

  /** Returns a string, undecoded; {@code null} if it is absent. */
  RawJson text(String field) {
    RawJson value = raw(field);
    if (value != null && !value.isString()) {
      throw path.invalid(field, "must be a string");
    }
    return value;
  }

  String string(String field) {
    RawJson text = text(field);
    return text == null ? null : text.string();
  }

  /** Returns a string that is not empty. */
  String required(String field) {
    String value = string(field);
    if (value == null || value.isEmpty()) {
      throw path.invalid(field, "must be a string that is not empty");
    }
    return value;
  }

  RawJson requiredText(String field) {
    RawJson value = text(field);
    if (value == null) {
      throw path.invalid(field, "must be a string");
    }
    return value;
  }

  Boolean flag(String field) {
    RawJson value = raw(field);
    if (value == null) {
      return null;
    }
    if (value.value() instanceof Boolean flag) {
      return flag;
    }
    throw path.invalid(field, "must be true or false");
  }

  /** Returns an object's fields; {@code null} if it is absent. */
  ObjectFields object(String field) {
    RawJson value = raw(field);
    if (value == null) {
      return null;
    }
    if (!value.isObject()) {
      throw path.invalid(field, "must be an object");
    }
    return read(value.cursor(), path.within(field));
  }

  /** Records every field that was not read as unknown. */
  void nothingElse() {
    for (Map.Entry<String, RawJson> field : fields.entrySet()) {
      if (!read.contains(field.getKey())) {
        path.unknown(field.getKey(), field.getValue());
      }
    }
  }
}
