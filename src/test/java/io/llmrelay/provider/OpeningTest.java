package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.config.BackendOptions;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
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
  private static final String HI = "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"model\":\"m\"}",
        "{\"model\":\"m\",\"messages\":\"x\"}",
        "{" + HI + "}",
        "{\"model\":\" \"," + HI + "}",
        "{\"model\":7," + HI + "}",
        "{\"model\":\"m\",\"relay\":{\"timeouts\":{\"connect\":\"0ms\"}}," + HI + "}",
        "{\"model\":\"m\",\"relay\":{\"timeouts\":{\"stall\":1}}," + HI + "}",
        "{\"model\":\"m\",\"tools\":{}," + HI + "}"
      })
  void whatIsNoRequestIsRefused(String body, Vertx vertx) {
    AtomicInteger requests = new AtomicInteger();
    Rig rig = Rig.openai(vertx, request -> requests.incrementAndGet());
    DeliveryOptions opening =
        new DeliveryOptions()
            .addHeader("stream", "s")
            .addHeader("peer", "nobody")
            .addHeader("window", "1");
    assertThat(
            vertx
                .eventBus()
                .request(rig.address(), new JsonObject(body), opening)
                .toCompletionStage()
                .toCompletableFuture())
        .failsWithin(Duration.ofSeconds(5))
        .withThrowableOfType(ExecutionException.class)
        .withCauseInstanceOf(ReplyException.class)
        .withMessageContaining("invalid_request")
        .withMessageContaining("\"field\"");
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
    Rig rig = Rig.of(vertx, Rig.options("cloudflare", null), request -> {});
    Consumer consumer = rig.open(Rig.HELLO.withStop("x"), true).awaitEnd();
    assertThat(consumer.failure.kind()).isEqualTo(FailureKind.INVALID_REQUEST);
    assertThat(consumer.failure.message()).contains("stop");
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
