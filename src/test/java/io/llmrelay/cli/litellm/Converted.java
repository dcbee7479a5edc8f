package io.llmrelay.cli.litellm;

import io.llmrelay.config.CandidateOptions;
import io.llmrelay.config.RelayOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Converted configurations, as the relay reads them. */
final class Converted {
  private Converted() {}

  static String yaml(String text) {
    return LiteLlmConverter.convert(text, "config.yaml");
  }

  /** Reads a converted configuration as the relay does, with all variables set. */
  static RelayOptions read(String yaml, Path folder) {
    Map<String, String> env = new HashMap<>();
    Pattern.compile("\\$\\{(\\w+)}")
        .matcher(yaml)
        .results()
        .forEach(variable -> env.put(variable.group(1), "https://a-value.of-enough.length"));
    for (String key :
        List.of(
            "OPENAI",
            "ANTHROPIC",
            "GROQ",
            "MISTRAL",
            "GEMINI",
            "COHERE",
            "DEEPSEEK",
            "OPENROUTER",
            "XAI",
            "CEREBRAS")) {
      env.put(key + "_API_KEY", "a-key-from-the-environment");
    }
    env.put("AWS_BEARER_TOKEN_BEDROCK", "a-key-from-the-environment");
    env.put("CLOUDFLARE_ACCOUNT_ID", "account");
    env.put("AWS_REGION", "eu-west-1");
    env.put("REGION", "eu-west-1");
    try {
      return RelayOptions.fromFile(Files.writeString(folder.resolve("relay.yaml"), yaml), env);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String comments(String yaml) {
    return yaml.substring(0, yaml.indexOf("\n\n"));
  }

  /** Returns the names of the candidates of each alias. */
  static Map<String, List<String>> aliases(RelayOptions options) {
    Map<String, List<String>> aliases = new HashMap<>();
    options
        .getAliases()
        .forEach(
            (name, alias) ->
                aliases.put(
                    name,
                    alias.getCandidates().stream().map(CandidateOptions::getCandidate).toList()));
    return aliases;
  }
}
