package io.llmrelay.failover;

import io.llmrelay.availability.Cooldown;
import io.llmrelay.availability.Entry;
import io.llmrelay.availability.Outcome;
import io.llmrelay.availability.Permit;
import io.llmrelay.availability.Skip;
import io.llmrelay.availability.SlotQueue;
import io.llmrelay.bus.Chunks;
import io.llmrelay.bus.InboundStream;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ChunkKind;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.observe.RelayEvent;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/**
 * One request on its way: the edge where the state machine meets the bus and the clock. Frames of
 * the attempt and timers go into the machine, its actions are carried out here; nothing is decided
 * here.
 *
 * <p>Back-pressure: a chunk's credit goes back to the provider only once the sink has taken it.
 * While the sink is full the credit is owed, and the stall timer rests.
 */
final class Run {
  private static final Logger LOG = System.getLogger(Run.class.getName());

  private record Held(ChunkKind kind, Buffer data) {}

  private final String id;
  private final boolean streaming;
  private final ChatRequest request;
  private final JsonObject requestJson;
  private final RunSettings settings;
  private final List<String> warnings;
  private final Setup setup;
  private final CoordinatorVerticle coordinator;
  private final Sink sink;
  private final Failover machine;
  private final List<Held> held = new ArrayList<>();

  private InboundStream attempt;
  private Permit permit;
  private Candidate asked;
  private Candidate serving;

  /** The model as the attempt's answer names it; {@code null} if it has not. */
  private String answering;

  /** What of the request the attempt's provider left out; {@code null} if nothing. */
  private String leftOut;

  private int malformed;
  private int owed;
  private long timer = -1;
  private long timerAt = Long.MAX_VALUE;
  private boolean closed;

  Run(
      String id,
      boolean streaming,
      ChatRequest request,
      List<Candidate> candidates,
      RunSettings settings,
      List<String> warnings,
      Setup setup,
      CoordinatorVerticle coordinator,
      Sink sink) {
    this.id = id;
    this.streaming = streaming;
    this.request = request;
    this.requestJson = request.withRelay(RelayHints.NONE).toJson();
    this.settings = settings;
    this.warnings = warnings;
    this.setup = setup;
    this.coordinator = coordinator;
    this.sink = sink;
    this.machine =
        new Failover(
            candidates,
            settings,
            request.characters(),
            new AvailabilityGate(),
            coordinator::now,
            () -> ThreadLocalRandom.current().nextDouble());
  }

  void start() {
    setup.enter();
    setup
        .listeners()
        .deliver(new RelayEvent.RequestStart(id, request.model(), streaming, request.metadata()));
    on(machine::start);
  }

  /** The consumer cancelled or vanished. */
  void cancel(String reason) {
    on(() -> machine.cancel(reason));
  }

  /** The coordinator stops. */
  void shutDown() {
    Failure why = Failure.of(FailureKind.UNAVAILABLE, "the relay is shutting down");
    on(() -> machine.cancel(why));
  }

  /** The consumer takes chunks again. */
  void drained() {
    machine.consumerResumed();
    int credits = owed;
    owed = 0;
    for (int i = 0; i < credits && attempt != null; i++) {
      attempt.consumed();
    }
    watch();
  }

  /** Asks the availability, and tells it what became of the attempts. */
  private final class AvailabilityGate implements Gate {
    private final Context context = coordinator.vertx().getOrCreateContext();
    private SlotQueue queue;

    @Override
    public Skip look(Candidate candidate) {
      return setup
          .backends()
          .look(candidate.backend(), candidate.model(), candidate.expected(request));
    }

    @Override
    public Skip enter(Candidate candidate, boolean waited) {
      Entry entry =
          setup
              .backends()
              .enter(
                  candidate.backend(),
                  candidate.model(),
                  candidate.expected(request),
                  waited,
                  queue);
      if (entry instanceof Skip skip) {
        return skip;
      }
      permit = (Permit) entry;
      return null;
    }

    @Override
    public void leave(Candidate candidate, Attempt attempt, Outcome outcome, Failure failure) {
      Cooldown cooldown = failure == null ? null : FailureRule.of(failure.kind()).cooldown(failure);
      permit.settle(outcome, cooldown, attempt.usage(), attempt.costUsd());
    }

    @Override
    public boolean queue(List<Candidate> candidates) {
      Map<String, Candidate> byBackend = new LinkedHashMap<>();
      candidates.forEach(candidate -> byBackend.putIfAbsent(candidate.backend(), candidate));
      queue =
          setup
              .backends()
              .queue(
                  byBackend.keySet(),
                  backend ->
                      context.runOnContext(
                          v -> carryOut(machine.slotGranted(byBackend.get(backend)))));
      return queue != null;
    }

    @Override
    public void leaveQueue() {
      queue.close();
      queue = null;
    }
  }

  /** The frames of one attempt; they stop when the attempt is cancelled. */
  private final class AttemptFrames implements InboundStream.Handler {
    @Override
    public void opened(JsonObject body) {
      on(
          () -> {
            answering = body.getString("model", answering);
            leftOut = body.getString("warning", leftOut);
            return machine.head();
          });
    }

    @Override
    public void chunks(Chunks chunks) {
      try {
        carryOut(chunks);
      } catch (RuntimeException e) {
        broken(e);
      }
    }

    private void carryOut(Chunks chunks) {
      Buffer data = chunks.data();
      for (Action action :
          machine.chunks(chunks.kind(), chunks.count(), data.length(), characters(data))) {
        if (action instanceof Action.Deliver) {
          deliver(chunks);
        } else if (action instanceof Action.Hold) {
          hold(chunks.kind(), data);
          attempt.consumed();
        } else {
          Run.this.carryOut(action);
        }
      }
      if (timerAt > machine.deadline()) {
        watch();
      }
    }

    @Override
    public void ended(JsonObject body) {
      FinishReason reason;
      TokenUsage usage;
      try {
        reason = FinishReason.of(body.getString("finish_reason"));
        usage = TokenUsage.fromJson(body.getJsonObject("usage"));
        malformed = body.getInteger("malformed", 0);
        answering = body.getString("model", answering);
      } catch (RuntimeException e) {
        failed(Failure.of(FailureKind.SERVER_ERROR, "the end frame is not in order"));
        return;
      }
      attempt = null;
      if (malformed > 0) {
        setup
            .listeners()
            .deliver(new RelayEvent.SchemaDrift(id, asked.backend(), asked.model(), malformed));
      }
      on(() -> machine.ended(reason, usage));
    }

    @Override
    public void failed(Failure failure) {
      attempt = null;
      on(() -> machine.failed(failure));
    }
  }

  /** Tells the machine of something. What is thrown on the way ends the request, not in silence. */
  private void on(Supplier<List<Action>> event) {
    try {
      carryOut(event.get());
    } catch (RuntimeException e) {
      broken(e);
    }
  }

  private void broken(RuntimeException e) {
    LOG.log(Level.ERROR, "a request failed within the relay", e);
    Failure failure = LlmException.failureOf(e);
    if (closed) {
      sink.fail(failure);
      return;
    }
    try {
      carryOut(machine.cancel(failure));
    } catch (RuntimeException again) {
      LOG.log(Level.ERROR, "its attempt could not be ended in good order", again);
    }
    if (!closed) {
      if (attempt != null) {
        attempt.cancel();
      }
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
      setup
          .listeners()
          .deliver(
              new RelayEvent.Fallback(
                  id, fellBack.from().toString(), fellBack.to().toString(), fellBack.reason()));
    } else if (action instanceof Action.Answering) {
      permit.answering();
    } else if (action instanceof Action.Ended ended) {
      ended(ended);
    } else if (action instanceof Action.Abort) {
      if (attempt != null) {
        attempt.cancel();
        attempt = null;
      }
    } else if (action instanceof Action.Release release) {
      release(release.candidate());
    } else if (action instanceof Action.Complete complete) {
      complete(complete);
    } else if (action instanceof Action.Fail fail) {
      fail(fail.failure());
    } else if (action instanceof Action.Cancelled cancelled) {
      fail(cancelled.failure());
    }
  }

  private void start(Action.Start start) {
    held.clear();
    owed = 0;
    malformed = 0;
    answering = null;
    leftOut = null;
    Candidate candidate = start.candidate();
    asked = candidate;
    coordinator.warn(candidate);
    setup
        .listeners()
        .deliver(
            new RelayEvent.AttemptStart(
                id, start.number(), candidate.backend(), candidate.model()));
    JsonObject body =
        new JsonObject()
            .put("model", candidate.model())
            .put("connect_ms", settings.timeouts().connect().toMillis())
            .put("stall_ms", settings.timeouts().stall().toMillis())
            .put("request", requestJson);
    String service = setup.settings().providers() + ".provider." + candidate.backend();
    attempt = coordinator.open(service, body, new AttemptFrames());
  }

  private void ended(Action.Ended ended) {
    setup.listeners().deliver(new RelayEvent.AttemptEnd(id, ended.number(), ended.attempt()));
  }

  /** Puts it to the last piece of its kind: a latch full of single letters takes no more room. */
  private void hold(ChunkKind kind, Buffer data) {
    Held last = held.isEmpty() ? null : held.get(held.size() - 1);
    if (last == null || last.kind != kind) {
      last = new Held(kind, Buffer.buffer());
      held.add(last);
    }
    last.data.appendBuffer(data);
  }

  private void release(Candidate candidate) {
    serving = candidate;
    JsonObject body =
        new JsonObject()
            .put("id", id)
            .put("backend", candidate.backend())
            .put("model", answering == null ? candidate.model() : answering)
            .put("trail", Attempt.toJson(machine.trail()));
    if (candidate.warning() != null) {
      warnings.add(candidate.warning());
    }
    if (leftOut != null) {
      warnings.add(leftOut);
    }
    if (!warnings.isEmpty()) {
      body.put("warning", String.join("; ", warnings));
    }
    setup
        .listeners()
        .deliver(
            new RelayEvent.FirstChunk(
                id, candidate.backend(), candidate.model(), machine.elapsed()));
    sink.open(body);
    List<Held> released = List.copyOf(held);
    held.clear();
    released.forEach(text -> sink.chunks(Chunks.of(text.kind, text.data)));
  }

  private void deliver(Chunks chunks) {
    sink.chunks(chunks);
    if (attempt == null) {
      return; // Sending found that the consumer had vanished, and the run is over.
    }
    if (sink.full()) {
      owed++;
      machine.consumerPaused();
    } else {
      attempt.consumed();
    }
  }

  private void complete(Action.Complete complete) {
    List<Attempt> trail = machine.trail();
    JsonObject body =
        new JsonObject()
            .put("finish_reason", complete.finishReason().code())
            .put("usage", complete.usage().toJson())
            .put("trail", Attempt.toJson(trail));
    if (complete.costUsd() != null) {
      body.put("cost_usd", complete.costUsd());
    }
    if (malformed > 0) {
      body.put("malformed", malformed);
    }
    close();
    sink.end(body);
    told(complete.finishReason(), null, complete.usage(), complete.costUsd(), trail);
  }

  private void fail(Failure failure) {
    Failure complete = failure.withRequestId(id);
    close();
    sink.fail(complete);
    told(null, complete, failure.usage(), failure.costUsd(), failure.trail());
  }

  private void close() {
    closed = true;
    held.clear();
    unwatch();
    setup.leave();
    coordinator.forget(this);
  }

  private void told(
      FinishReason finishReason,
      Failure failure,
      TokenUsage usage,
      Double costUsd,
      List<Attempt> trail) {
    setup
        .listeners()
        .deliver(
            new RelayEvent.RequestEnd(
                id,
                streaming,
                serving == null ? null : serving.backend(),
                serving == null ? null : serving.model(),
                finishReason,
                failure,
                usage,
                costUsd,
                machine.elapsed(),
                machine.deliveredBytes(),
                trail,
                request.metadata()));
  }

  /** Keeps one timer for the machine's next deadline; a deadline that moved away costs nothing. */
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

  private static int characters(Buffer utf8) {
    int characters = 0;
    for (byte b : utf8.getBytes()) {
      characters += (b & 0xC0) == 0x80 ? 0 : 1;
    }
    return characters;
  }
}
