package io.llmrelay.sandbox;

import java.util.ArrayList;
import java.util.List;

/**
 * What the healthy part of a scenario says, free of any dialect.
 *
 * @param kind the scenario's
 * @param reasoning chunks of reasoning, before the text
 * @param tokens chunks that repeat until {@code tokenCount} are sent
 * @param refusal the text is a refusal
 * @param finish null when no finish reason is sent
 * @param promptTokens what the usage says of the prompt
 */
record Answer(
    Kind kind,
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

  static Answer of(Scenario scenario, String backend, int promptTokens) {
    Kind kind = scenario.kind();
    String text = kind == Kind.REFUSAL ? REFUSAL : scenario.text();
    List<String> tokens =
        kind == Kind.NUMBERS
            ? NUMBERS
            : split(text == null ? canned(backend) : text, scenario.option(Option.SIZE, 0));
    int whole = tokens.isEmpty() ? 0 : scenario.option(Option.CHUNKS, tokens.size());
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
    return new Answer(
        kind,
        reasoning(scenario.option(Option.REASONING, kind.reasons() ? Option.MAX : 0)),
        tokens,
        count,
        kind == Kind.REFUSAL,
        kind == Kind.TOOL_CALL,
        finish,
        kind != Kind.NO_USAGE,
        kind != Kind.NO_DONE,
        promptTokens);
  }

  /** The answer nobody asked for in particular; the characters need one to four bytes in UTF-8. */
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

  /** Words with the space before them, or runs of so many code points. */
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
