package io.llmrelay.failover;

import static java.util.Comparator.comparingInt;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.availability.Outcome;
import io.llmrelay.availability.Skip;
import io.llmrelay.catalog.Capability;
import io.llmrelay.catalog.Model;
import io.llmrelay.catalog.Price;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.Resume;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.chat.TokenUsage;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;

/**
 * A failover machine on the bench: the clock is moved by hand, the admission does what it is told,
 * and what the machine wants done reads like a script. A candidate is named by its backend; its
 * model is always {@code m}.
 */
final class Rig implements Admission {
  static final long HEAD = 1_000;
  static final long FIRST_CHUNK = 2_000;
  static final long STALL = 3_000;
  static final long TOTAL = 60_000;
  static final long QUEUE_WAIT = 4_000;
  static final long INPUT_CHARACTERS = 40;

  long now = 1_000_000;
  double jitter;
  final List<Action> actions = new ArrayList<>();

  /** What the admission was asked and told, in order. */
  final List<String> admission = new ArrayList<>();

  private final Map<String, Skip> closed = new HashMap<>();
  private final Map<String, Model> known = new HashMap<>();
  private final Queue<String> keys = new ArrayDeque<>();
  private final List<Candidate> candidates = new ArrayList<>();
  private CommitPoint commit = CommitPoint.FIRST_CHUNK;
  private int maxRetries;
  private long latchMaxBytes = 1_000;
  private Duration head = Duration.ofMillis(HEAD);
  private Duration firstChunk = Duration.ofMillis(FIRST_CHUNK);
  private long total = TOTAL;
  private boolean queuesFull;
  private long hedgeAfter = -1;
  private int hedges;
  private boolean resumes;

  /** How each resumes, by its backend; all others do not. */
  final Map<String, Resume> resumption = new HashMap<>();

  private Failover machine;
  private int of;

  static Rig of(String... backends) {
    Rig rig = new Rig();
    for (String backend : backends) {
      rig.candidates.add(new Candidate(backend, "m", null));
    }
    return rig;
  }

  Rig commit(CommitPoint commit) {
    this.commit = commit;
    return this;
  }

  /** The keys of the attempts, in order. */
  Rig keys(String... names) {
    keys.addAll(List.of(names));
    return this;
  }

  Rig retries(int max) {
    maxRetries = max;
    return this;
  }

  Rig latch(long maxBytes) {
    latchMaxBytes = maxBytes;
    return this;
  }

  /** Nobody says how long the head and the first chunk may take, and there is time enough. */
  Rig defaultFirstChunk() {
    total = 5 * TOTAL;
    head = null;
    firstChunk = null;
    return this;
  }

  /** The catalogue knows that these think before they answer. */
  Rig reasoning(String backend) {
    return known(backend, null, null, Set.of(Capability.STREAMING, Capability.REASONING));
  }

  Rig window(String backend, int tokens) {
    return known(backend, tokens, null);
  }

  /** One dollar for an input token, ten for an output token. */
  Rig priced(String backend) {
    return priced(backend, 1_000_000, 10_000_000);
  }

  /** Dollars for a million tokens. */
  Rig priced(String backend, double input, double output) {
    return known(backend, null, new Price(input, output, null));
  }

  private Rig known(String backend, Integer window, Price price) {
    return known(backend, window, price, Set.of());
  }

  private Rig known(String backend, Integer window, Price price, Set<Capability> capabilities) {
    Model model =
        new Model(null, "m", window, null, price, capabilities, Model.Status.CURRENT, null, null);
    known.put(backend, model);
    candidates.replaceAll(
        c -> c.backend().equals(backend) ? new Candidate(backend, "m", model) : c);
    return this;
  }

  /** The admission refuses this one from now on. */
  Rig open(String backend, long availableInMs) {
    closed.put(
        backend,
        new Skip(SkipReason.CIRCUIT_OPEN, FailureKind.UNAVAILABLE, "circuit open", availableInMs));
    return this;
  }

  /** The admission refuses this one from now on. */
  Rig exhausted(String backend, FailureKind kind, long availableInMs) {
    closed.put(
        backend, new Skip(SkipReason.EXHAUSTED, kind, kind.code() + ", later", availableInMs));
    return this;
  }

  Rig letIn(String backend) {
    closed.remove(backend);
    return this;
  }

  /** All slots of this one are in use from now on. */
  Rig saturated(String backend) {
    closed.put(
        backend,
        new Skip(SkipReason.SATURATED, FailureKind.SATURATED, "all 7 slots are in use", -1));
    return this;
  }

  /** No queue takes anybody. */
  Rig queuesFull() {
    queuesFull = true;
    return this;
  }

  /** The next candidate starts beside one that is silent for so long, so many times at most. */
  Rig hedging(long afterMs, int times) {
    hedgeAfter = afterMs;
    hedges = times;
    return this;
  }

  /** What breaks off is resumed, by all of them. */
  Rig resuming(Resume how) {
    resumes = how != Resume.OFF;
    candidates.forEach(candidate -> resumption.put(candidate.backend(), how));
    return this;
  }

  @Override
  public long hedgeAfter(Candidate candidate) {
    return hedgeAfter;
  }

  @Override
  public boolean hedge() {
    return hedges-- > 0;
  }

  @Override
  public boolean resumes(Candidate serving) {
    return resumes;
  }

  @Override
  public Resume resumption(Candidate candidate) {
    return resumption.getOrDefault(candidate.backend(), Resume.OFF);
  }

  /** A slot is granted, as to somebody who queued for it. */
  List<String> grant(String backend) {
    closed.remove(backend);
    return show(machine().slotGranted(candidate(backend)));
  }

  /** A slot is granted of a candidate that the admission refuses for another reason. */
  List<String> grantWithoutLettingIn(String backend) {
    return show(machine().slotGranted(candidate(backend)));
  }

  private Candidate candidate(String backend) {
    return candidates.stream().filter(c -> c.backend().equals(backend)).findFirst().orElseThrow();
  }

  @Override
  public Skip check(Candidate candidate) {
    return closed.get(candidate.backend());
  }

  @Override
  public long queue(List<Candidate> candidates, long maxWaitMs) {
    admission.add("queue " + candidates.stream().map(Candidate::backend).toList());
    return queuesFull ? 0 : QUEUED;
  }

  @Override
  public void leaveQueue() {
    admission.add("leave queue");
  }

  @Override
  public Skip enter(int number, Candidate candidate, boolean waited) {
    admission.add("enter " + candidate.backend() + (waited ? " waited" : ""));
    return closed.get(candidate.backend());
  }

  @Override
  public String key(int number) {
    return keys.isEmpty() ? null : keys.remove();
  }

  @Override
  public String affinity(int number) {
    return null;
  }

  @Override
  public boolean hasOtherKey(Candidate candidate) {
    return !keys.isEmpty();
  }

  @Override
  public void leave(
      int number, Candidate candidate, Attempt attempt, Outcome outcome, Failure failure) {
    String kind = failure == null ? "" : " " + failure.kind().code();
    admission.add("leave " + candidate.backend() + " " + outcome + kind);
  }

  Failover machine() {
    if (machine == null) {
      RunSettings settings =
          new RunSettings(
              commit,
              new Timeouts(
                  Duration.ofMillis(500),
                  head,
                  firstChunk,
                  Duration.ofMillis(STALL),
                  Duration.ofMillis(total)),
              maxRetries,
              Duration.ofMillis(100),
              Duration.ofMillis(5_000),
              Duration.ofMillis(QUEUE_WAIT),
              latchMaxBytes);
      machine = new Failover(candidates, settings, INPUT_CHARACTERS, this, () -> now, () -> jitter);
    }
    return machine;
  }

  List<String> start() {
    return show(machine().start());
  }

  /** Starts it, for tests that begin where an attempt runs. */
  Rig started() {
    assertThat(start()).last().asString().startsWith("start 1 ");
    return is(Failover.State.ATTEMPTING);
  }

  Rig is(Failover.State state) {
    assertThat(machine().state()).isEqualTo(state);
    return this;
  }

  Rig after(long ms) {
    now += ms;
    return this;
  }

  /** The events from here on are those of another attempt than the last one that was started. */
  Rig of(int number) {
    of = number;
    return this;
  }

  int current() {
    int started = 0;
    for (Action action : actions) {
      started = action instanceof Action.Start start ? start.number() : started;
    }
    return of > 0 ? of : started;
  }

  List<String> head() {
    return show(machine().head(current()));
  }

  List<String> block() {
    return block(BlockKind.TEXT);
  }

  List<String> block(BlockKind kind) {
    return show(machine().block(current(), kind));
  }

  List<String> images() {
    return show(machine().images(current()));
  }

  List<String> chunk(String text) {
    return chunk(BlockKind.TEXT, text);
  }

  List<String> chunk(BlockKind kind, String text) {
    return show(
        machine()
            .chunks(
                current(),
                kind,
                1,
                text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length,
                text.codePointCount(0, text.length())));
  }

  /** Output of an attempt to resume that is not delivered. */
  List<String> skip(String text) {
    int length = text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
    return show(machine().skipped(current(), 1, length, text.codePointCount(0, text.length())));
  }

  List<String> splice() {
    return show(machine().spliced(current(), 0));
  }

  List<String> diverge() {
    return show(machine().diverged(current(), "another one"));
  }

  List<String> end(FinishReason reason) {
    return end(reason, TokenUsage.NONE);
  }

  List<String> end(FinishReason reason, TokenUsage usage) {
    return show(machine().ended(current(), reason, usage));
  }

  List<String> fail(FailureKind kind) {
    return fail(Failure.of(kind, "it said so"));
  }

  List<String> fail(Failure failure) {
    return show(machine().failed(current(), failure));
  }

  List<String> cancel() {
    return show(machine().cancel("gone"));
  }

  List<String> timer() {
    return show(machine().timer());
  }

  /** Moves the clock to the machine's next deadline, and checks that nothing happens before it. */
  List<String> next() {
    long deadline = machine().deadline();
    assertThat(deadline).as("a deadline ahead").isGreaterThan(now).isLessThan(Long.MAX_VALUE);
    now = deadline - 1;
    assertThat(timer()).as("a millisecond before the deadline").isEmpty();
    now = deadline;
    return timer();
  }

  /** Milliseconds until the next deadline. */
  long untilNext() {
    return machine().deadline() - now;
  }

  List<Attempt> trail() {
    return machine().trail();
  }

  /** The last action, which must be of this type. */
  <T extends Action> T last(Class<T> type) {
    assertThat(actions).isNotEmpty();
    return type.cast(actions.get(actions.size() - 1));
  }

  /** What the request failed with. */
  Failure failure() {
    return last(Action.Fail.class).failure();
  }

  /** The numbers and candidates of all attempts that were started. */
  List<String> attempted() {
    return actions.stream()
        .filter(Action.Start.class::isInstance)
        .map(Action.Start.class::cast)
        .sorted(comparingInt(Action.Start::number))
        .map(start -> start.candidate().backend())
        .toList();
  }

  private List<String> show(List<Action> happened) {
    actions.addAll(happened);
    return happened.stream().map(Rig::show).toList();
  }

  private static String show(Action action) {
    if (action instanceof Action.Start a) {
      return "start " + a.number() + " " + a.candidate().backend();
    } else if (action instanceof Action.FellBack a) {
      return a.from().backend() + " > " + a.to().backend() + " " + a.reason();
    } else if (action instanceof Action.Ended a) {
      return "ended "
          + a.number()
          + " "
          + a.candidate().backend()
          + " "
          + a.outcome()
          + (a.failure() == null ? "" : " " + a.failure().kind().code());
    } else if (action instanceof Action.Release a) {
      return "release " + a.candidate().backend();
    } else if (action instanceof Action.Resumed a) {
      return "resumed " + a.from().backend() + " > " + a.to().backend() + " " + a.reason();
    } else if (action instanceof Action.Complete a) {
      return "complete " + a.finishReason().code();
    } else if (action instanceof Action.Fail a) {
      return "fail " + a.failure().kind().code();
    } else if (action instanceof Action.FirstChunk) {
      return "first chunk";
    }
    return action.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
  }
}
