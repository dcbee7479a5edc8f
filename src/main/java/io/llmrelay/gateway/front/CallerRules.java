package io.llmrelay.gateway.front;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.LlmRequest;
import io.llmrelay.chat.Priority;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.config.GatewayKeyOptions;
import io.llmrelay.gateway.server.RelayHeaders;
import io.llmrelay.gateway.server.RequestIds;
import io.llmrelay.gateway.server.RequestScope;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What holds for every request of a caller, whatever it asks for. */
public final class CallerRules {
  /**
   * The headers with the id of a session: the usual one, and those that Claude Code, opencode and
   * Codex send.
   */
  private static final List<CharSequence> SESSION_HEADERS =
      Stream.of(
              "x-session-id",
              "x-claude-code-session-id",
              "x-session-affinity",
              "session-id",
              "session_id",
              "x-opencode-session")
          .map(HttpHeaders::createOptimized)
          .toList();

  private CallerRules() {}

  /**
   * Returns a request without the fields of {@code relay} that its key may not override, which a
   * warning names, with the gateway's labels in its metadata, and with the session of its headers
   * as its affinity unless it has one.
   *
   * @throws LlmException if the caller has set such a label
   */
  @SuppressWarnings("unchecked") // A changed copy has the request's own class.
  public static <R extends LlmRequest> R apply(
      R request, RequestScope scope, HttpServerRequest http) {
    HttpServerResponse response = http.response();
    for (String label : request.metadata().keySet()) {
      if (label.startsWith(ChatRequest.OWN_LABELS)) {
        String field = "metadata." + label;
        throw Failure.invalid(field, field + " has a prefix that is reserved for the relay")
            .toException();
      }
    }
    RelayHints hints = request.relay();
    List<String> removed = new ArrayList<>();
    for (String field : GatewayKeyOptions.OVERRIDES) {
      if (hints.has(field) && !scope.mayOverride(field)) {
        hints = hints.without(field);
        removed.add("relay." + field);
      }
    }
    if (!removed.isEmpty()) {
      RelayHeaders.addWarning(
          response, String.join(", ", removed) + " ignored: the key may not override it");
    }
    hints = hints.withPriority(priority(hints, scope, response));
    LlmRequest allowed = request.withRelay(hints);
    Map<String, String> labels = labels(request, scope, response);
    LlmRequest labelled = allowed.withMetadata(labels);
    String session = hints.affinity() == null ? session(http.headers()) : null;
    return (R) (session == null ? labelled : labelled.withAffinity(session));
  }

  private static String session(MultiMap headers) {
    for (int i = 0; i < SESSION_HEADERS.size(); i++) {
      String session = headers.get(SESSION_HEADERS.get(i));
      if (session != null && !session.isBlank()) {
        return session;
      }
    }
    return null;
  }

  /** Returns the priority of the request: that of its key, unless it asks for a lower one. */
  private static Priority priority(
      RelayHints hints, RequestScope scope, HttpServerResponse response) {
    Priority allowed = scope.priority();
    if (hints.priority() == null) {
      return allowed == Priority.NORMAL ? null : allowed;
    }
    if (hints.priority().compareTo(allowed) < 0) {
      RelayHeaders.addWarning(
          response,
          "relay.priority was cut from " + hints.priority().code() + " to " + allowed.code());
    }
    return hints.priority().atMost(allowed);
  }

  private static Map<String, String> labels(
      LlmRequest request, RequestScope scope, HttpServerResponse response) {
    Map<String, String> labels = new LinkedHashMap<>(request.metadata());
    String id = response.headers().get(RequestIds.HEADER);
    labels.put(ChatRequest.FRONT, scope.path());
    if (scope.keyName() != null) {
      labels.put(ChatRequest.CONSUMER, scope.keyName());
    }
    if (id != null) {
      labels.put(ChatRequest.REQUEST_ID, id);
    }
    return labels;
  }
}
