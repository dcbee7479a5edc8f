package io.llmrelay.provider.openai;

import io.llmrelay.chat.BodyBuilder;
import io.llmrelay.chat.RawJson;
import io.vertx.core.json.Json;
import java.util.function.Consumer;

/** Writes JSON; received values are copied or shared as bytes. */
final class JsonOutput {
  private final BodyBuilder out;

  /** Whether the next field or element needs a comma before it. */
  private boolean comma;

  JsonOutput(BodyBuilder out) {
    this.out = out;
  }

  JsonOutput object() {
    return open('{');
  }

  JsonOutput endObject() {
    return close('}');
  }

  JsonOutput array() {
    return open('[');
  }

  JsonOutput endArray() {
    return close(']');
  }

  /** Begins a field of an object; its value comes next. */
  JsonOutput field(String name) {
    separate();
    out.append(Json.encodeToBuffer(name)).append(':');
    comma = false;
    return this;
  }

  /** Writes a value: a {@link RawJson}, any JSON value, or {@code null}. */
  JsonOutput value(Object value) {
    separate();
    if (value instanceof RawJson raw) {
      raw.appendTo(out);
    } else {
      out.append(Json.encodeToBuffer(value));
    }
    return this;
  }

  /** Writes a value with a function. */
  JsonOutput element(Consumer<BodyBuilder> writer) {
    separate();
    writer.accept(out);
    return this;
  }

  /** Writes a field unless its value is {@code null}. */
  JsonOutput optional(String name, Object value) {
    return value == null ? this : field(name).value(value);
  }

  private JsonOutput open(char bracket) {
    separate();
    out.append(bracket);
    comma = false;
    return this;
  }

  private JsonOutput close(char bracket) {
    out.append(bracket);
    comma = true;
    return this;
  }

  private void separate() {
    if (comma) {
      out.append(',');
    }
    comma = true;
  }
}
