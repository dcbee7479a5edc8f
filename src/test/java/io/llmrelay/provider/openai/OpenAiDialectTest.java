package io.llmrelay.provider.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.config.BackendOptions;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OpenAiDialectTest {
  private final OpenAiDialect dialect = new OpenAiDialect();

  private static final ChatRequest FULL =
      ChatRequest.of(
              ChatMessage.system("Be brief."),
              ChatMessage.of(ChatMessage.Role.USER, Text.of("Hi"), Text.of("\"é\uD83D\uDE00\"")),
              ChatMessage.assistant("Yes?"),
              ChatMessage.user("Go"))
          .withModel("ignored")
          .withTemperature(0.7)
          .withTopP(0.9)
          .withMaxTokens(256)
          .withStop("END", "STOP")
          .withSeed(42L)
          .withResponseFormat(new JsonObject().put("type", "json_object"))
          .withMetadata(Map.of("secret", "label"))
          .withUser("u1");

  private String encode(ChatRequest request, String provider) {
    return dialect
        .encode(request, "gpt-x", new BackendOptions().setProvider(provider))
        .body()
        .toString();
  }

  @Test
  void writesEverythingButMetadata() {
    assertThat(encode(FULL, "openai"))
        .isEqualTo(
            "{\"model\":\"gpt-x\","
                + "\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                + "\"temperature\":0.7,\"top_p\":0.9,\"max_completion_tokens\":256,"
                + "\"stop\":[\"END\",\"STOP\"],\"seed\":42,"
                + "\"response_format\":{\"type\":\"json_object\"},\"user\":\"u1\","
                + "\"messages\":["
                + "{\"role\":\"system\",\"content\":\"Be brief.\"},"
                + "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Hi\"},"
                + "{\"type\":\"text\",\"text\":\"\\\"é\\uD83D\\uDE00\\\"\"}]},"
                + "{\"role\":\"assistant\",\"content\":\"Yes?\"},"
                + "{\"role\":\"user\",\"content\":\"Go\"}]}");
  }

  @Test
  void writesNothingThatWasNotSaid() {
    assertThat(encode(ChatRequest.of(ChatMessage.user("Hi")), null))
        .isEqualTo(
            "{\"model\":\"gpt-x\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
  }

  @Test
  void providersDifferInFieldNames() {
    assertThat(encode(FULL, "groq")).contains("\"max_completion_tokens\":256");
    assertThat(encode(FULL, "cerebras")).contains("\"max_completion_tokens\":256");
    assertThat(encode(FULL, "nvidia")).contains("\"max_tokens\":256", "stream_options");
    assertThat(encode(FULL, "some server")).contains("\"max_tokens\":256", "\"seed\":42");
    assertThat(encode(FULL, "mistral"))
        .contains("\"max_tokens\":256", "\"random_seed\":42")
        .doesNotContain("stream_options");
  }

  @Test
  void carriesTheKey() {
    assertThat(dialect.headers(new BackendOptions().setApiKey("k")))
        .isEqualTo(Map.of("Authorization", "Bearer k"));
    assertThat(dialect.headers(new BackendOptions().setProvider("azure").setApiKey("k")))
        .isEqualTo(Map.of("api-key", "k"));
    assertThat(dialect.headers(new BackendOptions())).isEmpty();
  }

  @Test
  void canSayEverything() {
    assertThat(dialect.cannotServe(FULL, new BackendOptions())).isNull();
  }

  @Test
  void readsTheListOfModels() {
    assertThat(
            dialect.models(
                new JsonObject("{\"data\":[{\"id\":\"a\"},{\"id\":7},\"x\",{\"id\":\"b\"}]}")))
        .containsExactly("a", "b");
    assertThat(dialect.models(new JsonObject())).isEmpty();
  }
}
