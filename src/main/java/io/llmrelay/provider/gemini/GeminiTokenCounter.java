package io.llmrelay.provider.gemini;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RawJson;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.JsonBody;
import io.llmrelay.provider.TokenCounter;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;

/** Counts tokens by {@code countTokens}, which takes the whole request for an answer. */
final class GeminiTokenCounter implements TokenCounter {
  private static final String ANSWER = ":streamGenerateContent?alt=sse";

  private final GeminiDialect dialect;

  GeminiTokenCounter(GeminiDialect dialect) {
    this.dialect = dialect;
  }

  @Override
  public String path(String model, BackendOptions options) {
    return dialect.chatPath(model, options).replace(ANSWER, ":countTokens");
  }

  @Override
  public EncodedRequest encode(ChatRequest request, String model, BackendOptions options) {
    EncodedRequest encoded = dialect.encode(request, model, options);
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("model", model.contains("/") ? model : "models/" + model);
    answer.putAll(RawJson.read(encoded.body().getBytes()).fields());
    return new EncodedRequest(
        JsonBody.encode(new JsonObject().put("generateContentRequest", new JsonObject(answer))),
        encoded.warnings());
  }

  @Override
  public long tokens(JsonObject response) {
    return response.getValue("totalTokens") instanceof Number tokens ? tokens.longValue() : -1;
  }
}
