package io.llmrelay.failover;

import io.llmrelay.availability.ResumeMemory.Reservation;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.Resume;
import io.llmrelay.chat.TokenUsage;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How an answer that breaks off is resumed: the transcript of what was delivered, what a candidate
 * is asked, and what its answer must be.
 */
final class Resumption {
  private ChatRequest request;
  private final RunSettings settings;
  private final ConfigSnapshot config;
  private final Reservation memory;
  private final Transcript transcript;

  /** The candidate of all that was delivered; {@code null} if it is of several models. */
  private Candidate source;

  private Resume how = Resume.OFF;

  /** The candidates that have refused the beginning of the answer. */
  private final Set<Candidate> refusing = new HashSet<>();

  /** How the candidate that was asked last resumes the answer. */
  private Resume current = Resume.OFF;

  /**
   * @param memory what is held until the answer ends
   * @param onGivenUp called when the answer cannot be resumed any more, or has ended: the request
   *     is not needed from then on
   */
  Resumption(
      ChatRequest request,
      RunSettings settings,
      ConfigSnapshot config,
      Reservation memory,
      Runnable onGivenUp) {
    this.memory = memory;
    // Events of one answer cannot follow those of another, whose ids they would contradict.
    this.request = isTranslatable(request) ? request.withoutReceived() : null;
    this.settings = settings;
    this.config = config;
    boolean continues = settings.resume().value() == Resume.CONTINUE;
    transcript =
        new Transcript(
            settings.resumeMaxBytes(),
            continues,
            memory,
            () -> {
              this.request = null;
              onGivenUp.run();
            });
  }

  private static boolean isTranslatable(ChatRequest request) {
    return request.received() == null || request.received().untranslated().essential().isEmpty();
  }

  /** Returns whether answers to a request with these settings may be resumed. */
  static boolean isPossible(RunSettings settings) {
    return !settings.resume().isOff() && !settings.commit().equals(CommitPoint.COMPLETE);
  }

  /** Returns a sink that records what the consumer receives. */
  ChatSink recording(ChatSink sink) {
    return new RecordingSink(sink, transcript);
  }

  /** Returns whether the answer of a candidate is resumed. */
  boolean applies(Candidate candidate) {
    return request != null && settings.resume().at(candidate.backend()) != Resume.OFF;
  }

  /** Begins with the answer of a candidate, or gives up at once. */
  void begin(Candidate candidate) {
    source = candidate;
    how = settings.resume().at(candidate.backend());
    if (how == Resume.OFF || request == null || !memory.add(request.size() + Transcript.SEGMENT)) {
      transcript.discard();
    }
  }

  /** Releases what is held. */
  void end() {
    transcript.discard();
  }

  /** Returns whether the answer cannot be resumed because there was too little memory. */
  boolean lacksMemory() {
    return memory.isRefused();
  }

  /** Returns how a candidate can resume the answer; {@link #request} and so on are about it. */
  Resume of(Candidate candidate) {
    current = Resume.OFF;
    if (transcript.usable()) {
      current =
          continues(candidate)
              ? Resume.CONTINUE
              : source != null
                      && (how == Resume.CONTINUE || isSameModel(candidate))
                      && config.planner().canServe(request, candidate)
                  ? Resume.VERIFY
                  : Resume.OFF;
    }
    return current;
  }

  /**
   * Returns candidates in the order in which they are asked: in the order given, but those that
   * hardly repeat what another model has said just before the last.
   */
  List<Candidate> order(List<Candidate> candidates) {
    int last = candidates.size() - 1;
    List<Candidate> likely = new ArrayList<>();
    List<Candidate> unlikely = new ArrayList<>();
    for (Candidate candidate : candidates.subList(0, last)) {
      (continues(candidate) || isSameModel(candidate) ? likely : unlikely).add(candidate);
    }
    likely.addAll(unlikely);
    likely.add(candidates.get(last));
    return likely;
  }

  /**
   * Records a failure of the candidate that was asked last, and returns whether it is to be asked
   * again: it refused the beginning of the answer in the request, and may repeat that instead.
   */
  boolean refused(Candidate candidate, FailureKind kind) {
    boolean refusal = kind == FailureKind.INVALID_REQUEST || kind == FailureKind.UNSUPPORTED;
    return refusal
        && current == Resume.CONTINUE
        && refusing.add(candidate)
        && of(candidate) != Resume.OFF;
  }

  private boolean isSameModel(Candidate candidate) {
    return source != null && config.planner().isSameModel(candidate, source);
  }

  private boolean continues(Candidate candidate) {
    return how == Resume.CONTINUE
        && transcript.usable()
        && !refusing.contains(candidate)
        && request.continuation() == null
        && transcript.continuable() != null
        && config.planner().continues(prefilled(), candidate);
  }

  /** Returns what the candidate is asked. */
  ChatRequest request() {
    return current == Resume.CONTINUE ? prefilled() : request;
  }

  /** Returns the request with the delivered text as the beginning of the answer. */
  private ChatRequest prefilled() {
    Buffer text = transcript.continuable();
    ChatRequest prefilled = request.withPrefill(Seam.prefix(text));
    if (request.maxTokens() == null) {
      return prefilled;
    }
    long spent = TokenUsage.estimate(0, text.toString().length()).outputTokens();
    return prefilled.withMaxTokens((int) Math.max(1, request.maxTokens() - spent));
  }

  /** Returns a sink for the candidate's answer, which passes on what continues the other one. */
  ChatSink splice(ResumeSink sink) {
    if (current == Resume.VERIFY) {
      return new VerifyingSplice(transcript, sink);
    }
    long maxHeld = request.wantsFormat() ? settings.resumeMaxBytes() : 0;
    return new ContinuingSplice(transcript, maxHeld, sink);
  }

  /** Records that the candidate continues the answer. */
  void resumed() {
    if (current == Resume.CONTINUE) {
      source = null; // No model would repeat what two have written.
    }
  }
}
