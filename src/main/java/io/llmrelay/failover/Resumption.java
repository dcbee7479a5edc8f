package io.llmrelay.failover;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.CommitPoint;
import io.llmrelay.chat.Resume;
import io.llmrelay.chat.TokenUsage;
import io.vertx.core.buffer.Buffer;

/**
 * How an answer that breaks off is resumed: the transcript of what was delivered, what a candidate
 * is asked, and what its answer must be.
 */
final class Resumption {
  private ChatRequest request;
  private final RunSettings settings;
  private final ConfigSnapshot config;
  private final Transcript transcript;

  /** The candidate of all that was delivered; {@code null} if it is of several models. */
  private Candidate source;

  private Resume how = Resume.OFF;

  /** How the candidate that was asked last resumes the answer. */
  private Resume current = Resume.OFF;

  Resumption(ChatRequest request, RunSettings settings, ConfigSnapshot config) {
    this.request = request;
    this.settings = settings;
    this.config = config;
    boolean continues = settings.resume().value() == Resume.CONTINUE;
    transcript = new Transcript(settings.resumeMaxBytes(), continues);
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
    return settings.resume().at(candidate.backend()) != Resume.OFF;
  }

  /** Begins with the answer of a candidate; returns false if it is not going to be resumed. */
  boolean begin(Candidate candidate) {
    source = candidate;
    how = settings.resume().at(candidate.backend());
    if (how == Resume.OFF) {
      transcript.discard();
      request = null;
    }
    return how != Resume.OFF;
  }

  /** Returns how a candidate can resume the answer; {@link #request} and so on are about it. */
  Resume of(Candidate candidate) {
    current = Resume.OFF;
    if (transcript.usable()) {
      boolean sameModel = source != null && config.planner().isSameModel(candidate, source);
      current = continues(candidate) ? Resume.CONTINUE : sameModel ? Resume.VERIFY : Resume.OFF;
    }
    return current;
  }

  private boolean continues(Candidate candidate) {
    return how == Resume.CONTINUE
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
