package io.llmrelay.cli;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.TokenUsage;
import java.util.List;
import java.util.Locale;

/** A trail for people: who was tried, what happened, how long it took and what it cost. */
final class TrailView {
  /** Keeps a row within a hundred columns. */
  private static final int MAX_WHAT = 54;

  private TrailView() {}

  /** A heading, and one line an attempt, in columns. */
  static List<String> lines(List<Attempt> trail, Terminal terminal, String indent) {
    Table table = new Table();
    table.row(
        terminal.dim("tried"),
        terminal.dim("result"),
        terminal.dim("what happened"),
        terminal.dim("took"),
        terminal.dim("cost"));
    for (Attempt attempt : trail) {
      table.row(
          attempt.backend() + "/" + attempt.model(),
          result(attempt, terminal),
          what(attempt),
          attempt.result() == Attempt.Result.SKIPPED ? "" : duration(attempt.durationMs()),
          attempt.costUsd() == null ? "" : cost(attempt.costUsd()));
    }
    return table.lines(indent);
  }

  private static String result(Attempt attempt, Terminal terminal) {
    String result = attempt.result().name().toLowerCase(Locale.ROOT);
    return switch (attempt.result()) {
      case SERVED, SERVING -> terminal.good(result);
      case FAILED -> terminal.bad(result);
      case CANCELLED, SKIPPED, OTHER -> result;
    };
  }

  private static String what(Attempt attempt) {
    if (attempt.reason() == null) {
      return tokens(attempt.usage());
    }
    String what = attempt.reason();
    if (attempt.message() != null) {
      what += ": " + attempt.message();
    }
    return what.length() <= MAX_WHAT ? what : what.substring(0, MAX_WHAT - 1) + "…";
  }

  /** {@code 12 + 40 tokens}: prompt and answer. */
  static String tokens(TokenUsage usage) {
    return switch (usage.source()) {
      case NONE -> "tokens unknown";
      case ESTIMATED -> "~" + usage.inputTokens() + " + " + usage.outputTokens() + " tokens";
      case PROVIDER -> usage.inputTokens() + " + " + usage.outputTokens() + " tokens";
    };
  }

  static String duration(long ms) {
    return ms < 1000 ? ms + " ms" : String.format(Locale.ROOT, "%.1f s", ms / 1000.0);
  }

  static String cost(double usd) {
    return String.format(Locale.ROOT, "$%.6f", usd);
  }
}
