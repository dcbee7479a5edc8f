package io.llmrelay.config;

import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Providers that need nothing but a key, or for servers of one's own a URL: the rest is known. The
 * order is that of discovery.
 *
 * <p>The default model is the provider's current small one, so that a request which names none is
 * cheap. Where every account or server has models of its own there is none.
 */
public enum KnownProvider {
  OPENAI("OPENAI_API_KEY", "gpt-6-luna", List.of(new Place("openai", "https://api.openai.com/v1"))),
  ANTHROPIC(
      "ANTHROPIC_API_KEY",
      "claude-haiku-5-5",
      List.of(new Place("anthropic", "https://api.anthropic.com"))),
  GROQ(
      "GROQ_API_KEY",
      "openai/gpt-oss-20b",
      List.of(new Place("openai", "https://api.groq.com/openai/v1"))),
  CEREBRAS(
      "CEREBRAS_API_KEY",
      "gpt-oss-120b",
      List.of(new Place("openai", "https://api.cerebras.ai/v1"))),
  NVIDIA(
      "NVIDIA_API_KEY",
      "openai/gpt-oss-20b",
      List.of(new Place("openai", "https://integrate.api.nvidia.com/v1"))),
  CLOUDFLARE(
      "CLOUDFLARE_API_TOKEN",
      "@cf/openai/gpt-oss-20b",
      List.of(
          new Place(
              "cloudflare",
              "https://api.cloudflare.com/client/v4/accounts/${CLOUDFLARE_ACCOUNT_ID}/ai"),
          new Place(
              "openai",
              "https://api.cloudflare.com/client/v4/accounts/${CLOUDFLARE_ACCOUNT_ID}/ai/v1"))),
  GEMINI(
      "GEMINI_API_KEY",
      "gemini-3.5-flash-lite",
      List.of(
          new Place("gemini", "https://generativelanguage.googleapis.com"),
          new Place("openai", "https://generativelanguage.googleapis.com/v1beta/openai"))),
  MISTRAL(
      "MISTRAL_API_KEY",
      "mistral-small-2603",
      List.of(new Place("openai", "https://api.mistral.ai/v1"))),
  DEEPSEEK(
      "DEEPSEEK_API_KEY",
      "deepseek-flash",
      List.of(new Place("openai", "https://api.deepseek.com"))),
  OPENROUTER(
      "OPENROUTER_API_KEY",
      "openai/gpt-oss-20b",
      List.of(new Place("openai", "https://openrouter.ai/api/v1"))),
  AZURE(
      "AZURE_OPENAI_API_KEY",
      null,
      List.of(new Place("openai", "${AZURE_OPENAI_ENDPOINT}/openai/v1")),
      ".+\\.(openai|services\\.ai|cognitiveservices)\\.azure\\.com"),
  XAI(
      "XAI_API_KEY",
      "grok-4-1-fast-non-reasoning",
      List.of(new Place("openai", "https://api.x.ai/v1"))),
  COHERE(
      "COHERE_API_KEY",
      "command-r7b-12-2024",
      List.of(new Place("cohere", "https://api.cohere.com"))),
  BEDROCK(
      "AWS_BEARER_TOKEN_BEDROCK",
      null,
      List.of(new Place("bedrock", "https://bedrock-runtime.${AWS_REGION}.amazonaws.com")),
      "bedrock-runtime(-fips)?\\.[a-z0-9-]+\\.amazonaws\\.com"),
  OLLAMA(
      null,
      null,
      List.of(
          new Place("ollama", "http://${OLLAMA_HOST:127.0.0.1:11434}"),
          new Place("openai", "http://${OLLAMA_HOST:127.0.0.1:11434}/v1"))),
  VLLM(null, null, List.of(new Place("openai", null))),
  LLAMACPP(null, null, List.of(new Place("openai", null)));

  /**
   * Where a provider speaks a dialect.
   *
   * @param baseUrl may have a variable in it, as a configuration may; {@code null} where only the
   *     user knows
   */
  private record Place(String dialect, String baseUrl) {}

  private final String keyVariable;
  private final String defaultModel;
  private final List<Place> places;
  private final List<String> hosts;

  KnownProvider(String keyVariable, String defaultModel, List<Place> places, String... hosts) {
    this.keyVariable = keyVariable;
    this.defaultModel = defaultModel;
    this.places = places;
    this.hosts = List.of(hosts);
  }

  /** The name in a configuration: {@code openai}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The environment variable that holds the key; {@code null} for a server of one's own. */
  public String keyVariable() {
    return keyVariable;
  }

  /** The environment variable that says where it is; {@code null} if there is none. */
  public String urlVariable() {
    return places.get(0).baseUrl == null ? null : UrlTemplate.variable(places.get(0).baseUrl);
  }

  /** The dialect it is asked in if the configuration does not say. */
  public String dialect() {
    return places.get(0).dialect;
  }

  /** All dialects it is known to speak, the usual one first. */
  public List<String> dialects() {
    return places.stream().map(Place::dialect).toList();
  }

  /** Where it speaks this dialect, perhaps with a variable; {@code null} if that is not known. */
  public String baseUrl(String dialect) {
    return places.stream()
        .filter(place -> place.dialect.equals(dialect))
        .findFirst()
        .map(Place::baseUrl)
        .orElse(null);
  }

  /** Where it speaks this dialect; {@code null} if that is not known or not in the environment. */
  String baseUrl(String dialect, Map<String, String> env) {
    String template = baseUrl(dialect);
    return template == null ? null : UrlTemplate.expand(template, env);
  }

  /** The model of a request that names none, or {@code null}. */
  public String defaultModel() {
    return defaultModel;
  }

  /** Whether the environment says that there is one: its key, its URL, or both. */
  boolean isIn(Map<String, String> env) {
    return (keyVariable != null || urlVariable() != null)
        && (keyVariable == null || UrlTemplate.value(env, keyVariable) != null)
        && (urlVariable() == null || UrlTemplate.value(env, urlVariable()) != null);
  }

  /** Whether it needs no key because its requests are signed with what is in the environment. */
  boolean signs(Map<String, String> env) {
    return this == BEDROCK
        && UrlTemplate.value(env, "AWS_ACCESS_KEY_ID") != null
        && UrlTemplate.value(env, "AWS_SECRET_ACCESS_KEY") != null;
  }

  /** What must be set for it to be discovered: {@code GROQ_API_KEY}. */
  public String variables() {
    if (keyVariable == null || urlVariable() == null) {
      return keyVariable == null ? urlVariable() : keyVariable;
    }
    return keyVariable + " with " + urlVariable();
  }

  /** Whether it is wherever the user says, so that its URL does not tell who it is. */
  boolean isAnywhere() {
    return places.stream().allMatch(place -> place.baseUrl == null || host(place.baseUrl) == null);
  }

  /** The names of all. */
  public static List<String> ids() {
    return Arrays.stream(values()).map(KnownProvider::id).toList();
  }

  /** The provider of this name, or {@code null}. */
  public static KnownProvider of(String id) {
    return Arrays.stream(values()).filter(known -> known.id().equals(id)).findFirst().orElse(null);
  }

  /** The provider that is at the host of this URL, or {@code null}. */
  static KnownProvider at(String url) {
    String host = host(url);
    return Arrays.stream(values())
        .filter(known -> host != null && known.hasHost(host))
        .findFirst()
        .orElse(null);
  }

  private boolean hasHost(String host) {
    return hosts.stream().anyMatch(host::matches)
        || places.stream().anyMatch(place -> host.equals(host(place.baseUrl)));
  }

  /** The host of a URL, or {@code null} where it has none or a variable in its place. */
  private static String host(String url) {
    try {
      return url == null ? null : URI.create(UrlTemplate.blank(url)).getHost();
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
