package io.llmrelay;

import static io.llmrelay.Relays.eventually;
import static io.llmrelay.Relays.get;
import static io.llmrelay.Relays.unique;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.config.QueueOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Scenario;
import io.llmrelay.soak.Count;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What callers and backends may make grow has a bound, and who comes too late is told so. */
class RelayBoundsTest {
  private static final ChatRequest REQUEST = ChatRequest.of(ChatMessage.user("Hello"));

  @RegisterExtension static final Relays RELAYS = new Relays();

  private static RelayOptions options(String path) {
    return new RelayOptions().addBackend("primary", RELAYS.backend("openai", path, "alpha"));
  }

  @Test
  void requestsInFlight() throws Exception {
    String path = unique("primary");
    RELAYS.sandbox().script(path, Scenario.of("model-chunks-5000-every-10"));
    Relay relay = RELAYS.deploy(options(path).setMaxRequests(2));
    Promise<Void> cancel = Promise.promise();
    Seen.begin(relay.client(), REQUEST, true, cancel.future());
    Seen.begin(relay.client(), REQUEST, true, cancel.future());
    eventually(() -> assertThat(relay.health().getInteger("requests")).isEqualTo(2));

    Failure refused = Seen.of(relay.client(), REQUEST, true).failure();
    assertThat(refused.kind()).isEqualTo(FailureKind.SATURATED);
    assertThat(refused.message())
        .isEqualTo("the limit of 2 requests in flight (max-requests) is reached");
    assertThat(refused.retryAfterMs()).isEqualTo(1_000);
    assertThat(refused.retryable()).isTrue();

    cancel.complete();
    eventually(() -> assertThat(relay.health().getInteger("requests")).isZero());
    RELAYS.sandbox().script(path, Scenario.ok());
    assertThat(Seen.of(relay.client(), REQUEST, true).failure()).isNull();
  }

  @Test
  void requestsThatWaitForAConnection() throws Exception {
    String path = unique("primary");
    RELAYS.sandbox().script(path, Scenario.of("stall"));
    RelayOptions options = options(path);
    options.getBackends().get("primary").setMaxConnections(1);
    options.setQueue(new QueueOptions().setMax(2).setWait(ofSeconds(60)));
    // Neither the circuit nor a timer may be the one that says no.
    options.setCircuit(new CircuitOptions().setMaxFailures(1_000));
    options.setTimeouts(new Timeouts(ofSeconds(60), null, ofSeconds(60), null, null));
    Relay relay = RELAYS.deploy(options);
    Promise<Void> cancel = Promise.promise();
    List<Seen> all =
        java.util.stream.IntStream.range(0, 10)
            .mapToObj(i -> Seen.begin(relay.client(), REQUEST, true, cancel.future()))
            .toList();
    eventually(
        () ->
            assertThat(all)
                .filteredOn(seen -> seen.failure() != null)
                .hasSize(7)
                .allMatch(seen -> seen.failure().kind() == FailureKind.SATURATED));
    eventually(() -> assertThat(RELAYS.calls(path)).isEqualTo(1));
    cancel.complete();
  }

  @Test
  void namesOfModels() throws Exception {
    String path = unique("primary");
    Relay relay = RELAYS.deploy(options(path));
    Failure model = Seen.of(relay.client(), REQUEST.withModel("m".repeat(301)), true).failure();
    assertThat(model.field()).isEqualTo("model");
    assertThat(model.message()).isEqualTo("model must have at most 300 characters");
    RelayHints hints =
        new RelayHints(List.of("primary/" + "m".repeat(300)), null, Timeouts.UNSET, null, null);
    Failure candidate = Seen.of(relay.client(), REQUEST.withRelay(hints), true).failure();
    assertThat(candidate.field()).isEqualTo("relay.candidates");
    assertThat(RELAYS.calls(path)).isZero();
  }

  /** A context without a verticle never ends, and whoever has many of them must not leak. */
  @Test
  void addressesOfCallersWithoutAVerticle() throws Exception {
    Relay relay = RELAYS.deploy(options(unique("primary")));
    VertxInternal vertx = (VertxInternal) RELAYS.vertx();
    int before = Count.addresses(vertx);
    for (int i = 0; i < 3 * RelayClient.MAX_ENDPOINTS; i++) {
      ContextInternal context = vertx.createEventLoopContext();
      Promise<Object> done = Promise.promise();
      context.runOnContext(
          v -> relay.client().generate(REQUEST).<Object>map(answer -> answer).onComplete(done));
      get(done.future());
    }
    eventually(
        () ->
            assertThat(Count.addresses(vertx) - before)
                .isBetween(2, RelayClient.MAX_ENDPOINTS + 1));
    get(Future.succeededFuture().compose(v -> relay.client().close()));
    eventually(() -> assertThat(Count.addresses(vertx)).isEqualTo(before));
  }
}
