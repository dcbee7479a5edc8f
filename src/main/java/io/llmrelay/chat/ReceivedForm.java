package io.llmrelay.chat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A request in the form of the API through which it was received. A backend with the same API is
 * sent this form unchanged, including fields that a {@link ChatRequest} cannot express; any other
 * backend is sent a translation of the {@link ChatRequest}. Answers of the same API contain its
 * {@linkplain BlockKind#EVENT events}.
 *
 * @param format the API: {@link #ANTHROPIC_MESSAGES} or {@link #OPENAI_RESPONSES}
 * @param body a JSON object, of whose bytes the texts of the request are slices
 * @param headers headers defined by the API, such as {@code anthropic-beta}; never one with a key
 * @param untranslated the fields of the body that the {@link ChatRequest} does not express
 */
public record ReceivedForm(
    String format, RawJson body, Map<String, String> headers, Untranslated untranslated) {
  /** Anthropic's Messages API. */
  public static final String ANTHROPIC_MESSAGES = "anthropic-messages";

  /** OpenAI's Responses API. */
  public static final String OPENAI_RESPONSES = "openai-responses";

  public ReceivedForm {
    Objects.requireNonNull(format);
    Objects.requireNonNull(body);
    headers = Map.copyOf(headers);
  }

  /**
   * The paths of fields that the {@link ChatRequest} does not express, in three classes.
   *
   * @param unknown fields that this version does not know; the backend's option {@code
   *     unknown-fields} applies
   * @param omissible fields of this API that tune the answer: left out for other APIs, with a
   *     warning
   * @param essential fields of this API that change the meaning: no other API can serve the request
   */
  public record Untranslated(List<String> unknown, List<String> omissible, List<String> essential) {
    /** Everything is expressed by the fields of the request. */
    public static final Untranslated NOTHING = new Untranslated(List.of(), List.of(), List.of());

    public Untranslated {
      unknown = List.copyOf(unknown);
      omissible = List.copyOf(omissible);
      essential = List.copyOf(essential);
    }

    private JsonObject toJson() {
      JsonObject json = new JsonObject();
      put(json, "unknown", unknown);
      put(json, "omissible", omissible);
      put(json, "essential", essential);
      return json;
    }

    private static void put(JsonObject json, String key, List<String> paths) {
      if (!paths.isEmpty()) {
        json.put(key, new JsonArray(paths));
      }
    }

    private static Untranslated read(ObjectFields in) {
      return in == null
          ? NOTHING
          : new Untranslated(paths(in, "unknown"), paths(in, "omissible"), paths(in, "essential"));
    }

    private static List<String> paths(ObjectFields in, String field) {
      List<String> paths = new ArrayList<>();
      RawJson array = in.raw(field);
      if (array != null && array.isArray()) {
        array.elements().forEach(path -> paths.add(string(in, field, path)));
      }
      return paths;
    }
  }

  /** Returns the JSON form. */
  JsonObject toJson() {
    return withoutBody().put("body", body.value());
  }

  private JsonObject withoutBody() {
    JsonObject json =
        new JsonObject()
            .put("format", format)
            .put("headers", new JsonObject(new LinkedHashMap<>(headers)));
    JsonObject paths = untranslated.toJson();
    if (!paths.isEmpty()) {
      json.put("untranslated", paths);
    }
    return json;
  }

  /** Appends the JSON form, with the bytes of the body as they were received. */
  void appendTo(BodyBuilder out) {
    String fields = withoutBody().encode();
    out.append(fields.substring(0, fields.length() - 1)).append(",\"body\":");
    body.appendTo(out);
    out.append('}');
  }

  /** Reads the JSON form. */
  static ReceivedForm read(ObjectFields in) {
    Map<String, String> headers = new LinkedHashMap<>();
    RawJson given = in.raw("headers");
    if (given != null && given.isObject()) {
      given
          .fields()
          .forEach((name, value) -> headers.put(name, string(in, "headers." + name, value)));
    }
    RawJson body = in.raw("body");
    if (body == null || !body.isObject()) {
      throw in.path().invalid("body", "must be an object");
    }
    return new ReceivedForm(
        in.required("format"), body, headers, Untranslated.read(in.object("untranslated")));
  }

  private static String string(ObjectFields in, String field, RawJson value) {
    if (value == null || !value.isString()) {
      throw in.path().invalid(FieldReader.shown(field), "must be a string");
    }
    return value.string();
  }

  /** Omits the content: a prompt must not be logged. */
  @Override
  public String toString() {
    return "ReceivedForm[" + format + ", " + body.length() + " bytes]";
  }
}
