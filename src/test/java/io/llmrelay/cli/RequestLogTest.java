package io.llmrelay.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.config.GatewayKeyOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.LoggingOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.gateway.HttpFixture;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import io.llmrelay.observe.impl.RequestLog;
import io.llmrelay.sandbox.Sandbox;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Formatter;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The log of a gateway in front of a sandbox, compared with the hooks. */
class RequestLogTest extends HttpFixture {
  private static final String KEY = "caller-key-0123456789";
  private static final Logger LOGGER = Logger.getLogger(RequestLog.NAME);

  private final ByteArrayOutputStream text = new ByteArrayOutputStream();
  private final ByteArrayOutputStream json = new ByteArrayOutputStream();
  private final List<LogWriter> writers =
      List.of(writer(text, new LogFormat()), writer(json, new JsonLogFormat()));
  private final List<RelayEvent.RequestEnd> ends = new CopyOnWriteArrayList<>();
  private final List<RelayEvent.AttemptEnd> failed = new CopyOnWriteArrayList<>();
  private final List<RelayEvent.CircuitStateChange> circuits = new CopyOnWriteArrayList<>();
  private final List<RelayEvent.Exhausted> cooldowns = new CopyOnWriteArrayList<>();

  private static LogWriter writer(ByteArrayOutputStream out, Formatter format) {
    LogWriter writer = new LogWriter(out, format);
    LOGGER.addHandler(writer);
    return writer;
  }

  private RelayOptions options(Sandbox sandbox) {
    RelayOptions options =
        new RelayOptions()
            .setLogging(new LoggingOptions().setRequests(true))
            .setCircuit(new CircuitOptions().setMaxFailures(2))
            .setGateway(
                new GatewayOptions()
                    .setPort(0)
                    .addKey("my-app", new GatewayKeyOptions().setKey(KEY)));
    for (String name : List.of("primary", "secondary")) {
      options.addBackend(
          name,
          new BackendOptions()
              .setDialect("openai")
              .setBaseUrl(sandbox.backend(name))
              .setDefaultModel("mock-model"));
    }
    return options;
  }

  @BeforeEach
  void start() {
    LOGGER.setUseParentHandlers(false);
    Sandbox sandbox = Sandbox.start(vertx).await();
    RelayVerticle relay = new RelayVerticle(options(sandbox)).addListener(new Events());
    vertx.deployVerticle(relay).await();
    port = relay.gatewayPort();
  }

  @AfterEach
  void removeHandlers() {
    writers.forEach(LOGGER::removeHandler);
    writers.forEach(LogWriter::close);
    LOGGER.setUseParentHandlers(true);
  }

  @Test
  void saysWhatHappenedToEachRequest() throws Exception {
    ask(streamRequest(), "[DONE]");
    ask(completionRequest().put("model", "primary/mock-model"), "\"usage\"");
    ask(only("primary", "mock-503"), "error");
    ask(only("primary", "mock-503"), "error");
    ask(only("secondary", "mock-429-retry-after-7"), "error");
    ask(streamRequest().put("model", "secondary/mock-die-after-3"), "error");
    try (Socket socket = connect()) {
      post(socket, headers(), streamRequest().put("model", "secondary/mock-model-every-200"));
      readUntil(socket, "data: {");
    }
    LlmRelay client = LlmRelay.create(vertx);
    client
        .generate(ChatRequest.of(ChatMessage.user("Hi")).withModel("no\n \"such\" model"))
        .await();
    await().until(() -> ends.size() == 8);
    writers.forEach(LogWriter::flush);

    List<JsonObject> lines =
        json.toString(StandardCharsets.UTF_8).lines().map(JsonObject::new).toList();
    List<JsonObject> requests = of(lines, "request");
    assertThat(requests).hasSameSizeAs(ends);
    for (int i = 0; i < ends.size(); i++) {
      check(requests.get(i), ends.get(i));
    }
    assertThat(requests)
        .extracting(line -> line.getString("outcome"))
        .contains("completed", "failed", "cancelled");
    assertThat(of(lines, "attempt_failed"))
        .extracting(line -> line.getString("request_id") + line.getString("reason"))
        .containsExactlyElementsOf(
            failed.stream().map(end -> end.requestId() + end.attempt().reason()).toList());
    assertThat(of(lines, "circuit"))
        .extracting(line -> line.getString("circuit") + line.getString("to"))
        .containsExactlyElementsOf(
            circuits.stream().map(change -> change.circuit() + change.to().code()).toList())
        .contains("primaryopen");
    assertThat(of(lines, "cooldown"))
        .extracting(line -> line.getString("candidate") + line.getLong("for_ms"))
        .containsExactlyElementsOf(
            cooldowns.stream().map(event -> event.candidate() + event.forMs()).toList())
        .isNotEmpty();
    String plain = text.toString(StandardCharsets.UTF_8);
    assertThat(plain.lines()).hasSameSizeAs(lines);
    assertThat(plain)
        .containsPattern(
            "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3} INFO io.llmrelay.requests: request"
                + " request_id=\\S+ caller_request_id=mine-1 key=my-app front=/v1/chat/completions"
                + " streaming=true requested_model=mock-model backend=primary model=mock-model"
                + " outcome=completed finish_reason=stop attempts=\"primary/mock-model served\""
                + " first_chunk_ms=\\d+ duration_ms=\\d+ bytes=\\d+ input_tokens=\\d+"
                + " output_tokens=\\d+ tokens_source=\\w+\\R")
        .contains("requested_model=\"no? \\\"such\\\" model\"", "front=event-bus")
        .contains("WARNING io.llmrelay.requests: circuit circuit=primary from=closed to=open");
    assertThat(plain + json).doesNotContain(KEY, "Hello, this is");
  }

  private static List<JsonObject> of(List<JsonObject> lines, String event) {
    return lines.stream().filter(line -> line.getString("event").equals(event)).toList();
  }

  private static void check(JsonObject line, RelayEvent.RequestEnd end) {
    assertThat(line.getString("time")).matches("\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z");
    assertThat(line.getString("request_id")).isEqualTo(end.requestId());
    assertThat(line.getString("key")).isEqualTo(end.metadata().get(ChatRequest.CONSUMER));
    assertThat(line.getString("requested_model")).isEqualTo(end.requestedModel());
    assertThat(line.getString("backend")).isEqualTo(end.backend());
    assertThat(line.getString("model")).isEqualTo(end.model());
    assertThat(line.getLong("duration_ms")).isEqualTo(end.durationMs());
    assertThat(line.getLong("bytes")).isEqualTo(end.deliveredBytes());
    assertThat(line.getDouble("cost_usd")).isEqualTo(end.costUsd());
    assertThat(line.getLong("input_tokens", 0L)).isEqualTo(end.usage().inputTokens());
    assertThat(line.getLong("output_tokens", 0L)).isEqualTo(end.usage().outputTokens());
    if (end.failure() == null) {
      assertThat(line.getString("outcome")).isEqualTo("completed");
      assertThat(line.getString("finish_reason")).isEqualTo(end.finishReason().code());
      assertThat(line.getLong("first_chunk_ms")).isBetween(0L, end.durationMs());
    } else {
      FailureKind kind = end.failure().kind();
      assertThat(line.getString("reason")).isEqualTo(kind.code());
      assertThat(line.getString("level")).isEqualTo(kind.status() < 500 ? "info" : "warning");
    }
    JsonArray attempts = line.getJsonArray("attempts");
    assertThat(attempts).hasSameSizeAs(end.trail());
    for (int i = 0; i < attempts.size(); i++) {
      Attempt attempt = end.trail().get(i);
      JsonObject logged = attempts.getJsonObject(i);
      assertThat(logged.getString("candidate"))
          .isEqualTo(attempt.backend() + "/" + attempt.model());
      assertThat(logged.getString("reason")).isEqualTo(attempt.reason());
      assertThat(logged.getLong("duration_ms")).isEqualTo(attempt.durationMs());
    }
  }

  private static JsonObject only(String backend, String model) {
    return completionRequest()
        .put(
            "relay",
            new JsonObject().put("candidates", new JsonArray().add(backend + "/" + model)));
  }

  private static String headers() {
    return "Authorization: Bearer " + KEY + "\r\nx-request-id: mine-1\r\n";
  }

  private void ask(JsonObject body, String end) throws Exception {
    int before = ends.size();
    try (Socket socket = connect()) {
      post(socket, headers(), body);
      readUntil(socket, end);
    }
    await().until(() -> ends.size() > before);
  }

  private final class Events implements RelayListener {
    @Override
    public void onRequestEnd(RelayEvent.RequestEnd event) {
      ends.add(event);
    }

    @Override
    public void onAttemptEnd(RelayEvent.AttemptEnd event) {
      if (event.attempt().result() == Attempt.Result.FAILED) {
        failed.add(event);
      }
    }

    @Override
    public void onCircuitStateChange(RelayEvent.CircuitStateChange event) {
      circuits.add(event);
    }

    @Override
    public void onExhausted(RelayEvent.Exhausted event) {
      cooldowns.add(event);
    }
  }
}
