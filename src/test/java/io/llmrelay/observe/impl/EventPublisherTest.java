package io.llmrelay.observe.impl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.observe.RelayEvent;
import io.llmrelay.observe.RelayListener;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VertxExtension.class)
class EventPublisherTest {
  private static final List<String> EXPECTED =
      List.of(
          """
          {"event": "request_start", "request_id": "r1", "model": "m", "streaming": true,
           "metadata": {"team": "blue"}}
          """,
          """
          {"event": "attempt_start", "request_id": "r1", "number": 1,
           "operation": "chat", "backend": "primary", "model": "m"}
          """,
          """
          {"event": "attempt_end", "request_id": "r1", "number": 1,
           "operation": "chat", "chunks": 0,
           "attempt": {"backend": "primary", "model": "m", "result": "failed",
                       "reason": "server_error", "start_ms": 0, "duration_ms": 2000}}
          """,
          """
          {"event": "circuit_state_change", "circuit": "primary", "from": "closed", "to": "open"}
          """,
          """
          {"event": "exhausted", "candidate": "primary/m", "reason": "rate_limited",
           "for_ms": 3000}
          """,
          """
          {"event": "budget_threshold", "backend": "primary", "limit": "daily-usd", "used": 4.5,
           "max": 5.0, "spent": false, "renews_in_ms": 60000}
          """,
          """
          {"event": "operator_action", "target": "primary", "action": "open_circuit",
           "changed": true}
          """,
          """
          {"event": "health_probe", "backend": "primary", "healthy": false, "reason": "network",
           "latency_ms": 3, "changed": true}
          """,
          """
          {"event": "request_refused", "request_id": "gw-1", "key": "my-app",
           "front": "/v1/messages", "status": 400, "reason": "invalid_request",
           "field": "max_tokens"}
          """,
          """
          {"event": "fallback", "request_id": "r1", "from": "primary/m", "to": "secondary/m",
           "reason": "server_error"}
          """,
          """
          {"event": "attempt_start", "request_id": "r1", "number": 2,
           "operation": "chat", "backend": "secondary", "model": "m"}
          """,
          """
          {"event": "first_chunk", "request_id": "r1", "backend": "secondary", "model": "m",
           "since_start_ms": 1500}
          """,
          """
          {"event": "resumed", "request_id": "r1", "from": "primary/m", "to": "secondary/m",
           "reason": "network", "delivered_bytes": 120}
          """,
          """
          {"event": "schema_drift", "request_id": "r1", "backend": "secondary", "model": "m",
           "malformed": 3}
          """,
          """
          {"event": "attempt_end", "request_id": "r1", "number": 2,
           "operation": "chat", "chunks": 18, "finish_reason": "stop",
           "attempt": {"backend": "secondary", "model": "m", "result": "served",
                       "key": "team-a", "affinity": "session", "start_ms": 0,
                       "duration_ms": 2000, "first_chunk_ms": 300, "cost_usd": 0.25,
                       "usage": {"input_tokens": 100, "output_tokens": 20,
                                 "cached_input_tokens": 60, "cache_write_tokens": 10,
                                 "reasoning_tokens": 5, "source": "provider"}}}
          """,
          """
          {"event": "shadow_end", "request_id": "r1",
           "attempt": {"backend": "secondary", "model": "m", "result": "served",
                       "key": "team-a", "affinity": "session", "start_ms": 0,
                       "duration_ms": 2000, "first_chunk_ms": 300, "cost_usd": 0.25,
                       "usage": {"input_tokens": 100, "output_tokens": 20,
                                 "cached_input_tokens": 60, "cache_write_tokens": 10,
                                 "reasoning_tokens": 5, "source": "provider"}}}
          """,
          """
          {"event": "request_end", "request_id": "r1", "streaming": true,
           "requested_model": "m", "backend": "secondary", "model": "m", "finish_reason": "stop", "failure": null, "cost_usd": 0.25,
           "duration_ms": 4000, "first_chunk_ms": 300, "delivered_bytes": 42,
           "usage": {"input_tokens": 100, "output_tokens": 20, "cached_input_tokens": 60,
                     "cache_write_tokens": 10, "reasoning_tokens": 5, "source": "provider"},
           "trail": [
             {"backend": "tired", "model": "m", "result": "skipped", "reason": "exhausted",
              "message": "back in 3 s", "start_ms": 0, "duration_ms": 0},
             {"backend": "primary", "model": "m", "result": "failed", "reason": "server_error",
              "start_ms": 0, "duration_ms": 2000},
             {"backend": "secondary", "model": "m", "result": "served", "key": "team-a",
              "affinity": "session", "start_ms": 0, "duration_ms": 2000, "first_chunk_ms": 300, "cost_usd": 0.25,
              "usage": {"input_tokens": 100, "output_tokens": 20, "cached_input_tokens": 60,
                        "cache_write_tokens": 10, "reasoning_tokens": 5, "source": "provider"}}],
           "metadata": {"team": "blue"}}
          """);

  @Test
  void publishesEveryEventInOrder(Vertx vertx) {
    List<JsonObject> heard = new CopyOnWriteArrayList<>();
    vertx.eventBus().<JsonObject>consumer("test.events", message -> heard.add(message.body()));
    Listeners listeners = new Listeners(List.of(new EventPublisher(vertx, "test")));
    Samples.EVENTS.forEach(listeners::deliver);
    await().until(() -> heard.size() == EXPECTED.size());
    for (int i = 0; i < EXPECTED.size(); i++) {
      // Compared as read from text, as any consumer in another language would.
      assertThat(new JsonObject(heard.get(i).encode())).isEqualTo(new JsonObject(EXPECTED.get(i)));
    }
  }

  @Test
  void publishesWithoutConsumers(Vertx vertx) throws Exception {
    RelayListener publisher = new EventPublisher(vertx, "test");
    for (RelayEvent event : Samples.EVENTS) {
      // Not as Listeners call it: they would keep to themselves what it throws.
      Stream.of(RelayListener.class.getMethods())
          .filter(hook -> List.of(hook.getParameterTypes()).equals(List.of(event.getClass())))
          .findFirst()
          .orElseThrow()
          .invoke(publisher, event);
    }
  }
}
