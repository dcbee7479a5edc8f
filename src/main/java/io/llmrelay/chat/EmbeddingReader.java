package io.llmrelay.chat;

import static com.fasterxml.jackson.core.JsonToken.END_OBJECT;
import static com.fasterxml.jackson.core.JsonToken.START_OBJECT;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;

/**
 * Reads the fields of a request for embeddings. Inputs and unknown fields are slices of the body.
 */
final class EmbeddingReader {
  private static final RequestPath ROOT = new RequestPath("", new ArrayList<>());

  final JsonObject plain = new JsonObject();
  final Map<String, RawJson> unknown = new LinkedHashMap<>();
  List<RawJson> inputs;
  RawJson receivedInputs;

  private EmbeddingReader() {}

  static EmbeddingReader read(byte[] body, BiPredicate<String, RawJson> own) {
    JsonCursor in = new JsonCursor(body, 0, body.length);
    if (!in.at(START_OBJECT)) {
      throw new DecodeException("the body must be a JSON object");
    }
    EmbeddingReader reader = new EmbeddingReader();
    in.next();
    while (!in.at(END_OBJECT)) {
      String field = in.field();
      reader.field(field, in.raw(), own);
    }
    in.next();
    if (!in.atEnd()) {
      throw new DecodeException("the body has more than one JSON object");
    }
    return reader;
  }

  private void field(String field, RawJson value, BiPredicate<String, RawJson> own) {
    if (value == null) {
      return;
    }
    switch (field) {
      case "input" -> input(value);
      case "model", "dimensions", "encoding_format", "input_type", "user", "metadata", "relay" ->
          plain.put(field, value.value());
      default -> {
        if (!own.test(field, value)) {
          unknown(field, value);
        }
      }
    }
  }

  private void unknown(String field, RawJson value) {
    if (unknown.size() == RequestPath.MAX_UNKNOWN) {
      throw ROOT.invalid(
          FieldReader.shown(field), "is unknown, like " + unknown.size() + " others");
    }
    unknown.put(field, value);
  }

  /** Reads a string, an array of strings, an array of tokens, or an array of arrays of tokens. */
  private void input(RawJson value) {
    receivedInputs = value;
    if (value.isString() || value.isTokens()) {
      inputs = List.of(value);
      return;
    }
    if (!value.isArray()) {
      throw ROOT.invalid("input", "must be a string or an array");
    }
    inputs = value.elements();
    for (int i = 0; i < inputs.size(); i++) {
      RawJson input = inputs.get(i);
      if (input == null || !(input.isString() || input.isTokens())) {
        throw ROOT.invalid("input[" + i + "]", "must be a string or an array of tokens");
      }
    }
  }
}
