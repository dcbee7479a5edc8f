package io.llmrelay.cli;

import io.llmrelay.chaos.Chaos;
import io.llmrelay.chaos.FaultWall;
import io.llmrelay.chaos.Profile;
import io.llmrelay.chaos.Result;
import io.llmrelay.chaos.Row;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Plays the fault wall, and prints what came of it. */
@Command(
    name = "chaos",
    mixinStandardHelpOptions = true,
    description =
        "Play every fault of the sandbox against a relay in this process, and check what its"
            + " consumers see. Takes about a minute; exit code 1 if anything is not right.")
final class ChaosCommand implements Callable<Integer> {
  private static final String LINE = "%-38s%-11s%s%7d ms";
  private static final int WIDTH = 18;

  @Spec private CommandSpec spec;

  @Option(names = "--fast", description = "Short timers, as in the tests: some 20 seconds.")
  private boolean fast;

  @Parameters(
      arity = "0..*",
      paramLabel = "TEXT",
      description = "Only the rows that hold one of these texts, such as reset or @stall.")
  private List<String> texts = List.of();

  @Override
  public Integer call() {
    List<Row> rows = FaultWall.rows().stream().filter(this::wanted).toList();
    if (rows.isEmpty()) {
      throw new CommandFailed("No row of the wall holds any of " + texts + ".");
    }
    Terminal terminal = new Terminal(spec.commandLine().getOut());
    Vertx vertx = Vertx.vertx();
    try {
      long start = System.nanoTime();
      terminal.line(terminal.bold(headings()));
      Profile profile = fast ? Profile.fast() : Profile.production();
      List<Result> results =
          Chaos.play(vertx, profile, rows, played -> show(played, terminal)).await();
      List<Result> wrong = results.stream().filter(result -> !result.right()).toList();
      terminal.line();
      terminal.line(
          "%d rows, %d requests, %d deviations, %d s"
              .formatted(
                  rows.size(),
                  results.size(),
                  wrong.size(),
                  (System.nanoTime() - start) / 1_000_000_000));
      return wrong.isEmpty() ? 0 : Main.FAILED;
    } finally {
      vertx.close().await();
    }
  }

  private boolean wanted(Row row) {
    return texts.isEmpty() || texts.stream().anyMatch(row.name()::contains);
  }

  private static String headings() {
    List<String> columns = FaultWall.columns();
    StringBuilder outcomes = new StringBuilder();
    columns.subList(1, 5).forEach(column -> outcomes.append(cell(column)));
    return "%-38s%-11s%s  %-7s  %-14s%10s"
        .formatted(columns.get(0), "dialect", outcomes, columns.get(6), columns.get(7), "longest");
  }

  /**
   * The four outcomes the client saw and what was known of the primary afterwards, and below them
   * everything that was not right.
   */
  private static void show(List<Result> played, Terminal terminal) {
    long longest = played.stream().mapToLong(Result::durationMs).max().orElse(0);
    Result any = played.get(0);
    StringBuilder outcomes = new StringBuilder();
    for (boolean alone : new boolean[] {false, true}) {
      for (boolean streaming : new boolean[] {true, false}) {
        Stream<Result> those =
            seen(played, false)
                .filter(result -> result.streaming() == streaming && result.alone() == alone);
        outcomes.append(cell(those.map(Result::outcome).findFirst().orElse("-")));
      }
    }
    Stream<String> circuits = seen(played, true).map(Result::circuit);
    outcomes.append("  %-7s".formatted(circuits.findFirst().orElse("-")));
    outcomes.append("  %-14s".formatted(any.cooldown()));
    boolean right = played.stream().allMatch(Result::right);
    String line = LINE.formatted(any.row().name(), any.dialect(), outcomes, longest);
    terminal.line(right ? line : terminal.bad(line));
    played.stream()
        .filter(result -> !result.right())
        .forEach(result -> terminal.line("  " + terminal.bad("wrong") + " " + result));
  }

  private static Stream<Result> seen(List<Result> played, boolean strict) {
    return played.stream()
        .filter(result -> result.door().equals("client") && result.strict() == strict);
  }

  private static String cell(String text) {
    return " ".repeat(2) + text + " ".repeat(Math.max(0, WIDTH - text.length()));
  }
}
