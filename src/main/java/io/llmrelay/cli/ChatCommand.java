package io.llmrelay.cli;

import io.llmrelay.chat.Attempt;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Asks a running gateway one question. The answer goes to stdout, everything else to stderr. */
@Command(
    name = "chat",
    mixinStandardHelpOptions = true,
    description = "Stream one answer from a running gateway.",
    footer = {"", "A gateway's key is taken from the environment variable LLM_RELAY_KEY."})
final class ChatCommand implements Callable<Integer> {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  private static final String DATA = "data:";
  private static final String KEY = "LLM_RELAY_KEY";

  @Spec private CommandSpec spec;

  @Option(
      names = "--url",
      paramLabel = "URL",
      defaultValue = "http://127.0.0.1:8080",
      description = "Where the gateway is. Default: ${DEFAULT-VALUE}.")
  private String url;

  @Option(
      names = {"-m", "--model"},
      paramLabel = "MODEL",
      description = "A model, an alias or backend/model. Default: the gateway's.")
  private String model;

  @Parameters(arity = "1..*", paramLabel = "QUESTION", description = "What to ask.")
  private List<String> question;

  private final Map<String, String> env;
  private Terminal out;
  private Terminal err;

  ChatCommand(Map<String, String> env) {
    this.env = env;
  }

  @Override
  public Integer call() throws InterruptedException {
    out = new Terminal(spec.commandLine().getOut());
    err = new Terminal(spec.commandLine().getErr());
    // The connection is HTTP/1.1: an upgrade to HTTP/2 would be offered in vain.
    HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT)
            .build();
    try {
      HttpResponse<Stream<String>> response =
          client.send(request(), HttpResponse.BodyHandlers.ofLines());
      try (Stream<String> lines = response.body()) {
        if (response.statusCode() != 200) {
          throw refused(response.statusCode(), lines.collect(Collectors.joining("\n")));
        }
        print(response, lines.iterator());
      }
    } catch (ConnectException e) {
      throw new CommandFailed(
          "There is no gateway at %s. Start one with scripts/start.".formatted(url));
    } catch (UncheckedIOException e) {
      throw new CommandFailed("The answer broke off: " + e.getCause().getMessage());
    } catch (IOException e) {
      throw new CommandFailed("The connection to %s failed: %s".formatted(url, e.getMessage()));
    }
    return 0;
  }

  private HttpRequest request() {
    JsonObject message =
        new JsonObject().put("role", "user").put("content", String.join(" ", question));
    JsonObject body =
        new JsonObject()
            .put("stream", true)
            .put("stream_options", new JsonObject().put("include_usage", true))
            .put("messages", new JsonArray().add(message));
    if (model != null) {
      body.put("model", model);
    }
    HttpRequest.Builder request =
        address()
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.encode()));
    String key = env.getOrDefault(KEY, "").strip();
    if (!key.isEmpty()) {
      if (!key.chars().allMatch(c -> c > ' ' && c < 127)) {
        throw new CommandFailed(KEY + " must be one line of visible ASCII characters");
      }
      request.header("authorization", "Bearer " + key);
    }
    return request.build();
  }

  private HttpRequest.Builder address() {
    try {
      return HttpRequest.newBuilder(URI.create(url.replaceAll("/+$", "") + "/v1/chat/completions"));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          spec.commandLine(), "--url must be an http URL such as http://127.0.0.1:8080");
    }
  }

  /** Prints the answer as it comes, and a line about it at the end. */
  private void print(HttpResponse<?> response, Iterator<String> lines) {
    long start = System.nanoTime();
    JsonObject last = new JsonObject();
    while (lines.hasNext()) {
      String line = lines.next();
      if (!line.startsWith(DATA)) {
        continue;
      }
      String data = line.substring(DATA.length()).strip();
      if (data.equals("[DONE]")) {
        out.line();
        err.line(err.dim(summary(response, last, (System.nanoTime() - start) / 1_000_000)));
        return;
      }
      JsonObject event = new JsonObject(data);
      if (event.containsKey("error")) {
        out.line();
        throw failed("The answer broke off: ", event);
      }
      text(event);
      last = event;
    }
    out.line();
    throw new CommandFailed("The answer broke off: the stream ended without its end mark.");
  }

  private void text(JsonObject event) {
    for (Object each : event.getJsonArray("choices", new JsonArray())) {
      JsonObject delta = ((JsonObject) each).getJsonObject("delta", new JsonObject());
      String text = delta.getString("content");
      if (text == null) {
        text = delta.getString("refusal");
      }
      if (text != null) {
        out.print(text);
      }
    }
  }

  private static String summary(HttpResponse<?> response, JsonObject last, long ms) {
    String attempts = header(response, "x-relay-attempts");
    StringBuilder summary = new StringBuilder("[");
    summary
        .append(header(response, "x-relay-backend"))
        .append('/')
        .append(header(response, "x-relay-model"))
        .append(attempts.equals("1") ? "" : ", after " + attempts + " attempts");
    JsonObject usage = last.getJsonObject("usage");
    if (usage != null) {
      summary
          .append(", ")
          .append(usage.getLong("prompt_tokens"))
          .append(" + ")
          .append(usage.getLong("completion_tokens"))
          .append(" tokens");
    }
    Double cost = last.getJsonObject("relay", new JsonObject()).getDouble("cost_usd");
    if (cost != null) {
      summary.append(", ").append(TrailView.cost(cost));
    }
    return summary.append(", ").append(TrailView.duration(ms)).append(']').toString();
  }

  private static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("?");
  }

  private CommandFailed refused(int status, String body) {
    try {
      JsonObject json = new JsonObject(body);
      if (json.getValue("error") instanceof JsonObject) {
        return failed("The gateway answered " + status + ": ", json);
      }
    } catch (DecodeException e) {
      // Somebody else's page, then.
    }
    return new CommandFailed(
        "%s answered %d, and not as a gateway would. Is it one?".formatted(url, status));
  }

  private CommandFailed failed(String what, JsonObject json) {
    StringBuilder message =
        new StringBuilder(what).append(json.getJsonObject("error").getString("message"));
    List<Attempt> trail =
        Attempt.listFromJson(json.getJsonObject("relay", new JsonObject()).getJsonArray("trail"));
    if (!trail.isEmpty()) {
      TrailView.lines(trail, err, "  ").forEach(line -> message.append('\n').append(line));
    }
    return new CommandFailed(message.toString());
  }
}
