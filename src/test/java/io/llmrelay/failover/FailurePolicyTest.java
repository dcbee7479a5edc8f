package io.llmrelay.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Documents;
import io.llmrelay.chat.FailureKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The tables of failures in the documents are the table of the code. */
class FailurePolicyTest {
  private static final List<String> KINDS =
      Arrays.stream(FailureKind.values()).map(FailureKind::code).toList();

  private final List<String> seen = new ArrayList<>();

  @Test
  void theReadmesTable() {
    for (List<String> row : Documents.table("README.md", "kind of failure")) {
      for (String code : Documents.code(row.get(0))) {
        assertRule(FailureRule.of(FailureKind.of(code)), code, row);
      }
    }
    assertThat(seen).containsExactlyInAnyOrderElementsOf(KINDS);
  }

  @Test
  void theWholeTable() {
    for (List<String> row : Documents.table("docs/failure-policy.md", "kind")) {
      String code = Documents.code(row.get(0)).get(0);
      FailureRule rule = FailureRule.of(FailureKind.of(code));
      assertRule(rule, code, row);
      assertThat(row.get(5)).as(code + ": retried").isEqualTo(rule.retry() ? "yes" : "no");
      assertThat(row.get(6))
          .as(code + ": status")
          .isEqualTo(Integer.toString(FailureKind.of(code).status()));
    }
    assertThat(seen).containsExactlyInAnyOrderElementsOf(KINDS);
  }

  private void assertRule(FailureRule rule, String code, List<String> row) {
    seen.add(code);
    assertThat(row.get(2)).as(code + ": next candidate").isEqualTo(next(rule));
    assertThat(row.get(3)).as(code + ": outcome").isEqualTo(rule.outcome().name());
    assertThat(row.get(4)).as(code + ": cooldown").isEqualTo(cooldown(rule, FailureKind.of(code)));
  }

  private static String next(FailureRule rule) {
    return switch (rule.next()) {
      case ANY -> "any";
      case LARGER_WINDOW -> "one with a larger window";
      case NONE -> "none";
    };
  }

  private static String cooldown(FailureRule rule, FailureKind kind) {
    if (rule.scope() == null) {
      return "–";
    }
    String wait = duration(rule.defaultCooldown());
    return switch (rule.scope()) {
      case KEY -> "the backend, until it accepts the key";
      case BACKEND -> "the backend, as long as asked, else " + wait;
      case MODEL -> {
        if (rule.defaultCooldown().isZero()) {
          yield "the model, if asked, 5 min at most";
        }
        yield "the model, " + (kind.retryable() ? "as long as asked, else " : "") + wait;
      }
    };
  }

  private static String duration(Duration duration) {
    return duration.toMinutes() > 0 ? duration.toMinutes() + " min" : duration.toSeconds() + " s";
  }
}
