package io.llmrelay.sandbox.openai;

import io.llmrelay.sandbox.dialect.JsonText;
import io.llmrelay.sandbox.dialect.Quirk;
import io.llmrelay.sandbox.dialect.SandboxError;
import io.llmrelay.sandbox.dialect.ScriptedAnswer;
import io.llmrelay.sandbox.dialect.ScriptedToolCall;
import io.llmrelay.sandbox.dialect.Sse;
import io.llmrelay.sandbox.dialect.WireFormat;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The format of Chat Completions: events without names, usage in a chunk without choices, {@code
 * [DONE]}.
 */
final class OpenAiFormat implements WireFormat {

  /** 2026-01-01T00:00:00Z; constant, so that a scenario always gives the same bytes. */
  static final long CREATED = 1767225600L;

  private final long number;
  private final String id;
  private final String model;
  private final ScriptedAnswer answer;
  private final boolean includeUsage;
  private final CompatibleServer server;

  OpenAiFormat(
      long number,
      String model,
      ScriptedAnswer answer,
      boolean includeUsage,
      CompatibleServer server) {
    this.number = number;
    this.id = "chatcmpl-" + number;
    this.model = model;
    this.answer = answer;
    this.server = server;
    boolean inFinishChunk = answer.has(Quirk.USAGE_IN_CHOICE) || answer.has(Quirk.USAGE_IN_X_GROQ);
    this.includeUsage = includeUsage && answer.usage() && !inFinishChunk;
  }

  @Override
  public Buffer opening() {
    JsonObject delta = new JsonObject().put("role", "assistant");
    return answer.hasToolCalls() && !answer.hasText()
        ? chunk(delta.putNull("content"))
        : chunk(delta.put("content", "").putNull("refusal"));
  }

  @Override
  public Buffer reasoning(String chunk) {
    return chunk(reasoningPart(chunk));
  }

  private JsonObject reasoningPart(String text) {
    return answer.has(Quirk.REASONING_DETAILS)
        ? CompatibleServer.details(text)
        : server.reasoning(text);
  }

  @Override
  public Buffer afterReasoning() {
    return NONE;
  }

  @Override
  public Buffer token(String chunk) {
    JsonObject delta = new JsonObject().put(answer.refusal() ? "refusal" : "content", chunk);
    String json = chunkJson(delta).encode();
    return Sse.data(answer.has(Quirk.NUMBERS) ? JsonText.unquote(json, chunk) : json);
  }

  @Override
  public List<Buffer> images() {
    List<Buffer> frames = new ArrayList<>();
    for (int i = 0; i < answer.images(); i++) {
      frames.add(chunk(new JsonObject().put("images", JsonArray.of(image(i)))));
    }
    return frames;
  }

  /** Returns an image in the form of OpenRouter. */
  private static JsonObject image(int index) {
    JsonObject url = new JsonObject().put("url", "data:image/png;base64," + ScriptedAnswer.IMAGE);
    return new JsonObject().put("type", "image_url").put("image_url", url).put("index", index);
  }

  @Override
  public List<Buffer> toolCalls() {
    List<Buffer> frames = new ArrayList<>();
    for (int i = 0; i < answer.toolCalls().size(); i++) {
      ScriptedToolCall call = answer.toolCalls().get(i);
      if (call.fragments().isEmpty() || server.sendsCallsWhole()) {
        frames.add(toolCallChunk(i, call, call.arguments(), true));
        continue;
      }
      frames.add(toolCallChunk(i, call, "", true));
      for (String fragment : call.fragments()) {
        frames.add(toolCallChunk(i, call, fragment, answer.has(Quirk.REPEATED_NAMES)));
      }
    }
    return frames;
  }

  private Buffer toolCallChunk(int index, ScriptedToolCall call, String arguments, boolean named) {
    JsonObject json = new JsonObject();
    if (!answer.has(Quirk.NO_INDEX)) {
      json.put("index", answer.has(Quirk.INDEX_ZERO) ? 0 : index);
    }
    JsonObject function = new JsonObject();
    if (named) {
      json.mergeIn(header(index, call));
      function.put("name", call.name());
    }
    json.put("function", function.put("arguments", arguments));
    return chunk(new JsonObject().put("tool_calls", JsonArray.of(json)));
  }

  private JsonObject header(int index, ScriptedToolCall call) {
    JsonObject header = new JsonObject();
    if (!answer.has(Quirk.NO_IDS)) {
      header.put("id", call.id() == null ? server.toolCallId(number, index) : call.id());
    }
    return header.put("type", "function");
  }

  @Override
  public Buffer finish() {
    Buffer end = answer.finish() == null ? NONE : finishChunk();
    return includeUsage ? Sse.join(end, usage()) : end;
  }

  private Buffer finishChunk() {
    JsonObject choice = choice("delta", new JsonObject(), finishReason());
    JsonObject chunk = head("chat.completion.chunk").put("choices", JsonArray.of(choice));
    if (answer.has(Quirk.USAGE_IN_CHOICE)) {
      choice.put("usage", counts());
    } else if (answer.has(Quirk.USAGE_IN_X_GROQ)) {
      chunk.put("x_groq", new JsonObject().put("id", id).put("usage", counts()));
    }
    return Sse.data(includeUsage ? chunk.putNull("usage") : chunk);
  }

  @Override
  public Buffer usage() {
    JsonObject chunk = head("chat.completion.chunk").put("choices", new JsonArray());
    return Sse.data(chunk.put("usage", counts()));
  }

  @Override
  public Buffer terminator() {
    return Sse.DONE;
  }

  @Override
  public Buffer ping() {
    return chunk(new JsonObject());
  }

  @Override
  public Buffer error(SandboxError error) {
    return Sse.data(server.errorBody(error));
  }

  @Override
  public String whole(String text) {
    JsonObject message = new JsonObject().put("role", "assistant");
    if (answer.refusal()) {
      message.putNull("content").put("refusal", text);
    } else if (answer.hasToolCalls() && !answer.hasText()) {
      message.putNull("content").putNull("refusal");
    } else {
      message.put("content", text).putNull("refusal");
    }
    if (answer.hasReasoning()) {
      addReasoning(message, text);
    }
    if (answer.images() > 0) {
      JsonArray images = new JsonArray();
      IntStream.range(0, answer.images()).forEach(i -> images.add(image(i)));
      message.put("images", images);
    }
    if (answer.hasToolCalls()) {
      message.put("tool_calls", wholeToolCalls());
    }
    JsonObject choice = choice("message", message, finishReason());
    JsonObject body = head("chat.completion").put("choices", JsonArray.of(choice));
    return (answer.usage() ? body.put("usage", counts()) : body).encode();
  }

  private void addReasoning(JsonObject message, String text) {
    if (server == CompatibleServer.MISTRAL && !answer.has(Quirk.REASONING_DETAILS)) {
      JsonArray content = JsonArray.of(CompatibleServer.thinking(answer.reasoningText()));
      message.put("content", content);
      if (answer.hasText()) {
        content.add(new JsonObject().put("type", "text").put("text", text));
      }
    } else {
      message.mergeIn(reasoningPart(answer.reasoningText()));
    }
  }

  private JsonArray wholeToolCalls() {
    JsonArray calls = new JsonArray();
    for (int i = 0; i < answer.toolCalls().size(); i++) {
      ScriptedToolCall call = answer.toolCalls().get(i);
      JsonObject function =
          new JsonObject().put("name", call.name()).put("arguments", call.arguments());
      calls.add(header(i, call).put("function", function));
    }
    return calls;
  }

  private String finishReason() {
    if (answer.finish() == null) {
      return null;
    }
    return switch (answer.finishToSend()) {
      case STOP -> "stop";
      case LENGTH -> "length";
      case CONTENT_FILTER -> "content_filter";
      case TOOL_CALLS -> "tool_calls";
    };
  }

  private Buffer chunk(JsonObject delta) {
    return Sse.data(chunkJson(delta));
  }

  private JsonObject chunkJson(JsonObject delta) {
    JsonObject chunk = head("chat.completion.chunk");
    chunk.put("choices", JsonArray.of(choice("delta", delta, null)));
    return includeUsage ? chunk.putNull("usage") : chunk;
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
        .put("prompt_tokens_details", new JsonObject().put("cached_tokens", answer.cachedTokens()))
        .put(
            "completion_tokens_details",
            new JsonObject().put("reasoning_tokens", answer.reasoning().size()));
  }
}
