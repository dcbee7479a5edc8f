package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Setting;
import io.llmrelay.config.BackendOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who continues a last message of the assistant, and how the request says so. */
class PrefillTest {
  private static final ChatRequest REQUEST =
      ChatRequest.of(ChatMessage.system("Be brief."), ChatMessage.user("Count."))
          .withPrefill("one two");

  private static BackendOptions backend(String dialect, String provider, String url) {
    return new BackendOptions()
        .setDialect(dialect)
        .setProvider(provider)
        .setBaseUrl(url)
        .setApiKey("sk-test-0123456789");
  }

  @ParameterizedTest
  @CsvSource({
    "openai,,http://h/v1,m,false",
    "openai,openai,https://api.openai.com/v1,gpt-4o-mini,false",
    "openai,mistral,https://api.mistral.ai/v1,mistral-small-latest,false",
    "openai,deepseek,https://api.deepseek.com,deepseek-chat,false",
    "openai,deepseek,https://api.deepseek.com/beta,deepseek-chat,true",
    "openai,vllm,http://h/v1,m,true",
    "openai,llamacpp,http://h/v1,m,true",
    "openai-responses,openai,https://api.openai.com/v1,gpt-4o-mini,false",
    "anthropic,anthropic,https://api.anthropic.com,claude-sonnet-4-5,true",
    "anthropic,anthropic,https://api.anthropic.com,claude-opus-4-6,false",
    "anthropic,,http://h,other-model,false",
    "bedrock,bedrock,http://h,anthropic.claude-3-5-haiku-20241022-v1:0,true",
    "bedrock,bedrock,http://h,amazon.nova-lite-v1:0,false",
    "gemini,gemini,http://h,gemini-2.5-flash,false",
    "ollama,ollama,http://h,llama3,false",
  })
  void whoIsKnownTo(String dialect, String provider, String url, String model, boolean does) {
    BackendOptions options = backend(dialect, provider, url);
    assertThat(Dialects.continues(options, REQUEST.withModel(model))).isEqualTo(does);
  }

  @Test
  void claudeDoesNotWhileItThinksOrAnswersInJson() {
    BackendOptions options = backend("anthropic", "anthropic", "http://h");
    ChatRequest claude = REQUEST.withModel("claude-sonnet-4-5");
    assertThat(Dialects.continues(options, claude)).isTrue();
    ChatRequest thinks = claude.withSetting(Setting.REASONING_EFFORT, "high");
    assertThat(Dialects.continues(options, thinks)).isFalse();
    JsonObject json = new JsonObject().put("type", "json_object");
    assertThat(Dialects.continues(options, claude.withResponseFormat(json))).isFalse();
  }

  private static JsonObject encoded(BackendOptions options, ChatRequest request) {
    Dialect dialect = Dialects.of(options.getDialect());
    return dialect.encode(request, "m", options).body().toJsonObject();
  }

  private static JsonObject last(JsonObject body) {
    JsonArray messages = body.getJsonArray("messages");
    assertThat(messages.getJsonObject(0).getString("content")).isEqualTo("Be brief.");
    return messages.getJsonObject(messages.size() - 1);
  }

  @Test
  void vllmIsToldToContinue() {
    BackendOptions vllm = backend("openai", "vllm", "http://h/v1");
    JsonObject body = encoded(vllm, REQUEST);
    assertThat(body.getBoolean("continue_final_message")).isTrue();
    assertThat(body.getBoolean("add_generation_prompt")).isFalse();
    assertThat(last(body).getString("content")).isEqualTo("one two");
    ChatRequest plain = ChatRequest.of(ChatMessage.user("Count."));
    assertThat(encoded(vllm, plain).containsKey("continue_final_message")).isFalse();
  }

  @Test
  void whatARequestSaysOfItToVllmIsKept() {
    JsonObject said = REQUEST.toJson().put("add_generation_prompt", true);
    JsonObject body = encoded(backend("openai", "vllm", "http://h/v1"), ChatRequest.fromJson(said));
    assertThat(body.getBoolean("add_generation_prompt")).isTrue();
    assertThat(body.containsKey("continue_final_message")).isFalse();
  }

  @Test
  void deepSeekAndMistralGetAPrefix() {
    BackendOptions beta = backend("openai", "deepseek", "https://api.deepseek.com/beta");
    assertThat(last(encoded(beta, REQUEST)).getBoolean("prefix")).isTrue();
    BackendOptions mistral = backend("openai", "mistral", "https://api.mistral.ai/v1");
    assertThat(last(encoded(mistral, REQUEST)).getBoolean("prefix")).isTrue();
  }
}
