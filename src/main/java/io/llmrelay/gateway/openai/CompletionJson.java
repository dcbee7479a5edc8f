package io.llmrelay.gateway.openai;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ContentBlock;
import io.llmrelay.chat.CustomCall;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.gateway.front.RelayJson;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;

/** Renders completions and token usage as JSON of OpenAI's API. */
final class CompletionJson {
  private CompletionJson() {}

  /** Returns a completion's id with the prefix that OpenAI's API uses. */
  static String id(String requestId) {
    return "chatcmpl-" + requestId;
  }

  /** Returns the {@code chat.completion} object. */
  static JsonObject toJson(ChatCompletion completion, long created) {
    boolean refused = !completion.refusal().isEmpty();
    boolean empty = completion.text().isEmpty();
    JsonArray calls = toolCalls(completion);
    JsonObject message =
        new JsonObject()
            .put("role", "assistant")
            .put("content", empty && (refused || !calls.isEmpty()) ? null : completion.text())
            .put("refusal", refused ? completion.refusal() : null);
    if (!completion.reasoning().isEmpty()) {
      message
          .put("reasoning_content", completion.reasoning())
          .put("reasoning", completion.reasoning());
    }
    if (!calls.isEmpty()) {
      message.put("tool_calls", calls);
    }
    data(completion).forEach(message::put);
    Object logprobs = message.remove("logprobs");
    JsonObject choice =
        new JsonObject()
            .put("index", 0)
            .put("message", message)
            .put("logprobs", logprobs)
            .put("finish_reason", completion.finishReason().code());
    JsonObject json =
        new JsonObject()
            .put("id", id(completion.id()))
            .put("object", "chat.completion")
            .put("created", created)
            .put("model", completion.model())
            .put("choices", JsonArray.of(choice));
    if (completion.usage().source() != TokenUsage.Source.NONE) {
      json.put("usage", usage(completion.usage()));
    }
    return json.put(
        "relay",
        RelayJson.relay(
            completion.backend(), completion.usage(), completion.costUsd(), completion.trail()));
  }

  private static JsonArray toolCalls(ChatCompletion completion) {
    JsonArray calls = new JsonArray();
    for (ContentBlock each : completion.blocks()) {
      if (each.block().kind() == BlockKind.TOOL_CALL) {
        boolean custom = CustomCall.is(each.block().extra());
        JsonObject function =
            new JsonObject()
                .put("name", each.block().name())
                .put(custom ? "input" : "arguments", each.content());
        String type = custom ? CustomCall.TYPE : "function";
        JsonObject call =
            new JsonObject().put("id", each.block().id()).put("type", type).put(type, function);
        if (each.block().extra() != null && !custom) {
          call.put("extra_content", each.block().extra());
        }
        calls.add(call);
      }
    }
    return calls;
  }

  /** Returns the data by field; what several blocks have of one field is one array or object. */
  private static Map<String, Object> data(ChatCompletion completion) {
    Map<String, Object> data = new LinkedHashMap<>();
    for (ContentBlock each : completion.blocks()) {
      if (each.block().kind() == BlockKind.DATA) {
        each.content()
            .lines()
            .forEach(
                value ->
                    data.merge(
                        each.block().name(), Json.decodeValue(value), CompletionJson::merged));
      }
    }
    return data;
  }

  private static Object merged(Object first, Object second) {
    if (first instanceof JsonArray array && second instanceof JsonArray more) {
      return array.addAll(more);
    }
    if (first instanceof JsonObject object && second instanceof JsonObject more) {
      for (String field : more.fieldNames()) {
        Object value = more.getValue(field);
        Object present = object.getValue(field);
        object.put(field, present == null || value == null ? value : merged(present, value));
      }
      return object;
    }
    return second;
  }

  /** Returns the {@code usage} object. */
  static JsonObject usage(TokenUsage usage) {
    return new JsonObject()
        .put("prompt_tokens", usage.inputTokens())
        .put("completion_tokens", usage.outputTokens())
        .put("total_tokens", usage.totalTokens())
        .put(
            "prompt_tokens_details",
            new JsonObject().put("cached_tokens", usage.cachedInputTokens()))
        .put(
            "completion_tokens_details",
            new JsonObject().put("reasoning_tokens", usage.reasoningTokens()));
  }
}
