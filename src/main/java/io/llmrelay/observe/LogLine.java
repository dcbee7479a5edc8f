package io.llmrelay.observe;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.CandidateName;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.TokenUsage;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The log message of an event: named fields, as text {@code request request_id=… outcome=…}. It is
 * the only parameter of its log record, and renders its text when it is asked for it, so that a
 * handler may do that on another thread, or write the fields in another format.
 */
public final class LogLine {
  private static final int MAX_VALUE = 500;

  private static final Map<Attempt.Result, String> RESULTS = results();

  private final RelayEvent event;

  private static Map<Attempt.Result, String> results() {
    Map<Attempt.Result, String> names = new EnumMap<>(Attempt.Result.class);
    for (Attempt.Result result : Attempt.Result.values()) {
      names.put(result, result.name().toLowerCase(Locale.ROOT));
    }
    return names;
  }

  private LogLine(RelayEvent event) {
    this.event = event;
  }

  /** Returns the line of an event. */
  public static LogLine of(RelayEvent event) {
    return new LogLine(event);
  }

  /**
   * Returns the level of an event: errors need an operator, warnings say that a backend or a
   * request failed, and everything else is information.
   */
  public static Level level(RelayEvent event) {
    if (event instanceof RelayEvent.RequestEnd end) {
      boolean fine = end.failure() == null || end.failure().kind().status() < 500;
      return fine ? Level.INFO : Level.WARNING;
    }
    if (event instanceof RelayEvent.RequestRefused refused) {
      return refused.status() < 500 ? Level.INFO : Level.WARNING;
    }
    if (event instanceof RelayEvent.CircuitStateChange change) {
      return change.to() == RelayEvent.CircuitState.OPEN ? Level.WARNING : Level.INFO;
    }
    if (event instanceof RelayEvent.Exhausted exhausted) {
      if (exhausted.forMs() < 0) {
        return Level.ERROR;
      }
      return exhausted.forMs() == 0 ? Level.INFO : Level.WARNING;
    }
    if (event instanceof RelayEvent.HealthProbe probe) {
      return probe.healthy() ? Level.INFO : Level.WARNING;
    }
    return event instanceof RelayEvent.OperatorAction ? Level.INFO : Level.WARNING;
  }

  /** Receives the fields in order. */
  private interface Fields {
    void put(String name, Object value);
  }

  /** Returns the fields by name: texts, numbers, and for {@code attempts} a list of such maps. */
  public Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>(32);
    pass(fields::put);
    return fields;
  }

  private void pass(Fields fields) {
    if (event instanceof RelayEvent.RequestEnd end) {
      request(end, fields);
    } else if (event instanceof RelayEvent.AttemptEnd end) {
      failedAttempt(end, fields);
    } else if (event instanceof RelayEvent.RequestRefused refused) {
      fields.put("event", "request_refused");
      fields.put("request_id", refused.requestId());
      put(fields, "key", refused.key());
      fields.put("front", refused.front());
      fields.put("status", refused.status());
      fields.put("reason", refused.reason());
      put(fields, "field", refused.field());
    } else if (event instanceof RelayEvent.CircuitStateChange change) {
      fields.put("event", "circuit");
      fields.put("circuit", change.circuit());
      fields.put("from", change.from().code());
      fields.put("to", change.to().code());
    } else if (event instanceof RelayEvent.Exhausted exhausted) {
      exhausted(exhausted, fields);
    } else if (event instanceof RelayEvent.BudgetThreshold budget) {
      fields.put("event", budget.spent() ? "budget_spent" : "budget_warning");
      fields.put("backend", budget.backend());
      fields.put("limit", budget.limit());
      fields.put("used", budget.used());
      fields.put("max", budget.max());
      fields.put("renews_in_ms", budget.renewsInMs());
    } else if (event instanceof RelayEvent.OperatorAction action) {
      fields.put("event", "operator_action");
      fields.put("target", action.target());
      fields.put("action", action.action());
      fields.put("changed", action.changed());
    } else if (event instanceof RelayEvent.HealthProbe probe) {
      fields.put("event", "health_probe");
      fields.put("backend", probe.backend());
      fields.put("healthy", probe.healthy());
      put(fields, "reason", probe.reason());
      fields.put("latency_ms", probe.latencyMs());
    } else if (event instanceof RelayEvent.SchemaDrift drift) {
      fields.put("event", "unreadable_frames");
      fields.put("request_id", drift.requestId());
      fields.put("backend", drift.backend());
      fields.put("model", drift.model());
      fields.put("frames", drift.malformed());
    } else {
      throw new AssertionError("no line for " + event.getClass());
    }
  }

  private static void request(RelayEvent.RequestEnd end, Fields fields) {
    Map<String, String> labels = end.metadata();
    fields.put("event", "request");
    fields.put("request_id", end.requestId());
    put(fields, "caller_request_id", labels.get(ChatRequest.REQUEST_ID));
    put(fields, "key", labels.get(ChatRequest.CONSUMER));
    fields.put("front", labels.getOrDefault(ChatRequest.FRONT, "event-bus"));
    fields.put("streaming", end.streaming());
    put(fields, "requested_model", end.requestedModel());
    put(fields, "backend", end.backend());
    put(fields, "model", end.model());
    if (end.failure() == null) {
      fields.put("outcome", "completed");
      fields.put("finish_reason", end.finishReason().code());
    } else {
      boolean cancelled = end.failure().kind() == FailureKind.CANCELLED;
      fields.put("outcome", cancelled ? "cancelled" : "failed");
      fields.put("reason", end.failure().kind().code());
    }
    fields.put("attempts", attempts(end));
    if (end.firstChunkMs() >= 0) {
      fields.put("first_chunk_ms", end.firstChunkMs());
    }
    fields.put("duration_ms", end.durationMs());
    fields.put("bytes", end.deliveredBytes());
    if (end.usage().source() != TokenUsage.Source.NONE) {
      fields.put("input_tokens", end.usage().inputTokens());
      fields.put("output_tokens", end.usage().outputTokens());
      fields.put("tokens_source", source(end.usage()));
    }
    put(fields, "cost_usd", end.costUsd());
  }

  private static List<Map<String, Object>> attempts(RelayEvent.RequestEnd end) {
    List<Map<String, Object>> attempts = new ArrayList<>(end.trail().size());
    for (Attempt attempt : end.trail()) {
      attempts.add(attempt(attempt));
    }
    return attempts;
  }

  private static Map<String, Object> attempt(Attempt attempt) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("candidate", candidate(attempt));
    fields.put("result", RESULTS.get(attempt.result()));
    put(fields::put, "reason", attempt.reason());
    if (attempt.status() != 0) {
      fields.put("status", attempt.status());
    }
    fields.put("duration_ms", attempt.durationMs());
    return fields;
  }

  private static void failedAttempt(RelayEvent.AttemptEnd end, Fields fields) {
    Attempt attempt = end.attempt();
    fields.put("event", "attempt_failed");
    fields.put("request_id", end.requestId());
    fields.put("number", end.number());
    fields.put("backend", attempt.backend());
    put(fields, "backend_key", attempt.key());
    fields.put("model", attempt.model());
    put(fields, "reason", attempt.reason());
    if (attempt.status() != 0) {
      fields.put("status", attempt.status());
    }
    put(fields, "provider_code", attempt.providerCode());
    fields.put("duration_ms", attempt.durationMs());
    put(fields, "message", attempt.message());
  }

  private static void exhausted(RelayEvent.Exhausted event, Fields fields) {
    if (event.forMs() > 0) {
      fields.put("event", "cooldown");
      fields.put("candidate", event.candidate());
      put(fields, "backend_key", event.key());
      fields.put("reason", event.reason());
      fields.put("for_ms", event.forMs());
    } else {
      fields.put("event", event.forMs() == 0 ? "key_accepted" : "key_refused");
      fields.put("candidate", event.candidate());
      put(fields, "backend_key", event.key());
    }
  }

  private static String source(TokenUsage usage) {
    return usage.source() == TokenUsage.Source.PROVIDER ? "provider" : "estimated";
  }

  private static String candidate(Attempt attempt) {
    return new CandidateName(attempt.backend(), attempt.model()).toString();
  }

  private static void put(Fields fields, String name, Object value) {
    if (value != null) {
      fields.put(name, value);
    }
  }

  /** Returns the event's name and {@code name=value} for each field, values quoted if needed. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(400);
    appendTo(text);
    return text.toString();
  }

  /** Appends the text, which has no control characters. */
  public void appendTo(StringBuilder text) {
    pass((name, value) -> append(text, name, value));
  }

  private static void append(StringBuilder text, String name, Object value) {
    if (name.equals("event")) {
      text.append(value);
      return;
    }
    text.append(' ').append(name).append('=');
    if (value instanceof Long number) {
      text.append(number.longValue());
    } else if (value instanceof Number || value instanceof Boolean) {
      text.append(value);
    } else if (value instanceof List<?> list) {
      append(text, attempts(list));
    } else {
      append(text, value.toString());
    }
  }

  private static String attempts(List<?> attempts) {
    StringBuilder text = new StringBuilder();
    for (Object each : attempts) {
      Map<?, ?> attempt = (Map<?, ?>) each;
      text.append(text.isEmpty() ? "" : ", ")
          .append(attempt.get("candidate"))
          .append(' ')
          .append(attempt.get("result"));
      if (attempt.containsKey("reason")) {
        text.append(':').append(attempt.get("reason"));
      }
    }
    return text.toString();
  }

  /** Appends a value, quoted if it has characters that would end it or begin another field. */
  private static void append(StringBuilder text, String value) {
    int length = Math.min(value.length(), MAX_VALUE);
    boolean plain = length > 0;
    for (int i = 0; i < length && plain; i++) {
      char c = value.charAt(i);
      plain = c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
    }
    if (plain) {
      text.append(value, 0, length);
      return;
    }
    text.append('"');
    for (int i = 0; i < length; i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        text.append('\\');
      }
      boolean control = Character.isISOControl(c) || c == '\u2028' || c == '\u2029';
      text.append(control ? '?' : c);
    }
    text.append('"');
  }
}
