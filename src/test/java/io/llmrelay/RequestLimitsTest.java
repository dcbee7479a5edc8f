package io.llmrelay;

import static io.llmrelay.Relays.get;
import static io.llmrelay.Relays.unique;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.LatchOptions;
import io.llmrelay.config.LimitsOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A request cannot lift the operator's limits, and is told where it tried. */
class RequestLimitsTest {
  @RegisterExtension static final Relays RELAYS = new Relays();

  private final String one = unique("one");
  private final String two = unique("two");

  private RelayOptions options() {
    return new RelayOptions()
        .addBackend(one, RELAYS.backend("openai", one, "m"))
        .addBackend(two, RELAYS.backend("openai", two, "m"));
  }

  private static ChatRequest asking(JsonObject relay) {
    return ChatRequest.fromJson(json(relay));
  }

  private static JsonObject json(JsonObject relay) {
    return new JsonObject()
        .put("messages", JsonArray.of(JsonObject.of("role", "user", "content", "Hi")))
        .put("relay", relay);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aLongerTimeoutDoesNotLastLonger(boolean streaming) throws Exception {
    RELAYS.sandbox().script(one, Scenario.of("stall"));
    Timeouts short_ = new Timeouts(null, null, ofSeconds(60), null, ofMillis(300));
    Timeouts limit = new Timeouts(null, null, null, null, ofMillis(500));
    Relay relay =
        RELAYS.deploy(
            options().setTimeouts(short_).setLimits(new LimitsOptions().setTimeouts(limit)));
    JsonObject wish = new JsonObject().put("total", "1h").put("first-chunk", "1h");
    long started = System.nanoTime();
    Seen seen = Seen.of(relay.client(), asking(new JsonObject().put("timeouts", wish)), streaming);
    assertThat(seen.failure().kind()).isEqualTo(FailureKind.TIMEOUT);
    assertThat(ofMillis((System.nanoTime() - started) / 1_000_000))
        .isBetween(ofMillis(490), ofSeconds(15));
    assertThat(RELAYS.calls(two)).isZero();
  }

  @Test
  void moreRetriesAndCandidatesAreNotTried() throws Exception {
    RELAYS.sandbox().script(one, Scenario.of("503"));
    Relay relay =
        RELAYS.deploy(options().setLimits(new LimitsOptions().setRetries(1).setCandidates(1)));
    JsonObject wish =
        new JsonObject()
            .put("candidates", JsonArray.of(one, two))
            .put("retries", JsonObject.of("max", 5));
    Seen seen = Seen.of(relay.client(), asking(wish), true);
    assertThat(seen.failure().trail()).extracting(Attempt::backend).containsExactly(one, one);
    assertThat(RELAYS.calls(two)).isZero();
    assertThat(get(relay.client().plan(asking(wish))).candidates()).hasSize(1);
  }

  @Test
  void whatWasCutIsNamedOnEveryWay() throws Exception {
    RELAYS.sandbox().script(one, Scenario.ok().text("fine"));
    Relay relay =
        RELAYS.deploy(
            options()
                .setGateway(new GatewayOptions().setPort(0))
                .setLatch(new LatchOptions().setMaxSize(400)));
    JsonObject wish =
        new JsonObject().put("timeouts", JsonObject.of("stall", "2h")).put("commit", 101);
    String stall = "relay.timeouts.stall was cut from 2h to 1h";
    String both = "relay.commit was cut from 101 to 100; " + stall;
    LlmStream stream = get(relay.client().stream(asking(wish)));
    assertThat(stream.warning()).isEqualTo(both);
    stream.cancel();
    ChatCompletion whole = get(relay.client().generate(asking(wish)));
    assertThat(whole.warning()).isEqualTo(stall);
    for (boolean streaming : new boolean[] {true, false}) {
      HttpRequest request =
          HttpRequest.newBuilder(
                  URI.create(
                      "http://127.0.0.1:"
                          + relay.verticle().gatewayPort()
                          + "/v1/chat/completions"))
              .header("content-type", "application/json")
              .POST(
                  HttpRequest.BodyPublishers.ofString(json(wish).put("stream", streaming).encode()))
              .build();
      HttpResponse<String> response =
          HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.headers().firstValue("x-relay-warning"))
          .hasValue(streaming ? both : stall);
    }
  }

  /** More characters than the latch holds bytes: it commits before the latch is full. */
  @Test
  void aCommitBeyondTheLatchDoesNotFail() throws Exception {
    String text = "漢".repeat(300);
    RELAYS.sandbox().script(one, Scenario.ok().text(text).chunkSize(5));
    Relay relay = RELAYS.deploy(options().setLatch(new LatchOptions().setMaxSize(400)));
    Seen seen = Seen.of(relay.client(), asking(new JsonObject().put("commit", 250)), true);
    assertThat(seen.failure()).isNull();
    assertThat(seen.text()).isEqualTo(text);
  }
}
