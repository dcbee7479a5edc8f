package io.llmrelay.provider.responses;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonObject;
import java.io.IOException;

/**
 * A reader of the events of a Responses API stream.
 *
 * <p>Each payload is parsed once, for the fields of deltas; the objects in it are skipped and read
 * only if the event is about them, since the first and the last events repeat the whole request.
 * The {@code type} may be anywhere in the payload, and is the name of the event if it is missing.
 */
final class ResponsesReader implements Dialect.Reader {
  private static final int NONE = -1;
  private static final String CONTENT = "content_index";
  private static final String SUMMARY = "summary_index";

  /** A value within a payload, which is read on demand; empty if it is missing. */
  private static final class Slice {
    private int from;
    private int to;

    void clear() {
      from = 0;
      to = 0;
    }

    /** Skips the current value, and remembers it if it is of a kind. */
    void skip(JsonParser in, JsonToken kind) throws IOException {
      boolean present = in.currentToken() == kind;
      int start = (int) in.currentTokenLocation().getByteOffset();
      in.skipChildren();
      if (present) {
        from = start;
        to = (int) in.currentLocation().getByteOffset();
      }
    }

    int length() {
      return to - from;
    }

    /** Returns the value, an object; an empty one if it is missing. */
    JsonObject object(byte[] bytes, int payload) throws IOException {
      return to == 0 ? new JsonObject() : Json.payload(bytes, payload + from, payload + to);
    }
  }

  private final Answer answer;
  private final PassedEvents events;
  private final OutputItems items;
  private final StringBuilder delta = new StringBuilder();
  private final StringBuilder all = new StringBuilder();

  private final Slice response = new Slice();
  private final Slice item = new Slice();
  private final Slice annotation = new Slice();
  private final Slice logprobs = new Slice();

  private String type;
  private int index;
  private String itemId;

  /** The index of the part within the item. */
  private int part;

  private boolean error;

  ResponsesReader(Answer answer) {
    this.answer = answer;
    this.events = new PassedEvents(answer);
    this.items = new OutputItems(answer, events);
    answer.expectLongEvents(); // The last event repeats the whole answer.
  }

  @Override
  public void event(String name, byte[] bytes, int from, int to) throws IOException {
    type = name;
    delta.setLength(0);
    all.setLength(0);
    response.clear();
    item.clear();
    annotation.clear();
    logprobs.clear();
    index = NONE;
    itemId = null;
    part = 0;
    error = false;
    try (JsonParser in = Json.parser(bytes, from, to)) {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("a payload is an object");
      }
      fields(in);
    }
    if (error || "error".equals(type)) {
      answer.error(bytes, from, to);
    } else if (type != null) {
      apply(bytes, from, to);
    }
  }

  private void fields(JsonParser in) throws IOException {
    for (String field = in.nextFieldName(); field != null; field = in.nextFieldName()) {
      in.nextToken();
      switch (field) {
        case "type" -> {
          String value = Json.string(in);
          type = value == null ? type : value;
        }
        case "delta" -> Json.append(in, delta);
        case "text", "refusal", "arguments", "input" -> Json.append(in, all);
        case "output_index" -> index = (int) Json.count(in, NONE);
        case "item_id" -> itemId = Json.string(in);
        case CONTENT, SUMMARY -> part = (int) Json.count(in, 0);
        case "response" -> response.skip(in, JsonToken.START_OBJECT);
        case "item" -> item.skip(in, JsonToken.START_OBJECT);
        case "annotation" -> annotation.skip(in, JsonToken.START_OBJECT);
        case "logprobs" -> logprobs.skip(in, JsonToken.START_ARRAY);
        case "error" -> {
          error = in.currentToken() == JsonToken.START_OBJECT;
          in.skipChildren();
        }
        default -> in.skipChildren();
      }
    }
  }

  private void apply(byte[] bytes, int from, int to) throws IOException {
    switch (type) {
      case "response.output_text.delta" -> {
        if (logprobs.length() > "[]".length()) {
          events.verbatim();
          events.pass(bytes, from, to);
        } else {
          events.part(type, itemId, index, CONTENT, part);
        }
        items.text(index, BlockKind.TEXT, delta);
        logprobs(bytes, from);
      }
      case "response.refusal.delta" -> {
        events.part(type, itemId, index, CONTENT, part);
        items.text(index, BlockKind.REFUSAL, delta);
      }
      case "response.reasoning_summary_text.delta" -> {
        if (items.ignoresSummary(index)) {
          events.pass(bytes, from, to);
        } else {
          events.part(type, itemId, index, SUMMARY, part);
          items.summary(index, part, delta);
        }
      }
      case "response.reasoning_text.delta", "response.reasoning.delta" -> {
        if (items.ignoresReasoning(index)) {
          events.pass(bytes, from, to);
        } else {
          events.part(type, itemId, index, CONTENT, part);
          items.reasoning(index, delta);
        }
      }
      case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta" ->
          items.arguments(index, delta);
      case "response.failed" -> failed(bytes, from);
      case "response.completed", "response.incomplete" -> {
        JsonObject whole = response.object(bytes, from);
        items.end(whole);
        end(whole);
        events.pass(bytes, from, to);
        answer.end();
      }
      case "response.output_item.added" -> {
        events.pass(bytes, from, to);
        items.added(index, item.object(bytes, from));
      }
      default -> {
        other(bytes, from);
        events.pass(bytes, from, to);
      }
    }
  }

  private void other(byte[] bytes, int from) throws IOException {
    switch (type) {
      case "response.function_call_arguments.done", "response.custom_tool_call_input.done" ->
          items.allArguments(index, all);
      case "response.output_text.annotation.added" ->
          items.annotation(index, annotation.object(bytes, from));
      case "response.output_item.done" -> items.done(index, item.object(bytes, from));
      case "response.image_generation_call.partial_image" -> items.other("image_generation_call");
      case "response.created", "response.in_progress" -> answer.model(model(bytes, from));
      default -> {}
    }
  }

  private void logprobs(byte[] bytes, int from) {
    if (logprobs.length() > "[]".length()) {
      items.logprobs(bytes, from + logprobs.from, from + logprobs.to);
    }
  }

  /** Returns the model of the response, without decoding the rest. */
  private String model(byte[] bytes, int from) throws IOException {
    if (response.length() == 0) {
      return null;
    }
    try (JsonParser in = Json.parser(bytes, from + response.from, from + response.to)) {
      in.nextToken();
      for (String field = in.nextFieldName(); field != null; field = in.nextFieldName()) {
        in.nextToken();
        if (field.equals("model")) {
          return Json.string(in);
        }
        in.skipChildren();
      }
    }
    return null;
  }

  private void failed(byte[] bytes, int from) throws IOException {
    JsonObject whole = response.object(bytes, from);
    usage(Json.object(whole, "usage"));
    if (whole.getValue("error") == null) {
      answer.fail(FailureKind.SERVER_ERROR, "the response failed without an error");
    } else {
      answer.error(bytes, from + response.from, from + response.to);
    }
  }

  private void end(JsonObject whole) {
    answer.model(Json.string(whole, "model"));
    usage(Json.object(whole, "usage"));
    boolean incomplete =
        "incomplete".equals(whole.getValue("status")) || "response.incomplete".equals(type);
    Object reason = Json.object(whole, "incomplete_details").getValue("reason");
    answer.finish(
        !incomplete
            ? FinishReason.STOP
            : "content_filter".equals(reason) ? FinishReason.CONTENT_FILTER : FinishReason.LENGTH);
  }

  private void usage(JsonObject usage) {
    JsonObject input = Json.object(usage, "input_tokens_details");
    JsonObject output = Json.object(usage, "output_tokens_details");
    answer.usage(
        new TokenUsage(
            Json.count(usage, "input_tokens"),
            Json.count(usage, "output_tokens"),
            Json.count(input, "cached_tokens"),
            Json.count(input, "cache_write_tokens"),
            Json.count(output, "reasoning_tokens"),
            TokenUsage.Source.PROVIDER));
  }

  @Override
  public boolean whole(JsonObject json) {
    boolean ended =
        "completed".equals(json.getValue("status")) || "incomplete".equals(json.getValue("status"));
    if (!"response".equals(json.getValue("object")) || !ended) {
      return false;
    }
    items.end(json);
    end(json);
    return true;
  }
}
