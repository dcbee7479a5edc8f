package io.llmrelay.provider.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RawJson;
import io.llmrelay.chat.ReceivedForm;
import io.llmrelay.chat.ReceivedForm.Untranslated;
import io.llmrelay.chat.Setting;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.UnknownFields;
import io.llmrelay.provider.Dialects;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.gemini.GeminiDialect;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests in the form of the Messages API, to backends of the same API and of others. */
class ReceivedRequestTest {
  private static final Untranslated UNTRANSLATED =
      new Untranslated(List.of("future", "messages.0.future"), List.of("speed"), List.of());

  private static ChatRequest request(String model, JsonObject fields, Untranslated untranslated) {
    JsonObject body =
        new JsonObject()
            .put("model", model)
            .put("max_tokens", 4000)
            .put("future", 1)
            .put("speed", "fast")
            .mergeIn(fields);
    ChatRequest request =
        ChatRequest.of(ChatMessage.user("Hi")).withModel(model).withMaxTokens(4000);
    if (fields.containsKey("thinking")) {
      request = request.withSetting(Setting.THINKING, fields.getJsonObject("thinking"));
    }
    if (fields.containsKey("temperature")) {
      request = request.withTemperature(fields.getDouble("temperature"));
    }
    return request.withReceived(
        new ReceivedForm(
            ReceivedForm.ANTHROPIC_MESSAGES,
            RawJson.read(body.toBuffer().getBytes()),
            Map.of("anthropic-version", "2024-01-01", "anthropic-beta", "b", "authorization", "x"),
            untranslated));
  }

  private static JsonObject body(EncodedRequest encoded) {
    return encoded.body().toJsonObject();
  }

  private static BackendOptions options(String dialect) {
    return new BackendOptions().setDialect(dialect).setBaseUrl("http://localhost");
  }

  private static EncodedRequest encode(ChatRequest request, String model, BackendOptions options) {
    return new AnthropicDialect().encode(request.withModel(model), model, options);
  }

  private static final JsonObject BUDGET =
      new JsonObject()
          .put("thinking", new JsonObject().put("type", "enabled").put("budget_tokens", 2000))
          .put("temperature", 1.0);

  @ParameterizedTest
  @ValueSource(strings = {"claude-sonnet-4-5", "claude-sonnet-4-5-20250929"})
  void theSameVersionGetsWhatWasReceived(String model) {
    ChatRequest request = request("claude-sonnet-4-5", BUDGET, UNTRANSLATED);

    EncodedRequest encoded = encode(request, model, options("anthropic"));

    assertThat(body(encoded))
        .isEqualTo(
            new JsonObject()
                .put("model", model)
                .put("max_tokens", 4000)
                .put("future", 1)
                .put("speed", "fast")
                .mergeIn(BUDGET)
                .put("stream", true));
    assertThat(encoded.warnings()).isEmpty();
    assertThat(encoded.headers())
        .isEqualTo(Map.of("anthropic-version", "2024-01-01", "anthropic-beta", "b"));
  }

  @Test
  void anotherVersionGetsThinkingAndSamplingThatItAccepts() {
    ChatRequest request = request("claude-sonnet-4-5", BUDGET, UNTRANSLATED);

    JsonObject adapted = body(encode(request, "claude-opus-5-5", options("anthropic")));

    assertThat(adapted.getJsonObject("thinking").getString("type")).isEqualTo("adaptive");
    assertThat(adapted.getJsonObject("output_config").getString("effort")).isNotNull();
    assertThat(adapted.containsKey("temperature")).isFalse();
    assertThat(adapted.getInteger("future")).isEqualTo(1);
  }

  @Test
  void aModelOfAnotherVendorGetsABudget() {
    JsonObject fields = new JsonObject().put("thinking", new JsonObject().put("type", "adaptive"));

    JsonObject adapted =
        body(
            encode(
                request("claude-opus-5-5", fields, UNTRANSLATED), "kimi-k2", options("anthropic")));

    assertThat(adapted.getJsonObject("thinking").getString("type")).isEqualTo("enabled");
  }

  @Test
  void unknownFieldsAreDroppedIfTheOperatorSaysSo() {
    ChatRequest request = request("claude-sonnet-4-5", new JsonObject(), UNTRANSLATED);
    BackendOptions drop = options("anthropic").setUnknownFields(UnknownFields.DROP);

    EncodedRequest encoded = encode(request, "claude-sonnet-4-5", drop);

    assertThat(body(encoded).containsKey("future")).isFalse();
    assertThat(encoded.warnings()).containsExactly("future was left out");
  }

  @Test
  void unknownFieldsLeaveTheBackendOutIfTheOperatorSaysSo() {
    ChatRequest request = request("claude-sonnet-4-5", new JsonObject(), UNTRANSLATED);
    BackendOptions refuse = options("anthropic").setUnknownFields(UnknownFields.REFUSE);

    assertThat(Dialects.cannotServe(refuse, request)).contains("future is unknown");
    assertThat(Dialects.cannotServe(options("anthropic"), request)).isNull();
  }

  @ParameterizedTest
  @CsvSource({"anthropic, true", "openai, false", "gemini, false", "bedrock, false"})
  void essentialFieldsNeedTheSameApi(String dialect, boolean can) {
    Untranslated essential = new Untranslated(List.of(), List.of(), List.of("container"));
    ChatRequest request = request("claude-sonnet-4-5", new JsonObject(), essential);

    String reason = Dialects.cannotServe(options(dialect), request);

    if (can) {
      assertThat(reason).isNull();
    } else {
      assertThat(reason).isEqualTo("container cannot be expressed in the " + dialect + " dialect");
    }
  }

  @Test
  void otherApisAreToldWhatIsLeftOut() {
    ChatRequest request = request("claude-sonnet-4-5", new JsonObject(), UNTRANSLATED);

    EncodedRequest encoded = new GeminiDialect().encode(request, "gemini-3-pro", options("gemini"));

    assertThat(encoded.warnings())
        .containsExactly("speed, future, messages.0.future were left out");
    assertThat(encoded.body().toString()).doesNotContain("future", "speed");
  }
}
