package io.llmrelay.gateway;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.TokenUsage;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Answers and their usage in OpenAI's JSON. */
final class Completions {
  private static final Pattern CODE = Pattern.compile("[A-Za-z0-9_.:/-]{1,100}");

  private Completions() {}

  /** An answer's id as OpenAI's clients know it. */
  static String id(String requestId) {
    return "chatcmpl-" + requestId;
  }

  /** The {@code chat.completion} object. */
  static JsonObject toJson(ChatCompletion answer, long created) {
    boolean refused = !answer.refusal().isEmpty();
    JsonObject message =
        new JsonObject()
            .put("role", "assistant")
            .put("content", refused && answer.text().isEmpty() ? null : answer.text())
            .put("refusal", refused ? answer.refusal() : null);
    if (!answer.reasoning().isEmpty()) {
      message.put("reasoning_content", answer.reasoning()).put("reasoning", answer.reasoning());
    }
    JsonObject choice =
        new JsonObject()
            .put("index", 0)
            .put("message", message)
            .put("logprobs", null)
            .put("finish_reason", answer.finishReason().code());
    JsonObject json =
        new JsonObject()
            .put("id", id(answer.id()))
            .put("object", "chat.completion")
            .put("created", created)
            .put("model", answer.model())
            .put("choices", JsonArray.of(choice));
    if (answer.usage().source() != TokenUsage.Source.NONE) {
      json.put("usage", usage(answer.usage()));
    }
    return json.put(
        "relay", relay(answer.backend(), answer.usage(), answer.costUsd(), answer.trail()));
  }

  /** The {@code usage} object, to be sent only where something is known. */
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

  /**
   * What only a relay can tell, in one field that clients of OpenAI do not know and so pass over:
   * who answered after how many attempts, what it cost, who counted the tokens, and the trail.
   */
  static JsonObject relay(String backend, TokenUsage usage, Double costUsd, List<Attempt> trail) {
    return new JsonObject()
        .put("backend", backend)
        .put("attempts", AnswerHeaders.attempts(trail))
        .put("cost_usd", costUsd)
        .put("usage_source", usage.source().name().toLowerCase(Locale.ROOT))
        .put("trail", trail(trail));
  }

  /** Whether a provider's code is one, and no sentence. */
  static boolean isCode(String code) {
    return code != null && CODE.matcher(code).matches();
  }

  /**
   * A trail for callers: kinds, statuses and codes. The messages may be a provider's words about
   * the operator's account; they are for hooks and logs.
   */
  static JsonArray trail(List<Attempt> trail) {
    JsonArray array = new JsonArray();
    for (Attempt attempt : trail) {
      JsonObject json = attempt.toJson();
      json.remove("message");
      if (!isCode(attempt.providerCode())) {
        json.remove("provider_code");
      }
      array.add(json);
    }
    return array;
  }
}
