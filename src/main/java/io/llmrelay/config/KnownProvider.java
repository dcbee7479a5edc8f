package io.llmrelay.config;

import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Providers that need nothing but a key: the rest is known. The order is that of discovery.
 *
 * <p>The default model is the provider's current small one, so that a request which names none is
 * cheap.
 */
public enum KnownProvider {
  OPENAI("OPENAI_API_KEY", "openai", "https://api.openai.com/v1", "gpt-6-luna"),
  ANTHROPIC("ANTHROPIC_API_KEY", "anthropic", "https://api.anthropic.com", "claude-haiku-5-5"),
  GROQ("GROQ_API_KEY", "openai", "https://api.groq.com/openai/v1", "openai/gpt-oss-20b"),
  CEREBRAS("CEREBRAS_API_KEY", "openai", "https://api.cerebras.ai/v1", "gpt-oss-120b"),
  NVIDIA("NVIDIA_API_KEY", "openai", "https://integrate.api.nvidia.com/v1", "openai/gpt-oss-20b");

  private final String keyVariable;
  private final String dialect;
  private final String baseUrl;
  private final String defaultModel;

  KnownProvider(String keyVariable, String dialect, String baseUrl, String defaultModel) {
    this.keyVariable = keyVariable;
    this.dialect = dialect;
    this.baseUrl = baseUrl;
    this.defaultModel = defaultModel;
  }

  /** The name in a configuration: {@code openai}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The environment variable that holds the key. */
  public String keyVariable() {
    return keyVariable;
  }

  public String dialect() {
    return dialect;
  }

  public String baseUrl() {
    return baseUrl;
  }

  public String defaultModel() {
    return defaultModel;
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
        .filter(known -> host != null && host.equals(host(known.baseUrl)))
        .findFirst()
        .orElse(null);
  }

  private static String host(String url) {
    try {
      return URI.create(url).getHost();
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
