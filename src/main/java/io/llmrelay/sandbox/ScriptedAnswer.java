package io.llmrelay.sandbox;

import java.util.ArrayList;
import java.util.List;

/**
 * The content of a scenario's answer, independent of the dialect.
 *
 * @param kind the kind of the scenario
 * @param reasoning chunks of reasoning before the text
 * @param tokens chunks of text, repeated until {@code tokenCount} are sent
 * @param refusal whether the text is a refusal
 * @param finish null if no finish reason is sent
 * @param promptTokens the prompt tokens in the usage
 */
record ScriptedAnswer(
    ScenarioKind kind,
    List<String> reasoning,
    List<String> tokens,
    int tokenCount,
    boolean refusal,
    boolean toolCall,
    Finish finish,
    boolean usage,
    boolean terminator,
    int promptTokens) {

  enum Finish {
    STOP("stop", "end_turn"),
    LENGTH("length", "max_tokens"),
    CONTENT_FILTER("content_filter", "refusal"),
    TOOL_CALLS("tool_calls", "tool_use");

    final String openAi;
    final String anthropic;

    Finish(String openAi, String anthropic) {
      this.openAi = openAi;
      this.anthropic = anthropic;
    }
  }

  private static final String REASONING = "The user wants an answer. A short one will do – 短い答え.";
  private static final List<String> NUMBERS = List.of("6", "1.10", "0.00", "3e+50");
  private static final String REFUSAL = "I'm sorry, but I can't help with that.";

  static ScriptedAnswer of(Scenario scenario, String backend, int promptTokens) {
    ScenarioKind kind = scenario.kind();
    String text = kind == ScenarioKind.REFUSAL ? REFUSAL : scenario.text();
    List<String> tokens =
        kind == ScenarioKind.NUMBERS
            ? NUMBERS
            : split(text == null ? canned(backend) : text, scenario.option(ScenarioOption.SIZE, 0));
    int whole = tokens.isEmpty() ? 0 : scenario.option(ScenarioOption.CHUNKS, tokens.size());
    int count =
        switch (kind) {
          case EMPTY, LENGTH_EMPTY, USAGE_ONLY, TOOL_CALL -> 0;
          case LENGTH, CONTENT_FILTER -> whole / 2;
          default -> whole;
        };
    Finish finish =
        switch (kind) {
          case NO_FINISH, USAGE_ONLY -> null;
          case LENGTH, LENGTH_EMPTY -> Finish.LENGTH;
          case CONTENT_FILTER -> Finish.CONTENT_FILTER;
          case TOOL_CALL -> Finish.TOOL_CALLS;
          default -> Finish.STOP;
        };
    return new ScriptedAnswer(
        kind,
        reasoning(
            scenario.option(
                ScenarioOption.REASONING, kind.hasReasoning() ? ScenarioOption.MAX : 0)),
        tokens,
        count,
        kind == ScenarioKind.REFUSAL,
        kind == ScenarioKind.TOOL_CALL,
        finish,
        kind != ScenarioKind.NO_USAGE,
        kind != ScenarioKind.NO_DONE,
        promptTokens);
  }

  /** Returns the default text; its characters take one to four bytes in UTF-8. */
  static String canned(String backend) {
    return "Hello, this is "
        + backend
        + ". No model was asked: the sandbox answers the same words every time, "
        + "so that a test can compare them byte by byte. "
        + "Déjà vu, 漢字 and 🙂 must arrive whole, however the bytes are cut.";
  }

  String token(int index) {
    return tokens.get(index % tokens.size());
  }

  String text() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < tokenCount; i++) {
      text.append(token(i));
    }
    return text.toString();
  }

  int completionTokens() {
    return reasoning.size() + tokenCount + (toolCall ? 1 : 0);
  }

  private static List<String> reasoning(int chunks) {
    return split(REASONING, 0).stream().limit(chunks).toList();
  }

  /** Splits into words with their leading space or, if {@code size} > 0, runs of code points. */
  private static List<String> split(String text, int size) {
    List<String> parts = new ArrayList<>();
    int start = 0;
    while (start < text.length()) {
      int end;
      if (size > 0) {
        int left = text.codePointCount(start, text.length());
        end = text.offsetByCodePoints(start, Math.min(size, left));
      } else {
        end = text.indexOf(' ', start + 1);
        end = end < 0 ? text.length() : end;
      }
      parts.add(text.substring(start, end));
      start = end;
    }
    return parts;
  }
}
