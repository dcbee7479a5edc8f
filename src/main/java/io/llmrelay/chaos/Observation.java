package io.llmrelay.chaos;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;

/** The outcome of one request as its consumer observed it. Confined to one context. */
final class Observation {
  static final String FALLBACK = "Déjà vu: 漢字 and 🙂 arrive whole from the fallback.";

  /** One token would end the stream if it were forwarded without escaping. */
  private static final String[] TOKENS = {
    "eins", " zwei漢字", " drei🙂", " vier\r\n\r\ndata:[DONE]\n\n", " fünf", " sechs"
  };

  static final String PRIMARY = String.join("", TOKENS);

  /** The sandbox's answer with numbers as tokens. */
  private static final String NUMBERS = "61.100.003e+50";

  /** The sandbox's reasoning. */
  private static final String REASONING = "The user wants an answer. A short one will do – 短い答え.";

  final Buffer text = Buffer.buffer();

  /** {@code null} if the client does not get it. */
  StringBuilder reasoning;

  /** The output tokens in the usage of the provider; -1 if unknown. */
  long outputTokens = -1;

  /** The retry delay of the failure; -1 if it has none. */
  long retryAfterMs = -1;

  final List<String> deviations = new ArrayList<>();
  String backend;
  String finish;
  String kind;
  int signals;

  private final long startedAt = System.nanoTime();
  private final Promise<Observation> completion = Promise.promise();
  private long durationMs;

  /** Records a terminal signal; there must be exactly one. */
  void terminal() {
    if (signals++ == 0) {
      complete();
    }
  }

  /** Ends the observation of a request without a terminal signal. */
  void giveUp() {
    if (!completion.future().isComplete()) {
      kind = "nothing";
      complete();
    }
  }

  private void complete() {
    durationMs = (System.nanoTime() - startedAt) / 1_000_000;
    completion.tryComplete(this);
  }

  /** Records a failure as the terminal signal. */
  void failed(String kind) {
    this.kind = kind;
    terminal();
  }

  /** Returns a future that completes with the first terminal signal or {@link #giveUp}. */
  Future<Observation> future() {
    return completion.future();
  }

  long durationMs() {
    return durationMs;
  }

  /** Returns the outcome in the notation of the wall. */
  String outcome() {
    String observed = text.toString();
    int tokens = tokens(observed);
    if (kind != null) {
      return observed.isEmpty()
          ? kind
          : tokens < 0 ? "wrong text + " + kind : tokens + " + " + kind;
    }
    if ("secondary".equals(backend)) {
      return observed.equals(FALLBACK) && "stop".equals(finish)
          ? "fallback"
          : "wrong text of fallback";
    }
    if (observed.equals(NUMBERS) && "stop".equals(finish)) {
      return "primary numbers";
    }
    if (tokens < 0) {
      return "wrong text of " + backend;
    }
    return tokens == TOKENS.length && "stop".equals(finish)
        ? "primary"
        : "primary " + finish + " " + tokens;
  }

  /**
   * Checks the reasoning and usage of the primary's answer.
   *
   * @param hasReasoning whether the answer has reasoning
   * @param hasUsage whether it has usage
   */
  void checkAnswer(boolean hasReasoning, boolean hasUsage) {
    String expected = hasReasoning ? REASONING : "";
    if (reasoning != null && !reasoning.toString().equals(expected)) {
      deviations.add("wrong reasoning: " + reasoning);
    }
    int words = expected.isEmpty() ? 0 : expected.split(" ").length;
    int tokens = text.toString().equals(NUMBERS) ? 4 : tokens(text.toString());
    if (hasUsage && outputTokens != words + tokens) {
      deviations.add("%d output tokens instead of %d".formatted(outputTokens, words + tokens));
    }
  }

  /** Returns how many of the primary's tokens the text has; -1 for any other text. */
  private static int tokens(String observed) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i <= TOKENS.length; i++) {
      if (observed.contentEquals(text)) {
        return i;
      }
      text.append(i < TOKENS.length ? TOKENS[i] : "");
    }
    return -1;
  }
}
