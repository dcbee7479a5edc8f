package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.chat.ChunkKind;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class ProviderVerticleTest {
  @Test
  void healthyStream(Vertx vertx) {
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              request.response().setChunked(true).putHeader("content-type", "text/event-stream");
              request.response().write(Sse.text("Hel"));
              request.response().end(Sse.text("lo") + Sse.finish("stop") + Sse.DONE);
            });
    Consumer consumer = rig.open().awaitEnd();
    assertThat(consumer.text(ChunkKind.TEXT)).isEqualTo("Hello");
    assertThat(consumer.end.getString("finish_reason")).isEqualTo("stop");
    assertThat(consumer.awaitOpen().getInteger("status")).isEqualTo(200);
  }

  @Test
  void httpError(Vertx vertx) {
    Rig rig =
        Rig.openai(
            vertx,
            request ->
                request
                    .response()
                    .setStatusCode(401)
                    .end("{\"error\":{\"message\":\"no\",\"code\":\"invalid_api_key\"}}"));
    Consumer consumer = rig.open().awaitEnd();
    assertThat(consumer.failure.kind()).isEqualTo(FailureKind.AUTHENTICATION);
    assertThat(consumer.failure.status()).isEqualTo(401);
    assertThat(consumer.calls).containsExactly("fail");
  }

  @Test
  void cancelWhileStreaming(Vertx vertx) {
    AtomicBoolean gone = new AtomicBoolean();
    Rig rig =
        Rig.openai(
            vertx,
            request -> {
              request.response().closeHandler(v -> gone.set(true));
              request.response().setChunked(true).write(Sse.text("Hel"));
            });
    Consumer consumer = rig.open();
    await().until(() -> !consumer.chunks.isEmpty());
    consumer.cancel();
    await().untilTrue(gone);
    assertThat(consumer.end).isNull();
  }
}
