package io.llmrelay.cli;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Sums up the requests of JSON logs by day, key, backend and model, as CSV. */
@Command(
    name = "spend",
    mixinStandardHelpOptions = true,
    description = "Sum up requests, tokens and cost of JSON logs (logging.format: json) as CSV.")
final class SpendCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "1..*",
      paramLabel = "LOG",
      description = "Log files; - for standard input. Lines that are no JSON are skipped.")
  private List<String> logs;

  private final TreeMap<String, Sum> sums = new TreeMap<>();

  private static final class Sum {
    private long requests;
    private long inputTokens;
    private long outputTokens;
    private BigDecimal costUsd = BigDecimal.ZERO;
  }

  @Override
  public Integer call() {
    for (String log : logs) {
      try (InputStream in = log.equals("-") ? System.in : Files.newInputStream(Path.of(log));
          BufferedReader lines =
              new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (line.startsWith("{")) {
            add(line);
          }
        }
      } catch (NoSuchFileException e) {
        throw new CommandException("There is no file " + log + ".");
      } catch (IOException e) {
        throw new CommandException("Cannot read " + log + ": " + e.getClass().getSimpleName());
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    out.println("day,key,backend,model,requests,input_tokens,output_tokens,cost_usd");
    sums.forEach(
        (group, sum) ->
            out.println(
                "%s,%d,%d,%d,%s"
                    .formatted(
                        group,
                        sum.requests,
                        sum.inputTokens,
                        sum.outputTokens,
                        sum.costUsd.stripTrailingZeros().toPlainString())));
    out.flush();
    return 0;
  }

  private void add(String line) {
    try {
      add(new JsonObject(line));
    } catch (DecodeException | ClassCastException e) {
      // A line of another program, or one that was cut off.
    }
  }

  private void add(JsonObject request) {
    if (!"request".equals(request.getValue("event"))) {
      return;
    }
    String group =
        String.join(
            ",",
            request.getString("time", "").split("T", 2)[0],
            cell(request.getString("key")),
            cell(request.getString("backend")),
            cell(request.getString("model")));
    long inputTokens = request.getLong("input_tokens", 0L);
    long outputTokens = request.getLong("output_tokens", 0L);
    double costUsd = request.getDouble("cost_usd", 0.0);
    Sum sum = sums.computeIfAbsent(group, first -> new Sum());
    sum.requests++;
    sum.inputTokens += inputTokens;
    sum.outputTokens += outputTokens;
    sum.costUsd = sum.costUsd.add(BigDecimal.valueOf(costUsd));
  }

  /** Returns a cell: quoted if it must be, and never a formula, since callers choose models. */
  private static String cell(String value) {
    if (value == null) {
      return "";
    }
    String text = value.matches("(?s)[=+@\\-].*") ? "'" + value : value;
    return text.matches("[^,\"\\r\\n]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
  }
}
