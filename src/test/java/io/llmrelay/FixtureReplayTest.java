package io.llmrelay;

import static io.llmrelay.Relays.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentBlock;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.config.KnownProvider;
import io.llmrelay.config.ModelOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.observe.RelayEvent.Exhausted;
import io.llmrelay.observe.RelayListener;
import io.llmrelay.provider.Blocks;
import io.llmrelay.provider.Recording;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Everything that was recorded of the dialects, as a consumer of the whole relay sees it: over real
 * HTTP, in pieces of several sizes, with a healthy backend of a larger window behind each one.
 *
 * <p>Every case is a backend of its own, so that none suffers from what another one learned.
 */
class FixtureReplayTest {
  private static final int[] SIZES = {0, 1, 7, -1};
  private static final int WINDOW = 8_000;
  private static final long DAY_MS = Duration.ofDays(1).toMillis();

  /** One recording in pieces of one size, streamed or asked for as a whole. */
  record Case(int number, Recording recording, int size, boolean streamed) {
    String backend() {
      return "backend-" + number;
    }

    @Override
    public String toString() {
      return recording + (streamed ? " in pieces of " + size : " as a whole");
    }
  }

  /** What the consumer was told. */
  private static final class Answer {
    final Map<BlockKind, StringBuilder> texts = new LinkedHashMap<>();
    final List<ContentBlock> calls = new ArrayList<>();
    String backend;
    List<Attempt> trail;
    FinishReason finishReason;
    TokenUsage usage;
    Failure failure;

    String text(BlockKind kind) {
      return texts.getOrDefault(kind, new StringBuilder()).toString();
    }

    void text(BlockKind kind, String more) {
      texts.computeIfAbsent(kind, k -> new StringBuilder()).append(more);
    }
  }

  private static final Map<String, Case> CASES = new LinkedHashMap<>();
  private static final Map<String, Exhausted> EXHAUSTED = new ConcurrentHashMap<>();
  private static Vertx vertx;
  private static LlmRelay relay;

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    if (Recording.folder() != null) {
      for (Recording recording : Recording.all()) {
        for (int size : SIZES) {
          cases.add(new Case(cases.size(), recording, size, true));
        }
        cases.add(new Case(cases.size(), recording, 0, false));
      }
    }
    return cases;
  }

  @BeforeAll
  static void start() {
    Assumptions.assumeTrue(
        Recording.folder() != null, "no recordings: llmrelay.fixtures names no folder");
    vertx = Vertx.vertx();
    cases().forEach(one -> CASES.put(one.backend(), one));
    HttpServer server =
        get(vertx.createHttpServer().requestHandler(FixtureReplayTest::answer).listen(0));
    String url = "http://127.0.0.1:" + server.actualPort() + "/";
    RelayOptions options =
        new RelayOptions()
            .addBackend("healthy", backend("openai", null).setBaseUrl(url + "healthy"))
            .setCircuit(new CircuitOptions().setMaxFailures(1_000_000))
            .setCatalog(
                List.of(
                    new ModelOptions("m", null, WINDOW, null, null),
                    new ModelOptions("m", "healthy", 2 * WINDOW, null, null)));
    CASES.forEach(
        (name, one) ->
            options.addBackend(
                name,
                backend(one.recording.dialect(), one.recording.vendor()).setBaseUrl(url + name)));
    RelayListener hooks =
        new RelayListener() {
          @Override
          public void onExhausted(Exhausted event) {
            EXHAUSTED.put(event.candidate().replace("/m", ""), event);
          }
        };
    get(vertx.deployVerticle(new RelayVerticle(options).addListener(hooks)));
    relay = LlmRelay.create(vertx);
  }

  private static BackendOptions backend(String dialect, String vendor) {
    return new BackendOptions()
        .setDialect(dialect)
        .setProvider(KnownProvider.of(vendor) == null ? null : vendor)
        .setApiKey("sk-test-0123456789abcdef")
        .setDefaultModel("m");
  }

  private static void answer(HttpServerRequest request) {
    String backend = request.path().split("/")[1];
    if (backend.equals("healthy")) {
      request
          .response()
          .end(
              "data: {\"choices\":[{\"delta\":{\"content\":\"healthy\"},"
                  + "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
    } else {
      Case one = CASES.get(backend);
      one.recording.replay(request, one.size);
    }
  }

  @AfterAll
  static void stop() {
    if (vertx != null) {
      get(vertx.close());
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void replay(Case one) {
    Answer answer = ask(one);
    Recording recording = one.recording;
    if (fallsBack(one)) {
      assertThat(answer.failure).isNull();
      assertThat(answer.backend).isEqualTo("healthy");
      assertThat(answer.text(BlockKind.TEXT)).isEqualTo("healthy");
      assertThat(answer.texts).hasSize(1);
      assertThat(answer.trail.get(0).reason()).isIn(recording.kinds());
      if (recording.isError()) {
        assertThat(answer.trail.get(0).status()).isEqualTo(recording.status());
      }
    } else if (recording.fails()) {
      assertThat(answer.failure.kind().code()).isIn(recording.kinds());
      assertThat(answer.failure.trail()).hasSize(1);
      delivered(answer, one);
    } else if (isOnlyFiltered(recording)) {
      assertThat(answer.failure.kind()).isEqualTo(FailureKind.CONTENT_FILTER);
      assertThat(answer.failure.trail()).hasSize(1);
    } else {
      assertThat(answer.failure).isNull();
      assertThat(answer.backend).isEqualTo(one.backend());
      assertThat(answer.trail).hasSize(1);
      delivered(answer, one);
      recording.assertToolCalls(answer.calls);
      assertThat(answer.finishReason.code())
          .isEqualTo(recording.expected().getString("finish_reason"));
      if (recording.hasUsage()) {
        recording.assertUsage(answer.usage);
      } else {
        assertThat(answer.usage.source())
            .isEqualTo(
                said(recording).isEmpty() && answer.calls.isEmpty()
                    ? TokenUsage.Source.NONE
                    : TokenUsage.Source.ESTIMATED);
      }
    }
    leftAlone(one, answer.failure == null ? answer.trail : answer.failure.trail());
  }

  /** What was delivered cannot be taken back, unless nothing is before the answer is complete. */
  private static boolean fallsBack(Case one) {
    boolean held = !one.streamed || said(one.recording).isEmpty();
    return held && one.recording.fallsBack();
  }

  private static String said(Recording recording) {
    StringBuilder said = new StringBuilder();
    for (BlockKind kind : Recording.TEXTS) {
      said.append(recording.text(kind));
    }
    return said.toString();
  }

  /** An answer that is nothing but the filter's verdict. */
  private static boolean isOnlyFiltered(Recording recording) {
    return "content_filter".equals(recording.expected().getString("finish_reason"))
        && said(recording).isEmpty();
  }

  private static void delivered(Answer answer, Case one) {
    for (BlockKind kind : Recording.TEXTS) {
      boolean withheld = answer.failure != null && !one.streamed;
      assertThat(answer.text(kind)).isEqualTo(withheld ? "" : one.recording.text(kind));
    }
  }

  /** How long the backend is left alone: as long as it says, else as long as is usual. */
  private static void leftAlone(Case one, List<Attempt> trail) {
    String reason = String.valueOf(trail.get(0).reason());
    Exhausted exhausted = EXHAUSTED.get(one.backend());
    long asked = one.recording.retryAfterMs();
    if (one.recording.waitsForCalendar()) {
      assertThat(exhausted.forMs()).isBetween(1L, DAY_MS);
    } else if (asked >= 0) {
      assertThat(exhausted.forMs()).isEqualTo(asked);
    } else if (reason.equals("rate_limited")) {
      assertThat(exhausted.forMs()).isEqualTo(Duration.ofSeconds(10).toMillis());
    } else if (reason.equals("quota_exhausted")) {
      assertThat(exhausted.forMs()).isEqualTo(Duration.ofMinutes(5).toMillis());
    } else if (reason.equals("authentication")) {
      assertThat(exhausted.forMs()).as("until a probe succeeds").isEqualTo(-1);
    } else {
      assertThat(exhausted).isNull();
    }
  }

  private static Answer ask(Case one) {
    ChatRequest request =
        ChatRequest.of(ChatMessage.user("Hello")).withCandidates(one.backend(), "healthy");
    Answer answer = new Answer();
    try {
      if (one.streamed) {
        stream(request, answer);
      } else {
        whole(get(relay.generate(request)), answer);
      }
    } catch (LlmException e) {
      answer.failure = e.failure();
    }
    return answer;
  }

  private static void whole(ChatCompletion whole, Answer answer) {
    answer.text(BlockKind.TEXT, whole.text());
    answer.text(BlockKind.REASONING, whole.reasoning());
    answer.text(BlockKind.REFUSAL, whole.refusal());
    answer.texts.values().removeIf(StringBuilder::isEmpty);
    whole.blocks().stream()
        .filter(block -> block.block().kind() == BlockKind.TOOL_CALL)
        .forEach(answer.calls::add);
    answer.backend = whole.backend();
    answer.trail = whole.trail();
    answer.finishReason = whole.finishReason();
    answer.usage = whole.usage();
  }

  private static void stream(ChatRequest request, Answer answer) {
    Promise<LlmStream> over = Promise.promise();
    Blocks blocks = new Blocks();
    relay.stream(request)
        .onFailure(over::fail)
        .onSuccess(
            stream ->
                stream
                    .events()
                    .exceptionHandler(over::fail)
                    .endHandler(v -> over.complete(stream))
                    .handler(
                        event -> {
                          if (event instanceof ChatEvent.Chunk chunk) {
                            answer.text(
                                chunk.kind(), chunk.data().toString(StandardCharsets.UTF_8));
                            blocks.add(chunk.block(), chunk.data());
                          } else if (event instanceof ChatEvent.BlockStart start) {
                            blocks.add(start.block(), Buffer.buffer());
                          }
                        }));
    LlmStream stream = get(over.future());
    answer.calls.addAll(blocks.of(BlockKind.TOOL_CALL));
    answer.backend = stream.backend();
    answer.trail = stream.trail();
    answer.finishReason = stream.finishReason();
    answer.usage = stream.usage();
  }
}
