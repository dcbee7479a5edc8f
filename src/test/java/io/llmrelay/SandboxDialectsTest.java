package io.llmrelay;

import static io.llmrelay.Relays.get;
import static io.llmrelay.Relays.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.provider.Dialects;
import io.llmrelay.sandbox.Scenario;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The relay reads what the sandbox sends in every dialect, and falls back after its faults. */
class SandboxDialectsTest {
  private static final ChatRequest REQUEST = ChatRequest.of(ChatMessage.user("Why?"));

  @RegisterExtension static final Relays RELAYS = new Relays();

  static Set<String> dialects() {
    return Dialects.names();
  }

  @ParameterizedTest
  @MethodSource("dialects")
  void servesAndFallsBack(String dialect) throws Exception {
    String path = unique(dialect);
    Relay relay =
        RELAYS.deploy(
            new RelayOptions()
                .addBackend("primary", RELAYS.backend(dialect, path + "primary", "alpha"))
                .addBackend("secondary", RELAYS.backend("openai", path + "secondary", "beta")));
    RELAYS.sandbox().script(path + "secondary", Scenario.ok().text("from the next"));

    Scenario healthy = Scenario.of("reasoning-reasoning-2-size-3").text("Déjà vu, 漢字 🙂.");
    RELAYS.sandbox().script(path + "primary", healthy);
    ChatCompletion answer = get(relay.client().generate(REQUEST));
    assertThat(answer.backend()).isEqualTo("primary");
    assertThat(answer.text()).isEqualTo("Déjà vu, 漢字 🙂.");
    assertThat(answer.reasoning()).isEqualTo(dialect.equals("cloudflare") ? "" : "The user");
    assertThat(answer.finishReason().code()).isEqualTo("stop");
    assertThat(answer.usage().source()).isEqualTo(TokenUsage.Source.PROVIDER);
    assertThat(answer.usage().outputTokens()).isEqualTo(7);

    for (String fault : List.of("503", "sse-error", "die-after-role", "end-after-role", "429")) {
      RELAYS.sandbox().script(path + "primary", Scenario.of(fault));
      assertThat(get(relay.client().generate(REQUEST)).backend()).as(fault).isEqualTo("secondary");
    }
  }
}
