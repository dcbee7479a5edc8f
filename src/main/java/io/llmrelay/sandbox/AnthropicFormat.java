package io.llmrelay.sandbox;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;

/**
 * The format of Messages: named events and numbered content blocks, cumulative usage in
 * message_delta.
 */
final class AnthropicFormat implements WireFormat {

  private static final String SIGNATURE = "c2FuZGJveA==";
  private static final JsonObject INPUT = new JsonObject().put("city", "Zürich");

  private final long number;
  private final String model;
  private final ScriptedAnswer answer;
  private final boolean thinks;
  private final boolean hasText;

  AnthropicFormat(long number, String model, ScriptedAnswer answer) {
    this.number = number;
    this.model = model;
    this.answer = answer;
    this.thinks = !answer.reasoning().isEmpty();
    this.hasText = !answer.refusal() && answer.tokenCount() > 0;
  }

  @Override
  public String opening() {
    return usage() + firstBlock() + ping();
  }

  private String firstBlock() {
    if (thinks) {
      JsonObject block = block("thinking").put("thinking", "").put("signature", "");
      return event("content_block_start", new JsonObject().put("index", 0), "content_block", block);
    }
    return hasText ? textStart() : "";
  }

  @Override
  public String reasoning(String token) {
    return delta(0, block("thinking_delta").put("thinking", token));
  }

  @Override
  public String afterReasoning() {
    return delta(0, block("signature_delta").put("signature", SIGNATURE)) + stop(0) + textStart();
  }

  /** Returns nothing for a refusal, which has only a stop reason in this dialect. */
  @Override
  public String token(String token) {
    return answer.refusal() ? "" : delta(textIndex(), block("text_delta").put("text", token));
  }

  @Override
  public String toolCall() {
    String input = INPUT.encode();
    int middle = input.length() / 2;
    return event(
            "content_block_start",
            new JsonObject().put("index", 0),
            "content_block",
            toolUse(new JsonObject()))
        + delta(0, block("input_json_delta").put("partial_json", input.substring(0, middle)))
        + delta(0, block("input_json_delta").put("partial_json", input.substring(middle)));
  }

  @Override
  public String finish() {
    if (answer.finish() == null) {
      return "";
    }
    JsonObject delta = new JsonObject().put("stop_reason", stopReason()).putNull("stop_sequence");
    if (answer.refusal()) {
      delta.put("stop_details", block("refusal").put("category", "cyber"));
    }
    JsonObject data = new JsonObject().put("delta", delta);
    if (answer.usage()) {
      data.put("usage", counts(answer.completionTokens()));
    }
    boolean open = hasText || answer.toolCall();
    return (open ? stop(textIndex()) : "") + event("message_delta", data);
  }

  @Override
  public String usage() {
    JsonObject message = message(new JsonArray(), null);
    if (answer.usage()) {
      message.put("usage", counts(1));
    }
    return event("message_start", new JsonObject().put("message", message));
  }

  @Override
  public String terminator() {
    return event("message_stop", new JsonObject());
  }

  @Override
  public String ping() {
    return event("ping", new JsonObject());
  }

  @Override
  public String error(SandboxError error) {
    return "event: error\ndata: "
        + new JsonObject().put("type", "error").put("error", errorJson(error)).encode()
        + "\n\n";
  }

  @Override
  public JsonObject errorBody(SandboxError error) {
    return body(error, number);
  }

  static JsonObject body(SandboxError error, long number) {
    return new JsonObject()
        .put("type", "error")
        .put("error", errorJson(error))
        .put("request_id", "req_" + number);
  }

  @Override
  public String resetHeader() {
    return "anthropic-ratelimit-requests-reset";
  }

  @Override
  public String resetIn(int seconds) {
    return Instant.now().plusSeconds(seconds).toString();
  }

  @Override
  public JsonObject whole(String text) {
    JsonArray content = new JsonArray();
    if (thinks) {
      String reasoning = String.join("", answer.reasoning());
      content.add(block("thinking").put("thinking", reasoning).put("signature", SIGNATURE));
    }
    if (answer.toolCall()) {
      content.add(toolUse(INPUT));
    } else if (hasText) {
      content.add(block("text").put("text", text));
    }
    JsonObject message = message(content, answer.finish() == null ? null : stopReason());
    return answer.usage() ? message.put("usage", counts(answer.completionTokens())) : message;
  }

  private String stopReason() {
    return answer.refusal() ? "refusal" : answer.finish().anthropic;
  }

  private int textIndex() {
    return thinks ? 1 : 0;
  }

  private String textStart() {
    return event(
        "content_block_start",
        new JsonObject().put("index", textIndex()),
        "content_block",
        block("text").put("text", ""));
  }

  private JsonObject message(JsonArray content, String stopReason) {
    return new JsonObject()
        .put("id", "msg_" + number)
        .put("type", "message")
        .put("role", "assistant")
        .put("model", model)
        .put("content", content)
        .put("stop_reason", stopReason)
        .putNull("stop_sequence");
  }

  private JsonObject counts(int output) {
    return new JsonObject()
        .put("input_tokens", answer.promptTokens())
        .put("cache_creation_input_tokens", 0)
        .put("cache_read_input_tokens", 0)
        .put("output_tokens", output);
  }

  private JsonObject toolUse(JsonObject input) {
    return block("tool_use")
        .put("id", "toolu_" + number)
        .put("name", "get_weather")
        .put("input", input);
  }

  private static JsonObject errorJson(SandboxError error) {
    JsonObject json =
        new JsonObject()
            .put("type", error.anthropicType())
            .put("message", error.anthropicMessage());
    return "insufficient_quota".equals(error.code())
        ? json.put("details", new JsonObject().put("error_code", "enforced_spend_limit_reached"))
        : json;
  }

  private static String delta(int index, JsonObject delta) {
    return event("content_block_delta", new JsonObject().put("index", index), "delta", delta);
  }

  private static String stop(int index) {
    return event("content_block_stop", new JsonObject().put("index", index));
  }

  private static JsonObject block(String type) {
    return new JsonObject().put("type", type);
  }

  private static String event(String type, JsonObject data, String member, JsonObject value) {
    return event(type, data.put(member, value));
  }

  private static String event(String type, JsonObject data) {
    JsonObject typed = new JsonObject().put("type", type).mergeIn(data);
    return "event: " + type + "\ndata: " + typed.encode() + "\n\n";
  }
}
