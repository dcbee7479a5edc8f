package io.llmrelay.chat;

import static com.fasterxml.jackson.core.JsonToken.END_OBJECT;
import static com.fasterxml.jackson.core.JsonToken.START_OBJECT;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;

/**
 * Reads and checks a request in one pass over its bytes. Long texts are not decoded: messages,
 * tools and unknown fields are slices of the body.
 */
final class RequestReader {
  private final byte[] body;
  private final JsonCursor in;
  private final BiPredicate<String, RawJson> own;
  final RequestPath path = new RequestPath("", new ArrayList<>());
  final JsonObject plain = new JsonObject();
  final Map<Setting, Object> settings = new EnumMap<>(Setting.class);
  final Map<String, RawJson> unknown = new LinkedHashMap<>();
  List<Tool> tools = List.of();
  List<ChatMessage> messages;
  RawJson receivedMessages;
  RawJson receivedTools;
  Object toolChoice;
  ReceivedForm received;

  private RequestReader(byte[] body, JsonCursor in, BiPredicate<String, RawJson> own) {
    this.body = body;
    this.in = in;
    this.own = own;
  }

  /**
   * Reads a request.
   *
   * @param body not changed afterwards
   * @param own consumes a field that is not part of a request; returns false for an unknown one
   * @throws DecodeException if the body is not a JSON object; the message does not quote it
   * @throws LlmException of kind {@link FailureKind#INVALID_REQUEST}, naming the field
   */
  static ChatRequest read(byte[] body, BiPredicate<String, RawJson> own) {
    JsonCursor in = new JsonCursor(body, 0, body.length);
    if (in.atEnd()) {
      throw new DecodeException("the body is empty; it must be a JSON object");
    }
    if (!in.at(START_OBJECT)) {
      throw new DecodeException("the body must be a JSON object");
    }
    return new RequestReader(body, in, own).read();
  }

  private ChatRequest read() {
    in.next();
    while (!in.at(END_OBJECT)) {
      field(in.field());
    }
    in.next();
    if (!in.atEnd()) {
      throw new DecodeException("the body has more than one JSON object");
    }
    return ChatRequest.of(this);
  }

  private void field(String field) {
    switch (field) {
      case "messages" -> messages();
      case "tools" -> tools();
      case "tool_choice" -> toolChoice = in.value();
      case "functions", "function_call" -> refuse(field, "is not supported; send tools");
      case "model",
          "temperature",
          "top_p",
          "max_tokens",
          "max_completion_tokens",
          "stop",
          "seed",
          "response_format",
          "continuation",
          "metadata",
          "user",
          "n" ->
          plain.put(field, in.value());
      case "relay" -> relay();
      default -> other(field);
    }
  }

  /** Reads the hints, and the form in which another API received the request, undecoded. */
  private void relay() {
    RawJson relay = in.raw();
    RawJson form = relay != null && relay.isObject() ? relay.fields().get("received") : null;
    if (form == null) {
      plain.put("relay", relay == null ? null : relay.value());
      return;
    }
    RequestPath at = path.within("relay");
    if (!form.isObject()) {
      throw at.invalid("received", "must be an object");
    }
    received = ReceivedForm.read(ObjectFields.read(form.cursor(), at.within("received")));
    JsonObject hints = new JsonObject();
    for (Map.Entry<String, RawJson> hint : relay.fields().entrySet()) {
      if (!hint.getKey().equals("received") && hint.getValue() != null) {
        hints.put(hint.getKey(), hint.getValue().value());
      }
    }
    plain.put("relay", hints);
  }

  private void other(String field) {
    Setting setting = Setting.of(field);
    if (setting == null) {
      RawJson value = in.raw();
      if (value != null && !own.test(field, value)) {
        unknown(field, value);
      }
      return;
    }
    Object value = in.value();
    String problem = value == null ? null : setting.problem(value);
    if (problem != null) {
      throw path.invalid(field, problem);
    }
    if (value != null && !setting.isNeutral(value)) {
      settings.put(setting, value);
    }
  }

  private void unknown(String field, RawJson value) {
    if (field.equals("stream") || field.equals("stream_options")) {
      throw path.invalid(field, "is not part of a request; the address decides");
    }
    if (unknown.size() == RequestPath.MAX_UNKNOWN) {
      throw path.invalid(
          FieldReader.shown(field), "is unknown, like " + unknown.size() + " others");
    }
    path.unknown(field, value);
    unknown.put(field, value);
  }

  private void refuse(String field, String problem) {
    if (in.raw() != null) {
      throw path.invalid(field, problem);
    }
  }

  private void messages() {
    int from = in.tokenStart();
    List<ChatMessage> read = new ArrayList<>();
    int to = path.elements(in, "messages", at -> read.add(MessageReader.read(in, at)));
    messages = read;
    receivedMessages = in.slice(from, to);
  }

  private void tools() {
    int from = in.tokenStart();
    ToolSets.Known known = ToolSets.SHARED.pass(in);
    if (known != null) {
      tools = known.tools();
      receivedTools = known.source();
      return;
    }
    int unknownBefore = path.unknown().size();
    List<Tool> read = new ArrayList<>();
    int to = path.elements(in, "tools", at -> read.add(ToolReader.read(in, at)));
    tools = read;
    receivedTools = read.isEmpty() ? null : in.slice(from, to);
    if (path.unknown().size() == unknownBefore && unknownBefore < RequestPath.MAX_UNKNOWN) {
      ToolSets.SHARED.add(body, from, to);
    }
  }
}
