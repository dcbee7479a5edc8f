package io.llmrelay.provider.anthropic;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.RequestFeature;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Conversation;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.UriPaths;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
  public Set<RequestFeature> features() {
    return Set.of();
  }

  @Override
  public String cannotExpress(ChatRequest request) {
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
  public EncodedRequest encode(ChatRequest request, String model, BackendOptions options) {
    Translation translation = new Translation(request);
    JsonArray system = blocks(Conversation.systemParts(request));
    JsonArray messages = new JsonArray();
    for (Conversation.Turn turn : Conversation.turns(request)) {
      messages.add(
          new JsonObject()
              .put("role", turn.assistant() ? "assistant" : "user")
              .put("content", blocks(turn.parts())));
    }
    Integer maxTokens = request.maxTokens();
    JsonObject json =
        new JsonObject()
            .put("model", model)
            .put("max_tokens", maxTokens == null ? DEFAULT_MAX_TOKENS : maxTokens);
    Json.put(json, "system", system.isEmpty() ? null : system);
    json.put("messages", messages).put("stream", true);
    Json.put(json, "temperature", translation.temperature(1));
    Json.put(json, "top_p", topP(request, model, translation));
    Json.put(json, "stop_sequences", request.stop() == null ? null : new JsonArray(request.stop()));
    String user = translation.user();
    Json.put(json, "metadata", user == null ? null : new JsonObject().put("user_id", user));
    return new EncodedRequest(json.toBuffer(), translation.warnings());
  }

  /** Returns {@code top_p}; {@code null} for a model that takes only the temperature. */
  public static Double topP(ChatRequest request, String model, Translation translation) {
    if (request.temperature() == null || request.topP() == null || !acceptsOnlyOne(model)) {
      return request.topP();
    }
    translation.warn("top_p was left out: " + model + " takes temperature or top_p, not both");
    return null;
  }

  /** Claude models from Opus 4.1 and Sonnet 4.5 on refuse temperature and top_p together. */
  private static boolean acceptsOnlyOne(String model) {
    return CLAUDE.matcher(model).find() && !ACCEPTS_BOTH.matcher(model).find();
  }

  private static JsonArray blocks(List<ContentPart> parts) {
    JsonArray blocks = new JsonArray();
    for (ContentPart part : parts) {
      if (part instanceof ContentPart.Text text) {
        blocks.add(new JsonObject().put("type", "text").put("text", text.text()));
      }
    }
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
