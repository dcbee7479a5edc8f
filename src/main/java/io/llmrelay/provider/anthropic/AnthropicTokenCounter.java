package io.llmrelay.provider.anthropic;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RawJson;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.JsonBody;
import io.llmrelay.provider.TokenCounter;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Counts tokens by the Messages API: the request for a message, without what shapes the answer. */
final class AnthropicTokenCounter implements TokenCounter {
  private static final List<String> OF_ANSWERS =
      List.of(
          "max_tokens",
          "stream",
          "temperature",
          "top_p",
          "top_k",
          "stop_sequences",
          "metadata",
          "service_tier",
          "container",
          "inference_geo");

  private final AnthropicDialect dialect;

  AnthropicTokenCounter(AnthropicDialect dialect) {
    this.dialect = dialect;
  }

  @Override
  public String path(String model, BackendOptions options) {
    return dialect.chatPath(model, options) + "/count_tokens";
  }

  @Override
  public EncodedRequest encode(ChatRequest request, String model, BackendOptions options) {
    EncodedRequest encoded = dialect.encode(request, model, options);
    Map<String, Object> body =
        new LinkedHashMap<>(RawJson.read(encoded.body().getBytes()).fields());
    OF_ANSWERS.forEach(body::remove);
    return new EncodedRequest(
        JsonBody.encode(new JsonObject(body)), encoded.warnings(), encoded.headers());
  }

  @Override
  public long tokens(JsonObject response) {
    return response.getValue("input_tokens") instanceof Number tokens ? tokens.longValue() : -1;
  }
}
