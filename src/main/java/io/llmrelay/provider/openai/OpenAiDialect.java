package io.llmrelay.provider.openai;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;

/** OpenAI's Chat Completions API, and compatible servers. */
public final class OpenAiDialect implements Dialect {

  @Override
  public String name() {
    return "openai";
  }

  @Override
  public String cannotServe(ChatRequest request) {
    return null;
  }

  @Override
  public Map<String, String> headers(BackendOptions options) {
    if (options.getApiKey() == null) {
      return Map.of();
    }
    String header = ServerTraits.of(options.getProvider()).keyHeader();
    return header == null
        ? Map.of("Authorization", "Bearer " + options.getApiKey())
        : Map.of(header, options.getApiKey());
  }

  @Override
  public String chatPath(String model, BackendOptions options) {
    return "/chat/completions";
  }

  @Override
  public Buffer encode(ChatRequest request, String model, BackendOptions options) {
    ServerTraits traits = ServerTraits.of(options.getProvider());
    return encode(request, model, traits, traits.asksUsage());
  }

  @Override
  public Buffer encodeWithoutStreamOptions(
      ChatRequest request, String model, BackendOptions options) {
    ServerTraits traits = ServerTraits.of(options.getProvider());
    return traits.asksUsage() ? encode(request, model, traits, false) : null;
  }

  private static Buffer encode(
      ChatRequest request, String model, ServerTraits traits, boolean asksUsage) {
    JsonArray messages = new JsonArray();
    request.messages().forEach(message -> messages.add(message.toJson()));
    JsonObject json =
        new JsonObject().put("model", model).put("messages", messages).put("stream", true);
    if (asksUsage) {
      json.put("stream_options", new JsonObject().put("include_usage", true));
    }
    Json.put(json, "temperature", request.temperature());
    Json.put(json, "top_p", request.topP());
    Json.put(json, traits.maxTokens(), request.maxTokens());
    Json.put(json, "stop", request.stop() == null ? null : new JsonArray(request.stop()));
    Json.put(json, traits.seed(), request.seed());
    Json.put(json, "response_format", request.responseFormat());
    Json.put(json, "user", request.user());
    return json.toBuffer();
  }

  @Override
  public Reader reader(Answer answer, BackendOptions options) {
    return new OpenAiReader(answer, ServerTraits.of(options.getProvider()));
  }

  @Override
  public Extras extras(BackendOptions options) {
    ServerTraits traits = ServerTraits.of(options.getProvider());
    return new Extras(traits.reasoning(), traits.usage().toString());
  }

  @Override
  public String modelsPath(BackendOptions options) {
    return "/models";
  }
}
