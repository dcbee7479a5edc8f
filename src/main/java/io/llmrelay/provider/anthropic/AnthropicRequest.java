package io.llmrelay.provider.anthropic;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.chat.Setting;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Conversation;
import io.llmrelay.provider.Conversation.Turn;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.JsonBody;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** Encodes requests of the Messages API. */
final class AnthropicRequest {
  private final ChatRequest request;
  private final String model;
  private final Translation translation;

  AnthropicRequest(ChatRequest request, String model) {
    this.request = request;
    this.model = model;
    this.translation = new Translation(request);
  }

  /** Returns why a request cannot be expressed, or {@code null} if it can. */
  static String problem(ChatRequest request) {
    ClaudeModel model = ClaudeModel.of(request.model());
    List<Turn> turns = Conversation.turns(request);
    if (turns.isEmpty()) {
      return "there must be a message besides those of the system";
    }
    if (turns.get(turns.size() - 1).assistant() && model.refusesPrefill()) {
      return "the conversation must end with the user";
    }
    if (!Conversation.systemParts(request).stream().allMatch(Text.class::isInstance)) {
      return "system messages must be text";
    }
    String part = Conversation.problem(request, AnthropicContent::problem);
    if (part != null) {
      return part;
    }
    String call = Conversation.unpairedCall(request);
    if (call != null) {
      return call;
    }
    String tool = AnthropicTools.problem(request, model);
    return tool == null
        ? JsonAnswer.of(request, model.hasStructuredOutput())
            .problem(request, !model.refusesForcedCalls())
        : tool;
  }

  EncodedRequest encode(BackendOptions options) {
    ClaudeModel claude = ClaudeModel.of(model);
    JsonAnswer answer = JsonAnswer.of(request, claude.hasStructuredOutput());
    boolean forced = AnthropicTools.isForced(request) || answer.kind() == JsonAnswer.Kind.TOOL;
    ClaudeThinking thinking = ClaudeThinking.of(request, model, forced, translation);
    ClaudeSampling sampling = ClaudeSampling.of(request, model, thinking, translation);

    JsonArray system = AnthropicContent.blocks(visible(Conversation.systemParts(request)));
    JsonObject body = new JsonObject().put("model", model).put("max_tokens", thinking.maxTokens());
    Json.put(body, "system", system.isEmpty() ? null : system);
    body.put("messages", messages(thinking)).put("stream", true);
    Json.put(body, "temperature", sampling.temperature());
    Json.put(body, "top_p", sampling.topP());
    Json.put(body, "top_k", sampling.topK());
    Json.put(body, "stop_sequences", request.stop() == null ? null : new JsonArray(request.stop()));
    String user = user();
    Json.put(body, "metadata", user == null ? null : new JsonObject().put("user_id", user));
    new AnthropicTools(request, claude, translation).put(body, answer);
    Json.put(body, "thinking", thinking.config());
    JsonObject output = output(thinking, answer);
    Json.put(body, "output_config", output.isEmpty() ? null : output);
    Json.put(body, "service_tier", serviceTier());
    Conversation.leaveOutNames(request, translation);
    translation.forwardUnknown(body, options);
    return new EncodedRequest(JsonBody.encode(body), translation.warnings());
  }

  private static List<ContentPart> visible(List<ContentPart> parts) {
    return parts.stream().filter(part -> !Conversation.isBlank(part)).toList();
  }

  private JsonArray messages(ClaudeThinking thinking) {
    List<Turn> turns =
        Conversation.turns(
            request,
            part ->
                part instanceof Reasoning
                    ? thinking.possible() && ClaudeThinking.isSigned(part)
                    : !Conversation.isBlank(part));
    Conversation.beginWithUser(turns, translation);
    Conversation.trimPrefill(turns, translation);
    if (leavesReasoningOut(thinking)) {
      translation.warn("reasoning of earlier answers was left out: it is not this model's, or off");
    }
    JsonArray messages = new JsonArray();
    for (Turn turn : turns) {
      messages.add(
          new JsonObject()
              .put("role", turn.assistant() ? "assistant" : "user")
              .put("content", AnthropicContent.blocks(turn.parts())));
    }
    return messages;
  }

  private boolean leavesReasoningOut(ClaudeThinking thinking) {
    return request.messages().stream()
        .flatMap(message -> message.parts().stream())
        .filter(Reasoning.class::isInstance)
        .anyMatch(part -> !thinking.possible() || !ClaudeThinking.isSigned(part));
  }

  /** Returns the id of the end user; {@code safety_identifier} takes precedence. */
  private String user() {
    if (request.setting(Setting.SAFETY_IDENTIFIER) != null) {
      return (String) translation.take(Setting.SAFETY_IDENTIFIER);
    }
    return translation.user();
  }

  private static JsonObject output(ClaudeThinking thinking, JsonAnswer answer) {
    JsonObject output = new JsonObject();
    Json.put(output, "effort", thinking.effort());
    if (answer.kind() == JsonAnswer.Kind.NATIVE) {
      output.put(
          "format", new JsonObject().put("type", "json_schema").put("schema", answer.schema()));
    }
    return output;
  }

  /** Returns the service tier: {@code auto} or {@code standard_only}; {@code null} if unknown. */
  private String serviceTier() {
    String tier = String.valueOf(request.setting(Setting.SERVICE_TIER));
    String known =
        switch (tier) {
          case "auto", "priority" -> "auto";
          case "default", "standard_only" -> "standard_only";
          default -> null;
        };
    if (known != null) {
      translation.take(Setting.SERVICE_TIER);
    }
    return known;
  }
}
