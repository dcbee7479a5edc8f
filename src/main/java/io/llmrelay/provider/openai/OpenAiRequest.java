package io.llmrelay.provider.openai;

import io.llmrelay.chat.BodyBuilder;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.RawJson;
import io.llmrelay.chat.Setting;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.openai.RequestTraits.Quirk;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * Encodes requests. A request that was received in this format is copied as bytes, except for
 * model, stream and the fields that a server names differently or rejects.
 */
final class OpenAiRequest {
  private static final Set<Setting> EFFORTS =
      EnumSet.of(Setting.REASONING_EFFORT, Setting.REASONING, Setting.THINKING);

  private static final String ADD_GENERATION_PROMPT = "add_generation_prompt";
  private static final String CONTINUE_FINAL_MESSAGE = "continue_final_message";
  private static final double MAX_TEMPERATURE = 2;
  private static final double MAX_LOW_TEMPERATURE = 1.5;

  private OpenAiRequest() {}

  static EncodedRequest encode(
      ChatRequest request,
      String model,
      BackendOptions options,
      ServerTraits server,
      boolean asksUsage) {
    RequestTraits traits = RequestTraits.of(options);
    Translation translation = new Translation(request);
    UnknownPaths unknown = new UnknownPaths(request, options, translation);
    ToolWriter tools = new ToolWriter(request, traits, translation, unknown);
    JsonObject json = new JsonObject().put("model", model).put("stream", true);
    if (asksUsage) {
      json.put("stream_options", new JsonObject().put("include_usage", true));
    }
    settings(request, server, traits, translation, json);
    Json.put(json, "tool_choice", tools.choice());
    Buffer fields = json.toBuffer();
    BodyBuilder body = new BodyBuilder();
    body.append(fields.slice(0, fields.length() - 1)).append(",\"messages\":");
    new MessageWriter(request, model, traits, translation, unknown).append(body);
    if (!request.tools().isEmpty()) {
      tools.append(body.append(",\"tools\":"));
    }
    for (Map.Entry<String, RawJson> field : unknown.forwarded().entrySet()) {
      if (!json.containsKey(field.getKey())) {
        field.getValue().appendTo(body.append(',').append(encode(field.getKey())).append(':'));
      }
    }
    return new EncodedRequest(body.append('}').toBuffer(), translation.warnings());
  }

  private static Buffer encode(String text) {
    return io.vertx.core.json.Json.encodeToBuffer(text);
  }

  private static void settings(
      ChatRequest request,
      ServerTraits server,
      RequestTraits traits,
      Translation translation,
      JsonObject json) {
    double max = traits.has(Quirk.LOW_TEMPERATURE) ? MAX_LOW_TEMPERATURE : MAX_TEMPERATURE;
    Json.put(json, "temperature", translation.temperature(max));
    Json.put(json, "top_p", request.topP());
    Json.put(json, server.maxTokens(), request.maxTokens());
    Json.put(json, "stop", request.stop() == null ? null : new JsonArray(request.stop()));
    if (server.seed() != null) {
      Json.put(json, server.seed(), translation.seed());
    }
    Json.put(json, "response_format", request.responseFormat());
    if (!traits.has(Quirk.NO_USER)) {
      Json.put(json, "user", translation.user());
    }
    for (Setting setting : request.settings().keySet()) {
      if (!EFFORTS.contains(setting) && !traits.refused().contains(setting)) {
        translation.put(json, setting.field(), setting);
      }
    }
    new EffortWriter(request, translation, json).write(traits.effort());
    if (traits.has(Quirk.CONTINUE_FINAL_MESSAGE)
        && endsWithAssistant(request)
        && !request.unknown().containsKey(ADD_GENERATION_PROMPT)
        && !request.unknown().containsKey(CONTINUE_FINAL_MESSAGE)) {
      json.put(ADD_GENERATION_PROMPT, false).put(CONTINUE_FINAL_MESSAGE, true);
    }
  }

  /** Returns whether the last message is the beginning of an answer. */
  private static boolean endsWithAssistant(ChatRequest request) {
    ChatMessage last = request.messages().get(request.messages().size() - 1);
    return last.role() == ChatMessage.Role.ASSISTANT
        && last.parts().stream().noneMatch(ContentPart.ToolCall.class::isInstance);
  }
}
