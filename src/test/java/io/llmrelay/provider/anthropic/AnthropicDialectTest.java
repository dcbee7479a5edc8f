package io.llmrelay.provider.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.EncodedRequest;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnthropicDialectTest {
  private static final ChatRequest HELLO = ChatRequest.of(ChatMessage.user("Hi"));

  private final AnthropicDialect dialect = new AnthropicDialect();

  private String encode(ChatRequest request) {
    return dialect.encode(request, "claude-sonnet-4-0", new BackendOptions()).body().toString();
  }

  @Test
  void setsSystemApartAndMergesWhoSpeaksTwice() {
    ChatRequest request =
        ChatRequest.of(
                ChatMessage.system("Be brief."),
                ChatMessage.of(ChatMessage.Role.USER, Text.of("one"), Text.of("two")),
                ChatMessage.system("And kind."),
                ChatMessage.user("three"),
                ChatMessage.assistant("four"),
                ChatMessage.assistant(""),
                ChatMessage.user("five"))
            .withTemperature(1.0)
            .withTopP(0.5)
            .withMaxTokens(99)
            .withStop("END")
            .withUser("u1")
            .withMetadata(Map.of("secret", "label"));
    assertThat(encode(request))
        .isEqualTo(
            "{\"model\":\"claude-sonnet-4-0\",\"max_tokens\":99,"
                + "\"system\":[{\"type\":\"text\",\"text\":\"Be brief.\"},"
                + "{\"type\":\"text\",\"text\":\"And kind.\"}],"
                + "\"messages\":[{\"role\":\"user\",\"content\":["
                + "{\"type\":\"text\",\"text\":\"one\"},{\"type\":\"text\",\"text\":\"two\"},"
                + "{\"type\":\"text\",\"text\":\"three\"}]},"
                + "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"four\"}]},"
                + "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"five\"}]}],"
                + "\"stream\":true,\"temperature\":1.0,\"top_p\":0.5,"
                + "\"stop_sequences\":[\"END\"],\"metadata\":{\"user_id\":\"u1\"}}");
  }

  @ParameterizedTest
  @CsvSource({
    "claude-opus-4-1, true",
    "claude-opus-4-1-20250805, true",
    "claude-sonnet-4-5-20250929, true",
    "claude-sonnet-4-6, true",
    "claude-haiku-4-5, true",
    "anthropic/claude-sonnet-4.5, true",
    "claude-opus-4-5, true",
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0, true",
    "claude-sonnet-4-20250514, false",
    "claude-opus-4-0, false",
    "claude-sonnet-4@20250514, false",
    "anthropic.claude-sonnet-4-20250514-v1:0, false",
    "claude-3-7-sonnet-latest, false",
    "claude-3.5-haiku, false",
    "claude-2.1, false",
    "claude-v2, false",
    "claude-instant-1.2, false",
    "kimi-k2, false"
  })
  void newerModelsTakeTemperatureOrTopP(String model, boolean one) {
    ChatRequest both = HELLO.withTemperature(0.5).withTopP(0.9);
    EncodedRequest encoded = dialect.encode(both, model, new BackendOptions());
    JsonObject json = encoded.body().toJsonObject();
    assertThat(json.getDouble("temperature")).isEqualTo(0.5);
    assertThat(json.getDouble("top_p")).isEqualTo(one ? null : 0.9);
    assertThat(encoded.warnings())
        .isEqualTo(
            one
                ? List.of("top_p was left out: " + model + " takes temperature or top_p, not both")
                : List.of());
    EncodedRequest alone = dialect.encode(HELLO.withTopP(0.9), model, new BackendOptions());
    assertThat(alone.warnings()).isEmpty();
    assertThat(alone.body().toJsonObject().getDouble("top_p")).isEqualTo(0.9);
  }

  @Test
  void limitsTheAnswerWhereTheRequestDoesNot() {
    assertThat(encode(HELLO))
        .isEqualTo(
            "{\"model\":\"claude-sonnet-4-0\",\"max_tokens\":4096,\"messages\":[{\"role\":\"user\","
                + "\"content\":[{\"type\":\"text\",\"text\":\"Hi\"}]}],\"stream\":true}");
  }

  @ParameterizedTest
  @CsvSource({
    "https://api.anthropic.com, /v1/messages, /v1/models",
    "https://api.anthropic.com/, /v1/messages, /v1/models",
    "https://api.anthropic.com/v1, /messages, /models",
    "https://api.anthropic.com/v1/, /messages, /models",
    "https://proxy/anthropic, /v1/messages, /v1/models"
  })
  void addsTheVersionWhereTheBaseUrlHasNone(String url, String chat, String models) {
    BackendOptions options = new BackendOptions().setBaseUrl(url);
    assertThat(dialect.chatPath("m", options)).isEqualTo(chat);
    assertThat(dialect.modelsPath(options)).isEqualTo(models);
  }

  @Test
  void carriesTheKeyAndTheVersion() {
    assertThat(dialect.headers(new BackendOptions().setApiKey("k")))
        .isEqualTo(Map.of("x-api-key", "k", "anthropic-version", "2023-06-01"));
  }
}
