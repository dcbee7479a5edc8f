package io.llmrelay.failover;

import io.llmrelay.availability.Availability;
import io.llmrelay.availability.Entry;
import io.llmrelay.availability.Hedges;
import io.llmrelay.availability.KeyBudgets;
import io.llmrelay.availability.ResumeMemory;
import io.llmrelay.availability.Skip;
import io.llmrelay.bus.BusClient;
import io.llmrelay.bus.BusEndpoint;
import io.llmrelay.bus.BusService;
import io.llmrelay.bus.FrameCodec;
import io.llmrelay.chat.CandidateName;
import io.llmrelay.chat.ChatExchange;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ChatService;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.EmbeddingRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.LlmRequest;
import io.llmrelay.chat.Priority;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.observe.impl.Listeners;
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
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/**
 * Serves requests to the relay on the event bus: {@code stream}, {@code generate} and {@code embed}
 * as {@link ChatService}s that combine those of the backends, {@code plan}, {@code tokens} and
 * {@code health} as messages with a reply. It owns what the requests share: the configuration and
 * the endpoint of all streams.
 *
 * <p>Everything runs on the verticle's context. The coordinators of a relay share its {@link
 * Availability}.
 */
public final class CoordinatorVerticle extends VerticleBase {
  private static final Logger LOG = System.getLogger(CoordinatorVerticle.class.getName());

  private static final long SATURATED_RETRY_MS = 1_000;

  /** How long a backend may take to count the tokens of a prompt. */
  private static final Duration COUNT_TIMEOUT = Duration.ofSeconds(15);

  /** The settings at the deployment, whose addresses and bus settings a reload does not change. */
  private final CoordinatorSettings first;

  private final Listeners firstListeners;
  private final Availability availability;
  private final InstantSource clock;
  private final Set<CandidateName> warned = new HashSet<>();
  private final Set<Run> runs = new HashSet<>();

  /** The open copies of requests. */
  private final Map<Run, Alias.Shadow> shadows = new HashMap<>();

  private final List<Supplier<Future<Void>>> publicAddresses = new ArrayList<>();
  private final List<Supplier<Future<Void>>> ownAddresses = new ArrayList<>();
  private final String origin = UUID.randomUUID().toString();

  /** The configuration of new requests. */
  private ConfigSnapshot config;

  /** A buffer that is reused for counting the characters of chunks. */
  private final byte[] scratch = new byte[Chunks.MAX_BYTES];

  /** {@code null} without a cluster. */
  private ClusterHealth cluster;

  private BusEndpoint endpoint;
  private Overload overload;
  private long sampledAt;
  private long admitted;
  private boolean stopping;

  /**
   * Creates a coordinator.
   *
   * @param availability must be open
   */
  public CoordinatorVerticle(
      CoordinatorSettings settings, Listeners listeners, Availability availability) {
    this(settings, listeners, availability, InstantSource.system());
  }

  /**
   * Creates a coordinator with another clock, for tests.
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
    overload = new Overload(first.maxLag(), first.maxHeap());
    sampledAt = now();
    vertx.setPeriodic(Overload.INTERVAL_MS, id -> sampleOverload());
    return BusEndpoint.open(vertx, first.prefix() + ".coordinator", first.bus())
        .compose(
            opened -> {
              endpoint = opened;
              return Future.all(
                  List.of(
                      serveClusterHealth(),
                      serve("stream", this::stream, false),
                      serve("generate", this::generate, true),
                      serve("embed", this::embed, true),
                      reply("plan", this::plan),
                      reply("tokens", this::countTokens),
                      reply("health", this::health)));
            });
  }

  private ConfigSnapshot snapshot(CoordinatorSettings settings, Listeners listeners) {
    return new ConfigSnapshot(settings, listeners, availability.backends(), clock);
  }

  /**
   * Applies other settings to new requests, once the availability is configured for them. Requests
   * in flight end under the settings they began with. Must be called on the context.
   *
   * @param settings with unchanged addresses and bus settings
   * @param whenUnused called when the last request under the previous settings has ended
   */
  public void reload(CoordinatorSettings settings, Listeners listeners, Runnable whenUnused) {
    ConfigSnapshot previous = config;
    config = snapshot(settings, listeners);
    overload = new Overload(settings.maxLag(), settings.maxHeap());
    previous.retire(whenUnused);
  }

  /**
   * Unregisters the public addresses, so that other coordinators receive the requests, and then
   * refuses requests at the lane's addresses. Must be called on the context.
   */
  public Future<?> drain() {
    return unregister(publicAddresses)
        .onComplete(
            done -> {
              stopping = true;
              List.copyOf(shadows.keySet()).forEach(Run::shutDown);
            });
  }

  /**
   * Returns whether no request is in flight and no answer is waiting to be consumed. Must be called
   * on the context.
   */
  public boolean isIdle() {
    return runs.isEmpty() && endpoint.openStreams() == 0;
  }

  /** Fails every request in flight with the reason, then closes the endpoint. */
  @Override
  public Future<?> stop() {
    stopping = true;
    List.copyOf(runs).forEach(Run::shutDown);
    List.copyOf(shadows.keySet()).forEach(Run::shutDown);
    return Future.join(unregister(publicAddresses), unregister(ownAddresses))
        .eventually(() -> endpoint == null ? Future.succeededFuture() : endpoint.close());
  }

  private static Future<?> unregister(List<Supplier<Future<Void>>> addresses) {
    List<Future<Void>> unregistered = addresses.stream().map(Supplier::get).toList();
    addresses.clear();
    return Future.join(unregistered);
  }

  private void sampleOverload() {
    long at = now();
    overload.sample(at - sampledAt - Overload.INTERVAL_MS, Overload.heapInUse());
    sampledAt = at;
  }

  /** Returns the priority of a request. */
  static Priority priority(LlmRequest request) {
    Priority priority = request.relay().priority();
    return priority == null ? Priority.NORMAL : priority;
  }

  /** Returns the time of a monotonic clock in milliseconds. */
  long now() {
    return System.nanoTime() / 1_000_000;
  }

  Vertx vertx() {
    return vertx;
  }

  /** Returns the number of characters (Unicode code points) of a text. */
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

  /**
   * Returns the service of a backend of the current or an earlier configuration.
   *
   * @param key the name of the key to use; {@code null} if the backend has no more than one
   */
  ChatService backend(ConfigSnapshot config, String name, String key) {
    return new BusClient(endpoint, address(config, name, key), config.isElsewhere(name));
  }

  private static String address(ConfigSnapshot config, String backend, String key) {
    return key == null ? config.provider(backend) : config.provider(backend) + "." + key;
  }

  /** Returns what the hedges of all requests share. */
  Hedges hedges() {
    return availability.hedges();
  }

  /** Returns the memory that is held for answers that may be resumed. */
  ResumeMemory resumeMemory() {
    return availability.resumeMemory();
  }

  /** Removes a request that has ended. */
  void forget(Run run) {
    if (runs.remove(run)) {
      availability.end();
    } else {
      shadows.remove(run);
    }
  }

  /** Logs the warning about a deprecated or retired model, once per backend and model. */
  void warn(Candidate candidate) {
    if (candidate.warning() != null
        && warned.add(new CandidateName(candidate.backend(), candidate.known().id()))) {
      LOG.log(Level.WARNING, "{0}: {1}", candidate.backend(), candidate.warning());
    }
  }

  /** Registers a service at a public address and at the lane's address. */
  private Future<?> serve(String name, ChatService service, boolean whole) {
    Future<BusService> everywhere =
        BusService.register(endpoint, first.prefix() + "." + name, service, whole);
    Future<BusService> here =
        BusService.registerLocal(endpoint, first.lane() + "." + name, service, whole);
    return Future.all(
        everywhere.onSuccess(bus -> publicAddresses.add(bus::unregister)),
        here.onSuccess(bus -> ownAddresses.add(bus::unregister)));
  }

  /** Registers the address of this node, if there is a cluster. */
  private Future<?> serveClusterHealth() {
    if (!vertx.isClustered()) {
      return Future.succeededFuture();
    }
    cluster = new ClusterHealth(vertx, first.prefix() + ".health");
    MessageConsumer<Object> ofNode = cluster.serve(message -> handle(message, this::health));
    ownAddresses.add(ofNode::unregister);
    return ofNode.completion();
  }

  /** Registers a handler at a public address and at the lane's address. */
  private Future<?> reply(String name, Handler<Message<Object>> replying) {
    EventBus bus = vertx.eventBus();
    Handler<Message<Object>> handler = message -> handle(message, replying);
    MessageConsumer<Object> everywhere = bus.consumer(first.prefix() + "." + name, handler);
    MessageConsumer<Object> here = bus.localConsumer(first.lane() + "." + name, handler);
    publicAddresses.add(everywhere::unregister);
    ownAddresses.add(here::unregister);
    return Future.all(everywhere.completion(), here.completion());
  }

  /** Handles a message; if the handler throws, replies with the failure. */
  private static void handle(Message<Object> message, Handler<Message<Object>> replying) {
    try {
      replying.handle(message);
    } catch (RuntimeException e) {
      FrameCodec.refuse(message, LlmException.failureOf(e));
    }
  }

  private ChatExchange stream(LlmRequest request, ChatSink sink) {
    return open(chat(request), true, sink);
  }

  /** Opens a request whose commit point is the end of the answer. */
  private ChatExchange generate(LlmRequest request, ChatSink sink) {
    return open(chat(request).withCommit(CommitPoint.COMPLETE), false, sink);
  }

  private static ChatRequest chat(LlmRequest request) {
    if (request instanceof ChatRequest chat) {
      return chat;
    }
    throw Failure.invalid("messages", "messages must be an array with at least one message")
        .toException();
  }

  private ChatExchange embed(LlmRequest request, ChatSink sink) {
    if (request instanceof EmbeddingRequest) {
      return open(request, false, sink);
    }
    throw Failure.invalid("input", "input must be a text, or an array with at least one")
        .toException();
  }

  private ChatExchange open(LlmRequest request, boolean streaming, ChatSink sink) {
    LlmRequest checked = request.checked();
    Run run = admit(checked, streaming, sink);
    runs.add(run);
    run.begin();
    context.runOnContext(v -> run.start());
    if (run.toShadow() != null) {
      shadow(run, run.toShadow(), checked);
    }
    return run;
  }

  /** Sends a copy of a request to another candidate, if its turn has come and not too many are. */
  private void shadow(Run run, Alias.Shadow shadow, LlmRequest request) {
    if (ThreadLocalRandom.current().nextDouble() >= shadow.share()
        || Collections.frequency(shadows.values(), shadow) >= shadow.maxOpen()) {
      return;
    }
    RelayHints hints = RelayHints.NONE.withCandidates(List.of(shadow.candidate()));
    LlmRequest copied = request.withRelay(hints);
    Planner.Choices plan = config.planner().show(copied);
    if (plan.choices().isEmpty()) {
      return;
    }
    Run copy = run.shadow(copied, plan, config.settings().run().with(hints, null));
    shadows.put(copy, shadow);
    copy.begin();
    context.runOnContext(v -> copy.start());
  }

  /**
   * Plans a request and counts it as in flight until {@link #forget}. The request's id is unique
   * and independent of the stream ids that consumers choose.
   */
  private Run admit(LlmRequest received, boolean streaming, ChatSink sink) {
    if (stopping) {
      throw Failure.of(FailureKind.UNAVAILABLE, "the relay is shutting down").toException();
    }
    String overloaded = runs.isEmpty() ? null : overload.problem(priority(received));
    if (overloaded != null) {
      throw Failure.of(FailureKind.SATURATED, overloaded)
          .withRetryAfterMs(SATURATED_RETRY_MS)
          .toException();
    }
    List<String> warnings = new ArrayList<>();
    LlmRequest request = limited(received, warnings);
    Planner.Choices plan = config.planner().plan(request);
    if (plan.choices().isEmpty()) {
      throw Planner.noCandidate(plan.leftOut()).toException();
    }
    Run run =
        new Run(
            origin.substring(24) + "-" + admitted++,
            streaming,
            request,
            plan,
            settings(request),
            warnings,
            config,
            this,
            sink);
    int maxRequests = config.settings().maxRequests();
    if (!availability.begin(maxRequests)) {
      throw Failure.of(
              FailureKind.SATURATED,
              "the limit of " + maxRequests + " requests in flight (max-requests) is reached")
          .withRetryAfterMs(SATURATED_RETRY_MS)
          .toException();
    }
    charge(run, request, plan);
    return run;
  }

  /** Reserves the expected cost of the first candidate in the budget of the caller's key. */
  private void charge(Run run, LlmRequest request, Planner.Choices plan) {
    String key = request.metadata().get(ChatRequest.CONSUMER);
    Entry entry = availability.keyBudgets().enter(key, plan.candidates().get(0).expected(request));
    if (entry instanceof Skip skip) {
      availability.end();
      Failure refusal =
          Failure.of(skip.kind(), "the budget of the key %s: %s".formatted(key, skip.message()));
      long retryMs = skip.availableInMs();
      throw (retryMs < 0 ? refusal : refusal.withRetryAfterMs(retryMs)).toException();
    }
    run.setCharge((KeyBudgets.Charge) entry);
  }

  private RunSettings settings(LlmRequest request) {
    String requested = config.planner().requested(request);
    RunSettings settings = config.settings().run().with(request.relay(), requested);
    return request instanceof EmbeddingRequest embed
        ? settings.forEmbeddings(embed.inputs().size())
        : settings;
  }

  private LlmRequest limited(LlmRequest request, List<String> warnings) {
    return request.withRelay(config.settings().limits().cut(request.relay(), warnings));
  }

  private void plan(Message<Object> message) {
    JsonObject body = FrameCodec.json(message);
    LlmRequest request = limited(LlmRequest.fromJson(body), new ArrayList<>());
    message.reply(
        PlanReport.of(
                config.planner().show(request),
                candidate ->
                    config
                        .backends()
                        .check(candidate.backend(), candidate.model(), candidate.expected(request)))
            .toJson());
  }

  /**
   * Counts the tokens of a prompt: the first candidate that is available does, or else they are
   * estimated.
   */
  private void countTokens(Message<Object> message) {
    ChatRequest request = chat(limited(FrameCodec.request(message), new ArrayList<>()));
    Planner.Choices plan = config.planner().show(request);
    if (plan.choices().isEmpty()) {
      throw Planner.noCandidate(plan.leftOut()).toException();
    }
    TokenUsage estimate = TokenUsage.estimate(request.characters(), 0);
    Candidate candidate =
        plan.candidates().stream()
            .filter(each -> isAvailable(each, request))
            .findFirst()
            .orElse(null);
    if (candidate == null) {
      message.reply(estimate.toJson());
      return;
    }
    String key = config.backends().key(candidate.backend(), candidate.model());
    vertx
        .eventBus()
        .<JsonObject>request(
            address(config, candidate.backend(), key) + ".tokens",
            request.forCandidate(candidate.model(), Timeouts.UNSET),
            FrameCodec.asking(COUNT_TIMEOUT))
        .map(reply -> TokenUsage.counted(reply.body().getLong("input_tokens")))
        .otherwise(estimate)
        .onSuccess(usage -> message.reply(usage.toJson()));
  }

  private boolean isAvailable(Candidate candidate, ChatRequest request) {
    return config
            .backends()
            .check(candidate.backend(), candidate.model(), candidate.expected(request))
        == null;
  }

  private void health(Message<Object> message) {
    JsonObject body = FrameCodec.json(message);
    JsonObject report = HealthReport.of(config, availability.requests());
    JsonObject keys = availability.keyBudgets().report();
    if (!keys.isEmpty()) {
      report.put("keys", keys);
    }
    if (cluster != null) {
      cluster.identify(report);
    }
    if (stopping) {
      report.put("status", "down").put("reason", "shutting down");
    }
    List<Future<?>> more = new ArrayList<>();
    if (Boolean.TRUE.equals(body.getValue("probe"))) {
      report.getJsonArray("backends").forEach(backend -> more.add(probe(backend)));
    }
    if (cluster != null && Boolean.TRUE.equals(body.getValue("cluster"))) {
      more.add(cluster.gather().onSuccess(nodes -> report.put("cluster", nodes)));
    }
    if (more.isEmpty()) {
      message.reply(report);
    } else {
      Future.join(more).onComplete(done -> message.reply(report));
    }
  }

  /** Probes a backend and adds the result to its part of the report. */
  private Future<?> probe(Object backend) {
    JsonObject part = (JsonObject) backend;
    return availability.probe(part.getString("name")).onSuccess(reply -> part.put("probe", reply));
  }
}
