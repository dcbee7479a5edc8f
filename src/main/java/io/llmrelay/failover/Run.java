package io.llmrelay.failover;

import io.llmrelay.availability.Cooldown;
import io.llmrelay.availability.Entry;
import io.llmrelay.availability.KeyBudgets;
import io.llmrelay.availability.KeyPreference;
import io.llmrelay.availability.Outcome;
import io.llmrelay.availability.Permit;
import io.llmrelay.availability.Share;
import io.llmrelay.availability.Skip;
import io.llmrelay.availability.SlotQueue;
import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.AnswerHead;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatExchange;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.Hedge;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.LlmRequest;
import io.llmrelay.chat.Resume;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.impl.AttemptContent;
import io.llmrelay.observe.impl.Listeners;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.ContextInternal;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/**
 * A request in flight. It passes events of attempts and timers to the state machine, and executes
 * the actions of the state machine at the backends and the consumer. All decisions are made by the
 * state machine.
 *
 * <p>Back-pressure: a backend may be ahead of the consumer by the consumer's window; calls that the
 * consumer has consumed are reported to the backend. Chunks that the latch holds count as consumed,
 * and are not reported again when the consumer consumes them. While the consumer is a whole window
 * behind, the stall timeout is suspended.
 */
final class Run implements ChatExchange {
  private static final Logger LOG = System.getLogger(Run.class.getName());

  /** Marks an attempt at another place than the conversation is attached to. */
  private static final String MOVED = ";moved";

  private final String id;
  private final boolean streaming;
  private final Map<String, String> metadata;
  private final String requestedModel;
  private final String operation;

  /** A context of the request's own, on which its events after the first are delivered. */
  private ContextInternal context;

  /** The reservation in the budget of the caller's key, or {@code null}. */
  private KeyBudgets.Charge charge;

  private final Conversation conversation;

  /** The candidate that the conversation is attached to, or {@code null}. */
  private final Candidate pinned;

  private final Timeouts requestedTimeouts;
  private final RunSettings settings;
  private final List<String> warnings;
  private final ConfigSnapshot config;
  private final Listeners listeners;
  private final Alias.Shadow toShadow;

  /** Whether this is a copy of a request, which does not wait for a slot. */
  private final boolean shadow;

  private final CoordinatorVerticle coordinator;
  private final ChatSink sink;
  private final Failover machine;

  /** The request; {@code null} after the commit point, unless the answer may be resumed. */
  private LlmRequest request;

  /** How an answer that breaks off is resumed, or {@code null} if it is not. */
  private final Resumption resumption;

  /** The candidates that are not tried because they have another model, with the messages. */
  private final Map<Candidate, String> otherModels;

  /** The admitted attempts that have not ended. */
  private final List<Upstream> upstreams = new ArrayList<>(1);

  /** The attempt that reached the commit point, {@code null} before. */
  private Upstream serving;

  /** The calls of {@link ChatSink#chunks} that the consumer has not consumed yet. */
  private long ahead;

  /** The calls among {@link #ahead} that delivered chunks from the latch. */
  private long released;

  private boolean consumerPaused;
  private long timer = -1;
  private long timerAt = Long.MAX_VALUE;
  private boolean consumerGone;
  private boolean closed;

  Run(
      String id,
      boolean streaming,
      LlmRequest request,
      Planner.Choices plan,
      RunSettings settings,
      List<String> warnings,
      ConfigSnapshot config,
      CoordinatorVerticle coordinator,
      ChatSink sink) {
    this(
        id,
        streaming,
        request,
        plan,
        settings,
        warnings,
        config,
        config.listeners(),
        coordinator,
        sink);
  }

  /**
   * @param listeners notified instead of those of the configuration
   */
  private Run(
      String id,
      boolean streaming,
      LlmRequest request,
      Planner.Choices plan,
      RunSettings settings,
      List<String> warnings,
      ConfigSnapshot config,
      Listeners listeners,
      CoordinatorVerticle coordinator,
      ChatSink sink) {
    this.id = id;
    this.streaming = streaming;
    this.request = request;
    this.metadata = request.metadata();
    this.requestedModel = request.model();
    this.operation = request instanceof ChatRequest ? "chat" : "embeddings";
    this.requestedTimeouts = request.relay().timeouts();
    this.settings = settings;
    this.warnings = warnings;
    this.config = config;
    this.listeners = listeners;
    this.shadow = listeners != config.listeners();
    this.coordinator = coordinator;
    this.conversation = plan.conversation();
    this.pinned = plan.pinned();
    this.toShadow = plan.shadow();
    this.resumption =
        streaming
                && !shadow
                && request instanceof ChatRequest chat
                && Resumption.isPossible(settings)
            ? new Resumption(
                chat,
                settings,
                config,
                coordinator.resumeMemory().begin(settings.resumeMaxMemory()),
                () -> this.request = null)
            : null;
    this.sink = resumption == null ? sink : resumption.recording(sink);
    this.otherModels = plan.leftOut(SkipReason.OTHER_MODEL);
    List<Candidate> candidates = new ArrayList<>(plan.candidates());
    candidates.addAll(otherModels.keySet());
    this.machine =
        new Failover(
            candidates,
            settings,
            request.characters(),
            new AvailabilityAdmission(),
            coordinator::now,
            () -> ThreadLocalRandom.current().nextDouble());
  }

  /** Returns what gets a copy of this request, or {@code null}. */
  Alias.Shadow toShadow() {
    return toShadow;
  }

  /** Returns a copy of this request at another candidate, whose answer is discarded. */
  Run shadow(LlmRequest copied, Planner.Choices plan, RunSettings settings) {
    Shadow sink = new Shadow(id, listeners);
    return new Run(
        id,
        streaming,
        copied,
        plan,
        settings,
        new ArrayList<>(),
        config,
        sink.own(),
        coordinator,
        sink);
  }

  /**
   * Notifies the listeners of the request. {@link #start} follows, unless it is cancelled before.
   */
  void begin() {
    config.enter();
    context = newContext();
    listeners.deliver(new RelayEvent.RequestStart(id, requestedModel, streaming, metadata));
  }

  void start() {
    if (!settings.hedge().isOff()) {
      coordinator.hedges().request(settings.hedgeMaxRatio());
    }
    on(machine::start);
  }

  @Override
  public void cancel(String reason) {
    consumerGone = true;
    on(() -> machine.cancel(reason));
  }

  /** Fails the request because the coordinator is undeployed. */
  void shutDown() {
    Failure why = Failure.of(FailureKind.UNAVAILABLE, "the relay is shutting down");
    on(() -> machine.cancel(why));
  }

  @Override
  public void consumed(int calls) {
    if (closed) {
      return;
    }
    long held = Math.min(released, calls);
    released -= held;
    ahead -= calls;
    if (serving != null && calls > held) {
      serving.exchange.consumed((int) (calls - held));
    }
    if (consumerPaused && ahead < sink.window()) {
      consumerPaused = false;
      machine.consumerResumed();
      watch();
    }
  }

  /** The admission by the availability: acquires and settles the permits of attempts. */
  private final class AvailabilityAdmission implements Admission {
    private final Context context = coordinator.vertx().getOrCreateContext();
    private final KeyPreference keys = new KeyPreference(conversation.hash());
    private SlotQueue queue;

    @Override
    public Skip check(Candidate candidate) {
      return otherModels.containsKey(candidate)
          ? otherModel(candidate)
          : config
              .backends()
              .check(candidate.backend(), candidate.model(), candidate.expected(request));
    }

    private Skip otherModel(Candidate candidate) {
      return new Skip(
          SkipReason.OTHER_MODEL, FailureKind.UNSUPPORTED, otherModels.get(candidate), -1);
    }

    @Override
    public Skip enter(int number, Candidate candidate, boolean waited) {
      if (otherModels.containsKey(candidate)) {
        return otherModel(candidate);
      }
      Entry entry =
          config
              .backends()
              .enter(
                  candidate.backend(),
                  candidate.model(),
                  candidate.expected(request),
                  waited,
                  keys,
                  queue);
      if (entry instanceof Skip skip) {
        return skip;
      }
      upstreams.add(new Upstream(number, candidate, (Permit) entry));
      return null;
    }

    @Override
    public String key(int number) {
      return upstream(number).permit.key();
    }

    @Override
    public String affinity(int number) {
      if (pinned == null) {
        return null;
      }
      Upstream upstream = upstream(number);
      boolean kept = upstream.candidate.equals(pinned) && upstream.permit.hasPreferredKey();
      String source = conversation.source().code();
      return kept ? source : source + MOVED;
    }

    @Override
    public boolean hasOtherKey(Candidate candidate) {
      return config
          .backends()
          .hasOtherKey(candidate.backend(), candidate.model(), candidate.expected(request), keys);
    }

    @Override
    public void leave(
        int number, Candidate candidate, Attempt attempt, Outcome outcome, Failure failure) {
      Cooldown cooldown = failure == null ? null : FailureRule.of(failure.kind()).cooldown(failure);
      boolean shortened =
          failure != null
              && failure.kind() == FailureKind.TIMEOUT
              && failure.status() == 0
              && config.settings().run().isShortened(requestedTimeouts, candidate);
      Permit permit = upstream(number).permit;
      if (failure != null && isOverload(failure) && !shortened) {
        permit.overloaded();
      }
      permit.settle(
          shortened ? Outcome.NEUTRAL : outcome, cooldown, attempt.usage(), attempt.costUsd());
      if (outcome == Outcome.EXHAUSTED) {
        keys.failed(permit);
      }
    }

    private static boolean isOverload(Failure failure) {
      return switch (failure.kind()) {
        case OVERLOADED, RATE_LIMITED -> true;
        case TIMEOUT -> failure.status() == 0;
        default -> false;
      };
    }

    @Override
    public long hedgeAfter(Candidate candidate) {
      if (shadow) {
        return -1;
      }
      Hedge hedge = settings.hedge().at(candidate.backend());
      return hedge.p95()
          ? coordinator.hedges().p95(candidate.backend(), candidate.model())
          : hedge.isOff() ? -1 : hedge.after().toMillis();
    }

    @Override
    public boolean hedge() {
      return coordinator.hedges().take(settings.hedgeMaxRatio());
    }

    @Override
    public boolean resumes(Candidate candidate) {
      return resumption != null && resumption.applies(candidate);
    }

    @Override
    public Resume resumption(Candidate candidate) {
      return resumption.of(candidate);
    }

    @Override
    public Skip cannotResume() {
      return resumption == null || !resumption.lacksMemory()
          ? null
          : new Skip(
              SkipReason.SATURATED,
              FailureKind.SATURATED,
              "the answer is not resumed: resume.max-memory is used up",
              -1);
    }

    @Override
    public List<Candidate> toResume(List<Candidate> candidates, Candidate broken) {
      return resumption.order(Admission.super.toResume(candidates, broken));
    }

    @Override
    public boolean resumesOtherwise(Candidate candidate, Failure failure) {
      return resumption.refused(candidate, failure.kind());
    }

    @Override
    public long queue(List<Candidate> candidates, long maxWaitMs) {
      if (shadow) {
        return 0; // Its backend has no slot to spare.
      }
      Map<String, Candidate> byBackend = new LinkedHashMap<>();
      candidates.forEach(candidate -> byBackend.putIfAbsent(candidate.backend(), candidate));
      Map<String, String> models = new LinkedHashMap<>();
      byBackend.forEach((backend, candidate) -> models.put(backend, candidate.model()));
      SlotQueue joined =
          config
              .backends()
              .queue(
                  models,
                  new Share(
                      request.metadata().getOrDefault(ChatRequest.CONSUMER, ""),
                      CoordinatorVerticle.priority(request)),
                  maxWaitMs,
                  backend ->
                      context.runOnContext(
                          v -> on(() -> machine.slotGranted(byBackend.get(backend)))));
      if (joined.isEmpty()) {
        return joined.expectedWaitMs();
      }
      queue = joined;
      return QUEUED;
    }

    @Override
    public void leaveQueue() {
      queue.close();
      queue = null;
    }
  }

  /** The sink of one attempt's answer; not called after the attempt is aborted. */
  private final class Upstream implements ResumeSink {
    private final long startedAt = coordinator.now();
    private final int number;
    private final Candidate candidate;
    private final Permit permit;

    /** What the latch holds; nothing from the commit point on. */
    private Map<Block, Buffer> held = new LinkedHashMap<>();

    private ChatExchange exchange = NOTHING_OPEN;

    /** The context of the attempt, {@code null} before it starts. */
    private ContextInternal context;

    private int malformed;
    private long chunks;

    /** The reason for the end of the answer; {@code null} before, and if it failed. */
    private FinishReason finishReason;

    /** The content of the attempt, if it becomes part of its span; else {@code null}. */
    private AttemptContent content;

    /** The model that the answer names, or {@code null}. */
    private String model;

    /** The warning of the provider verticle, or {@code null}. */
    private String warning;

    Upstream(int number, Candidate candidate, Permit permit) {
      this.number = number;
      this.candidate = candidate;
      this.permit = permit;
    }

    @Override
    public int window() {
      return sink.window();
    }

    @Override
    public void opened(AnswerHead head) {
      model = head.model() == null ? model : head.model();
      warning = head.warning() == null ? warning : head.warning();
      on(() -> machine.head(number));
    }

    @Override
    public void block(Block block) {
      try {
        for (Action action :
            block.isImages() ? machine.images(number) : machine.block(number, block.kind())) {
          if (action instanceof Action.Deliver) {
            sink.block(block);
          } else if (action instanceof Action.Hold) {
            held.put(block, Buffer.buffer());
          } else {
            carryOut(action);
          }
        }
      } catch (RuntimeException e) {
        broken(e);
      }
    }

    @Override
    public void chunks(Chunks chunks) {
      this.chunks += chunks.count();
      try {
        Buffer data = chunks.data();
        boolean vectors = chunks.kind() == BlockKind.EMBEDDING;
        int characters = vectors ? 0 : coordinator.characters(data);
        List<Action> actions =
            machine.chunks(number, chunks.kind(), chunks.count(), data.length(), characters);
        for (int i = 0; i < actions.size(); i++) {
          Action action = actions.get(i);
          if (action instanceof Action.Deliver) {
            deliver(chunks);
          } else if (action instanceof Action.Hold) {
            hold(chunks.block(), data);
          } else {
            carryOut(action);
          }
        }
        if (timerAt > machine.deadline()) {
          watch();
        }
      } catch (RuntimeException e) {
        broken(e);
      }
    }

    /**
     * Holds a chunk, appended to the text of its block so that short chunks need no more memory.
     */
    private void hold(Block block, Buffer data) {
      held.get(block).appendBuffer(data);
      exchange.consumed(1);
    }

    private void release() {
      held.forEach(
          (block, text) -> {
            if (!closed) {
              sink.block(block);
              Chunks.of(block, text).split(this::release);
            }
          });
      held = Map.of();
    }

    private void release(Chunks chunks) {
      if (!closed && chunks.data().length() > 0) {
        released++;
        Run.this.deliver(chunks);
      }
    }

    @Override
    public void ended(AnswerEnd end) {
      model = end.model() == null ? model : end.model();
      finishReason = end.finishReason();
      malformed = end.malformed();
      over();
      String problem = heldCallProblem();
      if (problem != null) {
        on(
            () ->
                machine.failed(
                    number,
                    Failure.of(FailureKind.MALFORMED_TOOL_CALL, problem)
                        .withUsage(end.usage(), null)));
        return;
      }
      if (malformed > 0) {
        publish(
            context,
            new RelayEvent.SchemaDrift(
                id, candidate.backend(), candidate.model(), end.malformed()));
      }
      on(() -> machine.ended(number, end.finishReason(), end.usage()));
    }

    /** Returns a problem of a tool call that the latch holds, or {@code null}. */
    private String heldCallProblem() {
      if (!(request instanceof ChatRequest chat) || chat.tools().isEmpty()) {
        return null;
      }
      ToolCallCheck check = ToolCallCheck.of(chat);
      for (Map.Entry<Block, Buffer> each : held.entrySet()) {
        if (each.getKey().kind() == BlockKind.TOOL_CALL) {
          String problem = check.problem(each.getKey(), each.getValue().toString());
          if (problem != null) {
            return problem;
          }
        }
      }
      return null;
    }

    @Override
    public void failed(Failure failure) {
      over();
      boolean lost =
          failure.kind() == FailureKind.NETWORK
              && failure.backend() == null
              && config.isElsewhere(candidate.backend());
      Failure known = lost ? nodeLost(failure) : failure;
      on(() -> machine.failed(number, known));
    }

    /**
     * Returns the failure for a stream that another node served and that broke off on the event
     * bus, and not at the backend: it is not counted for the backend's health.
     */
    private static Failure nodeLost(Failure failure) {
      return Failure.of(
          FailureKind.UNAVAILABLE,
          "the node that serves the backend was lost: " + failure.message());
    }

    @Override
    public void skipped(Chunks skipped) {
      chunks += skipped.count();
      exchange.consumed(1);
      Buffer data = skipped.data();
      int characters = coordinator.characters(data);
      on(() -> machine.skipped(number, skipped.count(), data.length(), characters));
    }

    @Override
    public void spliced(Block block, Buffer rest) {
      on(() -> machine.spliced(number, rest.length()));
      Chunks.of(block, rest).split(this::release);
    }

    @Override
    public void diverged(String message) {
      on(() -> machine.diverged(number, message));
    }

    /** Releases the exchange, which has ended, so that it is not aborted. */
    private void over() {
      exchange = NOTHING_OPEN;
    }
  }

  private static final ChatExchange NOTHING_OPEN =
      new ChatExchange() {
        @Override
        public void consumed(int calls) {}

        @Override
        public void cancel(String reason) {}
      };

  /** Passes an event to the state machine. An exception fails the request and is logged. */
  private void on(Supplier<List<Action>> event) {
    try {
      carryOut(event.get());
    } catch (RuntimeException e) {
      broken(e);
    }
  }

  private void broken(RuntimeException e) {
    LOG.log(Level.ERROR, "a request failed because of an internal error", e);
    Failure failure = LlmException.failureOf(e);
    if (closed) {
      sink.failed(failure);
      return;
    }
    try {
      carryOut(machine.cancel(failure));
    } catch (RuntimeException again) {
      LOG.log(Level.ERROR, "the attempt of a failed request could not be aborted", again);
    }
    if (!closed) {
      fail(failure);
    }
  }

  private void carryOut(List<Action> actions) {
    for (Action action : actions) {
      carryOut(action);
    }
    watch();
  }

  private void carryOut(Action action) {
    if (action instanceof Action.Start start) {
      start(start);
    } else if (action instanceof Action.FellBack fellBack) {
      publish(
          context,
          new RelayEvent.Fallback(
              id, fellBack.from().toString(), fellBack.to().toString(), fellBack.reason()));
    } else if (action instanceof Action.FirstChunk first) {
      firstChunk(upstream(first.number()));
    } else if (action instanceof Action.Ended ended) {
      ended(ended);
    } else if (action instanceof Action.Abort abort) {
      abort(upstream(abort.number()));
    } else if (action instanceof Action.Release release) {
      release(upstream(release.number()));
    } else if (action instanceof Action.Resumed resumed) {
      resumed(resumed);
    } else if (action instanceof Action.Complete complete) {
      complete(complete);
    } else if (action instanceof Action.Fail fail) {
      fail(fail.failure());
    } else if (action instanceof Action.Cancelled cancelled) {
      fail(cancelled.failure());
    }
  }

  private void start(Action.Start start) {
    Candidate candidate = start.candidate();
    coordinator.warn(candidate);
    // A context of its own, so that a listener can make the attempt's span the current one.
    ContextInternal own = newContext();
    upstream(start.number()).context = own;
    own.dispatch(v -> open(start.number(), candidate));
  }

  private ContextInternal newContext() {
    return ((ContextInternal) coordinator.vertx().getOrCreateContext()).unwrap().duplicate();
  }

  private void open(int number, Candidate candidate) {
    listeners.deliver(
        new RelayEvent.AttemptStart(id, number, operation, candidate.backend(), candidate.model()));
    Timeouts timeouts = settings.timeouts();
    Timeouts ofAttempt = new Timeouts(timeouts.connect(), null, null, timeouts.stall(), null);
    Upstream upstream = upstream(number);
    boolean resuming = serving != null;
    try {
      LlmRequest ofCandidate = resuming ? resumption.request() : request;
      ChatSink to = resuming ? resumption.splice(upstream) : upstream;
      upstream.content = listeners.content(id, number, ofCandidate);
      upstream.exchange =
          coordinator
              .backend(config, candidate.backend(), upstream.permit.key())
              .open(
                  ofCandidate.forCandidate(candidate.model(), ofAttempt),
                  upstream.content == null ? to : upstream.content.recording(to));
    } catch (RuntimeException e) {
      broken(e);
    }
  }

  private Upstream upstream(int number) {
    for (Upstream upstream : upstreams) {
      if (upstream.number == number) {
        return upstream;
      }
    }
    throw new IllegalStateException("attempt " + number + " has ended");
  }

  private void abort(Upstream upstream) {
    ChatExchange exchange = upstream.exchange;
    upstream.exchange = NOTHING_OPEN;
    exchange.cancel("the attempt was aborted");
  }

  private void firstChunk(Upstream upstream) {
    upstream.permit.firstChunk();
    observe(upstream);
  }

  /** Records how long a candidate took to its first chunk, if hedges depend on that. */
  private void observe(Upstream upstream) {
    Candidate candidate = upstream.candidate;
    if (settings.hedge().at(candidate.backend()).p95()) {
      coordinator
          .hedges()
          .observed(candidate.backend(), candidate.model(), coordinator.now() - upstream.startedAt);
    }
  }

  private void ended(Action.Ended ended) {
    Upstream upstream = upstream(ended.number());
    upstreams.remove(upstream);
    if (ended.attempt().result() == Attempt.Result.HEDGED && ended.attempt().firstChunkMs() < 0) {
      observe(upstream); // Without the slow ones, the percentile would fall with every hedge.
    }
    if (upstream.content != null) {
      upstream.content.end();
    }
    publish(
        upstream.context == null ? context : upstream.context,
        new RelayEvent.AttemptEnd(
            id,
            ended.number(),
            operation,
            ended.attempt(),
            upstream.chunks,
            upstream.finishReason));
  }

  private void release(Upstream upstream) {
    Candidate candidate = upstream.candidate;
    serving = upstream;
    if (resumption == null) {
      request = null;
    } else {
      resumption.begin(candidate);
    }
    if (candidate.warning() != null) {
      warnings.add(candidate.warning());
    }
    if (upstream.warning != null) {
      warnings.add(upstream.warning);
    }
    publish(
        context,
        new RelayEvent.FirstChunk(id, candidate.backend(), candidate.model(), machine.elapsed()));
    sink.opened(
        new AnswerHead(
            id,
            candidate.backend(),
            upstream.model == null ? candidate.model() : upstream.model,
            warnings.isEmpty() ? null : String.join("; ", warnings),
            machine.trail(),
            0));
    upstream.release();
  }

  /** Passes on from here what another attempt sends. */
  private void resumed(Action.Resumed resumed) {
    Candidate to = resumed.to();
    serving = upstream(resumed.number());
    released = ahead; // Their consumption is no concern of this attempt.
    resumption.resumed();
    publish(
        context,
        new RelayEvent.Resumed(
            id,
            resumed.from().toString(),
            to.toString(),
            resumed.reason(),
            resumed.deliveredBytes()));
    sink.opened(
        new AnswerHead(
            id,
            to.backend(),
            serving.model == null ? to.model() : serving.model,
            warnings.isEmpty() ? null : String.join("; ", warnings),
            machine.trail(),
            0));
  }

  private void deliver(Chunks chunks) {
    if (closed) {
      return; // An earlier chunk of the same batch found that the consumer had vanished.
    }
    ahead++;
    sink.chunks(chunks);
    if (ahead >= sink.window() && !consumerPaused) {
      consumerPaused = true;
      machine.consumerPaused();
    }
  }

  private void complete(Action.Complete complete) {
    List<Attempt> trail = machine.trail();
    AnswerEnd end =
        new AnswerEnd(
            complete.finishReason(),
            complete.usage(),
            complete.costUsd(),
            trail,
            null,
            serving.malformed);
    close();
    sink.ended(end);
    publishEnd(complete.finishReason(), null, complete.usage(), complete.costUsd(), trail);
  }

  private void fail(Failure failure) {
    Failure complete = failure.withRequestId(id);
    close();
    if (!consumerGone) {
      sink.failed(complete);
    }
    publishEnd(null, complete, failure.usage(), failure.costUsd(), failure.trail());
  }

  private void close() {
    closed = true;
    // Attempts are left only if an exception was thrown.
    List.copyOf(upstreams).forEach(this::abort);
    upstreams.clear();
    request = null;
    if (resumption != null) {
      resumption.end();
    }
    unwatch();
    config.leave();
    coordinator.forget(this);
  }

  /** Sets what is settled at the end; {@code null} for nothing. */
  void setCharge(KeyBudgets.Charge charge) {
    this.charge = charge;
  }

  private void settleCharge(List<Attempt> trail, Double costUsd) {
    if (charge != null) {
      long tokens = 0;
      for (Attempt attempt : trail) {
        tokens += attempt.usage().totalTokens();
      }
      charge.settle(tokens, costUsd);
      charge = null;
    }
  }

  private void publishEnd(
      FinishReason finishReason,
      Failure failure,
      TokenUsage usage,
      Double costUsd,
      List<Attempt> trail) {
    settleCharge(trail, costUsd);
    publish(
        context,
        new RelayEvent.RequestEnd(
            id,
            streaming,
            requestedModel,
            serving == null ? null : serving.candidate.backend(),
            serving == null ? null : serving.candidate.model(),
            finishReason,
            failure,
            usage,
            costUsd,
            machine.elapsed(),
            machine.firstChunkMs(),
            machine.deliveredBytes(),
            trail,
            metadata));
  }

  /** Notifies the listeners on a context, in whose data they find the current span. */
  private void publish(ContextInternal on, RelayEvent event) {
    on.dispatch(event, listeners::deliver);
  }

  /** Sets a timer for the next deadline, unless the current timer fires earlier. */
  private void watch() {
    long deadline = machine.deadline();
    if (deadline >= timerAt) {
      return;
    }
    unwatch();
    timerAt = deadline;
    timer =
        coordinator.vertx().setTimer(Math.max(1, deadline - coordinator.now()), this::timerFired);
  }

  private void unwatch() {
    if (timer >= 0) {
      coordinator.vertx().cancelTimer(timer);
    }
    timer = -1;
    timerAt = Long.MAX_VALUE;
  }

  private void timerFired(long fired) {
    timer = -1;
    unwatch();
    on(machine::timer);
  }
}
