package io.llmrelay.cli;

import io.llmrelay.chaos.Chaos;
import io.llmrelay.chaos.FaultWall;
import io.llmrelay.chaos.Profile;
import io.llmrelay.chaos.Result;
import io.llmrelay.chaos.Row;
import io.llmrelay.chat.Resume;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Plays the fault wall and prints the outcomes. */
@Command(
    name = "chaos",
    mixinStandardHelpOptions = true,
    description =
        "Play every fault of the sandbox against a relay in this process, and check what its"
            + " consumers see. Takes about a minute; exit code 1 for any deviation.")
final class ChaosCommand implements Callable<Integer> {
  private static final String LINE = "%-38s%-11s%s%7d ms";
  private static final int WIDTH = 18;

  @Spec private CommandSpec spec;

  @Option(names = "--fast", description = "Short timers, as in the tests: about 20 seconds.")
  private boolean fast;

  @Option(
      names = "--resume",
      arity = "0..1",
      fallbackValue = "verify",
      converter = ResumeConverter.class,
      paramLabel = "HOW",
      description =
          "Only the streams that break off: all are resumed and served whole, by a second backend"
              + " with the same answer (verify, the default) or by one that continues a text"
              + " (continue).")
  private Resume resume = Resume.OFF;

  /** Reads how streams are resumed. */
  static final class ResumeConverter implements ITypeConverter<Resume> {
    @Override
    public Resume convert(String text) {
      try {
        return Resume.of(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  @Option(
      names = "--dialects",
      split = ",",
      paramLabel = "DIALECT",
      description =
          "The dialects of the primary: openai, anthropic, gemini, ollama, bedrock, cohere,"
              + " cloudflare. By default the first two.")
  private List<String> dialects = FaultWall.DIALECTS.subList(0, 2);

  @Parameters(
      arity = "0..*",
      paramLabel = "TEXT",
      description =
          "Only the rows whose name contains one of these texts, such as reset or @stall.")
  private List<String> texts = List.of();

  @Override
  public Integer call() {
    List<Row> rows = FaultWall.rows().stream().filter(this::isSelected).toList();
    if (rows.isEmpty()) {
      throw new CommandException("No row of the wall holds any of " + texts + ".");
    }
    for (String dialect : dialects) {
      if (!FaultWall.DIALECTS.contains(dialect)) {
        throw new CommandException(
            "There is no dialect " + dialect + "; there are " + FaultWall.DIALECTS + ".");
      }
    }
    Terminal terminal = new Terminal(spec.commandLine().getOut());
    Vertx vertx = Vertx.vertx();
    try {
      long start = System.nanoTime();
      terminal.line(terminal.bold(header()));
      Profile timers = fast ? Profile.fast() : Profile.production();
      Profile profile = timers.resuming(resume);
      List<Result> results =
          Chaos.run(vertx, profile, rows, dialects, played -> show(played, terminal)).await();
      List<Result> wrong = results.stream().filter(result -> !result.right()).toList();
      terminal.line();
      terminal.line(
          "%d rows, %d requests, %d deviations, %d s"
              .formatted(
                  results.stream().map(Result::row).distinct().count(),
                  results.size(),
                  wrong.size(),
                  (System.nanoTime() - start) / 1_000_000_000));
      return wrong.isEmpty() ? 0 : Main.FAILED;
    } finally {
      vertx.close().await();
    }
  }

  private boolean isSelected(Row row) {
    return (resume == Resume.OFF || row.breaksOff())
        && (texts.isEmpty() || texts.stream().anyMatch(row.name()::contains));
  }

  private static String header() {
    List<String> columns = FaultWall.columns();
    StringBuilder outcomes = new StringBuilder();
    columns.subList(1, 5).forEach(column -> outcomes.append(cell(column)));
    return "%-38s%-11s%s  %-7s  %-14s%10s"
        .formatted(columns.get(0), "dialect", outcomes, columns.get(6), columns.get(7), "longest");
  }

  /**
   * Prints the four outcomes that the client saw, the primary's circuit and cooldown afterwards,
   * and below them every deviation.
   */
  private static void show(List<Result> played, Terminal terminal) {
    long longest = played.stream().mapToLong(Result::durationMs).max().orElse(0);
    Result first = played.get(0);
    StringBuilder outcomes = new StringBuilder();
    for (boolean alone : new boolean[] {false, true}) {
      for (boolean streaming : new boolean[] {true, false}) {
        Stream<Result> matching =
            seen(played, false)
                .filter(result -> result.streaming() == streaming && result.alone() == alone);
        outcomes.append(cell(matching.map(Result::outcome).findFirst().orElse("-")));
      }
    }
    Stream<String> circuits = seen(played, true).map(Result::circuit);
    outcomes.append("  %-7s".formatted(circuits.findFirst().orElse("-")));
    outcomes.append("  %-14s".formatted(first.cooldown()));
    boolean right = played.stream().allMatch(Result::right);
    String line = LINE.formatted(first.row().name(), first.dialect(), outcomes, longest);
    terminal.line(right ? line : terminal.bad(line));
    played.stream()
        .filter(result -> !result.right())
        .forEach(result -> terminal.line("  " + terminal.bad("wrong") + " " + result));
  }

  private static Stream<Result> seen(List<Result> played, boolean strict) {
    return played.stream()
        .filter(result -> result.client().equals("bus") && result.strict() == strict);
  }

  private static String cell(String text) {
    return " ".repeat(2) + text + " ".repeat(Math.max(0, WIDTH - text.length()));
  }
}
