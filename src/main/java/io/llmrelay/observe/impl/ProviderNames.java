package io.llmrelay.observe.impl;

import java.util.Map;

/** OpenTelemetry's names of the providers of backends. */
public final class ProviderNames {
  /** The names that differ from those of the catalogue. */
  private static final Map<String, String> NAMES =
      Map.of(
          "azure", "azure.ai.openai",
          "bedrock", "aws.bedrock",
          "gemini", "gcp.gemini",
          "mistral", "mistral_ai",
          "xai", "x_ai");

  private final Map<String, String> providers;

  /**
   * @param providers the catalogue's provider of each backend by the backend's name
   */
  public ProviderNames(Map<String, String> providers) {
    this.providers = Map.copyOf(providers);
  }

  /** Returns the name of a backend's provider, {@code unknown} if there is none. */
  public String of(String backend) {
    String provider = providers.getOrDefault(backend, "unknown");
    return NAMES.getOrDefault(provider, provider);
  }
}
