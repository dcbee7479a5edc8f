package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BackendOptions;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
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
        cases.add(Arguments.of(recording, size));
      }
    }
    return cases.stream();
  }

  @ParameterizedTest(name = "{0} in pieces of {1}")
  @MethodSource("recordings")
  void replay(Recording recording, int size) {
    BackendOptions options = Rig.options(recording.dialect(), recording.vendor());
    Rig rig = Rig.of(vertx, options, request -> recording.replay(request, size));
    Consumer consumer = rig.open().awaitEnd();
    JsonObject expected = recording.expected();

    for (BlockKind kind : Recording.TEXTS) {
      assertThat(consumer.text(kind)).isEqualTo(recording.text(kind));
    }
    if (recording.fails()) {
      failed(consumer.failure, recording);
    } else {
      assertThat(consumer.failure).isNull();
      recording.assertToolCalls(consumer.contents.of(BlockKind.TOOL_CALL));
      assertThat(consumer.end.getString("finish_reason"))
          .isEqualTo(expected.getString("finish_reason"));
      assertThat(consumer.end.getInteger("malformed")).isNull();
      if (expected.getString("model") != null) {
        assertThat(consumer.end.getString("model")).isEqualTo(expected.getString("model"));
      }
      if (recording.hasUsage()) {
        recording.assertUsage(TokenUsage.fromJson(consumer.end.getJsonObject("usage")));
      } else {
        assertThat(TokenUsage.fromJson(consumer.end.getJsonObject("usage")))
            .isEqualTo(TokenUsage.NONE);
      }
    }
    Consumer.await(vertx.undeploy(rig.deployment));
  }

  private static void failed(Failure failure, Recording recording) {
    assertThat(failure).isNotNull();
    assertThat(failure.kind().code()).isIn(recording.kinds());
    if (recording.isError()) {
      assertThat(failure.status()).isEqualTo(recording.status());
    }
    if (!recording.waitsForCalendar()) {
      assertThat(failure.retryAfterMs()).isEqualTo(recording.retryAfterMs());
    }
  }
}
