package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.config.BackendOptions;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What may open a stream, and what a backend may be. */
@ExtendWith(VertxExtension.class)
class OpeningTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"model\":\"m\",\"connect_ms\":1}",
        "{\"model\":\"m\",\"connect_ms\":1,\"request\":{}}",
        "{\"model\":\"m\",\"connect_ms\":1,\"request\":\"x\"}",
        "{\"model\":\" \",\"connect_ms\":1,\"request\":{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}}",
        "{\"model\":7,\"connect_ms\":1,\"request\":{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}}",
        "{\"model\":\"m\",\"connect_ms\":0,\"request\":{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}}",
        "{\"model\":\"m\",\"connect_ms\":1,\"stall_ms\":0,\"request\":{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}}",
        "{\"model\":\"m\",\"connect_ms\":\"1\",\"request\":{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}}",
        "{\"model\":\"m\",\"connect_ms\":1,\"request\":{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[]}}"
      })
  void whatIsNoRequestIsRefused(String body, Vertx vertx) {
    AtomicInteger requests = new AtomicInteger();
    Rig rig = Rig.openai(vertx, request -> requests.incrementAndGet());
    Consumer consumer = Consumer.open(vertx, rig.address(), new JsonObject(body), true).awaitEnd();
    assertThat(consumer.failure.kind()).isEqualTo(FailureKind.INVALID_REQUEST);
    assertThat(consumer.failure.field()).isNotNull();
    assertThat(requests).hasValue(0);
  }

  @Test
  void whatIsNoObjectIsRefused(Vertx vertx) {
    Rig rig = Rig.openai(vertx, request -> {});
    for (Object body : new Object[] {null, "x", Buffer.buffer("x"), 7}) {
      assertThat(
              vertx
                  .eventBus()
                  .request(rig.address(), body)
                  .toCompletionStage()
                  .toCompletableFuture())
          .failsWithin(Duration.ofSeconds(5))
          .withThrowableOfType(ExecutionException.class)
          .withCauseInstanceOf(ReplyException.class)
          .withMessageContaining("invalid_request");
    }
  }

  @Test
  void whatTheDialectCannotSayIsRefused(Vertx vertx) {
    Rig rig = Rig.of(vertx, Rig.options("anthropic", null), request -> {});
    Consumer consumer = rig.open(Rig.HELLO.withSeed(1L), true).awaitEnd();
    assertThat(consumer.failure.kind()).isEqualTo(FailureKind.INVALID_REQUEST);
    assertThat(consumer.failure.message()).contains("seed");
  }

  @Test
  void badOptionsFailTheDeploymentWithoutShowingTheKey(Vertx vertx) {
    for (BackendOptions options :
        List.of(
            Rig.options("klingon", null).setBaseUrl("http://x"),
            Rig.options("openai", null),
            Rig.options("openai", null).setBaseUrl("ftp://x"),
            Rig.options("openai", null).setBaseUrl("http://x").setApiKey("secret\nkey"))) {
      ProviderVerticle verticle = new ProviderVerticle("b", options, "p", Consumer.BUS);
      assertThat(vertx.deployVerticle(verticle).toCompletionStage().toCompletableFuture())
          .failsWithin(Duration.ofSeconds(5))
          .withThrowableOfType(ExecutionException.class)
          .satisfies(e -> assertThat(e.toString()).doesNotContain("secret", Rig.SECRET));
    }
  }
}
