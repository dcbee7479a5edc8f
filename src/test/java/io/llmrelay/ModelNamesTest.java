package io.llmrelay;

import static io.llmrelay.Relays.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Relays.Relay;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Whatever the gateway lists can be asked for, word by word, and goes to the one it names. */
class ModelNamesTest {
  @RegisterExtension static final Relays RELAYS = new Relays();

  private static final String LISTED = "openai/gpt-oss-20b";

  private final HttpClient http = HttpClient.newHttpClient();

  private static BackendOptions backend(String path, String... models) {
    return RELAYS.backend("openai", path, "m").setModels(List.of(models));
  }

  private static RelayOptions options() {
    return new RelayOptions()
        .setGateway(new GatewayOptions().setPort(0))
        .addBackend("openai", backend("openai").setDefaultModel("gpt"))
        .addBackend("groq", backend("groq", "m", LISTED))
        .addBackend("router", backend("router", "anthropic/claude-x:free", LISTED));
  }

  private HttpResponse<String> send(Relay relay, String path, JsonObject body) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + relay.verticle().gatewayPort() + path));
    if (body != null) {
      request.POST(HttpRequest.BodyPublishers.ofString(body.encode()));
    }
    return http.send(
        request.header("content-type", "application/json").build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static JsonObject asking(String model) {
    return new JsonObject()
        .put("model", model)
        .put("messages", JsonArray.of(JsonObject.of("role", "user", "content", "Hi")));
  }

  @Test
  void everyNameOfTheListCanBeAskedFor() throws Exception {
    Relay relay = RELAYS.deploy(options().addAlias("fast", "groq/" + LISTED));
    JsonArray models = new JsonObject(send(relay, "/v1/models", null).body()).getJsonArray("data");
    assertThat(models.stream().map(model -> ((JsonObject) model).getString("id")))
        .contains("fast", LISTED, "groq/" + LISTED, "router/" + LISTED, "openai/gpt")
        .contains("anthropic/claude-x:free");
    for (Object entry : models) {
      String id = ((JsonObject) entry).getString("id");
      String owner = ((JsonObject) entry).getString("owned_by");
      HttpResponse<String> answer = send(relay, "/v1/chat/completions", asking(id));
      assertThat(answer.statusCode()).as(id).isEqualTo(200);
      assertThat(answer.headers().firstValue("x-relay-backend"))
          .as(id)
          .hasValue("relay".equals(owner) ? "groq" : owner);
    }
  }

  @Test
  void aPromptDoesNotReachTheBackendWhoseNameTheIdBeginsWith() throws Exception {
    Relay relay = RELAYS.deploy(options());
    int before = RELAYS.calls("openai");
    HttpResponse<String> answer = send(relay, "/v1/chat/completions", asking(LISTED));
    assertThat(answer.headers().firstValue("x-relay-backend")).hasValue("groq");
    assertThat(answer.headers().firstValue("x-relay-model")).hasValue(LISTED);
    ChatRequest named = ChatRequest.of(ChatMessage.user("Hi")).withCandidates(LISTED);
    assertThat(get(relay.client().generate(named)).backend()).isEqualTo("groq");
    assertThat(RELAYS.calls("openai")).isEqualTo(before);
  }
}
