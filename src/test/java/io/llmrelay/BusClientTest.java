package io.llmrelay;

import static io.llmrelay.Relays.eventually;
import static io.llmrelay.Relays.get;
import static io.llmrelay.Relays.unique;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmrelay.Relays.Relay;
import io.llmrelay.config.BusOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.SandboxCall;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The protocol of docs/event-bus.md, spoken by a client that has nothing of ours: an event bus,
 * JSON objects, buffers, and the names of the headers.
 */
class BusClientTest {
  private static final String[] TOKENS = {
    "Déjà", " vu:", " 漢字", " and", " 🙂", " arrive", " whole"
  };
  private static final String TEXT = String.join("", TOKENS);

  @RegisterExtension static final Relays RELAYS = new Relays();

  private Relay relay;
  private String path;
  private EventBus bus;
  private Client client;

  /** A private address, and every frame that came to it. */
  private final class Client {
    final String address = unique("client");
    final List<Message<Object>> frames = new CopyOnWriteArrayList<>();
    final MessageConsumer<Object> consumer = bus.consumer(address);
    final AtomicInteger pings = new AtomicInteger();
    volatile boolean answersPings = true;

    Client() {
      consumer.handler(
          message -> {
            if (!"ping".equals(message.headers().get("frame"))) {
              frames.add(message);
            } else if (answersPings) {
              pings.incrementAndGet();
              message.reply(null);
            }
          });
      get(consumer.completion());
    }

    /** Opens a stream and returns the producer's private address. */
    String open(String service, JsonObject request, String stream, int window) {
      Message<Object> reply =
          get(bus.request(relay.prefix() + "." + service, request, opening(stream, window)));
      assertThat(reply.body()).isNull();
      return reply.headers().get("peer");
    }

    DeliveryOptions opening(String stream, int window) {
      return new DeliveryOptions()
          .addHeader("stream", stream)
          .addHeader("peer", address)
          .addHeader("window", Integer.toString(window));
    }

    void credit(String producer, String stream, Object chunks) {
      bus.send(producer, null, frame("credit", stream).addHeader("credit", chunks.toString()));
    }

    void cancel(String producer, String stream) {
      bus.send(producer, null, frame("cancel", stream));
    }

    DeliveryOptions frame(String frame, String stream) {
      return new DeliveryOptions()
          .addHeader("frame", frame)
          .addHeader("stream", stream)
          .addHeader("peer", address);
    }

    List<Message<Object>> frames(String stream) {
      return frames.stream().filter(f -> stream.equals(f.headers().get("stream"))).toList();
    }

    List<String> kinds(String stream) {
      return frames(stream).stream().map(f -> f.headers().get("frame")).toList();
    }

    long chunks(String stream) {
      return kinds(stream).stream().filter("chunk"::equals).count();
    }

    Message<Object> last(String stream, String kind) {
      eventually(() -> assertThat(kinds(stream)).contains(kind));
      List<Message<Object>> all = frames(stream);
      Message<Object> last = all.get(all.size() - 1);
      assertThat(last.headers().get("frame")).isEqualTo(kind);
      return last;
    }

    String text(String stream) {
      Buffer text = Buffer.buffer();
      for (Message<Object> frame : frames(stream)) {
        if ("chunk".equals(frame.headers().get("frame"))) {
          text.appendBuffer((Buffer) frame.body());
        }
      }
      return text.toString(UTF_8);
    }

    void isNumbered(String stream) {
      List<Message<Object>> all = frames(stream);
      for (int i = 0; i < all.size(); i++) {
        assertThat(all.get(i).headers().get("seq")).isEqualTo(Integer.toString(i));
      }
    }
  }

  @BeforeEach
  void start() {
    bus = RELAYS.vertx().eventBus();
    path = unique("primary");
    RELAYS.sandbox().script(path, Scenario.ok().text(TEXT));
    relay = RELAYS.deploy(options());
    client = new Client();
  }

  @AfterEach
  void stop() {
    get(client.consumer.unregister());
  }

  private RelayOptions options() {
    return new RelayOptions().addBackend("primary", RELAYS.backend("openai", path, "alpha"));
  }

  private static JsonObject request() {
    JsonObject message =
        new JsonObject().put("role", "user").put("content", "Why is the sky blue?");
    return new JsonObject().put("messages", new JsonArray().add(message));
  }

  private JsonObject ask(String service, JsonObject body) {
    return get(bus.<JsonObject>request(relay.prefix() + "." + service, body)).body();
  }

  private ReplyException refused(String address, Object body, DeliveryOptions options) {
    return catchThrowableOfType(
        ReplyException.class, () -> get(bus.request(address, body, options)));
  }

  private void aHealthyRequestSucceeds() {
    assertThat(ask("generate", request()).getString("text")).isEqualTo(TEXT);
  }

  @Test
  void theWholeAnswerByOneRequest() {
    JsonObject answer = ask("generate", request().put("model", "alpha").put("max_tokens", 50));
    assertThat(answer.getString("id")).isNotEmpty();
    assertThat(answer.getString("backend")).isEqualTo("primary");
    assertThat(answer.getString("model")).isEqualTo("alpha");
    assertThat(answer.getString("text")).isEqualTo(TEXT);
    assertThat(answer.getString("finish_reason")).isEqualTo("stop");
    JsonObject usage = answer.getJsonObject("usage");
    assertThat(usage.getString("source")).isEqualTo("provider");
    assertThat(usage.getInteger("output_tokens")).isEqualTo(TOKENS.length);
    JsonArray trail = answer.getJsonArray("trail");
    assertThat(trail).hasSize(1);
    assertThat(trail.getJsonObject(0).getString("result")).isEqualTo("served");
    assertThat(RELAYS.sandbox().calls(path).get(0).body().getInteger("max_tokens")).isEqualTo(50);
  }

  /** The id of a stream is its consumer's own; that of a run is the relay's. */
  @Test
  void theSameStreamIdOfTwoConsumersIsTwoRuns() {
    Client another = new Client();
    client.open("stream", request(), "s", 99);
    another.open("stream", request(), "s", 99);
    client.last("s", "end");
    another.last("s", "end");
    List<String> ids =
        Stream.of(client, another)
            .map(each -> ((JsonObject) each.frames("s").get(0).body()).getString("id"))
            .toList();
    assertThat(ids).doesNotHaveDuplicates().doesNotContain("s", (String) null);
    eventually(
        () ->
            assertThat(relay.hooks().ends())
                .extracting(end -> end.requestId())
                .containsExactlyInAnyOrderElementsOf(ids));
  }

  @Test
  void reasoningAndRefusalApart() {
    RELAYS.sandbox().script(path, Scenario.of("reasoning").text(TEXT));
    JsonObject answer = ask("generate", request());
    assertThat(answer.getString("text")).isEqualTo(TEXT);
    assertThat(answer.getString("reasoning")).isNotEmpty();
    RELAYS.sandbox().script(path, Scenario.of("refusal"));
    assertThat(ask("generate", request()).getString("refusal")).isNotEmpty();

    RELAYS.sandbox().script(path, Scenario.of("reasoning").text(TEXT));
    client.open("stream", request(), "s", 1000);
    client.last("s", "end");
    assertThat(client.frames("s").get(1).headers().get("kind")).isEqualTo("reasoning");
    assertThat(client.frames("s").stream().map(f -> f.headers().get("kind")))
        .contains("reasoning", (String) null);
  }

  @Test
  void aStreamGivesNoMoreThanItsCredit() {
    RELAYS.sandbox().script(path, Scenario.of("model-every-5-chunks-60").text(TEXT));
    String producer = client.open("stream", request(), "s", 2);
    eventually(() -> assertThat(client.chunks("s")).isEqualTo(2));
    JsonObject open = (JsonObject) client.frames("s").get(0).body();
    assertThat(client.kinds("s")).containsExactly("open", "chunk", "chunk");
    assertThat(client.frames("s").get(0).headers().get("peer")).isEqualTo(producer);
    assertThat(open.getString("backend")).isEqualTo("primary");
    assertThat(open.getString("model")).isEqualTo("alpha");
    assertThat(open.getString("id")).isNotEmpty();
    assertThat(open.getJsonArray("trail").getJsonObject(0).getString("result"))
        .isEqualTo("serving");

    client.credit(producer, "s", 3);
    eventually(() -> assertThat(client.chunks("s")).isEqualTo(5));
    // Everything has been said by now, and would be here if it were not for the credit.
    get(RELAYS.sandbox().calls(path).get(0).ended());
    get(bus.request(producer, null, client.frame("ping", "s")));
    assertThat(client.chunks("s")).isEqualTo(5);

    client.credit(producer, "s", 1000);
    JsonObject end = (JsonObject) client.last("s", "end").body();
    assertThat(client.text("s")).isEqualTo(TEXT.repeat(9).substring(0, sixtyTokens()));
    assertThat(end.getString("finish_reason")).isEqualTo("stop");
    assertThat(end.getJsonObject("usage").getInteger("output_tokens")).isEqualTo(60);
    assertThat(end.getJsonArray("trail").getJsonObject(0).getString("result")).isEqualTo("served");
    client.isNumbered("s");
  }

  /** 60 tokens are eight times all of them, and four. */
  private static int sixtyTokens() {
    return 8 * TEXT.length() + String.join("", Arrays.copyOf(TOKENS, 4)).length();
  }

  @Test
  void aFrameOfManyChunksSaysHowLongEachOfThemIs() {
    int times = 30;
    RELAYS.sandbox().script(path, Scenario.ok().text((" " + TEXT).repeat(times)));
    client.open("stream", request(), "s", 1000);
    client.last("s", "end");

    List<Integer> chunks = new ArrayList<>();
    boolean together = false;
    for (Message<Object> frame : client.frames("s")) {
      if ("chunk".equals(frame.headers().get("frame"))) {
        int length = ((Buffer) frame.body()).length();
        String lengths = frame.headers().get("lengths");
        List<Integer> its =
            lengths == null
                ? List.of(length)
                : Stream.of(lengths.split(",")).map(Integer::valueOf).toList();
        assertThat(its.stream().mapToInt(Integer::intValue).sum()).isEqualTo(length);
        chunks.addAll(its);
        together |= its.size() > 1;
      }
    }
    assertThat(together).isTrue();
    assertThat(chunks)
        .isEqualTo(
            Collections.nCopies(times, TOKENS).stream()
                .flatMap(Stream::of)
                .map(token -> " ".concat(token.strip()).getBytes(UTF_8).length)
                .toList());
  }

  @Test
  void oneAddressServesManyStreams() {
    Stream.of("a", "b", "c").forEach(s -> client.open("stream", request(), s, 1000));
    for (String stream : List.of("a", "b", "c")) {
      client.last(stream, "end");
      assertThat(client.text(stream)).isEqualTo(TEXT);
      client.isNumbered(stream);
    }
  }

  @Test
  void aFailureBeforeTheCommitPointHasNoOpen() {
    RELAYS.sandbox().script(path, Scenario.of("429-retry-after-7"));
    client.open("stream", request(), "s", 10);
    JsonObject failure = (JsonObject) client.last("s", "fail").body();
    assertThat(client.kinds("s")).containsExactly("fail");
    client.isNumbered("s");
    assertThat(failure.getString("kind")).isEqualTo("rate_limited");
    assertThat(failure.getBoolean("retryable")).isTrue();
    assertThat(failure.getInteger("status")).isEqualTo(429);
    // What is left of the backend's seven seconds by now.
    assertThat(failure.getInteger("retry_after_ms")).isBetween(6_000, 7_000);
    assertThat(failure.getString("backend")).isEqualTo("primary");
    assertThat(failure.getString("request_id")).isNotEmpty();
    assertThat(failure.getJsonArray("trail")).hasSize(1);
  }

  @Test
  void aFailureInMidStreamComesAfterWhatWasDelivered() {
    RELAYS.sandbox().script(path, Scenario.of("sse-error-after-3").text(TEXT));
    client.open("stream", request(), "s", 10);
    JsonObject failure = (JsonObject) client.last("s", "fail").body();
    String delivered = String.join("", Arrays.copyOf(TOKENS, 3));
    assertThat(client.text("s")).isEqualTo(delivered);
    assertThat(failure.getInteger("delivered_bytes")).isEqualTo(delivered.getBytes(UTF_8).length);
    assertThat(failure.getString("kind")).isEqualTo("overloaded");
  }

  @ParameterizedTest
  @ValueSource(strings = {"stream", "generate"})
  void cancelAbortsTheBackend(String service) {
    RELAYS.sandbox().script(path, Scenario.of("model-every-5-chunks-5000"));
    String producer = client.open(service, request(), "s", 10_000);
    eventually(() -> assertThat(RELAYS.calls(path)).isEqualTo(1));
    SandboxCall call = RELAYS.sandbox().calls(path).get(0);
    eventually(() -> assertThat(call.bytesWritten()).isGreaterThan(2000));
    client.cancel(producer, "s");
    get(call.ended());
    assertThat(call.aborted()).isTrue();
    eventually(() -> assertThat(relay.hooks().ends()).hasSize(1));
    assertThat(client.kinds("s")).doesNotContain("end", "fail");
    assertThat(ask("health", new JsonObject()).getInteger("requests")).isZero();
  }

  @Test
  void aWholeAnswerInFramesIsCommittedAtItsEnd() {
    RELAYS.sandbox().script(path, Scenario.of("model-every-5-chunks-20").text(TEXT));
    client.open("generate", request(), "s", 1000);
    eventually(() -> assertThat(RELAYS.calls(path)).isEqualTo(1));
    SandboxCall call = RELAYS.sandbox().calls(path).get(0);
    eventually(() -> assertThat(call.bytesWritten()).isPositive());
    boolean none = client.frames.isEmpty();
    if (!call.ended().isComplete()) {
      assertThat(none).as("no frame before the end").isTrue();
    }
    client.last("s", "end");
    assertThat(client.kinds("s").get(0)).isEqualTo("open");
    assertThat(client.text("s")).startsWith(TEXT);
  }

  @Test
  void aPeerThatAnswersPingsStaysAndOneThatDoesNotHasVanished() {
    relay =
        RELAYS.deploy(
            options()
                .setBus(
                    new BusOptions()
                        .setPingInterval(ofMillis(50))
                        .setPingTimeout(ofMillis(2_000))));
    RELAYS.sandbox().script(path, Scenario.of("stall-after-1").text(TEXT));
    String producer = client.open("stream", request(), "s", 1000);
    eventually(() -> assertThat(client.pings).hasValueGreaterThan(3));
    SandboxCall call = RELAYS.sandbox().calls(path).get(0);
    assertThat(call.ended().isComplete()).isFalse();
    Message<Object> pong = get(bus.request(producer, null, client.frame("ping", "s")));
    assertThat(pong.body()).isNull();

    client.answersPings = false;
    get(call.ended());
    assertThat(call.aborted()).isTrue();
    eventually(() -> assertThat(relay.hooks().ends()).hasSize(1));
    assertThat(relay.hooks().ends().get(0).failure().kind().code()).isEqualTo("cancelled");
  }

  @Test
  void aPeerWithoutAnAddressHasVanished() {
    RELAYS.sandbox().script(path, Scenario.of("model-every-10-chunks-5000"));
    client.open("stream", request(), "s", 10_000);
    eventually(() -> assertThat(client.chunks("s")).isPositive());
    get(client.consumer.unregister());
    SandboxCall call = RELAYS.sandbox().calls(path).get(0);
    get(call.ended());
    assertThat(call.aborted()).isTrue();
    eventually(() -> assertThat(relay.hooks().ends()).hasSize(1));
  }

  // What is wrong is answered, or ignored; it never does any harm.

  @ParameterizedTest
  @ValueSource(strings = {"stream", "generate", "plan"})
  void aBadRequestIsRefusedWithItsField(String service) {
    JsonObject bad = request();
    bad.getJsonArray("messages").getJsonObject(0).put("role", "sytem");
    ReplyException refusal = refused(relay.prefix() + "." + service, bad, client.opening("s", 10));
    assertThat(refusal.failureCode()).isEqualTo(400);
    JsonObject failure = new JsonObject(refusal.getMessage());
    assertThat(failure.getString("kind")).isEqualTo("invalid_request");
    assertThat(failure.getString("field")).isEqualTo("messages[0].role");
    assertThat(failure.getBoolean("retryable")).isFalse();
    assertThat(client.frames).isEmpty();
    aHealthyRequestSucceeds();
  }

  @Test
  void aFailedRequestIsAnsweredWithTheStatusOfItsKind() {
    RELAYS.sandbox().script(path, Scenario.http(503));
    ReplyException refusal =
        refused(relay.prefix() + ".generate", request(), new DeliveryOptions());
    assertThat(refusal.failureCode()).isEqualTo(503);
    JsonObject failure = new JsonObject(refusal.getMessage());
    assertThat(failure.getString("kind")).isEqualTo("overloaded");
    assertThat(failure.getJsonArray("trail")).hasSize(1);
  }

  @ParameterizedTest(name = "stream {0}, peer {1}, window {2}: {3}")
  @CsvSource({
    ", me, 10, stream", "'', me, 10, stream", "s, , 10, peer", "s, me, , window",
    "s, me, 0, window", "s, me, -1, window", "s, me, x, window", "s, me, 100000, window"
  })
  void aStreamNeedsItsHeaders(String stream, String peer, String window, String field) {
    DeliveryOptions options = new DeliveryOptions();
    if (stream != null) {
      options.addHeader("stream", stream);
    }
    if (peer != null) {
      options.addHeader("peer", client.address);
    }
    if (window != null) {
      options.addHeader("window", window);
    }
    ReplyException refusal = refused(relay.prefix() + ".stream", request(), options);
    assertThat(refusal.failureCode()).isEqualTo(400);
    assertThat(new JsonObject(refusal.getMessage()).getString("field")).contains(field);
    assertThat(RELAYS.calls(path)).isZero();
    assertThat(relay.hooks().ofRequests()).isEmpty();
  }

  @Test
  void anIdCanBeUsedOnceAtATime() {
    RELAYS.sandbox().script(path, Scenario.of("stall-after-1"));
    String producer = client.open("stream", request(), "s", 10);
    ReplyException refusal =
        refused(relay.prefix() + ".stream", request(), client.opening("s", 10));
    assertThat(refusal.failureCode()).isEqualTo(400);
    client.cancel(producer, "s");
    eventually(() -> assertThat(relay.hooks().ends()).hasSize(1));
    RELAYS.sandbox().script(path, Scenario.ok().text(TEXT));
    client.open("stream", request(), "s", 1000);
    client.last("s", "end");
  }

  @ParameterizedTest
  @ValueSource(strings = {"stream", "generate", "plan", "health", "events", "announce"})
  void noBodyBreaksAnything(String service) {
    String address = relay.prefix() + "." + service;
    boolean served = !List.of("events", "announce").contains(service);
    JsonObject wrongTypes =
        new JsonObject()
            .put("messages", 3)
            .put("model", new JsonArray())
            .put("request", "x")
            .put("connect_ms", "soon")
            .put("event", "exhausted")
            .put("candidate", 7)
            .put("circuit", new JsonObject())
            .put("probe", "maybe")
            .put("relay", new JsonArray());
    Object[] bodies = {
      null,
      "text",
      7L,
      true,
      Buffer.buffer("x"),
      new byte[1],
      new JsonArray(),
      new JsonObject(),
      wrongTypes,
      new JsonObject()
          .put("event", "exhausted")
          .put("candidate", "primary")
          .put("reason", "nonsense"),
      new JsonObject().put("circuit", "primary"),
      new JsonObject().put("circuit", "x").put("to", "open")
    };
    for (Object body : bodies) {
      bus.publish(address, body);
      bus.publish(address, body, client.opening(unique("s"), 10));
      bus.publish(address, body, client.frame("credit", "s"));
      bus.send(address, body, new DeliveryOptions().addHeader("peer", "nobody.is.here"));
      if (served) {
        assertAnswered(address, body, new DeliveryOptions());
        assertAnswered(address, body, client.opening(unique("s"), 10));
      }
    }
    aHealthyRequestSucceeds();
    assertThat(ask("health", new JsonObject()).getString("status")).isEqualTo("up");
  }

  /** With whatever; but neither never nor with something that only a programmer understands. */
  private void assertAnswered(String address, Object body, DeliveryOptions options) {
    ReplyException refusal = refused(address, body, options.setSendTimeout(5_000));
    if (refusal != null) {
      assertThat(refusal.failureCode()).as("%s: %s", body, refusal).isBetween(400, 499);
      assertThat(new JsonObject(refusal.getMessage()).getString("kind"))
          .isEqualTo("invalid_request");
    }
  }

  @Test
  void noFrameBreaksTheCoordinator() {
    RELAYS.sandbox().script(path, Scenario.of("model-every-5-chunks-60").text(TEXT));
    String producer = client.open("stream", request(), "s", 1);
    eventually(() -> assertThat(client.chunks("s")).isEqualTo(1));
    for (String credit : List.of("", "x", "-5", "99999999999999999999", "1.5", "0")) {
      client.credit(producer, "s", credit);
    }
    client.credit(producer, "another", 5);
    client.cancel(producer, "another");
    for (Object body : new Object[] {null, "text", new JsonObject(), Buffer.buffer("x"), 7}) {
      for (String frame :
          List.of("open", "chunk", "end", "fail", "credit", "cancel", "ping", "", "x")) {
        bus.publish(producer, body, client.frame(frame, "another"));
        bus.publish(producer, body, new DeliveryOptions().addHeader("frame", frame));
        DeliveryOptions another = new DeliveryOptions().addHeader("frame", frame);
        another.addHeader("stream", "s").addHeader("peer", "another").addHeader("seq", "0");
        bus.publish(producer, body, another);
      }
      bus.publish(producer, body);
    }
    get(bus.request(producer, null, client.frame("ping", "s")));
    assertThat(client.chunks("s")).isEqualTo(1);
    client.credit(producer, "s", 1000);
    client.last("s", "end");
    client.isNumbered("s");
    RELAYS.sandbox().script(path, Scenario.ok().text(TEXT));
    aHealthyRequestSucceeds();
  }

  // What else can be asked.

  @Test
  void thePlan() {
    JsonArray candidates = ask("plan", request().put("model", "alpha")).getJsonArray("candidates");
    assertThat(candidates).hasSize(1);
    assertThat(candidates.getJsonObject(0).getString("backend")).isEqualTo("primary");
    assertThat(candidates.getJsonObject(0).getString("model")).isEqualTo("alpha");
    assertThat(candidates.getJsonObject(0).getString("message")).isNotEmpty();
    assertThat(RELAYS.calls(path)).isZero();
  }

  @Test
  void theHealth() {
    JsonObject health = ask("health", new JsonObject());
    assertThat(health.getString("status")).isEqualTo("up");
    assertThat(health.getInteger("requests")).isZero();
    assertThat(health.getJsonArray("aliases")).isEmpty();
    JsonObject backend = health.getJsonArray("backends").getJsonObject(0);
    assertThat(backend.fieldNames())
        .contains(
            "name", "dialect", "models", "default_model", "available", "circuit", "exhausted");
    assertThat(backend.getString("default_model")).isEqualTo("alpha");
  }

  @Test
  void theEvents() {
    List<JsonObject> events = new CopyOnWriteArrayList<>();
    MessageConsumer<JsonObject> consumer =
        bus.consumer(relay.prefix() + ".events", message -> events.add(message.body()));
    get(consumer.completion());
    RELAYS.sandbox().script(path, Scenario.of("429-retry-after-7"));
    refused(relay.prefix() + ".generate", request(), new DeliveryOptions());
    eventually(() -> assertThat(events).hasSize(5));
    assertThat(events)
        .extracting(event -> event.getString("event"))
        .containsExactly(
            "request_start", "attempt_start", "exhausted", "attempt_end", "request_end");
    assertThat(events.get(4).getJsonObject("failure").getString("kind")).isEqualTo("rate_limited");
    assertThat(events.get(2).getLong("for_ms")).isEqualTo(7000);
    get(consumer.unregister());
  }
}
