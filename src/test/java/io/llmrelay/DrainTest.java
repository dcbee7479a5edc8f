package io.llmrelay;

import static io.llmrelay.Relays.eventually;
import static io.llmrelay.Relays.get;
import static io.llmrelay.Relays.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A relay that drains leaves the public addresses to others, and refuses at its own door only. */
class DrainTest {
  @RegisterExtension static final Relays RELAYS = new Relays();

  private static final ChatRequest HELLO = ChatRequest.of(ChatMessage.user("Hi"));

  private static final String SLOW = "a ".repeat(80).trim();

  private final String prefix = unique("llm");
  private final String slow = unique("slow");
  private final String other = unique("other");

  private Relay deploy(String backend, boolean gateway) {
    RelayOptions options =
        new RelayOptions().addBackend(backend, RELAYS.backend("openai", backend, "m")).setLanes(2);
    if (gateway) {
      options.setGateway(new GatewayOptions().setPort(0));
    }
    options.getBus().setPrefix(prefix);
    return RELAYS.deployHere(options);
  }

  /** Requests one after the other until the relay has one that runs. */
  private Seen running(Relay relay) {
    RELAYS.sandbox().script(slow, Scenario.of("model-every-50").text(SLOW).chunkSize(2));
    Seen seen = Seen.begin(relay.client(), HELLO, true, Future.future(never -> {}));
    eventually(() -> assertThat(seen.text()).startsWith("a "));
    return seen;
  }

  private static int ask(Relay relay, String path, JsonObject body) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + relay.verticle().gatewayPort() + path))
            .header("content-type", "application/json");
    if (body != null) {
      request.POST(HttpRequest.BodyPublishers.ofString(body.encode()));
    }
    return HttpClient.newHttpClient()
        .send(request.build(), HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  @Test
  void whatIsSentToThePublicAddressesGoesToAnotherRelay() throws Exception {
    Relay leaving = deploy(slow, true);
    Seen running = running(leaving);
    Relay staying = deploy(other, false);
    RELAYS.sandbox().script(other, Scenario.ok().text("here"));
    Future<Void> drained = leaving.verticle().drain();
    while (ask(leaving, "/health/ready", null) != 503) {
      Seen early = Seen.of(staying.client(), HELLO, true);
      if (early.failure() != null) { // It was under way to the one that left.
        assertThat(early.failure().message()).isEqualTo("no reply on the event bus");
      }
    }
    for (int i = 0; i < 20; i++) {
      Seen seen = Seen.of(staying.client(), HELLO, i % 2 == 0);
      assertThat(seen.failure()).isNull();
      assertThat(seen.text()).isEqualTo("here");
    }
    assertThat(drained.isComplete()).isFalse();
    assertThat(ask(leaving, "/v1/chat/completions", HELLO.toJson())).isEqualTo(503);
    assertThat(running.await().text()).isEqualTo(SLOW);
    get(drained);
  }

  /** The failure of an answer reaches a consumer that does not read, and nothing waits for it. */
  @Test
  void doesNotWaitForTheReaderOfAFailedAnswer() throws Exception {
    RELAYS.sandbox().script(slow, Scenario.of("model-chunks-5000-every-2"));
    RelayOptions options =
        new RelayOptions()
            .addBackend(slow, RELAYS.backend("openai", slow, "m"))
            .setTimeouts(new Timeouts(null, null, null, null, Duration.ofSeconds(2)));
    options.getBus().setPrefix(prefix).setWindow(8);
    Relay leaving = RELAYS.deployHere(options);
    LlmStream stream = get(leaving.client().stream(HELLO));
    StringBuilder text = new StringBuilder();
    Promise<Void> over = Promise.promise();
    stream.pause();
    stream.exceptionHandler(over::tryFail).endHandler(over::complete);
    stream.handler(piece -> text.append(piece));
    eventually(() -> assertThat(leaving.health().getInteger("requests")).isZero());

    get(leaving.verticle().drain());
    stream.resume();
    LlmException failed = catchThrowableOfType(LlmException.class, () -> get(over.future()));
    assertThat(failed.failure().kind()).isEqualTo(FailureKind.TIMEOUT);
    assertThat(failed.failure().deliveredBytes()).isEqualTo(text.length());
    get(leaving.client().close());
    RELAYS.undeploy(leaving);
  }

  @Test
  void whereNoOtherRelayIsThereNobodyServesTheAddress() throws Exception {
    Relay leaving = deploy(slow, false);
    Seen running = running(leaving);
    Future<Void> drained = leaving.verticle().drain();
    for (String service : List.of("stream", "generate", "plan", "health")) {
      eventually(
          () -> {
            ReplyException refused =
                catchThrowableOfType(
                    ReplyException.class,
                    () ->
                        get(
                            RELAYS
                                .vertx()
                                .eventBus()
                                .request(prefix + "." + service, HELLO.toJson())));
            assertThat(refused).isNotNull();
            assertThat(refused.failureType()).isEqualTo(ReplyFailure.NO_HANDLERS);
          });
    }
    Seen late = Seen.of(leaving.client(), HELLO, true);
    assertThat(late.failure().kind()).isEqualTo(FailureKind.UNAVAILABLE);
    assertThat(drained.isComplete()).isFalse();
    assertThat(running.await().text()).isEqualTo(SLOW);
    get(drained);
    RELAYS.undeploy(leaving);
  }
}
