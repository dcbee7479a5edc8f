package io.llmrelay;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.RelayOptions;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A backend that sends frames nobody can read: they are left out, and told of. */
class SchemaDriftTest {
  @RegisterExtension static final Relays RELAYS = new Relays();

  private Relays.Relay relay(String model) {
    String name = Relays.unique("drifting");
    return RELAYS.deploy(
        new RelayOptions().addBackend("drifting", RELAYS.backend("openai", name, model)));
  }

  private static ChatRequest hello() {
    return ChatRequest.of(ChatMessage.user("Hello"));
  }

  @Test
  void hooksAreToldBeforeTheAttemptEnds() throws Exception {
    Relays.Relay relay = relay("mock-malformed-after-2");
    Seen seen = Seen.of(relay.client(), hello(), true);
    assertThat(seen.failure()).isNull();
    Relays.eventually(
        () ->
            assertThat(relay.hooks().ofRequests())
                .isEqualTo(
                    List.of(
                        "onRequestStart",
                        "onAttemptStart 1 drifting",
                        "onFirstChunk drifting",
                        "onSchemaDrift drifting: 1",
                        "onAttemptEnd 1 drifting: served",
                        "onRequestEnd drifting: stop")));
  }

  @Test
  void theCountStandsInTheAnswer() {
    JsonObject drifted = answer(relay("mock-malformed-after-2"));
    assertThat(drifted.getInteger("malformed")).isEqualTo(1);
    assertThat(answer(relay("mock-model")).containsKey("malformed")).isFalse();
  }

  private static JsonObject answer(Relays.Relay relay) {
    return Relays.get(
            RELAYS
                .vertx()
                .eventBus()
                .<JsonObject>request(relay.prefix() + ".generate", hello().toJson()))
        .body();
  }
}
