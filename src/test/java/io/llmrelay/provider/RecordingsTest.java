package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChunkKind;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BackendOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything that was recorded of the dialects, over real HTTP, in pieces of several sizes. */
class RecordingsTest {
  private static Vertx vertx;

  @BeforeAll
  static void start() {
    Assumptions.assumeTrue(
        Recording.folder() != null, "no recordings: llmrelay.fixtures names no folder");
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void stop() {
    if (vertx != null) {
      Consumer.await(vertx.close());
    }
  }

  static Stream<Arguments> recordings() {
    List<Arguments> cases = new ArrayList<>();
    for (Recording recording : Recording.all()) {
      for (int size : recording.isError() ? new int[] {0} : new int[] {0, 1, 7, 100, -1}) {
        if (size >= 0 || recording.hasSocketPieces()) {
          cases.add(Arguments.of(recording, size));
        }
      }
    }
    return cases.stream();
  }

  @ParameterizedTest(name = "{0} in pieces of {1}")
  @MethodSource("recordings")
  void replay(Recording recording, int size) {
    BackendOptions options = Rig.options(recording.dialect(), recording.vendor());
    Rig rig = Rig.of(vertx, options, request -> answer(request, recording, size));
    Consumer consumer = rig.open().awaitEnd();
    JsonObject expected = recording.expected();

    assertThat(consumer.text(ChunkKind.TEXT)).isEqualTo(string(expected, "text"));
    assertThat(consumer.text(ChunkKind.REASONING)).isEqualTo(string(expected, "reasoning"));
    assertThat(consumer.text(ChunkKind.REFUSAL)).isEqualTo(string(expected, "refusal"));
    if (expected.containsKey("class")) {
      failed(consumer.failure, recording, expected);
    } else {
      assertThat(consumer.failure).isNull();
      assertThat(consumer.end.getString("finish_reason"))
          .isEqualTo(expected.getString("finish_reason"));
      assertThat(consumer.end.getInteger("malformed")).isNull();
      if (expected.getString("model") != null) {
        assertThat(consumer.end.getString("model")).isEqualTo(expected.getString("model"));
      }
      usage(consumer.end.getJsonObject("usage"), recording, expected.getJsonObject("usage"));
    }
    Consumer.await(vertx.undeploy(rig.deployment));
  }

  private static String string(JsonObject expected, String key) {
    String text = expected.getString(key);
    return text == null ? "" : text;
  }

  private static void failed(Failure failure, Recording recording, JsonObject expected) {
    List<String> kinds = new ArrayList<>();
    kinds.add(expected.getString("class").toLowerCase(Locale.ROOT));
    expected
        .getJsonArray("class_also_accepted", new JsonArray())
        .forEach(kind -> kinds.add(kind.toString().toLowerCase(Locale.ROOT)));
    assertThat(failure).isNotNull();
    assertThat(failure.kind().code()).isIn(kinds);
    if (recording.isError()) {
      assertThat(failure.status()).isEqualTo(recording.status());
    }
    Double seconds = expected.getDouble("retry_after_seconds");
    if (seconds != null) {
      assertThat(failure.retryAfterMs()).isEqualTo(Math.round(seconds * 1000));
    } else if (!expected.getString("note", "").startsWith("until ")) {
      assertThat(failure.retryAfterMs()).isEqualTo(-1);
    }
  }

  private static void usage(JsonObject ours, Recording recording, JsonObject expected) {
    if (expected == null) {
      assertThat(ours).isNull();
      return;
    }
    TokenUsage usage = TokenUsage.fromJson(ours);
    boolean anthropic = recording.dialect().equals("anthropic");
    boolean apart = recording.vendor().equals("xai");
    assertThat(usage.source()).isEqualTo(TokenUsage.Source.PROVIDER);
    assertThat(
            usage.inputTokens()
                - (anthropic ? usage.cachedInputTokens() + usage.cacheWriteTokens() : 0))
        .isEqualTo(expected.getLong("input"));
    assertThat(usage.outputTokens() - (apart ? usage.reasoningTokens() : 0))
        .isEqualTo(expected.getLong("output"));
    assertThat(usage.cachedInputTokens()).isEqualTo(number(expected, "cached_input"));
    assertThat(usage.cacheWriteTokens()).isEqualTo(number(expected, "cache_write"));
    assertThat(usage.reasoningTokens()).isEqualTo(number(expected, "reasoning"));
  }

  private static long number(JsonObject expected, String key) {
    Long number = expected.getLong(key);
    return number == null ? 0 : number;
  }

  private static void answer(HttpServerRequest request, Recording recording, int size) {
    request.response().setStatusCode(recording.status());
    recording
        .headers()
        .forEach(
            header -> {
              if (!header.getKey().equalsIgnoreCase("transfer-encoding")) {
                request.response().putHeader(header.getKey(), header.getValue().toString());
              }
            });
    request.response().setChunked(true);
    Future<Void> written = Future.succeededFuture();
    for (Buffer piece : recording.pieces(size)) {
      written = written.compose(v -> request.response().write(piece));
    }
    written.onSuccess(v -> request.response().end());
  }
}
