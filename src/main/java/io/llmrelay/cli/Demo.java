package io.llmrelay.cli;

import io.llmrelay.LlmRelay;
import io.llmrelay.LlmStream;
import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.LlmException;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;

/** Plays the four scenes of the demo. */
final class Demo {
  private static final String INDENT = "   ";
  private static final String QUESTION = "Why is the sky blue?";
  private static final String ANSWER =
      "Sunlight is a mix of all colours. On its way through the air it meets molecules much"
          + " smaller than its waves, and those scatter blue light far more than red – so blue"
          + " reaches your eyes from everywhere at once.";
  private static final int CHUNKS_BEFORE_FAILURE = 14;

  private final Terminal terminal;
  private final LlmRelay relay;
  private final Sandbox sandbox;
  private final int pauseMs;

  Demo(Terminal terminal, LlmRelay relay, Sandbox sandbox, int pauseMs) {
    this.terminal = terminal;
    this.relay = relay;
    this.sandbox = sandbox;
    this.pauseMs = pauseMs;
  }

  void play() throws InterruptedException {
    terminal.line(terminal.bold("LLM Relay"));
    terminal.line("Three backends of the built-in sandbox, over real HTTP; no key, no network.");
    warmUp();

    scene("1. The primary is down: it answers 503.", Scenario.http(503));
    show(stream(question()));

    scene(
        "2. The primary answers 200, and then an error before any token.",
        Scenario.of("sse-error"));
    terminal.line(INDENT + terminal.dim("The next candidate speaks another dialect, Anthropic's."));
    show(stream(question().withCandidates("primary", "claude")));

    Scenario failing = Scenario.of("die-after-" + CHUNKS_BEFORE_FAILURE).text(ANSWER);
    scene("3. The stream dies in mid-answer.", failing);
    show(stream(question()));
    terminal.line();
    note("Nothing was retried: another answer would repeat or contradict this text.");

    scene("4. The same failure, but the whole answer was requested: generate().", failing);
    terminal.line(INDENT + terminal.dim("Nothing was delivered yet, so it falls back."));
    ChatCompletion answer = relay.generate(question()).await();
    WordWrap text = new WordWrap(terminal, INDENT);
    text.print(answer.text());
    text.end();
    show(answer.trail());

    terminal.line();
    terminal.line(
        "Next: scripts/start serves this over HTTP; scripts/chat \""
            + QUESTION
            + "\" sends it a question.");
  }

  /** Runs one request without output, so that the times shown do not include class loading. */
  private void warmUp() {
    Scenario immediate = Scenario.ok().firstDelay(0).chunkDelay(0);
    sandbox.script("primary", Scenario.http(503)).script("claude", immediate);
    relay.generate(question().withCandidates("primary", "claude")).await();
  }

  private void scene(String title, Scenario ofPrimary) throws InterruptedException {
    sandbox.script("primary", ofPrimary);
    Scenario healthy = Scenario.ok().text(ANSWER);
    sandbox.script("secondary", healthy).script("claude", healthy);
    Thread.sleep(pauseMs);
    terminal.line();
    terminal.line(terminal.bold(title));
  }

  private static ChatRequest question() {
    return ChatRequest.of(ChatMessage.user(QUESTION));
  }

  /**
   * Streams one answer to the terminal, prints a failure if there is one, and returns the trail.
   */
  private List<Attempt> stream(ChatRequest request) {
    Future<List<Attempt>> trail =
        relay.stream(request)
            .compose(this::print)
            .recover(
                error -> {
                  Failure failure = LlmException.failureOf(error);
                  note(
                      "The consumer gets the failure %s, after %d chunks (%d bytes); retryable: %s."
                          .formatted(
                              failure.kind().code(),
                              failure.deliveredChunks(),
                              failure.deliveredBytes(),
                              failure.retryable() ? "yes" : "no"));
                  return Future.succeededFuture(failure.trail());
                });
    return trail.await();
  }

  private Future<List<Attempt>> print(LlmStream stream) {
    Promise<List<Attempt>> done = Promise.promise();
    WordWrap text = new WordWrap(terminal, INDENT);
    stream
        .exceptionHandler(
            error -> {
              text.print(terminal.bad(" ✂"));
              text.end();
              done.fail(error);
            })
        .endHandler(
            end -> {
              text.end();
              done.complete(stream.trail());
            })
        .handler(chunk -> text.print(chunk.toString()));
    return done.future();
  }

  private void show(List<Attempt> trail) {
    terminal.line();
    TrailTable.lines(trail, terminal, INDENT).forEach(terminal::line);
  }

  private void note(String text) {
    terminal.line(INDENT + terminal.dim(text));
  }
}
