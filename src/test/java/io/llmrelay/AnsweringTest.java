package io.llmrelay;

import static io.llmrelay.Relays.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.RelayOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a consumer is told of what a provider says, from backends that say what the test wants. */
class AnsweringTest {
  private static final ChatRequest REQUEST = ChatRequest.of(ChatMessage.user("Hello"));
  private static final String GOOD = text("ok") + finish("stop") + "data: [DONE]\n\n";

  @RegisterExtension static final Relays RELAYS = new Relays();

  private final List<HttpServer> servers = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() {
    servers.forEach(server -> Relays.get(server.close()));
  }

  /** A backend that answers with an event stream. */
  private BackendOptions backend(String dialect, String model, Consumer<HttpServerResponse> body) {
    HttpServer server =
        Relays.get(
            RELAYS
                .vertx()
                .createHttpServer()
                .requestHandler(
                    request ->
                        body.accept(
                            request
                                .response()
                                .setChunked(true)
                                .putHeader("content-type", "text/event-stream")))
                .listen(0, "127.0.0.1"));
    servers.add(server);
    return new BackendOptions()
        .setDialect(dialect)
        .setBaseUrl("http://127.0.0.1:" + server.actualPort() + "/v1")
        .setModels(List.of(model));
  }

  private BackendOptions backend(String body) {
    return backend("openai", "alpha", response -> response.end(body));
  }

  private static RelayOptions options(BackendOptions primary, BackendOptions secondary) {
    return new RelayOptions().addBackend("primary", primary).addBackend("secondary", secondary);
  }

  private static String delta(String field, String text) {
    return "data: {\"model\":\"alpha-2026\",\"choices\":[{\"delta\":{\"%s\":\"%s\"}}]}\n\n"
        .formatted(field, text);
  }

  private static String text(String text) {
    return delta("content", text);
  }

  private static String finish(String reason) {
    return "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"" + reason + "\"}]}\n\n";
  }

  private static ChatRequest with(JsonObject relay) {
    return ChatRequest.fromJson(REQUEST.toJson().put("relay", relay));
  }

  private static ChatRequest commit(String commit) {
    return with(new JsonObject().put("commit", commit));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "data: : keepalive\n\n",
        "data: keepalive\n\n",
        "data: null\n\n",
        "data: \"\"\n\n",
        "data: {}\n\n"
      })
  void noiseResetsNoTimer(String noise) throws Exception {
    BackendOptions noisy =
        backend(
            "openai",
            "alpha",
            response -> {
              long timer =
                  RELAYS.vertx().setPeriodic(1, 50, id -> response.write(noise.repeat(10)));
              response
                  .exceptionHandler(e -> {})
                  .closeHandler(v -> RELAYS.vertx().cancelTimer(timer));
            });
    Relay relay = RELAYS.deploy(options(noisy, backend(noise + GOOD)));
    JsonObject limit = new JsonObject().put("first-chunk", "500ms");

    Seen seen = Seen.of(relay.client(), with(new JsonObject().put("timeouts", limit)), true);

    assertThat(seen.backend()).isEqualTo("secondary");
    assertThat(seen.text()).isEqualTo("ok");
    assertThat(seen.trail().get(0).message()).matches("no first chunk within \\d+ ms");
  }

  @ParameterizedTest
  @CsvSource({"first-chunk, primary, reasoning:hm", "first-text, secondary, text:ok"})
  void reasoningAloneCommitsUnlessTextMust(String commit, String backend, String first)
      throws Exception {
    BackendOptions broken = backend(delta("reasoning_content", "hm"));
    Relay relay = RELAYS.deploy(options(broken, backend(GOOD)));
    List<String> chunks = new CopyOnWriteArrayList<>();

    LlmStream stream = Relays.get(relay.client().stream(commit(commit)));
    stream
        .exceptionHandler(e -> {})
        .events()
        .handler(
            event -> {
              if (event instanceof ChatEvent.Chunk chunk) {
                chunks.add(chunk.kind().code() + ":" + chunk.data());
              }
            });

    assertThat(stream.backend()).isEqualTo(backend);
    eventually(() -> assertThat(chunks).containsExactly(first));
  }

  @Test
  void theFirstTextBringsTheReasoningBeforeIt() throws Exception {
    String thought = delta("reasoning_content", "h") + delta("reasoning_content", "m");
    Relay relay = RELAYS.deploy(options(backend(thought + GOOD), backend(GOOD)));
    List<String> events = new CopyOnWriteArrayList<>();

    LlmStream stream = Relays.get(relay.client().stream(commit("first-text")));
    stream
        .events()
        .handler(
            event ->
                events.add(
                    event instanceof ChatEvent.Chunk chunk
                        ? chunk.kind().code() + ":" + chunk.data()
                        : event instanceof ChatEvent.BlockStart start
                            ? "block " + start.block().index()
                            : "end"));

    eventually(
        () ->
            assertThat(events)
                .containsExactly("block 0", "reasoning:hm", "block 1", "text:ok", "end"));
    assertThat(stream.backend()).isEqualTo("primary");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theModelIsTheProvidersWordAndTheTrailsIsOurs(boolean streaming) throws Exception {
    Relay relay = RELAYS.deploy(options(backend(GOOD), backend(GOOD)));

    Seen seen = Seen.of(relay.client(), REQUEST, streaming);

    assertThat(seen.model()).isEqualTo("alpha-2026");
    assertThat(seen.trail().get(0).model()).isEqualTo("alpha");
  }

  @Test
  void anAnswerThatNamesNoModelIsTheOneThatWasAsked() throws Exception {
    Relay relay = RELAYS.deploy(options(backend(GOOD.replace("alpha-2026", "")), backend(GOOD)));
    assertThat(Seen.of(relay.client(), REQUEST, true).model()).isEqualTo("alpha");
  }

  @Test
  void whatWasLeftOutOfTheRequestIsAWarning() throws Exception {
    String answer =
        "data: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"ok\"}}\n\n"
            + "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n"
            + "data: {\"type\":\"message_stop\"}\n\n";
    BackendOptions claude =
        backend("anthropic", "claude-unheard-of-9", response -> response.end(answer));
    Relay relay = RELAYS.deploy(options(claude, backend(GOOD)));
    LlmStream stream =
        Relays.get(relay.client().stream(REQUEST.withTemperature(0.1).withTopP(0.2)));
    assertThat(stream.warning())
        .isEqualTo("temperature, top_p were left out: claude-unheard-of-9 takes none");
    stream.cancel();
  }

  /** Said was one token of output, delivered were twenty characters, which are about five. */
  @Test
  void anAnswerThatBrokeOffUsedAtLeastWhatWasDelivered() throws Exception {
    String usage =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}}\n\n";
    Relay relay = RELAYS.deploy(options(backend(usage + text("x".repeat(20))), backend(GOOD)));

    Seen seen = Seen.of(relay.client(), REQUEST, true);

    Failure failure = seen.failure();
    assertThat(failure.kind()).isEqualTo(FailureKind.NETWORK);
    assertThat(failure.usage())
        .isEqualTo(new TokenUsage(9, 5, 0, 0, 0, TokenUsage.Source.ESTIMATED));
  }
}
