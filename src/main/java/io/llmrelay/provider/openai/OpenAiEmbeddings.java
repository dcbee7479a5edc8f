package io.llmrelay.provider.openai;

import io.llmrelay.chat.EmbeddingRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.EmbeddingFormat;
import io.llmrelay.provider.EmbeddingTranslation;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.InputType;
import io.llmrelay.provider.openai.RequestTraits.Quirk;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonObject;
import java.util.Set;

/**
 * OpenAI's Embeddings API, and compatible servers. Vectors are asked for in base64 where a server
 * is known to have it, and in numbers elsewhere, which every server has.
 */
final class OpenAiEmbeddings implements EmbeddingFormat {
  private static final Set<String> WITHOUT_EMBEDDINGS =
      Set.of("groq", "cerebras", "deepseek", "xai");

  private static final Set<String> WITH_BASE64 =
      Set.of("openai", "azure", "mistral", "nvidia", "vllm", "ollama", "llamacpp");

  private static final Set<String> WITHOUT_INPUT_TYPE =
      Set.of("openai", "azure", "mistral", "gemini", "cloudflare", "ollama", "llamacpp");

  @Override
  public String path(String model, BackendOptions options) {
    return "/embeddings";
  }

  @Override
  public String problem(EmbeddingRequest request, BackendOptions options) {
    return is(WITHOUT_EMBEDDINGS, options) ? options.getProvider() + " has no embeddings" : null;
  }

  private static boolean is(Set<String> providers, BackendOptions options) {
    return options.getProvider() != null && providers.contains(options.getProvider());
  }

  @Override
  public EncodedRequest encode(EmbeddingRequest request, String model, BackendOptions options) {
    EmbeddingTranslation translation = new EmbeddingTranslation(request);
    JsonObject json = new JsonObject().put("model", model).put("input", request.input());
    if (is(WITH_BASE64, options)) {
      json.put("encoding_format", "base64");
    }
    boolean mistral = "mistral".equals(options.getProvider());
    Json.put(json, mistral ? "output_dimension" : "dimensions", request.dimensions());
    if (!is(WITHOUT_INPUT_TYPE, options)) {
      Json.put(json, "input_type", inputType(translation.inputType(), options));
    }
    if (!RequestTraits.of(options).has(Quirk.NO_USER)) {
      Json.put(json, "user", translation.user());
    }
    translation.forwardUnknown(json, options);
    return translation.encode(json);
  }

  private static String inputType(String word, BackendOptions options) {
    InputType type = word == null ? null : InputType.of(word);
    if (type == null || !"nvidia".equals(options.getProvider())) {
      return word;
    }
    return type == InputType.QUERY ? "query" : "passage";
  }

  @Override
  public Fields fields() {
    return new Fields("data[].embedding", "data[].index", "model", "usage.prompt_tokens");
  }
}
