package io.llmrelay.provider.cloudflare;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RequestFeature;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.EmbeddingFormat;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.UriPaths;
import io.llmrelay.provider.openai.OpenAiDialect;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonObject;
import java.util.EnumSet;
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
    return EnumSet.of(RequestFeature.TOOLS, RequestFeature.IMAGES, RequestFeature.EMBEDDINGS);
  }

  @Override
  public String cannotExpress(ChatRequest request, BackendOptions options) {
    return CloudflareRequest.problem(request);
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
    return CloudflareRequest.encode(request, model, options);
  }

  /** Returns the reasoning fields of the models that use the format of OpenAI. */
  @Override
  public Extras extras(BackendOptions options) {
    return new Extras(new OpenAiDialect().extras(options).reasoning(), "last chunk");
  }

  @Override
  public EmbeddingFormat embeddings() {
    return new CloudflareEmbeddings();
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
