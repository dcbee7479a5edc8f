package io.llmrelay;

import static io.llmrelay.Relays.eventually;
import static io.llmrelay.Relays.get;
import static io.llmrelay.Relays.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.LlmException;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.config.LoggingOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import io.llmrelay.observe.impl.MetricsListener;
import io.llmrelay.sandbox.SandboxCall;
import io.llmrelay.sandbox.Scenario;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Keys, prompts and answers are nobody's business: with everything logged and everything listened
 * to, and with backends that repeat what they were sent, none of them turns up anywhere but at the
 * backend and at the consumer.
 */
class SecretsTest {
  private static final String KEY = "relay-key-7f3a9c51e2";
  private static final String HEADER = "header-secret-44d0b8";
  private static final String PROMPT = "How do I tell Aunt Ophelia that the parrot escaped?";
  private static final String SYSTEM =
      "You are Horatio, \"a discreet butler\".\nNever mention the parrot.";
  private static final String ANSWER = "Dearest Ophelia, the parrot seeks adventure in Patagonia.";
  private static final ChatRequest REQUEST =
      ChatRequest.of(ChatMessage.system(SYSTEM), ChatMessage.user(PROMPT))
          .withUser("user-4711")
          .withMetadata(Map.of("tenant", "acme"));

  @RegisterExtension static final Relays RELAYS = new Relays();

  /** All that could be seen. */
  private final List<String> seen = new CopyOnWriteArrayList<>();

  private final Handler logs =
      new Handler() {
        @Override
        public void publish(LogRecord record) {
          seen.add(record.getLoggerName() + ": " + record.getMessage());
          if (record.getParameters() != null) {
            see(record.getParameters());
          }
          for (Throwable t = record.getThrown(); t != null; t = t.getCause()) {
            see(t);
          }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  private void see(Object... things) {
    for (Object thing : things) {
      seen.add(String.valueOf(thing));
    }
  }

  @Test
  void nothingOfThemIsEverShown() throws Exception {
    Logger root = Logger.getLogger("");
    Logger ours = Logger.getLogger("io.llmrelay");
    Level before = ours.getLevel();
    logs.setLevel(Level.ALL);
    ours.setLevel(Level.FINEST);
    root.addHandler(logs);
    try {
      run();
    } finally {
      root.removeHandler(logs);
      ours.setLevel(before);
    }
    assertThat(seen).hasSizeGreaterThan(50);
    assertThat(seen).anyMatch(thing -> thing.startsWith("request request_id="));
    assertThat(seen).anyMatch(thing -> thing.startsWith("attempt_failed request_id="));
    for (String thing : seen) {
      assertThat(thing)
          .doesNotContainIgnoringCase(KEY)
          .doesNotContainIgnoringCase(HEADER)
          .doesNotContain("Ophelia", "parrot", "escaped", "Horatio", "discreet", "Patagonia");
    }
  }

  private void run() throws Exception {
    String path = unique("secret");
    RelayOptions options = options(path);
    see(options, new RelayOptions(options));
    options.getBackends().values().forEach(this::see);
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    Relay relay = RELAYS.deploy(options, new Everything(), new MetricsListener(meters, Map.of()));
    MessageConsumer<JsonObject> events =
        RELAYS.vertx().eventBus().consumer(relay.prefix() + ".events", m -> see(m.body()));
    get(events.completion());
    see(REQUEST, REQUEST.messages().get(0), ChatEvent.class);

    for (Scenario scenario : failures()) {
      inEveryWay(relay, path, scenario);
    }
    // The same by the event bus alone, where a failure is a text.
    JsonObject alone = REQUEST.withCandidates("one").toJson();
    String generate = relay.prefix() + ".generate";
    RELAYS.sandbox().script(path + "one", repeatingThePrompt());
    assertThatThrownBy(() -> get(RELAYS.vertx().eventBus().request(generate, alone)))
        .satisfies(this::seeReply);
    alone.getJsonArray("messages").getJsonObject(1).put("role", "oops");
    assertThatThrownBy(() -> get(RELAYS.vertx().eventBus().request(generate, alone)))
        .satisfies(this::seeReply);
    // A handler of the caller's that throws.
    RELAYS.sandbox().script(path + "one", Scenario.ok().text(ANSWER));
    LlmStream stream = get(relay.client().stream(REQUEST));
    see(stream, new ChatEvent.Chunk(Block.of(0, BlockKind.TEXT), Buffer.buffer(ANSWER)));
    stream.cancel();

    // Afterwards nobody is asked any more.
    inEveryWay(relay, path, refusingTheKey());
    see(get(relay.client().plan(REQUEST)), relay.health());
    eventually(() -> assertThat(relay.health().getInteger("requests")).isZero());
    meters.getMeters().forEach(meter -> see(meter.getId()));
    relay.hooks().ends().forEach(this::see);

    List<SandboxCall> calls = RELAYS.sandbox().calls();
    assertThat(calls).isNotEmpty().allMatch(SandboxCall::keyPresent);
    calls.forEach(this::see);
    get(events.unregister());
  }

  private void inEveryWay(Relay relay, String path, Scenario scenario) throws Exception {
    RELAYS.sandbox().script(path + "one", scenario).script(path + "two", scenario);
    int one = RELAYS.calls(path + "one");
    int two = RELAYS.calls(path + "two");
    for (boolean streaming : new boolean[] {true, false}) {
      ask(relay, REQUEST, streaming);
      ask(relay, REQUEST.withCandidates("one"), streaming);
      ask(relay, REQUEST.withCandidates("two"), streaming);
    }
    assertThat(RELAYS.calls(path + "one")).as("%s at one", scenario).isGreaterThan(one);
    assertThat(RELAYS.calls(path + "two")).as("%s at two", scenario).isGreaterThan(two);
  }

  private void seeReply(Throwable failure) {
    assertThat(failure).isInstanceOf(ReplyException.class);
    see(failure);
  }

  private void ask(Relay relay, ChatRequest request, boolean streaming) throws Exception {
    Seen answer =
        Seen.begin(relay.client(), request, streaming, Future.future(never -> {})).await();
    if (answer.failure() != null) {
      see(answer.failure(), answer.failure().toJson(), new LlmException(answer.failure()));
    } else {
      assertThat(answer.text()).isEqualTo(ANSWER);
      see(answer.trail(), answer.finishReason());
    }
    if (answer.completion() != null) {
      see(answer.completion());
    }
  }

  private static RelayOptions options(String path) {
    RelayOptions options =
        new RelayOptions()
            .setLogging(new LoggingOptions().setRequests(true))
            .setCircuit(new CircuitOptions().setMaxFailures(1_000));
    for (String name : List.of("one", "two", "good")) {
      BackendOptions backend =
          RELAYS.backend(name.equals("two") ? "anthropic" : "openai", path + name, "model-" + name);
      backend.setApiKey(KEY).setHeaders(Map.of("x-token", HEADER));
      options.addBackend(name, backend);
    }
    RELAYS.sandbox().script(path + "good", Scenario.ok().text(ANSWER));
    return options;
  }

  private static JsonObject prompt() {
    return new JsonObject()
        .put("type", "server_error")
        .put(
            "message",
            "[{'type': 'missing', 'loc': ('body', 'n'), 'input': {'content': '" + PROMPT + "'}}]");
  }

  private static Scenario repeatingThePrompt() {
    String body = new JsonObject().put("error", prompt()).encode();
    return Scenario.http(500, "application/json", body);
  }

  private static Scenario refusingTheKey() {
    JsonObject echo =
        new JsonObject()
            .put("type", "invalid_request_error")
            .put("code", "bad " + KEY)
            .put("message", "Incorrect API key provided: " + KEY + ", token " + HEADER);
    return Scenario.http(401, "application/json", new JsonObject().put("error", echo).encode());
  }

  /** Every way to fail, and above all those in which a backend repeats what it was sent. */
  private static List<Scenario> failures() {
    JsonObject prompt = prompt();
    JsonObject cut =
        new JsonObject()
            .put("type", "server_error")
            .put(
                "message",
                "cannot read '" + SYSTEM.substring(8, 40) + "…', nor '" + PROMPT.substring(5, 30));
    String json = "application/json";
    return List.of(
        Scenario.ok().text(ANSWER),
        repeatingThePrompt(),
        Scenario.http(500, json, new JsonObject().put("error", cut).encode()),
        Scenario.http(400, json, new JsonObject().put("error", prompt).encode()),
        Scenario.http(200, json, new JsonObject().put("error", prompt).encode()),
        Scenario.http(502, "text/html", "<html>" + PROMPT + KEY + "</html>"),
        Scenario.http(500, "text/plain", "cannot handle: " + PROMPT),
        Scenario.of("400"),
        Scenario.of("die"),
        Scenario.of("empty"),
        Scenario.of("malformed-after-role"),
        Scenario.of("sse-error-after-role"),
        Scenario.of("stall-after-1-for-10").text(ANSWER));
  }

  /** Sees every event. */
  private final class Everything implements RelayListener {
    @Override
    public void onRequestStart(RelayEvent.RequestStart event) {
      see(event, event.toJson());
      throw new IllegalStateException("a hook that fails is logged");
    }

    @Override
    public void onAttemptStart(RelayEvent.AttemptStart event) {
      see(event, event.toJson());
    }

    @Override
    public void onAttemptEnd(RelayEvent.AttemptEnd event) {
      see(event, event.toJson());
    }

    @Override
    public void onFallback(RelayEvent.Fallback event) {
      see(event, event.toJson());
    }

    @Override
    public void onFirstChunk(RelayEvent.FirstChunk event) {
      see(event, event.toJson());
    }

    @Override
    public void onRequestEnd(RelayEvent.RequestEnd event) {
      see(event, event.toJson());
    }

    @Override
    public void onCircuitStateChange(RelayEvent.CircuitStateChange event) {
      see(event, event.toJson());
    }

    @Override
    public void onExhausted(RelayEvent.Exhausted event) {
      see(event, event.toJson());
    }
  }
}
