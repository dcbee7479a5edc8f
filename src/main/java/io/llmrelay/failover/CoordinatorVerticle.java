package io.llmrelay.failover;

import io.llmrelay.availability.Availability;
import io.llmrelay.bus.BusClient;
import io.llmrelay.bus.BusEndpoint;
import io.llmrelay.bus.BusService;
import io.llmrelay.bus.FrameCodec;
import io.llmrelay.chat.ChatExchange;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ChatService;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.llmrelay.observe.Listeners;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Offers the relay as a {@link ChatService} on the event bus ({@code stream} and {@code generate}),
 * by combining the backends'; and answers {@code plan} and {@code health}. Keeps what the runs
 * share: the configuration and the endpoint all streams go through.
 *
 * <p>Everything of a coordinator happens on its one context. The coordinators of a relay share its
 * {@link Availability}.
 */
public final class CoordinatorVerticle extends VerticleBase {
  private static final Logger LOG = System.getLogger(CoordinatorVerticle.class.getName());

  private static final long SATURATED_RETRY_MS = 1_000;

  private final CoordinatorSettings first;
  private final Listeners firstListeners;
  private final Availability availability;
  private final InstantSource clock;
  private final Set<String> warned = new HashSet<>();
  private final Set<Run> runs = new HashSet<>();
  private final List<Supplier<Future<Void>>> publicAddresses = new ArrayList<>();
  private final List<Supplier<Future<Void>>> ownAddresses = new ArrayList<>();
  private final String origin = UUID.randomUUID().toString();

  /** The configuration of new requests. */
  private ConfigSnapshot config;

  /** Room for the text of chunks while it is counted. */
  private final byte[] scratch = new byte[Chunks.MAX_BYTES];

  private BusEndpoint endpoint;
  private long admitted;
  private boolean stopping;

  /**
   * A coordinator to be deployed.
   *
   * @param availability open already
   */
  public CoordinatorVerticle(
      CoordinatorSettings settings, Listeners listeners, Availability availability) {
    this(settings, listeners, availability, InstantSource.system());
  }

  /**
   * A coordinator with another clock, for tests.
   *
   * @param clock the time of day, for prices
   */
  CoordinatorVerticle(
      CoordinatorSettings settings,
      Listeners listeners,
      Availability availability,
      InstantSource clock) {
    first = settings;
    firstListeners = listeners;
    this.availability = availability;
    this.clock = clock;
  }

  @Override
  public Future<?> start() {
    config = snapshot(first, firstListeners);
    return BusEndpoint.open(vertx, first.prefix() + ".coordinator", first.bus())
        .compose(
            opened -> {
              endpoint = opened;
              return Future.all(
                  List.of(
                      serve("stream", this::stream, false),
                      serve("generate", this::generate, true),
                      answer("plan", this::plan),
                      answer("health", this::health)));
            });
  }

  private ConfigSnapshot snapshot(CoordinatorSettings settings, Listeners listeners) {
    return new ConfigSnapshot(settings, listeners, availability.backends(), clock);
  }

  /**
   * Serves the requests that begin from now on by other settings, after the availability was
   * configured for them; those that run end as they began. To be called on the coordinator's
   * context.
   *
   * @param settings with the addresses and the bus of those before
   * @param whenUnused called when the last request under the settings before is over
   */
  public void reload(CoordinatorSettings settings, Listeners listeners, Runnable whenUnused) {
    ConfigSnapshot before = config;
    config = snapshot(settings, listeners);
    before.retire(whenUnused);
  }

  /**
   * Leaves the public addresses, so that other coordinators get what is sent there, and then
   * refuses what still comes to the lane's own. To be called on the coordinator's context.
   */
  public Future<?> drain() {
    return leave(publicAddresses).onComplete(done -> stopping = true);
  }

  /**
   * Whether nothing runs, and nobody waits for the rest of an answer. To be called on the
   * coordinator's context.
   */
  public boolean isIdle() {
    return runs.isEmpty() && endpoint.openStreams() == 0;
  }

  /** Ends every run, each with a clear failure, before the address goes off the bus. */
  @Override
  public Future<?> stop() {
    stopping = true;
    List.copyOf(runs).forEach(Run::shutDown);
    return Future.join(leave(publicAddresses), leave(ownAddresses))
        .eventually(() -> endpoint == null ? Future.succeededFuture() : endpoint.close());
  }

  private static Future<?> leave(List<Supplier<Future<Void>>> addresses) {
    List<Future<Void>> left = addresses.stream().map(Supplier::get).toList();
    addresses.clear();
    return Future.join(left);
  }

  /** Milliseconds that only go forward. */
  long now() {
    return System.nanoTime() / 1_000_000;
  }

  Vertx vertx() {
    return vertx;
  }

  /** The number of characters of a text. */
  int characters(Buffer utf8) {
    int length = utf8.length();
    byte[] bytes = scratch;
    if (length > bytes.length) {
      bytes = utf8.getBytes();
    } else {
      utf8.getBytes(0, length, bytes);
    }
    int characters = 0;
    for (int i = 0; i < length; i++) {
      characters += (bytes[i] & 0xC0) == 0x80 ? 0 : 1;
    }
    return characters;
  }

  /** The backend with this name, under the configuration that holds now or an earlier one. */
  ChatService backend(ConfigSnapshot config, String name) {
    return new BusClient(endpoint, config.settings().providers() + ".provider." + name);
  }

  void forget(Run run) {
    if (runs.remove(run)) {
      availability.end();
    }
  }

  /** Says in the log that a model will not live long, once for each. */
  void warn(Candidate candidate) {
    if (candidate.warning() != null
        && warned.add(candidate.backend() + "/" + candidate.known().id())) {
      LOG.log(Level.WARNING, "{0}: {1}", candidate.backend(), candidate.warning());
    }
  }

  /** Offers a service at the public address, and at the lane's own. */
  private Future<?> serve(String name, ChatService service, boolean whole) {
    Future<BusService> everywhere =
        BusService.register(endpoint, first.prefix() + "." + name, service, whole);
    Future<BusService> here =
        BusService.registerLocal(endpoint, first.lane() + "." + name, service, whole);
    return Future.all(
        everywhere.onSuccess(bus -> publicAddresses.add(bus::unregister)),
        here.onSuccess(bus -> ownAddresses.add(bus::unregister)));
  }

  private interface Question {
    void answer(Message<Object> message, JsonObject body);
  }

  /** Answers questions at the public address, and at the lane's own. */
  private Future<?> answer(String name, Question question) {
    EventBus bus = vertx.eventBus();
    Handler<Message<Object>> handler = message -> answer(message, question);
    MessageConsumer<Object> everywhere = bus.consumer(first.prefix() + "." + name, handler);
    MessageConsumer<Object> here = bus.localConsumer(first.lane() + "." + name, handler);
    publicAddresses.add(everywhere::unregister);
    ownAddresses.add(here::unregister);
    return Future.all(everywhere.completion(), here.completion());
  }

  /** Whatever a message holds, it is answered: with what was asked for, or with a failure. */
  private static void answer(Message<Object> message, Question question) {
    try {
      question.answer(message, FrameCodec.json(message));
    } catch (RuntimeException e) {
      FrameCodec.refuse(message, LlmException.failureOf(e));
    }
  }

  private ChatExchange stream(ChatRequest request, ChatSink sink) {
    return open(request, true, sink);
  }

  /** The whole answer at once: the same run, committed at its end. */
  private ChatExchange generate(ChatRequest request, ChatSink sink) {
    return open(request.withCommit(CommitPoint.COMPLETE), false, sink);
  }

  private ChatExchange open(ChatRequest request, boolean streaming, ChatSink sink) {
    Run run = admit(request.checked(), streaming, sink);
    runs.add(run);
    run.begin();
    context.runOnContext(v -> run.start());
    return run;
  }

  /**
   * Plans a run and counts it as in flight, until {@link #forget}. Its id is unique, whatever ids
   * the consumers give their streams.
   */
  private Run admit(ChatRequest asked, boolean streaming, ChatSink sink) {
    if (stopping) {
      throw Failure.of(FailureKind.UNAVAILABLE, "the relay is shutting down").toException();
    }
    List<String> warnings = new ArrayList<>();
    ChatRequest request = limited(asked, warnings);
    Planner.Choices plan = config.planner().plan(request);
    if (plan.choices().isEmpty()) {
      throw Planner.noCandidate(plan.leftOut()).toException();
    }
    Run run =
        new Run(
            origin.substring(24) + "-" + admitted++,
            streaming,
            request,
            plan.candidates(),
            config.settings().run().with(request.relay()),
            warnings,
            config,
            this,
            sink);
    int maxRequests = config.settings().maxRequests();
    if (!availability.begin(maxRequests)) {
      throw Failure.of(
              FailureKind.SATURATED, maxRequests + " requests (max-requests) are in flight already")
          .withRetryAfterMs(SATURATED_RETRY_MS)
          .toException();
    }
    return run;
  }

  private ChatRequest limited(ChatRequest request, List<String> warnings) {
    return request.withRelay(config.settings().limits().cut(request.relay(), warnings));
  }

  private void plan(Message<Object> message, JsonObject body) {
    ChatRequest request = limited(ChatRequest.fromJson(body), new ArrayList<>());
    message.reply(
        PlanReport.of(
                config.planner().plan(request),
                candidate ->
                    config
                        .backends()
                        .check(candidate.backend(), candidate.model(), candidate.expected(request)))
            .toJson());
  }

  private void health(Message<Object> message, JsonObject body) {
    JsonObject report = HealthReport.of(config, availability.requests());
    if (stopping) {
      report.put("status", "down").put("reason", "shutting down");
    }
    if (Boolean.TRUE.equals(body.getValue("probe"))) {
      Future.join(report.getJsonArray("backends").stream().map(this::probe).toList())
          .onComplete(probed -> message.reply(report));
    } else {
      message.reply(report);
    }
  }

  /** Asks a backend itself, and puts what it says into its part of the report. */
  private Future<?> probe(Object backend) {
    JsonObject part = (JsonObject) backend;
    return availability.probe(part.getString("name")).onSuccess(reply -> part.put("probe", reply));
  }
}
