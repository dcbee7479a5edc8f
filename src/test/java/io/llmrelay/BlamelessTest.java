package io.llmrelay;

import static io.llmrelay.Relays.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.Timeouts;
import io.llmrelay.config.CircuitOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetServer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a backend refuses though it is well: neither its circuit nor its account suffers, and what
 * is wrong with this backend only is served by the next. One failure would open each circuit here.
 */
class BlamelessTest {
  private static final ChatRequest REQUEST = ChatRequest.of(ChatMessage.user("Why?"));
  private static final String JSON = "application/json";

  /** Errors whose type names the client's fault, within a stream that began with 200. */
  private static final List<String> CLIENTS_FAULTS =
      List.of(
          "{\"message\":\"x\",\"type\":\"BadRequestError\",\"param\":null,\"code\":400}",
          "{\"message\":\"x\",\"type\":\"BadRequestError\",\"code\":\"400\"}",
          "{\"message\":\"x\",\"type\":\"BadRequestError\"}",
          "{\"message\":\"x\",\"code\":\"invalid_parameter_error\"}",
          "{\"message\":\"x\",\"type\":\"UnprocessableEntityError\",\"code\":422}",
          "{\"message\":\"x\",\"type\":\"UnprocessableEntityError\"}",
          "{\"message\":\"x\",\"type\":\"invalid_request_error\"}",
          "{\"message\":\"x\",\"status\":\"INVALID_ARGUMENT\"}");

  @RegisterExtension static final Relays RELAYS = new Relays();

  private final String path = unique("blameless");

  private Relay relay() {
    RELAYS.sandbox().script(path + "secondary", Scenario.ok().text("from the next"));
    return RELAYS.deploy(
        new RelayOptions()
            .addBackend("primary", RELAYS.backend("openai", path + "primary", "alpha"))
            .addBackend("secondary", RELAYS.backend("openai", path + "secondary", "beta"))
            .setCircuit(new CircuitOptions().setMaxFailures(1)));
  }

  @Test
  void aBodyThatDoesNotEndAfterTheAnswerKeepsNobodyWaiting() throws Exception {
    String answer =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 10000\r\n\r\n"
            + "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n"
            + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
            + "data: [DONE]\n\n";
    NetServer server = server(answer);
    RelayOptions options = at(server);
    options.getBackends().get("primary").setMaxConnections(1);
    options.setTimeouts(
        new Timeouts(Duration.ofMillis(400), null, null, null, null).or(options.getTimeouts()));
    Relay relay = RELAYS.deploy(options);
    for (int i = 0; i < 5; i++) {
      Seen seen = Seen.of(relay.client(), REQUEST, true);
      assertThat(seen.failure()).isNull();
      assertThat(seen.text()).isEqualTo("x");
    }
    Relays.get(server.close());
  }

  /** A server that answers every request with these bytes, and then is silent. */
  private static NetServer server(String answer) {
    NetServer server =
        RELAYS
            .vertx()
            .createNetServer()
            .connectHandler(socket -> socket.handler(request -> socket.write(answer)));
    return Relays.get(server.listen(0, "127.0.0.1"));
  }

  private RelayOptions at(NetServer server) {
    return new RelayOptions()
        .addBackend(
            "primary",
            RELAYS
                .backend("openai", path, "alpha")
                .setBaseUrl("http://127.0.0.1:" + server.actualPort() + "/v1"))
        .setCircuit(new CircuitOptions().setMaxFailures(1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"head", "first-chunk", "stall"})
  void aCallersImpatienceIsNotTheBackendsFailure(String phase) throws Exception {
    Duration wish = Duration.ofMillis(50);
    boolean stall = phase.equals("stall");
    NetServer server =
        server(
            stall
                ? "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 10000\r\n\r\n"
                    + "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n"
                : "");
    Relay relay = RELAYS.deploy(at(server));
    Timeouts timeouts =
        new Timeouts(
            null,
            phase.equals("head") ? wish : null,
            phase.equals("first-chunk") ? wish : null,
            stall ? wish : null,
            null);
    for (int i = 0; i < 3; i++) {
      ChatRequest impatient = REQUEST.withRelay(new RelayHints(null, null, timeouts, null, null));
      Seen seen = Seen.of(relay.client(), impatient, true);
      assertThat(seen.failure().kind()).isEqualTo(FailureKind.TIMEOUT);
      assertThat(relay.health("primary").getJsonObject("circuit").getString("primary"))
          .isEqualTo("closed");
    }
    Relays.get(server.close());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void twentyClientsFaultsInARowLeaveTheCircuitClosed(boolean streaming) throws Exception {
    Relay relay = relay();
    for (int i = 0; i < 20; i++) {
      String error = CLIENTS_FAULTS.get(i % CLIENTS_FAULTS.size());
      Scenario scenario =
          Scenario.http(200, "text/event-stream", "data: {\"error\":" + error + "}\n\n");
      RELAYS.sandbox().script(path + "primary", scenario);
      Seen seen = Seen.of(relay.client(), REQUEST, streaming);
      assertThat(seen.failure().kind()).as(error).isEqualTo(FailureKind.INVALID_REQUEST);
      assertThat(seen.failure().trail()).as("wrong for everybody").hasSize(1);
    }
    isWell(relay, streaming);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          400 | unsupported_parameter | Unsupported parameter: 'max_tokens'
          400 | unsupported_value     | Your organization must be verified to stream this model.
          400 | unknown_parameter     | Unknown parameter: 'stream_options'.
          400 | tool_use_failed       | Failed to call a function.
          400 | x                     | Model Not Exist
          400 | x                     | The model is not available for this API key
          422 | x                     | Extra inputs are not permitted
          413 | rate_limit_exceeded   | Request too large for model `m` on tokens per minute (TPM): Limit 8000, Requested 22313
          429 | rate_limit_exceeded   | Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 30601.
          402 | x                     | This request requires more credits, or fewer max_tokens. You can only afford 1234.
          """)
  void whatThisBackendCannotDoTheNextOneDoes(int status, String code, String message)
      throws Exception {
    Relay relay = relay();
    JsonObject error = new JsonObject().put("message", message).put("code", code);
    String body = new JsonObject().put("error", error).encode();
    for (boolean streaming : new boolean[] {true, false}) {
      for (Scenario scenario :
          List.of(
              Scenario.http(status, JSON, body).header("retry-after", "60"),
              Scenario.http(
                  200,
                  "text/event-stream",
                  "data: " + body.replace("\"x\"", Integer.toString(status)) + "\n\n"))) {
        RELAYS.sandbox().script(path + "primary", scenario);
        Seen seen = Seen.of(relay.client(), REQUEST, streaming);
        assertThat(seen.text()).isEqualTo("from the next");
        assertThat(seen.trail().get(0).reason())
            .isIn("unsupported", "model_not_found", "malformed_tool_call");
        isWell(relay, streaming);
      }
    }
  }

  /** The primary is asked first, and answers. */
  private void isWell(Relay relay, boolean streaming) throws Exception {
    RELAYS.sandbox().script(path + "primary", Scenario.ok().text("well"));
    assertThat(Seen.of(relay.client(), REQUEST, streaming).text()).isEqualTo("well");
    JsonObject health = relay.health("primary");
    assertThat(health.getJsonObject("circuit").getString("primary")).isEqualTo("closed");
    assertThat(health.getJsonObject("exhausted")).isEmpty();
  }
}
