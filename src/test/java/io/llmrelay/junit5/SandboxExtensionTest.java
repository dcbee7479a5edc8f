package io.llmrelay.junit5;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmrelay.LlmRelay;
import io.llmrelay.LlmStream;
import io.llmrelay.RelayVerticle;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(VertxExtension.class)
class SandboxExtensionTest {
  private static final ChatRequest QUESTION = ChatRequest.of(ChatMessage.user("Hello"));

  @RegisterExtension
  static final SandboxExtension llm =
      new SandboxExtension().backend("primary").backend("secondary", "anthropic");

  private static LlmRelay relay(Vertx vertx, RelayOptions options) {
    vertx.deployVerticle(new RelayVerticle(options)).await();
    return LlmRelay.create(vertx);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"503", "429-retry-after-7", "die", "sse-error-after-role", "empty", "200-html"})
  void theNextBackendServesWhateverThePrimaryDoes(String scenario, Vertx vertx) {
    llm.script("primary", Scenario.of(scenario));
    ChatCompletion answer = relay(vertx, llm.options()).generate(QUESTION).await();
    assertThat(answer.backend()).isEqualTo("secondary");
    llm.assertCalls("primary", 1).assertCalls("secondary", 1);
  }

  @Test
  void aSilentBackendIsLeftAfterTheConfiguredTime(Vertx vertx) {
    llm.script("primary", Scenario.of("stall"));
    Timeouts timeouts = new Timeouts(null, null, Duration.ofMillis(200), null, null);
    LlmRelay relay = relay(vertx, llm.options().setTimeouts(timeouts));
    assertThat(relay.generate(QUESTION).await().backend()).isEqualTo("secondary");
    assertThat(llm.awaitEnd("primary").aborted()).isTrue();
  }

  @Test
  void aCutStreamFailsAfterItsFirstChunk(Vertx vertx) {
    llm.script("primary", Scenario.of("die-after-3"));
    LlmStream stream = relay(vertx, llm.options()).stream(QUESTION).await();
    Promise<Void> end = Promise.promise();
    stream.exceptionHandler(end::fail).endHandler(end::complete).handler(chunk -> {});
    assertThatThrownBy(() -> end.future().await()).isInstanceOf(LlmException.class);
    assertThat(stream.backend()).isEqualTo("primary");
    llm.assertCalls("secondary", 0);
  }

  @Test
  void aBackendCallsTools(Vertx vertx) {
    llm.script("primary", Scenario.ok().toolCall("search", "{\"q\":1}"));
    ChatCompletion answer = relay(vertx, llm.options()).generate(QUESTION).await();
    assertThat(answer.toJson().encode()).contains("\"search\"");
  }

  @Test
  void showsTheRequestsThatBackendsReceived(Vertx vertx) {
    relay(vertx, llm.options()).generate(QUESTION).await();
    assertThat(llm.lastCall("primary").model()).isEqualTo(SandboxExtension.MODEL);
    assertThat(llm.lastCall("primary").body().encode()).contains("Hello");
    assertThat(llm.calls("secondary")).isEmpty();
  }

  @Test
  void optionsAreNewAndKnowNothingOfTheEnvironment() {
    RelayOptions options = llm.options();
    options.getBackends().clear();
    assertThat(llm.options().resolved(Map.of("OPENAI_API_KEY", "k")).getBackends())
        .containsOnlyKeys("primary", "secondary");
  }

  static final List<String> dialects = BackendOptions.DIALECTS;

  @RegisterExtension static final SandboxExtension all = ofAllDialects();

  private static SandboxExtension ofAllDialects() {
    SandboxExtension extension = new SandboxExtension();
    dialects.forEach(dialect -> extension.backend(dialect, dialect));
    return extension;
  }

  @ParameterizedTest
  @FieldSource("dialects")
  void backendsOfEveryDialectAnswer(String dialect, Vertx vertx) {
    RelayOptions options = all.options();
    options.getBackends().keySet().retainAll(Set.of(dialect));
    ChatCompletion answer = relay(vertx, options).generate(QUESTION).await();
    assertThat(answer.backend()).isEqualTo(dialect);
    all.assertCalls(dialect, 1);
  }

  @Test
  void isNotRunningUnlessItIsRegistered() {
    assertThatThrownBy(() -> new SandboxExtension().backend("a").options())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("@RegisterExtension");
  }

  @Test
  void assertionsListTheRequests(Vertx vertx) {
    assertThatThrownBy(() -> llm.assertCalls("primary", 1))
        .isInstanceOf(AssertionError.class)
        .hasMessage("primary has received 0 requests instead of 1; there was no request at all");
    llm.script("primary", Scenario.http(503));
    relay(vertx, llm.options()).generate(QUESTION).await();
    assertThatThrownBy(() -> llm.assertCalls("secondary", 0))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining(
            "secondary has received 1 requests instead of 0; there were:\n  1 POST")
        .hasMessageContaining("\n  2 POST /secondary/v1/messages");
    llm.sandbox().clearCalls();
    assertThatThrownBy(() -> llm.lastCall("primary"))
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith("primary has received no request;");
  }

  @Test
  void namesWhatThereIs() {
    assertThatThrownBy(() -> llm.script("prim", Scenario.ok()))
        .hasMessage("there is no backend prim; there are [primary, secondary]");
    assertThatThrownBy(() -> new SandboxExtension().backend("a", "open-ai"))
        .hasMessageStartingWith("unknown dialect open-ai; there are [openai,");
  }

  /** The first test leaves a script and a call, which the second must not see. */
  @Nested
  @TestMethodOrder(MethodOrderer.OrderAnnotation.class)
  class BetweenTests {
    private static final Set<Integer> PORTS = new HashSet<>();

    @RegisterExtension final SandboxExtension own = new SandboxExtension().backend("own");

    @Test
    @Order(1)
    void oneLeavesAScript() throws Exception {
      llm.script("primary", Scenario.http(503));
      own.script("own", Scenario.http(503));
      assertThat(status(llm)).isEqualTo(503);
      PORTS.add(llm.sandbox().port());
    }

    @Test
    @Order(2)
    void theNextDoesNotSeeIt() throws Exception {
      llm.assertCalls("primary", 0);
      own.assertCalls("own", 0);
      assertThat(status(llm)).isEqualTo(200);
      assertThat(PORTS).as("the sandbox of the class").containsExactly(llm.sandbox().port());
    }

    private static int status(SandboxExtension sandbox) throws Exception {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(sandbox.url("primary") + "/chat/completions"))
              .POST(
                  HttpRequest.BodyPublishers.ofString(
                      "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"))
              .build();
      return HttpClient.newHttpClient()
          .send(request, HttpResponse.BodyHandlers.discarding())
          .statusCode();
    }
  }
}
