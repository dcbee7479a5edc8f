package io.llmrelay.cli.litellm;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Where a model of LiteLLM is: {@code groq/llama-3.3-70b-versatile} is a model of the provider that
 * the prefix names.
 *
 * @param name the name of the backend
 * @param provider the known provider; {@code null} for any other server
 * @param dialect the dialect; {@code null} for the provider's default
 * @param baseUrl the base URL without {@code api_base}; {@code null} for the provider's own
 * @param apiKey the key without {@code api_key}; {@code null} for the provider's own variable
 * @param model the model without the prefix
 */
record Upstream(
    String name, String provider, String dialect, String baseUrl, String apiKey, String model) {

  /** Models without a prefix that LiteLLM recognizes, by provider. */
  private static final Map<String, Pattern> BARE =
      Map.of(
          "openai", Pattern.compile("(ft:)?(gpt-|chatgpt-|o[1-9]|text-embedding-).*"),
          "anthropic", Pattern.compile("claude-.*"),
          "cohere", Pattern.compile("(command|embed-).*"),
          "bedrock", Pattern.compile("(\\w+\\.)?(amazon|anthropic|meta|mistral|ai21)\\..+"));

  /** Prefixes of known providers whose defaults are the same here. */
  private static final List<String> SAME =
      List.of(
          "openai",
          "anthropic",
          "groq",
          "cerebras",
          "gemini",
          "mistral",
          "deepseek",
          "openrouter",
          "xai",
          "cohere",
          "bedrock",
          "ollama");

  /** Prefixes of servers with OpenAI's API that need {@code api_base}. */
  private static final List<String> SERVERS =
      List.of(
          "openai_like",
          "custom_openai",
          "lm_studio",
          "llamafile",
          "xinference",
          "litellm_proxy",
          "docker_model_runner",
          "aiohttp_openai");

  private static final Map<String, Upstream> OTHERS = new HashMap<>();

  static {
    alias("cohere_chat", "cohere", null, null);
    alias("ollama_chat", "ollama", null, null);
    alias("bedrock_converse", "bedrock", null, null);
    alias("nvidia_nim", "nvidia", null, "NVIDIA_NIM_API_KEY");
    alias("cloudflare", "cloudflare", null, "CLOUDFLARE_API_KEY");
    alias("azure", "azure", "${AZURE_API_BASE}/openai/v1", "AZURE_API_KEY");
    alias("azure_ai", "azure", "${AZURE_AI_API_BASE}/openai/v1", "AZURE_AI_API_KEY");
    alias("hosted_vllm", "vllm", "${HOSTED_VLLM_API_BASE}", null);
    service("together_ai", "https://api.together.xyz/v1", "TOGETHERAI_API_KEY");
    service("fireworks_ai", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY");
    service("perplexity", "https://api.perplexity.ai", "PERPLEXITYAI_API_KEY");
    service("deepinfra", "https://api.deepinfra.com/v1/openai", "DEEPINFRA_API_KEY");
    service("sambanova", "https://api.sambanova.ai/v1", "SAMBANOVA_API_KEY");
    service("moonshot", "https://api.moonshot.ai/v1", "MOONSHOT_API_KEY");
    service("codestral", "https://codestral.mistral.ai/v1", "CODESTRAL_API_KEY");
    SAME.forEach(name -> OTHERS.put(name, new Upstream(name, name, null, null, null, null)));
    SERVERS.forEach(
        name ->
            OTHERS.put(name, new Upstream(backendName(name), null, "openai", null, null, null)));
  }

  private static void alias(String prefix, String provider, String baseUrl, String variable) {
    String key = variable == null ? null : "${" + variable + "}";
    OTHERS.put(prefix, new Upstream(provider, provider, null, baseUrl, key, null));
  }

  private static void service(String prefix, String baseUrl, String variable) {
    String key = "${" + variable + "}";
    OTHERS.put(prefix, new Upstream(backendName(prefix), null, "openai", baseUrl, key, null));
  }

  private static String backendName(String prefix) {
    return prefix.replaceAll("_ai$", "").replace('_', '-');
  }

  /**
   * Returns where a model is; {@code null} if the relay has no dialect for it, or nobody knows.
   *
   * @param custom {@code custom_llm_provider}; {@code null} if absent
   * @param hasBase whether {@code api_base} is given, so that a model without a prefix is at a
   *     server with OpenAI's API
   */
  static Upstream of(String model, String custom, boolean hasBase) {
    int slash = model.indexOf('/');
    String prefix = slash < 0 ? "" : model.substring(0, slash);
    String rest = model.substring(slash + 1);
    if (custom != null) {
      boolean repeated = custom.equals(prefix);
      return of(custom, repeated ? rest : model);
    }
    if (OTHERS.containsKey(prefix)) {
      return of(prefix, rest);
    }
    for (Map.Entry<String, Pattern> provider : BARE.entrySet()) {
      if (provider.getValue().matcher(model).matches()) {
        return of(provider.getKey(), model);
      }
    }
    return slash < 0 && hasBase ? of("openai", model) : null;
  }

  private static Upstream of(String prefix, String rest) {
    Upstream found = OTHERS.get(prefix);
    if (found == null) {
      return null;
    }
    String model = rest;
    String dialect = found.dialect;
    if ("bedrock".equals(found.provider)) {
      model = rest.replaceFirst("^(converse|converse_like|invoke)/", "");
    } else if (rest.startsWith("responses/") && hasResponses(found.provider)) {
      model = rest.substring("responses/".length());
      dialect = "openai-responses";
    }
    return new Upstream(found.name, found.provider, dialect, found.baseUrl, found.apiKey, model);
  }

  private static boolean hasResponses(String provider) {
    return "openai".equals(provider) || "azure".equals(provider);
  }

  /** Returns {@code api_base} as the base URL of this server's dialect. */
  String baseUrl(String apiBase) {
    String base = apiBase.replaceAll("/+$", "");
    return switch (provider == null ? "" : provider) {
      case "azure" -> base.replaceFirst("/openai(/.*)?$|/models$", "") + "/openai/v1";
      case "anthropic" -> base.replaceFirst("/v1(/messages)?$", "");
      case "cohere" -> base.replaceFirst("/v[12](/.*)?$", "");
      case "gemini" -> base.replaceFirst("/v1(beta)?(/.*)?$", "");
      case "ollama" -> base.replaceFirst("/api(/.*)?$", "");
      default -> base.replaceFirst("/chat/completions$", "");
    };
  }

  /** Returns whether a base URL makes this another server with OpenAI's API. */
  boolean isCompatibleServer(String baseUrl) {
    return "openai".equals(provider)
        && baseUrl != null
        && !baseUrl.matches("https://([a-z]+\\.)?api\\.openai\\.com(/.*)?");
  }
}
