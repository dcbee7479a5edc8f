package io.llmrelay.failover;

import io.llmrelay.availability.Availability;
import io.llmrelay.bus.BusEndpoint;
import io.llmrelay.bus.Chunks;
import io.llmrelay.bus.Frames;
import io.llmrelay.bus.InboundStream;
import io.llmrelay.bus.OutboundStream;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.llmrelay.observe.Listeners;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
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

/**
 * Serves {@code stream}, {@code generate}, {@code plan} and {@code health} on the event bus, and
 * keeps what the runs share: the configuration and the endpoint all streams go through.
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
  private final List<MessageConsumer<?>> publicConsumers = new ArrayList<>();
  private final List<MessageConsumer<?>> consumers = new ArrayList<>();
  private final String origin = UUID.randomUUID().toString();

  /** What holds for the requests that begin now. */
  private Setup setup;

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
    setup = setup(first, firstListeners);
    return BusEndpoint.open(vertx, first.prefix() + ".coordinator", first.bus())
        .compose(
            opened -> {
              endpoint = opened;
              return Future.all(
                  List.of(
                      serve("stream", this::stream),
                      serve("generate", this::generate),
                      serve("plan", this::plan),
                      serve("health", this::health)));
            });
  }

  private Setup setup(CoordinatorSettings settings, Listeners listeners) {
    return new Setup(settings, listeners, availability.backends(), clock);
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
    Setup before = setup;
    setup = setup(settings, listeners);
    before.retire(whenUnused);
  }

  /**
   * Leaves the public addresses, so that other coordinators get what is sent there, and then
   * refuses what still comes to the lane's own. To be called on the coordinator's context.
   */
  public Future<?> drain() {
    List<MessageConsumer<?>> left = List.copyOf(publicConsumers);
    publicConsumers.clear();
    return unregister(left).onComplete(done -> stopping = true);
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
    consumers.addAll(publicConsumers);
    return unregister(consumers)
        .eventually(() -> endpoint == null ? Future.succeededFuture() : endpoint.close());
  }

  private static Future<?> unregister(List<MessageConsumer<?>> all) {
    return Future.join(all.stream().map(MessageConsumer::unregister).toList());
  }

  /** Milliseconds that only go forward. */
  long now() {
    return System.nanoTime() / 1_000_000;
  }

  Vertx vertx() {
    return vertx;
  }

  InboundStream open(String service, JsonObject body, InboundStream.Handler handler) {
    return endpoint.request(service, body, handler);
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

  private interface Service {
    void serve(Message<JsonObject> message, JsonObject body);
  }

  /** At the public address, and at the lane's own. */
  private Future<?> serve(String name, Service service) {
    return Future.all(
        consume(publicConsumers, first.prefix() + "." + name, message -> answer(message, service)),
        consume(consumers, first.lane() + "." + name, message -> answer(message, service)));
  }

  private Future<?> consume(
      List<MessageConsumer<?>> all, String address, Handler<Message<Object>> handler) {
    MessageConsumer<Object> consumer = vertx.eventBus().consumer(address, handler);
    all.add(consumer);
    return consumer.completion();
  }

  /** Whatever a message holds, it is answered: with what was asked for, or with a failure. */
  private static void answer(Message<Object> message, Service service) {
    try {
      if (!(message.body() instanceof JsonObject body)) {
        throw Failure.invalid("", "the body must be a JSON object").toException();
      }
      @SuppressWarnings("unchecked")
      Message<JsonObject> typed = (Message<JsonObject>) (Message<?>) message;
      service.serve(typed, body);
    } catch (RuntimeException e) {
      Frames.refuse(message, LlmException.failureOf(e));
    }
  }

  private void stream(Message<JsonObject> message, JsonObject body) {
    stream(message, ChatRequest.fromJson(body), true);
  }

  /**
   * The whole answer: in one reply, or as a stream committed at its end, which can be cancelled.
   */
  private void generate(Message<JsonObject> message, JsonObject body) {
    ChatRequest request = ChatRequest.fromJson(body).withCommit(CommitPoint.COMPLETE);
    if (message.headers().contains(Frames.PEER)) {
      stream(message, request, false);
    } else {
      start(admit(request, false, new ReplySink(message)));
    }
  }

  private void stream(Message<JsonObject> message, ChatRequest request, boolean streaming) {
    StreamSink sink = new StreamSink();
    sink.run = admit(request, streaming, sink);
    sink.stream = endpoint.accept(message, sink);
    if (sink.stream == null) {
      availability.end();
    } else {
      start(sink.run);
    }
  }

  private void start(Run run) {
    runs.add(run);
    run.start();
  }

  /**
   * Plans a run and counts it as in flight, until {@link #forget}. Its id is unique, whatever ids
   * the consumers give their streams.
   */
  private Run admit(ChatRequest asked, boolean streaming, Sink sink) {
    if (stopping) {
      throw Failure.of(FailureKind.UNAVAILABLE, "the relay is shutting down").toException();
    }
    List<String> warnings = new ArrayList<>();
    ChatRequest request = limited(asked, warnings);
    Planner.Choices plan = setup.planner().plan(request);
    if (plan.choices().isEmpty()) {
      throw Planner.nobody(plan.leftOut()).toException();
    }
    Run run =
        new Run(
            origin.substring(24) + "-" + admitted++,
            streaming,
            request,
            plan.candidates(),
            setup.settings().run().with(request.relay()),
            warnings,
            setup,
            this,
            sink);
    int maxRequests = setup.settings().maxRequests();
    if (!availability.begin(maxRequests)) {
      throw Failure.of(
              FailureKind.SATURATED, maxRequests + " requests (max-requests) are in flight already")
          .withRetryAfterMs(SATURATED_RETRY_MS)
          .toException();
    }
    return run;
  }

  private ChatRequest limited(ChatRequest request, List<String> warnings) {
    return request.withRelay(setup.settings().limits().cut(request.relay(), warnings));
  }

  private void plan(Message<JsonObject> message, JsonObject body) {
    ChatRequest request = limited(ChatRequest.fromJson(body), new ArrayList<>());
    message.reply(
        Report.plan(
                setup.planner().plan(request),
                candidate ->
                    setup
                        .backends()
                        .look(candidate.backend(), candidate.model(), candidate.expected(request)))
            .toJson());
  }

  private void health(Message<JsonObject> message, JsonObject body) {
    JsonObject report = Report.health(setup, availability.requests());
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

  /** The consumer's end of a streaming run. */
  private static final class StreamSink implements Sink, OutboundStream.Handler {
    private OutboundStream stream;
    private Run run;

    @Override
    public void open(JsonObject body) {
      stream.open(body);
    }

    @Override
    public void chunks(Chunks chunks) {
      stream.chunks(chunks);
    }

    @Override
    public boolean full() {
      return stream.writeQueueFull();
    }

    @Override
    public void end(JsonObject body) {
      stream.end(body);
    }

    @Override
    public void fail(Failure failure) {
      stream.fail(failure);
    }

    @Override
    public void drained() {
      run.drained();
    }

    @Override
    public void cancelled(String reason) {
      run.cancel(reason);
    }
  }
}
