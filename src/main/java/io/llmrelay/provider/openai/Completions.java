package io.llmrelay.provider.openai;

import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.UriPaths;
import java.util.Map;
import java.util.regex.Pattern;

/** Where a server of this dialect continues a text. */
enum Completions {
  /** Nowhere. */
  NONE,
  /** At {@code /completions}, without a suffix. */
  PLAIN,
  /** At {@code /completions}, with a suffix. */
  WITH_SUFFIX,
  /** At {@code /completions}, for models that are made for it. */
  OPENAI,
  /** At {@code /fim/completions}, for requests with a suffix and models that are made for it. */
  MISTRAL,
  /** At {@code /beta/completions}. */
  DEEPSEEK;

  private static final String COMPLETIONS = "/completions";
  private static final Pattern BASE_MODEL = Pattern.compile("-instruct|(davinci|babbage)-002");
  private static final Pattern INSERTS = Pattern.compile("-instruct");
  private static final Pattern BETA = Pattern.compile("/beta/*$");

  private static final Map<String, Completions> BY_PROVIDER =
      Map.ofEntries(
          Map.entry("openai", OPENAI),
          Map.entry("azure", OPENAI),
          Map.entry("mistral", MISTRAL),
          Map.entry("deepseek", DEEPSEEK),
          Map.entry("ollama", WITH_SUFFIX),
          Map.entry("vllm", PLAIN),
          Map.entry("llamacpp", PLAIN),
          Map.entry("openrouter", PLAIN),
          Map.entry("cerebras", PLAIN),
          Map.entry("groq", NONE),
          Map.entry("gemini", NONE),
          Map.entry("cloudflare", NONE),
          Map.entry("nvidia", NONE),
          Map.entry("xai", NONE));

  /** Returns those of a provider; an unknown server may have everything. */
  static Completions of(String provider) {
    return provider == null ? WITH_SUFFIX : BY_PROVIDER.getOrDefault(provider, WITH_SUFFIX);
  }

  /** Returns the path of a request; {@code null} if the server has none for it. */
  String path(String model, boolean suffix, BackendOptions options) {
    return switch (this) {
      case NONE -> null;
      case PLAIN -> suffix ? null : COMPLETIONS;
      case WITH_SUFFIX -> COMPLETIONS;
      case OPENAI -> (suffix ? INSERTS : BASE_MODEL).matcher(model).find() ? COMPLETIONS : null;
      case MISTRAL -> suffix || model.startsWith("codestral") ? "/fim" + COMPLETIONS : null;
      case DEEPSEEK -> UriPaths.unlessPresent(BETA, options, "/beta") + COMPLETIONS;
    };
  }
}
