package io.llmrelay.chaos;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;

/** What the consumer of one request saw. For one context. */
final class Observed {
  static final String FALLBACK = "Déjà vu: 漢字 and 🙂 arrive whole from the fallback.";

  /** A token that would end the stream, were it passed on as it is. */
  private static final String[] TOKENS = {
    "eins", " zwei漢字", " drei🙂", " vier\r\n\r\ndata:[DONE]\n\n", " fünf", " sechs"
  };

  static final String PRIMARY = String.join("", TOKENS);

  /** What the sandbox says where the tokens are numbers, and where it thinks first. */
  private static final String NUMBERS = "61.100.003e+50";

  private static final String REASONING = "The user wants an answer. A short one will do – 短い答え.";

  final Buffer text = Buffer.buffer();

  /** {@code null} where the door does not show it. */
  StringBuilder reasoning;

  /** Of the answer as the provider counted them; -1 where it did not, or nothing is known. */
  long outputTokens = -1;

  /** Of the failure; -1 if it does not say. */
  long retryAfterMs = -1;

  final List<String> odd = new ArrayList<>();
  String backend;
  String finish;
  String kind;
  int signals;

  private final long startedAt = System.nanoTime();
  private final Promise<Observed> over = Promise.promise();
  private long durationMs;

  /** A signal that nothing more will come; there must be exactly one. */
  void terminal() {
    if (signals++ == 0) {
      over();
    }
  }

  /** Nobody waits for a signal any longer. */
  void giveUp() {
    if (!over.future().isComplete()) {
      kind = "nothing";
      over();
    }
  }

  private void over() {
    durationMs = (System.nanoTime() - startedAt) / 1_000_000;
    over.tryComplete(this);
  }

  void failed(String kind) {
    this.kind = kind;
    terminal();
  }

  /** Completes with the first terminal signal, or when it is given up. */
  Future<Observed> future() {
    return over.future();
  }

  long durationMs() {
    return durationMs;
  }

  /** What it was, in the words of the wall. */
  String outcome() {
    String seen = text.toString();
    int tokens = tokens(seen);
    if (kind != null) {
      return seen.isEmpty() ? kind : tokens < 0 ? "wrong text + " + kind : tokens + " + " + kind;
    }
    if ("secondary".equals(backend)) {
      return seen.equals(FALLBACK) && "stop".equals(finish) ? "fallback" : "wrong text of fallback";
    }
    if (seen.equals(NUMBERS) && "stop".equals(finish)) {
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
   * Checks what comes with the text of the primary's answer.
   *
   * @param reasons whether it thought first
   * @param counts whether it said how many tokens that took
   */
  void checkAnswer(boolean reasons, boolean counts) {
    String expected = reasons ? REASONING : "";
    if (reasoning != null && !reasoning.toString().equals(expected)) {
      odd.add("wrong reasoning: " + reasoning);
    }
    int words = expected.isEmpty() ? 0 : expected.split(" ").length;
    int tokens = text.toString().equals(NUMBERS) ? 4 : tokens(text.toString());
    if (counts && outputTokens != words + tokens) {
      odd.add("%d output tokens instead of %d".formatted(outputTokens, words + tokens));
    }
  }

  /** How many of the primary's tokens that is; -1 if it is anything else. */
  private static int tokens(String seen) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i <= TOKENS.length; i++) {
      if (seen.contentEquals(text)) {
        return i;
      }
      text.append(i < TOKENS.length ? TOKENS[i] : "");
    }
    return -1;
  }
}
