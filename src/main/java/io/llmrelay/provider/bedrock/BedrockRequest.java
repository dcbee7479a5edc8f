package io.llmrelay.provider.bedrock;

import static io.llmrelay.provider.bedrock.BedrockContent.one;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart.Document;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.chat.Setting;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Conversation;
import io.llmrelay.provider.Conversation.Turn;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.JsonBody;
import io.llmrelay.provider.ReasoningWish;
import io.llmrelay.provider.ReasoningWish.Effort;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.anthropic.ClaudeSampling;
import io.llmrelay.provider.anthropic.ClaudeThinking;
import io.llmrelay.provider.anthropic.JsonAnswer;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Set;

/**
 * Encodes requests of the Converse API. Fields that are not common to all models go into {@code
 * additionalModelRequestFields}, which reach the model unchanged.
 */
final class BedrockRequest {
  private static final Set<String> TIERS = Set.of("default", "flex", "priority");

  private final ChatRequest request;
  private final String name;
  private final BedrockModel model;
  private final Translation translation;
  private final JsonObject additional = new JsonObject();
  private final JsonObject inference = new JsonObject();

  BedrockRequest(ChatRequest request, String model) {
    this.request = request;
    this.name = model;
    this.model = BedrockModel.of(model);
    this.translation = new Translation(request);
  }

  /** Returns why a request cannot be expressed, or {@code null} if it can. */
  static String problem(ChatRequest request) {
    BedrockModel model = BedrockModel.of(request.model());
    List<Turn> turns = Conversation.turns(request);
    if (turns.isEmpty()) {
      return "there must be a message besides those of the system";
    }
    if (turns.get(turns.size() - 1).assistant() && model.claude().refusesPrefill()) {
      return "the conversation must end with the user";
    }
    if (!Conversation.systemParts(request).stream().allMatch(Text.class::isInstance)) {
      return "system messages must be text";
    }
    if (turns.stream().anyMatch(BedrockRequest::hasDocumentAlone)) {
      return "a file must have text beside it";
    }
    String part = Conversation.problem(request, BedrockContent::problem);
    if (part != null) {
      return part;
    }
    String call = Conversation.unpairedCall(request);
    if (call != null) {
      return call;
    }
    String tool = BedrockTools.problem(request, model);
    return tool == null
        ? JsonAnswer.of(request, model.hasStructuredOutput()).problem(request, model.forcesCalls())
        : tool;
  }

  private static boolean hasDocumentAlone(Turn turn) {
    return turn.parts().stream().anyMatch(Document.class::isInstance)
        && turn.parts().stream().allMatch(p -> !(p instanceof Text) || Conversation.isBlank(p));
  }

  EncodedRequest encode(BackendOptions options) {
    BedrockContent content = new BedrockContent(model.caches(), translation);
    JsonAnswer answer = JsonAnswer.of(request, model.hasStructuredOutput());
    boolean forced = BedrockTools.isForced(request) || answer.kind() == JsonAnswer.Kind.TOOL;
    boolean thinks = model.claude().isClaude() ? claude(forced) : others();
    Json.put(inference, "maxTokens", request.maxTokens());
    Json.put(
        inference, "stopSequences", request.stop() == null ? null : new JsonArray(request.stop()));

    JsonObject body = one("messages", messages(content, thinks));
    JsonArray system =
        content.blocks(
            Conversation.systemParts(request).stream()
                .filter(part -> !Conversation.isBlank(part))
                .toList());
    Json.put(body, "system", system.isEmpty() ? null : system);
    Json.put(body, "inferenceConfig", inference.isEmpty() ? null : inference);
    new BedrockTools(request, model, translation, content).put(body, additional, answer);
    Json.put(body, "additionalModelRequestFields", additional.isEmpty() ? null : additional);
    if (answer.kind() == JsonAnswer.Kind.NATIVE) {
      body.put("outputConfig", one("textFormat", format(answer)));
    }
    if (TIERS.contains(String.valueOf(request.setting(Setting.SERVICE_TIER)))) {
      body.put("serviceTier", one("type", translation.take(Setting.SERVICE_TIER)));
    }
    Conversation.leaveOutNames(request, translation);
    translation.forwardUnknown(body, options);
    return new EncodedRequest(JsonBody.encode(body), translation.warnings());
  }

  /** Returns whether earlier thinking is sent back. */
  private boolean claude(boolean forced) {
    ClaudeThinking thinking = ClaudeThinking.of(request, name, forced, translation);
    ClaudeSampling sampling = ClaudeSampling.of(request, name, thinking, translation);
    Json.put(inference, "temperature", sampling.temperature());
    Json.put(inference, "topP", sampling.topP());
    Json.put(additional, "top_k", sampling.topK());
    Json.put(additional, "thinking", thinking.config());
    Json.put(
        additional,
        "output_config",
        thinking.effort() == null ? null : one("effort", thinking.effort()));
    return thinking.possible();
  }

  private boolean others() {
    Json.put(inference, "temperature", translation.temperature(1));
    Json.put(inference, "topP", request.topP());
    if (model.isNova()) {
      Object topK = translation.take(Setting.TOP_K);
      Json.put(additional, "inferenceConfig", topK == null ? null : one("topK", topK));
    } else if (model.isMistral()) {
      translation.put(additional, "top_k", Setting.TOP_K);
    }
    if (model.isNova2() || model.isGptOss()) {
      reasoning(ReasoningWish.take(translation));
    }
    return false;
  }

  private void reasoning(ReasoningWish wish) {
    if (wish == null) {
      return;
    }
    if (wish.off()) {
      if (model.isNova2()) {
        additional.put("reasoningConfig", one("type", "disabled"));
      } else {
        translation.warn("reasoning cannot be turned off for " + name);
      }
      return;
    }
    if (!wish.on()) {
      translation.leftOut("reasoning.exclude");
      return;
    }
    Effort effort = wish.effort() == null ? Effort.MEDIUM : wish.effort();
    String level =
        effort.compareTo(Effort.LOW) <= 0 ? "low" : effort == Effort.MEDIUM ? "medium" : "high";
    if (model.isGptOss()) {
      additional.put("reasoning_effort", level);
      return;
    }
    boolean limited = !inference.isEmpty() || request.maxTokens() != null;
    if (level.equals("high") && limited) {
      translation.warn("the reasoning effort was limited to medium: high permits no other limits");
      level = "medium";
    }
    additional.put("reasoningConfig", one("type", "enabled").put("maxReasoningEffort", level));
  }

  private JsonArray messages(BedrockContent content, boolean thinks) {
    List<Turn> turns =
        Conversation.turns(
            request,
            part ->
                part instanceof Reasoning
                    ? thinks && ClaudeThinking.isSigned(part)
                    : !Conversation.isBlank(part));
    Conversation.beginWithUser(turns, translation);
    Conversation.trimPrefill(turns, translation);
    boolean leftOut =
        request.messages().stream()
            .flatMap(message -> message.parts().stream())
            .anyMatch(p -> p instanceof Reasoning && !(thinks && ClaudeThinking.isSigned(p)));
    if (leftOut) {
      translation.warn("reasoning of earlier answers was left out: it is not this model's, or off");
    }
    JsonArray messages = new JsonArray();
    for (Turn turn : turns) {
      messages.add(
          one("role", turn.assistant() ? "assistant" : "user")
              .put("content", content.blocks(turn.parts())));
    }
    return messages;
  }

  private static JsonObject format(JsonAnswer answer) {
    JsonObject schema = one("schema", answer.schema().encode());
    Json.put(schema, "name", answer.name());
    return one("type", "json_schema").put("structure", one("jsonSchema", schema));
  }
}
