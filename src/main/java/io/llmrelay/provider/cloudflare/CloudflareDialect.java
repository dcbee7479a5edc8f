package io.llmrelay.provider.cloudflare;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RequestFeature;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.UriPaths;
import io.llmrelay.provider.openai.OpenAiDialect;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The native API of Cloudflare's Workers AI, directly or behind an AI Gateway.
 *
 * <p>Most models do not support stop sequences here, and none streams JSON. Without {@code
 * max_tokens} they stop after 256 tokens and do not report it as the reason, so it is always sent.
 */
public final class CloudflareDialect implements Dialect {
  private static final Pattern WITH_AI = Pattern.compile("/ai/*$");
  static final int DEFAULT_MAX_TOKENS = 2048;
  private static final long MAX_SEED = 9_999_999_999L;

  private static final Pattern NO_ACCOUNT =
      Pattern.compile("https?://api\\.cloudflare\\.com(?!.*/accounts/\\w+(/|$)).*");

  @Override
  public String name() {
    return "cloudflare";
  }

  @Override
  public String problem(BackendOptions options) {
    return NO_ACCOUNT.matcher(options.getBaseUrl()).matches()
        ? "the base URL must name the account:"
            + " https://api.cloudflare.com/client/v4/accounts/<account id>/ai"
        : null;
  }

  @Override
  public Set<RequestFeature> features() {
    return Set.of();
  }

  @Override
  public String cannotExpress(ChatRequest request) {
    return request.stop() == null ? null : "stop cannot be expressed";
  }

  @Override
  public Map<String, String> headers(BackendOptions options) {
    return options.getApiKey() == null
        ? Map.of()
        : Map.of("authorization", "Bearer " + options.getApiKey());
  }

  /** Returns a path that contains the model's name with its slashes. */
  @Override
  public String chatPath(String model, BackendOptions options) {
    String folder = options.getBaseUrl().matches(".*/workers-ai/*") ? "/" : ai(options) + "/run/";
    // A leading at sign is valid in a path, and expected.
    return folder + UriPaths.segments(model).replaceFirst("^%40", "@");
  }

  @Override
  public String modelsPath(BackendOptions options) {
    return ai(options) + "/models/search?task=Text%20Generation&per_page=1000";
  }

  /** Returns a prefix unless the base URL ends with {@code /ai}. */
  private static String ai(BackendOptions options) {
    return UriPaths.unlessPresent(WITH_AI, options, "/ai");
  }

  @Override
  public EncodedRequest encode(ChatRequest request, String model, BackendOptions options) {
    Translation translation = new Translation(request);
    JsonArray messages = new JsonArray();
    for (ChatMessage message : request.messages()) {
      messages.add(
          new JsonObject().put("role", message.role().code()).put("content", message.text()));
    }
    Integer maxTokens = request.maxTokens();
    JsonObject json =
        new JsonObject()
            .put("messages", messages)
            .put("stream", true)
            .put("max_tokens", maxTokens == null ? DEFAULT_MAX_TOKENS : maxTokens);
    Json.put(json, "temperature", request.temperature());
    Json.put(json, "top_p", request.topP());
    if (request.seed() != null && request.seed() >= 1 && request.seed() <= MAX_SEED) {
      json.put("seed", translation.seed());
    }
    return new EncodedRequest(json.toBuffer(), translation.warnings());
  }

  /** Returns the reasoning fields of the models that use the format of OpenAI. */
  @Override
  public Extras extras(BackendOptions options) {
    return new Extras(new OpenAiDialect().extras(options).reasoning(), "last chunk");
  }

  @Override
  public Reader reader(Answer answer, BackendOptions options) {
    return new CloudflareReader(answer, options);
  }

  @Override
  public List<String> models(JsonObject list) {
    return Json.strings(list, "result", "name");
  }
}
