package io.llmrelay.cli;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.CandidateName;
import io.llmrelay.chat.TokenUsage;
import java.util.List;
import java.util.Locale;

/** Formats a trail as a table: candidate, result, reason, duration and cost. */
final class TrailTable {
  /** Limits a row to a hundred columns. */
  private static final int MAX_REASON = 54;

  private TrailTable() {}

  /** Returns a header and one line per attempt. */
  static List<String> lines(List<Attempt> trail, Terminal terminal, String indent) {
    TextTable table = new TextTable();
    table.row(
        terminal.dim("tried"),
        terminal.dim("result"),
        terminal.dim("what happened"),
        terminal.dim("took"),
        terminal.dim("cost"));
    for (Attempt attempt : trail) {
      table.row(
          new CandidateName(attempt.backend(), attempt.model()).toString(),
          result(attempt, terminal),
          reason(attempt),
          attempt.result() == Attempt.Result.SKIPPED ? "" : duration(attempt.durationMs()),
          attempt.costUsd() == null ? "" : cost(attempt.costUsd()));
    }
    return table.lines(indent);
  }

  private static String result(Attempt attempt, Terminal terminal) {
    String result = attempt.result().code();
    return switch (attempt.result()) {
      case SERVED, SERVING -> terminal.good(result);
      case FAILED -> terminal.bad(result);
      case CANCELLED, HEDGED, DIVERGED, SKIPPED, OTHER -> result;
    };
  }

  private static String reason(Attempt attempt) {
    if (attempt.reason() == null) {
      return tokens(attempt.usage());
    }
    String reason = attempt.reason();
    if (attempt.message() != null) {
      reason += ": " + attempt.message();
    }
    return reason.length() <= MAX_REASON ? reason : reason.substring(0, MAX_REASON - 1) + "…";
  }

  /** Returns input and output tokens: {@code 12 + 40 tokens}. */
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
