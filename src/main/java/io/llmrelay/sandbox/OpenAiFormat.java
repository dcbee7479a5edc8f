package io.llmrelay.sandbox;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/**
 * The format of Chat Completions: events without names, usage in a chunk without choices, {@code
 * [DONE]}.
 */
final class OpenAiFormat implements WireFormat {

  /** 2026-01-01T00:00:00Z; constant, so that a scenario always gives the same bytes. */
  static final long CREATED = 1767225600L;

  private static final String ARGUMENTS = "{\"city\":\"Zürich\"}";

  private final String id;
  private final String model;
  private final ScriptedAnswer answer;
  private final boolean includeUsage;

  OpenAiFormat(long number, String model, ScriptedAnswer answer, boolean includeUsage) {
    this.id = "chatcmpl-" + number;
    this.model = model;
    this.answer = answer;
    boolean inFinishChunk =
        answer.kind() == ScenarioKind.USAGE_IN_CHOICE
            || answer.kind() == ScenarioKind.USAGE_IN_X_GROQ;
    this.includeUsage = includeUsage && answer.usage() && !inFinishChunk;
  }

  @Override
  public String opening() {
    JsonObject delta = new JsonObject().put("role", "assistant");
    return answer.toolCall()
        ? chunk(delta.putNull("content"), null)
        : chunk(delta.put("content", "").putNull("refusal"), null);
  }

  @Override
  public String reasoning(String token) {
    return chunk(reasoningDelta(token), null);
  }

  private JsonObject reasoningDelta(String text) {
    if (answer.kind() != ScenarioKind.REASONING_DETAILS) {
      return new JsonObject().put("reasoning_content", text);
    }
    JsonObject detail =
        new JsonObject().put("type", "reasoning.text").put("text", text).put("index", 0);
    return new JsonObject().put("reasoning_details", JsonArray.of(detail));
  }

  @Override
  public String afterReasoning() {
    return "";
  }

  @Override
  public String token(String token) {
    return chunk(new JsonObject().put(answer.refusal() ? "refusal" : "content", token), null);
  }

  @Override
  public String toolCall() {
    int middle = ARGUMENTS.length() / 2;
    return chunk(delta(call("").put("index", 0)), null)
        + chunk(delta(fragment(ARGUMENTS.substring(0, middle))), null)
        + chunk(delta(fragment(ARGUMENTS.substring(middle))), null);
  }

  @Override
  public String finish() {
    String end = answer.finish() == null ? "" : finishChunk();
    return end + (includeUsage ? usage() : "");
  }

  private String finishChunk() {
    JsonObject choice = choice("delta", new JsonObject(), answer.finish().openAi);
    JsonObject chunk = head("chat.completion.chunk").put("choices", JsonArray.of(choice));
    switch (answer.kind()) {
      case USAGE_IN_CHOICE -> choice.put("usage", counts());
      case USAGE_IN_X_GROQ ->
          chunk.put("x_groq", new JsonObject().put("id", id).put("usage", counts()));
      default -> {}
    }
    return frame(includeUsage ? chunk.putNull("usage") : chunk);
  }

  @Override
  public String usage() {
    JsonObject chunk = head("chat.completion.chunk").put("choices", new JsonArray());
    return frame(chunk.put("usage", counts()));
  }

  @Override
  public String terminator() {
    return "data: [DONE]\n\n";
  }

  @Override
  public String ping() {
    return chunk(new JsonObject(), null);
  }

  @Override
  public String error(SandboxError error) {
    return frame(errorBody(error));
  }

  @Override
  public JsonObject errorBody(SandboxError error) {
    return body(error);
  }

  static JsonObject body(SandboxError error) {
    return new JsonObject()
        .put(
            "error",
            new JsonObject()
                .put("message", error.message())
                .put("type", error.type())
                .putNull("param")
                .put("code", error.code()));
  }

  @Override
  public String resetHeader() {
    return "x-ratelimit-reset-requests";
  }

  @Override
  public String resetIn(int seconds) {
    return seconds + "s";
  }

  @Override
  public JsonObject whole(String text) {
    JsonObject message = new JsonObject().put("role", "assistant");
    if (answer.toolCall()) {
      message.putNull("content").put("tool_calls", new JsonArray().add(call(ARGUMENTS)));
    } else if (answer.refusal()) {
      message.putNull("content").put("refusal", text);
    } else {
      message.put("content", text).putNull("refusal");
    }
    if (!answer.reasoning().isEmpty()) {
      message.mergeIn(reasoningDelta(String.join("", answer.reasoning())));
    }
    JsonObject choice = choice("message", message, finishReason());
    JsonObject body = head("chat.completion").put("choices", new JsonArray().add(choice));
    return answer.usage() ? body.put("usage", counts()) : body;
  }

  private String finishReason() {
    return answer.finish() == null ? null : answer.finish().openAi;
  }

  private String chunk(JsonObject delta, String finishReason) {
    JsonObject chunk = head("chat.completion.chunk");
    chunk.put("choices", new JsonArray().add(choice("delta", delta, finishReason)));
    return frame(includeUsage ? chunk.putNull("usage") : chunk);
  }

  private JsonObject head(String object) {
    return new JsonObject()
        .put("id", id)
        .put("object", object)
        .put("created", CREATED)
        .put("model", model)
        .put("service_tier", "default")
        .put("system_fingerprint", "fp_sandbox");
  }

  private static JsonObject choice(String part, JsonObject content, String finishReason) {
    return new JsonObject()
        .put("index", 0)
        .put(part, content)
        .putNull("logprobs")
        .put("finish_reason", finishReason);
  }

  private JsonObject counts() {
    int prompt = answer.promptTokens();
    int completion = answer.completionTokens();
    return new JsonObject()
        .put("prompt_tokens", prompt)
        .put("completion_tokens", completion)
        .put("total_tokens", prompt + completion)
        .put("prompt_tokens_details", new JsonObject().put("cached_tokens", 0))
        .put(
            "completion_tokens_details",
            new JsonObject().put("reasoning_tokens", answer.reasoning().size()));
  }

  private static JsonObject delta(JsonObject toolCall) {
    return new JsonObject().put("tool_calls", new JsonArray().add(toolCall));
  }

  private static JsonObject fragment(String arguments) {
    return new JsonObject()
        .put("index", 0)
        .put("function", new JsonObject().put("arguments", arguments));
  }

  private JsonObject call(String arguments) {
    return new JsonObject()
        .put("id", "call_" + id)
        .put("type", "function")
        .put("function", new JsonObject().put("name", "get_weather").put("arguments", arguments));
  }

  private static String frame(JsonObject data) {
    return "data: " + data.encode() + "\n\n";
  }
}
