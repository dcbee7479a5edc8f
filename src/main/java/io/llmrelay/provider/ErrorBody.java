package io.llmrelay.provider;

import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What an error says of itself, found wherever the vendors put it. Parsed as JSON whatever its
 * content type claims.
 *
 * @param message the provider's words, or {@code null}
 * @param code the provider's code for people to look up, or {@code null}
 * @param names everything that names the error, in lower case: codes, types, statuses, reasons;
 *     {@code metadata.x} for a key of the metadata, {@code header.retry-after} where it was sent
 * @param status the HTTP status the error names, or 0
 * @param text what rules look for phrases in: the message, and an upstream's error passed on as
 *     text
 * @param retryDelay a waiting time in the error, or {@code null}
 * @param resetsAt a point in time in the error, or {@code null}
 */
record ErrorBody(
    String message,
    String code,
    Set<String> names,
    int status,
    String text,
    String retryDelay,
    String resetsAt) {
  /** How much of a body that is no JSON is looked at, in bytes, and of a phrase, in characters. */
  private static final int MAX_TEXT = 2_000;

  static ErrorBody of(byte[] bytes, int from, int to, MultiMap headers) {
    JsonObject json = Json.object(bytes, from, to);
    return json == null ? ofText(bytes, from, to, headers) : ofJson(json, headers);
  }

  private static ErrorBody ofText(byte[] bytes, int from, int to, MultiMap headers) {
    int length = Math.min(to - from, MAX_TEXT);
    String text = new String(bytes, from, length, StandardCharsets.UTF_8).strip();
    String message = text.isEmpty() || text.startsWith("<") ? null : text;
    return new ErrorBody(message, null, headerNames(headers), 0, text, null, null);
  }

  private static ErrorBody ofJson(JsonObject json, MultiMap headers) {
    JsonObject error = Json.object(json, "error");
    JsonObject first = first(Json.array(json, "errors"));
    JsonObject metadata = Json.object(error, "metadata");
    String message =
        firstText(
            error.getValue("message"),
            json.getValue("error"),
            json.getValue("message"),
            json.getValue("Message"),
            json.getValue("detail"),
            first(Json.array(json, "detail")).getValue("msg"),
            first.getValue("message"),
            json.getValue("title"));
    Object[] codes = {
      error.getValue("code"),
      json.getValue("code"),
      first.getValue("code"),
      error.getValue("status")
    };
    Object[] types = {
      metadata.getValue("error_type"),
      error.getValue("type"),
      json.getValue("error_type"),
      "error".equals(json.getValue("type")) ? null : json.getValue("type")
    };
    Set<String> names = headerNames(headers);
    add(names, codes);
    add(names, types);
    add(names, Json.object(error, "details").getValue("error_code"));
    add(names, Json.object(error, "innererror").getValue("code"));
    metadata.fieldNames().forEach(key -> add(names, "metadata." + key));
    String retryDelay = null;
    for (Object entry : Json.array(error, "details")) {
      if (entry instanceof JsonObject detail) {
        addReasons(names, detail);
        retryDelay = firstText(retryDelay, detail.getValue("retryDelay"));
      }
    }
    String raw = Json.string(metadata, "raw");
    String text = (message == null ? "" : message) + (raw == null ? "" : "\n" + raw);
    return new ErrorBody(
        message,
        code(firstText(codes), firstText(types)),
        names,
        status(json, error),
        text.substring(0, Math.min(text.length(), MAX_TEXT)),
        retryDelay,
        firstText(metadata.getValue("resets_at")));
  }

  /** A code that is only a number says less than the type. */
  private static String code(String code, String type) {
    return type != null && (code == null || code.matches("\\d+")) ? type : code;
  }

  /** Google's details: why, and which quota. */
  private static void addReasons(Set<String> names, JsonObject detail) {
    add(names, detail.getValue("reason"));
    for (Object violation : Json.array(detail, "violations")) {
      if (violation instanceof JsonObject quota) {
        add(names, quota.getValue("quotaId"));
      }
    }
  }

  private static int status(JsonObject json, JsonObject error) {
    return Stream.of(
            error.getValue("status_code"),
            json.getValue("status_code"),
            error.getValue("code"),
            json.getValue("code"),
            error.getValue("status"),
            json.getValue("status"))
        .filter(Objects::nonNull)
        .map(Object::toString)
        .filter(status -> status.matches("[45]\\d\\d"))
        .mapToInt(Integer::parseInt)
        .findFirst()
        .orElse(0);
  }

  private static Set<String> headerNames(MultiMap headers) {
    Set<String> names = new LinkedHashSet<>();
    String type = headers.get("x-amzn-errortype");
    if (type != null) {
      add(names, type.split(":", 2)[0]);
    }
    if (headers.contains("retry-after")) {
      names.add("header.retry-after");
    }
    return names;
  }

  private static void add(Set<String> names, Object... more) {
    for (Object name : more) {
      if (name instanceof String || name instanceof Number) {
        names.add(name.toString().toLowerCase(Locale.ROOT));
      }
    }
  }

  private static JsonObject first(JsonArray array) {
    return !array.isEmpty() && array.getValue(0) instanceof JsonObject o ? o : new JsonObject();
  }

  /** The first that is a number or a string with something in it. */
  private static String firstText(Object... values) {
    for (Object value : values) {
      if (value instanceof Number || (value instanceof String s && !s.isBlank())) {
        return value.toString();
      }
    }
    return null;
  }

  /** Leaves the words out; they have not been masked yet. */
  @Override
  public String toString() {
    return "ErrorBody[" + names + "]";
  }
}
