package io.llmrelay.provider.error;

import io.llmrelay.provider.wire.Json;
import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A parsed error, in the form of any vendor. Parsed as JSON regardless of its content type.
 *
 * @param message the message, or {@code null}
 * @param code the provider's error code, or {@code null}; never a sentence
 * @param names everything that identifies the error, {@linkplain #normalize normalized}: codes,
 *     types, statuses, reasons; {@code metadata.x} for a key of the metadata, {@code
 *     header.retryafter} if that header was sent
 * @param status the HTTP status the error names, or 0
 * @param text the text in which rules search for phrases: the message, and an upstream's error that
 *     was passed on as text
 * @param delays the delays and dates in the error, unparsed
 * @param headers the response headers of an upstream that were passed on in the error
 */
record ErrorBody(
    String message,
    String code,
    Set<String> names,
    int status,
    String text,
    List<String> delays,
    MultiMap headers) {
  /** The maximum bytes read of a body that is not JSON, and the maximum characters of a text. */
  private static final int MAX_TEXT = 2_000;

  /** The form of a code. Some vendors send a sentence instead, which may identify an account. */
  private static final Pattern CODE = Pattern.compile("[\\w.:/-]{1,100}");

  /** Normalized keys of a delay or a date; keys in milliseconds end in {@code ms}. */
  private static final Set<String> DELAYS =
      Set.of(
          "retrydelay",
          "retryafter",
          "retryafterseconds",
          "retryafterms",
          "quotaresetdelay",
          "quotaresettimestamp",
          "resetafter",
          "resetafterseconds",
          "resetsin",
          "resetsinseconds",
          "resetat",
          "resetsat",
          "resettime");

  /** Keys of values that quote the request. */
  private static final Set<String> QUOTED_REQUEST = Set.of("input", "body", "messages");

  private static final int MAX_DEPTH = 6;

  static ErrorBody of(byte[] bytes, int from, int to, MultiMap headers) {
    JsonObject json = Json.object(bytes, from, to);
    return json == null ? ofText(bytes, from, to, headers) : ofJson(json, headers);
  }

  private static ErrorBody ofText(byte[] bytes, int from, int to, MultiMap headers) {
    int length = Math.min(to - from, MAX_TEXT);
    String text = new String(bytes, from, length, StandardCharsets.UTF_8).strip();
    String message = text.isEmpty() || text.startsWith("<") ? null : text;
    return new ErrorBody(message, null, headerNames(headers), 0, text, List.of(), none());
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
    add(names, first(Json.array(json, "detail")).getValue("type"));
    metadata.fieldNames().forEach(key -> add(names, "metadata." + key));
    for (Object entry : Json.array(error, "details")) {
      if (entry instanceof JsonObject detail) {
        addReasons(names, detail);
      }
    }
    List<String> delays = new ArrayList<>();
    addDelays(delays, json, 0);
    MultiMap upstream = none();
    Json.object(metadata, "headers")
        .forEach(header -> upstream.add(header.getKey(), String.valueOf(header.getValue())));
    String raw = Json.string(metadata, "raw");
    String text = (message == null ? "" : message) + (raw == null ? "" : "\n" + raw);
    return new ErrorBody(
        message,
        code(firstText(codes), firstText(types)),
        names,
        status(json, error),
        text.substring(0, Math.min(text.length(), MAX_TEXT)),
        delays,
        upstream);
  }

  /** Returns the code, or the type if the code is a number or a sentence. */
  private static String code(String code, String type) {
    boolean little = code == null || code.matches("\\d+") || !CODE.matcher(code).matches();
    String best = type != null && little ? type : code;
    return best != null && CODE.matcher(best).matches() ? best : null;
  }

  private static void addDelays(List<String> delays, Object value, int depth) {
    if (value instanceof JsonArray array && depth < MAX_DEPTH) {
      array.forEach(entry -> addDelays(delays, entry, depth + 1));
    } else if (value instanceof JsonObject object && depth < MAX_DEPTH) {
      for (Map.Entry<String, Object> entry : object) {
        String key = normalize(entry.getKey());
        String delay = DELAYS.contains(key) ? firstText(entry.getValue()) : null;
        if (delay != null) {
          delays.add(key.endsWith("ms") ? delay + "ms" : delay);
        } else if (!QUOTED_REQUEST.contains(key)) {
          addDelays(delays, entry.getValue(), depth + 1);
        }
      }
    }
  }

  /** Adds the reason and the quotas of Google's error details. */
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
            error.getValue("http_code"),
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
      add(names, "header.retry-after");
    }
    return names;
  }

  private static MultiMap none() {
    return MultiMap.caseInsensitiveMultiMap();
  }

  /**
   * Normalizes the spelling of a name for comparison: {@code BadRequestError} and {@code
   * bad_request_error} become equal.
   */
  static String normalize(String name) {
    return name.replaceAll("[_ -]", "").toLowerCase(Locale.ROOT);
  }

  private static void add(Set<String> names, Object... more) {
    for (Object name : more) {
      if (name instanceof String || name instanceof Number) {
        names.add(normalize(name.toString()));
      }
    }
  }

  private static JsonObject first(JsonArray array) {
    return !array.isEmpty() && array.getValue(0) instanceof JsonObject o ? o : new JsonObject();
  }

  /** Returns the first value that is a number or a string that is not blank. */
  private static String firstText(Object... values) {
    for (Object value : values) {
      if (value instanceof Number || (value instanceof String s && !s.isBlank())) {
        return value.toString();
      }
    }
    return null;
  }

  /** Omits the message, which has not been redacted yet. */
  @Override
  public String toString() {
    return "ErrorBody[" + names + "]";
  }
}
