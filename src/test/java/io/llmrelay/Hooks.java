package io.llmrelay;

import io.llmrelay.chat.Attempt;
import io.llmrelay.observe.RelayEvent.AttemptEnd;
import io.llmrelay.observe.RelayEvent.AttemptStart;
import io.llmrelay.observe.RelayEvent.CircuitStateChange;
import io.llmrelay.observe.RelayEvent.Exhausted;
import io.llmrelay.observe.RelayEvent.Fallback;
import io.llmrelay.observe.RelayEvent.FirstChunk;
import io.llmrelay.observe.RelayEvent.RequestEnd;
import io.llmrelay.observe.RelayEvent.RequestStart;
import io.llmrelay.observe.RelayEvent.Resumed;
import io.llmrelay.observe.RelayEvent.SchemaDrift;
import io.llmrelay.observe.RelayListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Writes down every hook in a short line: its name, the candidate, and the reason. */
final class Hooks implements RelayListener {
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final List<RequestEnd> ends = new CopyOnWriteArrayList<>();

  /** The hooks of requests and attempts, in order. */
  List<String> ofRequests() {
    return lines.stream().filter(line -> !ofBackend(line)).toList();
  }

  /** The hooks of circuits and exhaustion, in order; a circuit tells of itself a tick later. */
  List<String> ofBackends() {
    return lines.stream().filter(Hooks::ofBackend).toList();
  }

  /** The last requests' ends. */
  List<RequestEnd> ends() {
    return List.copyOf(ends);
  }

  void clear() {
    lines.clear();
    ends.clear();
  }

  private static boolean ofBackend(String line) {
    return line.startsWith("onCircuitStateChange") || line.startsWith("onExhausted");
  }

  @Override
  public void onRequestStart(RequestStart event) {
    lines.add("onRequestStart");
  }

  @Override
  public void onAttemptStart(AttemptStart event) {
    lines.add("onAttemptStart %d %s".formatted(event.number(), event.backend()));
  }

  @Override
  public void onAttemptEnd(AttemptEnd event) {
    Attempt attempt = event.attempt();
    String how = attempt.reason() == null ? "served" : attempt.reason();
    lines.add("onAttemptEnd %d %s: %s".formatted(event.number(), attempt.backend(), how));
  }

  @Override
  public void onFallback(Fallback event) {
    lines.add("onFallback %s > %s: %s".formatted(event.from(), event.to(), event.reason()));
  }

  @Override
  public void onResumed(Resumed event) {
    lines.add(
        "onResumed %s > %s: %s after %d bytes"
            .formatted(event.from(), event.to(), event.reason(), event.deliveredBytes()));
  }

  @Override
  public void onFirstChunk(FirstChunk event) {
    lines.add("onFirstChunk %s".formatted(event.backend()));
  }

  @Override
  public void onSchemaDrift(SchemaDrift event) {
    lines.add("onSchemaDrift %s: %d".formatted(event.backend(), event.malformed()));
  }

  @Override
  public void onRequestEnd(RequestEnd event) {
    ends.add(event);
    String how =
        event.failure() == null ? event.finishReason().code() : event.failure().kind().code();
    lines.add("onRequestEnd %s: %s".formatted(event.backend(), how));
  }

  @Override
  public void onCircuitStateChange(CircuitStateChange event) {
    lines.add(
        "onCircuitStateChange %s: %s > %s"
            .formatted(event.circuit(), event.from().code(), event.to().code()));
  }

  @Override
  public void onExhausted(Exhausted event) {
    lines.add("onExhausted %s: %s".formatted(event.candidate(), event.reason()));
  }
}
