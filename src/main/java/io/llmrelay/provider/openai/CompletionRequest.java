package io.llmrelay.provider.openai;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.Setting;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.JsonBody;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.openai.RequestTraits.Quirk;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** Encodes requests to continue a text, for servers that have an endpoint for it. */
final class CompletionRequest {
  private CompletionRequest() {}

  /**
   * Returns the path of a request to continue a text; {@code null} if the text is sent as a message
   * of a chat, or the request wants something else.
   */
  static String path(ChatRequest request, BackendOptions options) {
    if (request.continuation() == null) {
      return null;
    }
    boolean suffix = request.continuation().suffix() != null;
    return Completions.of(options.getProvider()).path(request.model(), suffix, options);
  }

  /** Returns why a server cannot continue a text, or {@code null} if it can or need not. */
  static String problem(ChatRequest request, BackendOptions options) {
    boolean inserts = request.continuation() != null && request.continuation().suffix() != null;
    return inserts && path(request, options) == null
        ? "it cannot insert a text before a suffix"
        : null;
  }

  static EncodedRequest encode(
      ChatRequest request, String model, BackendOptions options, boolean asksUsage) {
    ServerTraits server = ServerTraits.of(options.getProvider());
    RequestTraits traits = RequestTraits.of(options);
    Translation translation = new Translation(request);
    ContentPart.Text text = (ContentPart.Text) request.messages().get(0).parts().get(0);
    JsonObject json =
        new JsonObject().put("model", model).put("prompt", text.content()).put("stream", true);
    if (asksUsage) {
      json.put("stream_options", new JsonObject().put("include_usage", true));
    }
    Json.put(json, "suffix", request.continuation().suffix());
    Json.put(json, "max_tokens", request.maxTokens());
    Json.put(json, "temperature", request.temperature());
    Json.put(json, "top_p", request.topP());
    Json.put(json, "stop", request.stop() == null ? null : new JsonArray(request.stop()));
    if (server.seed() != null) {
      Json.put(json, server.seed(), translation.seed());
    }
    if (!traits.has(Quirk.NO_USER)) {
      Json.put(json, "user", translation.user());
    }
    for (Setting setting : request.settings().keySet()) {
      if (!traits.refused().contains(setting)) {
        translation.put(json, setting.field(), setting);
      }
    }
    translation.forwardUnknown(json, options);
    return new EncodedRequest(JsonBody.encode(json), translation.warnings());
  }
}
