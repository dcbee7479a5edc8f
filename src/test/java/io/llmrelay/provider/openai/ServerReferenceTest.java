package io.llmrelay.provider.openai;

import io.llmrelay.Documents;
import io.llmrelay.chat.Setting;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.openai.RequestTraits.Effort;
import io.llmrelay.provider.openai.RequestTraits.History;
import io.llmrelay.provider.openai.RequestTraits.Quirk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table of servers in docs/dialects.md is what they are sent. */
class ServerReferenceTest {
  private static final List<String> SERVERS =
      List.of(
          "openai",
          "azure",
          "groq",
          "cerebras",
          "mistral",
          "gemini",
          "deepseek",
          "xai",
          "openrouter",
          "another");

  @Test
  void servers() throws IOException {
    StringBuilder table =
        new StringBuilder(
                "| provider | earlier reasoning | effort | refused settings | not asked for |\n")
            .append("|---|---|---|---|---|\n");
    for (String server : SERVERS) {
      RequestTraits traits = RequestTraits.of(server);
      table
          .append(server.equals("another") ? "| any other" : "| `" + server + "`")
          .append(" | ")
          .append(text(traits.history()))
          .append(" | ")
          .append(text(traits.effort()))
          .append(" | ")
          .append(refused(traits))
          .append(" | ")
          .append(lacking(traits))
          .append(" |\n");
    }
    Documents.holdReference("docs/dialects.md", "servers", table.toString());
  }

  @Test
  void completions() throws IOException {
    StringBuilder table =
        new StringBuilder("| provider | prompt | prompt and suffix |\n").append("|---|---|---|\n");
    for (Completions each : Completions.values()) {
      String servers =
          SERVERS_THAT_CONTINUE.stream()
              .filter(server -> Completions.of(server) == each)
              .map(server -> server.equals("another") ? "any other" : "`" + server + "`")
              .collect(Collectors.joining(", "));
      table
          .append("| " + servers + " | " + path(each, false) + " | ")
          .append(path(each, true) + " |\n");
    }
    Documents.holdReference("docs/dialects.md", "completions", table.toString());
  }

  private static final List<String> SERVERS_THAT_CONTINUE =
      Stream.concat(
              Stream.of("ollama", "vllm", "llamacpp", "nvidia", "cloudflare"), SERVERS.stream())
          .toList();

  /** Returns the paths for a model of chats and for models that are made to continue a text. */
  private static String path(Completions completions, boolean suffix) {
    BackendOptions options = new BackendOptions().setBaseUrl("http://localhost");
    String chat = completions.path("any-model", suffix, options);
    for (String model : List.of("gpt-3.5-turbo-instruct", "codestral-latest")) {
      String special = completions.path(model, suffix, options);
      if (special != null && chat == null) {
        String otherwise = suffix ? "left out" : "as a chat";
        return "`" + special + "` for models such as " + model + ", otherwise " + otherwise;
      }
    }
    return chat == null ? suffix ? "left out" : "as a chat" : "`" + chat + "`";
  }

  private static String text(History history) {
    return switch (history) {
      case AS_RECEIVED -> "as received";
      case NONE -> "left out";
      case REASONING_CONTENT -> "`reasoning_content`";
      case REASONING_CONTENT_WITH_CALLS -> "`reasoning_content`, empty if a call has none";
      case REASONING -> "`reasoning`";
      case REASONING_DETAILS -> "`reasoning_details`, `reasoning`";
    };
  }

  private static String text(Effort effort) {
    return switch (effort) {
      case AS_RECEIVED -> "as received";
      case REASONING_EFFORT -> "`reasoning_effort`";
      case HIGH_OR_NONE -> "`reasoning_effort`, `high` or `none`";
      case THINKING_TYPE -> "`thinking.type`, `reasoning_effort`";
      case REASONING -> "`reasoning`, `reasoning_effort`";
    };
  }

  private static String lacking(RequestTraits traits) {
    List<String> lacking = new ArrayList<>();
    traits.lacking().forEach(feature -> lacking.add(feature.toString()));
    Collections.sort(lacking);
    if (traits.has(Quirk.FORMAT_OR_TOOLS)) {
      lacking.add("response_format together with tools");
    }
    return String.join(", ", lacking);
  }

  private static String refused(RequestTraits traits) {
    return traits.refused().stream()
        .map(Setting::field)
        .sorted()
        .map(field -> "`" + field + "`")
        .collect(Collectors.joining(", "));
  }
}
