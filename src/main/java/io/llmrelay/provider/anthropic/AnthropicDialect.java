package io.llmrelay.provider.anthropic;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Conversation;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.UriPaths;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Anthropic's Messages API. System texts are separate from the messages, user and assistant
 * alternate beginning with the user, and a maximum of tokens is required.
 */
public final class AnthropicDialect implements Dialect {
  private static final Pattern VERSIONED = Pattern.compile("/v\\d+/*$");
  private static final Pattern CLAUDE = Pattern.compile("\\bclaude\\b");
  private static final Pattern ACCEPTS_BOTH =
      Pattern.compile("claude-(instant|v?[23]\\b|(opus|sonnet)-4(-0)?(?![-.]?\\d{1,2}\\b))");
  static final int DEFAULT_MAX_TOKENS = 4096;
  private static final String VERSION = "2023-06-01";

  @Override
  public String name() {
    return "anthropic";
  }

  @Override
  public String cannotServe(ChatRequest request) {
    if (request.seed() != null) {
      return "seed cannot be expressed";
    }
    if (request.wantsFormat()) {
      return "response_format other than text cannot be expressed";
    }
    if (request.temperature() != null && request.temperature() > 1) {
      return "temperature above 1 cannot be expressed";
    }
    return Conversation.firstRole(request) == ChatMessage.Role.USER
        ? null
        : "the conversation must begin with the user";
  }

  @Override
  public Map<String, String> headers(BackendOptions options) {
    Map<String, String> headers = new LinkedHashMap<>();
    if (options.getApiKey() != null) {
      headers.put("x-api-key", options.getApiKey());
    }
    headers.put("anthropic-version", VERSION);
    return headers;
  }

  @Override
  public String chatPath(String model, BackendOptions options) {
    return version(options) + "/messages";
  }

  @Override
  public String modelsPath(BackendOptions options) {
    return version(options) + "/models";
  }

  /** Returns a prefix unless the base URL ends with the version. */
  private static String version(BackendOptions options) {
    return UriPaths.unlessPresent(VERSIONED, options, "/v1");
  }

  @Override
  public Buffer encode(ChatRequest request, String model, BackendOptions options) {
    JsonArray system = blocks(Conversation.systemTexts(request));
    JsonArray messages = new JsonArray();
    for (ChatMessage turn : Conversation.turns(request)) {
      messages.add(
          new JsonObject().put("role", turn.role().code()).put("content", blocks(turn.parts())));
    }
    Integer maxTokens = request.maxTokens();
    JsonObject json =
        new JsonObject()
            .put("model", model)
            .put("max_tokens", maxTokens == null ? DEFAULT_MAX_TOKENS : maxTokens);
    Json.put(json, "system", system.isEmpty() ? null : system);
    json.put("messages", messages).put("stream", true);
    Json.put(json, "temperature", request.temperature());
    Json.put(json, "top_p", leftOut(request, model) == null ? request.topP() : null);
    Json.put(json, "stop_sequences", request.stop() == null ? null : new JsonArray(request.stop()));
    Json.put(
        json,
        "metadata",
        request.user() == null ? null : new JsonObject().put("user_id", request.user()));
    return json.toBuffer();
  }

  @Override
  public String leftOut(ChatRequest request, String model) {
    return request.temperature() != null && request.topP() != null && acceptsOnlyOne(model)
        ? "top_p was left out: " + model + " takes temperature or top_p, not both"
        : null;
  }

  /** Claude models from Opus 4.1 and Sonnet 4.5 on refuse temperature and top_p together. */
  private static boolean acceptsOnlyOne(String model) {
    return CLAUDE.matcher(model).find() && !ACCEPTS_BOTH.matcher(model).find();
  }

  private static JsonArray blocks(List<String> texts) {
    JsonArray blocks = new JsonArray();
    texts.forEach(text -> blocks.add(new JsonObject().put("type", "text").put("text", text)));
    return blocks;
  }

  @Override
  public Extras extras(BackendOptions options) {
    return new Extras(List.of("thinking"), "first and last events");
  }

  @Override
  public Reader reader(Answer answer, BackendOptions options) {
    return new AnthropicReader(answer);
  }
}
