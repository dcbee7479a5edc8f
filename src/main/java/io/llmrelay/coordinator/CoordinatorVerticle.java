package io.llmrelay.coordinator;

import io.llmrelay.bus.BusEndpoint;
import io.llmrelay.bus.Frames;
import io.llmrelay.bus.InboundStream;
import io.llmrelay.bus.OutboundStream;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ChunkKind;
import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.observe.Listeners;
import io.llmrelay.observe.RelayEvent.CircuitState;
import io.llmrelay.observe.RelayEvent.CircuitStateChange;
import io.llmrelay.observe.RelayEvent.Exhausted;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Serves {@code stream}, {@code generate}, {@code plan} and {@code health} on the event bus, and
 * keeps what the runs share: circuits, exhaustion, and the endpoint all streams go through.
 *
 * <p>Everything of a coordinator happens on its one context. Several instances share nothing; what
 * one learns of a backend's circuit or exhaustion it announces to the others.
 */
public final class CoordinatorVerticle extends VerticleBase {
  private static final String ORIGIN = "origin";

  private final CoordinatorSettings settings;
  private final Listeners listeners;
  private final Set<Run> runs = new HashSet<>();
  private final String origin = UUID.randomUUID().toString();
  private Planner planner;
  private Exhaustion exhaustion;
  private Circuits circuits;
  private BusEndpoint endpoint;
  private long generated;

  public CoordinatorVerticle(CoordinatorSettings settings, Listeners listeners) {
    this.settings = settings;
    this.listeners = listeners;
  }

  @Override
  public Future<?> start() {
    planner =
        new Planner(
            settings.backends(),
            settings.order(),
            settings.aliases(),
            settings.prefer(),
            settings.catalog());
    exhaustion = new Exhaustion(this::now);
    circuits = new Circuits(vertx, settings.circuit(), this::now, this::circuitChanged);
    return BusEndpoint.open(vertx, settings.prefix() + ".coordinator", settings.bus())
        .compose(
            opened -> {
              endpoint = opened;
              return Future.all(
                  List.of(
                      serve("stream", this::stream),
                      serve("generate", this::generate),
                      serve("plan", this::plan),
                      serve("health", this::health),
                      vertx
                          .eventBus()
                          .<Object>consumer(address("announce"), this::heard)
                          .completion()));
            });
  }

  /** Ends every run, each with a clear failure, before the address goes off the bus. */
  @Override
  public Future<?> stop() {
    List.copyOf(runs).forEach(run -> run.cancel("the relay is shutting down"));
    circuits.close();
    return endpoint.close();
  }

  /** Milliseconds that only go forward. */
  long now() {
    return System.nanoTime() / 1_000_000;
  }

  Vertx vertx() {
    return vertx;
  }

  Listeners listeners() {
    return listeners;
  }

  Circuits circuits() {
    return circuits;
  }

  InboundStream open(String backend, JsonObject body, InboundStream.Handler handler) {
    return endpoint.request(address("provider." + backend), body, handler);
  }

  void forget(Run run) {
    runs.remove(run);
  }

  /** Why the candidate may not be tried now, or {@code null}. */
  Gate.Skip look(Candidate candidate, boolean waited) {
    Gate.Skip skip = circuits.of(candidate).look();
    return skip != null || waited ? skip : exhaustion.look(candidate);
  }

  /** Leaves a candidate alone for as long as it said, or as long as its kind of failure lasts. */
  void noteExhaustion(Candidate candidate, Failure failure) {
    FailureRule rule = FailureRule.of(failure.kind());
    long forMs = rule.waitMs(failure);
    if (rule.exhausts() == FailureRule.Exhausts.NOTHING || forMs <= 0) {
      return;
    }
    boolean wholeBackend = rule.exhausts() == FailureRule.Exhausts.BACKEND;
    String key = wholeBackend ? candidate.backend() : candidate.toString();
    if (exhaustion.extend(key, failure.kind(), forMs)) {
      Exhausted event = new Exhausted(key, failure.kind().code(), forMs);
      listeners.deliver(event);
      announce(event.toJson());
    }
  }

  private void circuitChanged(CircuitStateChange event) {
    listeners.deliver(event);
    if (event.to() == CircuitState.OPEN) {
      announce(event.toJson());
    }
  }

  private void announce(JsonObject news) {
    vertx.eventBus().publish(address("announce"), news.put(ORIGIN, origin));
  }

  /** What another coordinator learnt; whatever else comes to the address is nobody's news. */
  private void heard(Message<Object> message) {
    if (!(message.body() instanceof JsonObject news) || origin.equals(news.getValue(ORIGIN))) {
      return;
    }
    if (news.getValue("candidate") instanceof String candidate
        && ours(candidate)
        && news.getValue("reason") instanceof String reason
        && news.getValue("for_ms") instanceof Number forMs) {
      exhaustion.extend(candidate, FailureKind.of(reason), forMs.longValue());
    } else if (news.getValue("circuit") instanceof String circuit
        && ours(circuit)
        && CircuitState.OPEN.code().equals(news.getValue("to"))) {
      circuits.openToo(circuit);
    }
  }

  /** Whether this is a backend of ours, or a model of one. */
  private boolean ours(String name) {
    return settings.backends().stream()
        .anyMatch(b -> name.equals(b.name()) || name.startsWith(b.name() + "/"));
  }

  private String address(String service) {
    return settings.prefix() + "." + service;
  }

  private interface Service {
    void serve(Message<JsonObject> message, JsonObject body);
  }

  /** Whatever a message holds, it is answered: with what was asked for, or with a failure. */
  private Future<Void> serve(String name, Service service) {
    return vertx
        .eventBus()
        .<Object>consumer(
            address(name),
            message -> {
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
            })
        .completion();
  }

  private void stream(Message<JsonObject> message, JsonObject body) {
    ChatRequest request = ChatRequest.fromJson(body);
    stream(message, request, true);
  }

  /**
   * The whole answer: in one reply, or as a stream committed at its end, which can be cancelled.
   */
  private void generate(Message<JsonObject> message, JsonObject body) {
    ChatRequest request = ChatRequest.fromJson(body).withCommit(CommitPoint.COMPLETE);
    if (message.headers().contains(Frames.PEER)) {
      stream(message, request, false);
    } else {
      String id = origin.substring(0, 8) + "-g" + generated++;
      start(run(id, false, request, admit(request), new ReplySink(message)));
    }
  }

  private void stream(Message<JsonObject> message, ChatRequest request, boolean streaming) {
    Planner.Candidates plan = admit(request);
    StreamSink sink = new StreamSink();
    OutboundStream stream = endpoint.accept(message, sink);
    if (stream != null) {
      sink.stream = stream;
      sink.run = run(stream.id(), streaming, request, plan, sink);
      start(sink.run);
    }
  }

  private Run run(
      String id, boolean streaming, ChatRequest request, Planner.Candidates plan, Sink sink) {
    return new Run(id, streaming, request, plan.candidates(), runSettings(request), this, sink);
  }

  private void start(Run run) {
    runs.add(run);
    run.start();
  }

  private Planner.Candidates admit(ChatRequest request) {
    if (runs.size() >= settings.maxRequests()) {
      throw Failure.of(FailureKind.OVERLOADED, "too many requests in flight").toException();
    }
    Planner.Candidates plan = planner.plan(request);
    if (plan.candidates().isEmpty()) {
      throw Planner.nobody(plan.leftOut()).toException();
    }
    return plan;
  }

  private RunSettings runSettings(ChatRequest request) {
    RunSettings base = settings.run();
    RelayHints hints = request.relay();
    return new RunSettings(
        hints.commit() == null ? base.commit() : hints.commit(),
        hints.timeouts().or(base.timeouts()),
        hints.maxRetries() == null ? base.maxRetries() : hints.maxRetries(),
        base.retryBaseDelay(),
        base.retryMaxDelay(),
        base.latchMaxBytes());
  }

  private void plan(Message<JsonObject> message, JsonObject body) {
    ChatRequest request = ChatRequest.fromJson(body);
    message.reply(Report.plan(planner.plan(request), candidate -> look(candidate, false)).toJson());
  }

  private void health(Message<JsonObject> message, JsonObject body) {
    JsonObject report = Report.health(settings, circuits, exhaustion, runs.size());
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
    return vertx
        .eventBus()
        .<JsonObject>request(
            address("provider." + part.getString("name") + ".probe"), new JsonObject())
        .onSuccess(reply -> part.put("probe", reply.body()))
        .onFailure(e -> part.put("probe", new JsonObject().put("ok", false)));
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
    public void chunk(ChunkKind kind, Buffer data) {
      stream.chunk(kind, data);
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
