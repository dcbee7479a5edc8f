package io.llmrelay.config;

import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Providers that need only a key, or if self-hosted a URL, because the other options have defaults.
 * The order is that of discovery.
 *
 * <p>The default model is the provider's current small model, so that a request without a model is
 * cheap. A provider whose models depend on the account or server has none.
 */
public enum KnownProvider {
  /** OpenAI. */
  OPENAI(
      "OPENAI_API_KEY",
      "gpt-6-luna",
      List.of(
          new Endpoint("openai", "https://api.openai.com/v1"),
          new Endpoint("openai-responses", "https://api.openai.com/v1"))),
  /** Anthropic. */
  ANTHROPIC(
      "ANTHROPIC_API_KEY",
      "claude-haiku-5-5",
      List.of(new Endpoint("anthropic", "https://api.anthropic.com"))),
  /** Groq. */
  GROQ(
      "GROQ_API_KEY",
      "openai/gpt-oss-20b",
      List.of(new Endpoint("openai", "https://api.groq.com/openai/v1"))),
  /** Cerebras. */
  CEREBRAS(
      "CEREBRAS_API_KEY",
      "gpt-oss-120b",
      List.of(new Endpoint("openai", "https://api.cerebras.ai/v1"))),
  /** NVIDIA's NIM. */
  NVIDIA(
      "NVIDIA_API_KEY",
      "openai/gpt-oss-20b",
      List.of(new Endpoint("openai", "https://integrate.api.nvidia.com/v1"))),
  /** Cloudflare Workers AI. */
  CLOUDFLARE(
      "CLOUDFLARE_API_TOKEN",
      "@cf/openai/gpt-oss-20b",
      List.of(
          new Endpoint(
              "cloudflare",
              "https://api.cloudflare.com/client/v4/accounts/${CLOUDFLARE_ACCOUNT_ID}/ai"),
          new Endpoint(
              "openai",
              "https://api.cloudflare.com/client/v4/accounts/${CLOUDFLARE_ACCOUNT_ID}/ai/v1"))),
  /** The Gemini API of Google AI Studio. */
  GEMINI(
      "GEMINI_API_KEY",
      "gemini-3.5-flash-lite",
      List.of(
          new Endpoint("gemini", "https://generativelanguage.googleapis.com"),
          new Endpoint("openai", "https://generativelanguage.googleapis.com/v1beta/openai"))),
  /** Mistral. */
  MISTRAL(
      "MISTRAL_API_KEY",
      "mistral-small-2603",
      List.of(new Endpoint("openai", "https://api.mistral.ai/v1"))),
  /** DeepSeek. */
  DEEPSEEK(
      "DEEPSEEK_API_KEY",
      "deepseek-flash",
      List.of(new Endpoint("openai", "https://api.deepseek.com"))),
  /** OpenRouter. */
  OPENROUTER(
      "OPENROUTER_API_KEY",
      "openai/gpt-oss-20b",
      List.of(
          new Endpoint("openai", "https://openrouter.ai/api/v1"),
          new Endpoint("openai-responses", "https://openrouter.ai/api/v1"))),
  /** Azure OpenAI and Azure AI Foundry. */
  AZURE(
      "AZURE_OPENAI_API_KEY",
      null,
      List.of(
          new Endpoint("openai", "${AZURE_OPENAI_ENDPOINT}/openai/v1"),
          new Endpoint("openai-responses", "${AZURE_OPENAI_ENDPOINT}/openai/v1")),
      ".+\\.(openai|services\\.ai|cognitiveservices)\\.azure\\.com"),
  /** xAI. */
  XAI(
      "XAI_API_KEY",
      "grok-4-1-fast-non-reasoning",
      List.of(
          new Endpoint("openai", "https://api.x.ai/v1"),
          new Endpoint("openai-responses", "https://api.x.ai/v1"))),
  /** Cohere. */
  COHERE(
      "COHERE_API_KEY",
      "command-r7b-12-2024",
      List.of(new Endpoint("cohere", "https://api.cohere.com"))),
  /** Amazon Bedrock. */
  BEDROCK(
      "AWS_BEARER_TOKEN_BEDROCK",
      null,
      List.of(new Endpoint("bedrock", "https://bedrock-runtime.${AWS_REGION}.amazonaws.com")),
      "bedrock-runtime(-fips)?\\.[a-z0-9-]+\\.amazonaws\\.com"),
  /** A server of Ollama. */
  OLLAMA(
      null,
      null,
      List.of(
          new Endpoint("ollama", "http://${OLLAMA_HOST:127.0.0.1:11434}"),
          new Endpoint("openai", "http://${OLLAMA_HOST:127.0.0.1:11434}/v1"),
          new Endpoint("openai-responses", "http://${OLLAMA_HOST:127.0.0.1:11434}/v1"))),
  /** A server of vLLM. */
  VLLM(null, null, List.of(new Endpoint("openai", null), new Endpoint("openai-responses", null))),
  /** A server of llama.cpp. */
  LLAMACPP(
      null, null, List.of(new Endpoint("openai", null), new Endpoint("openai-responses", null)));

  /**
   * A dialect of a provider and its base URL.
   *
   * @param baseUrl may contain one environment variable; {@code null} if it must be configured
   */
  private record Endpoint(String dialect, String baseUrl) {}

  private final String keyVariable;
  private final String defaultModel;
  private final List<Endpoint> endpoints;
  private final List<String> hosts;

  KnownProvider(
      String keyVariable, String defaultModel, List<Endpoint> endpoints, String... hosts) {
    this.keyVariable = keyVariable;
    this.defaultModel = defaultModel;
    this.endpoints = endpoints;
    this.hosts = List.of(hosts);
  }

  /** Returns the name in a configuration, such as {@code openai}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns the environment variable of the key; {@code null} for a self-hosted server. */
  public String keyVariable() {
    return keyVariable;
  }

  /** Returns the environment variable in the base URL; {@code null} if there is none. */
  public String urlVariable() {
    return endpoints.get(0).baseUrl == null ? null : UrlTemplate.variable(endpoints.get(0).baseUrl);
  }

  /** Returns the default dialect. */
  public String dialect() {
    return endpoints.get(0).dialect;
  }

  /** Returns all dialects, the default one first. */
  public List<String> dialects() {
    return endpoints.stream().map(Endpoint::dialect).toList();
  }

  /** Returns the base URL for a dialect, before variables are expanded; {@code null} if unknown. */
  public String baseUrl(String dialect) {
    return endpoints.stream()
        .filter(endpoint -> endpoint.dialect.equals(dialect))
        .findFirst()
        .map(Endpoint::baseUrl)
        .orElse(null);
  }

  /** Returns the base URL for a dialect; {@code null} if unknown or its variable is not set. */
  String baseUrl(String dialect, Map<String, String> env) {
    String template = baseUrl(dialect);
    return template == null ? null : UrlTemplate.expand(template, env);
  }

  /** Returns the model for requests without one; {@code null} if there is none. */
  public String defaultModel() {
    return defaultModel;
  }

  /** Returns whether the environment variables of its key and of its URL are set. */
  boolean isConfiguredBy(Map<String, String> env) {
    return (keyVariable != null || urlVariable() != null)
        && (keyVariable == null || UrlTemplate.value(env, keyVariable) != null)
        && (urlVariable() == null || UrlTemplate.value(env, urlVariable()) != null);
  }

  /** Returns whether requests are signed with credentials from the environment and need no key. */
  boolean signsRequests(Map<String, String> env) {
    return this == BEDROCK
        && UrlTemplate.value(env, "AWS_ACCESS_KEY_ID") != null
        && UrlTemplate.value(env, "AWS_SECRET_ACCESS_KEY") != null;
  }

  /** Returns the environment variables by which it is discovered, such as {@code GROQ_API_KEY}. */
  public String variables() {
    if (keyVariable == null || urlVariable() == null) {
      return keyVariable == null ? urlVariable() : keyVariable;
    }
    return keyVariable + " with " + urlVariable();
  }

  /** Returns whether the provider can be recognized by the host of a base URL. */
  boolean hasFixedHost() {
    return endpoints.stream().anyMatch(endpoint -> host(endpoint.baseUrl) != null);
  }

  /** Returns the names of all providers. */
  public static List<String> ids() {
    return Arrays.stream(values()).map(KnownProvider::id).toList();
  }

  /** Returns the provider with this name; {@code null} if unknown. */
  public static KnownProvider of(String id) {
    return Arrays.stream(values()).filter(known -> known.id().equals(id)).findFirst().orElse(null);
  }

  /** Returns the provider at the host of this URL; {@code null} if unknown. */
  static KnownProvider ofUrl(String url) {
    String host = host(url);
    return Arrays.stream(values())
        .filter(known -> host != null && known.hasHost(host))
        .findFirst()
        .orElse(null);
  }

  private boolean hasHost(String host) {
    return hosts.stream().anyMatch(host::matches)
        || endpoints.stream().anyMatch(endpoint -> host.equals(host(endpoint.baseUrl)));
  }

  /** Returns the host of a URL; {@code null} if it has none or contains a variable. */
  private static String host(String url) {
    try {
      return url == null ? null : URI.create(UrlTemplate.withoutVariable(url)).getHost();
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
