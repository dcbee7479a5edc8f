package io.llmrelay.provider.ollama;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.UnknownFields;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.RandomConversation;
import io.llmrelay.provider.Rig;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests with tools, images, reasoning and settings, in the dialect of Ollama. */
class OllamaConversationTest {
  private static final Dialect OLLAMA = new OllamaDialect();
  private static final BackendOptions OPTIONS =
      Rig.options("ollama", null).setBaseUrl("http://localhost");
  private static final String TOOLS =
      """
      "tools": [
        {"type": "function", "function": {"name": "now"}},
        {"type": "function", "function": {"name": "weather", "description": "of a city",
         "strict": true, "parameters": {"type": "object", "required": ["city"],
          "properties": {"city": {"$ref": "#/$defs/city"}, "unit": {"const": "C"}},
          "$defs": {"city": {"type": "string", "minLength": 1}}}}}]
      """;

  private static ChatRequest request(String fields) {
    return ChatRequest.read(
        Buffer.buffer(
            "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], " + fields + "}"));
  }

  private static ChatRequest conversation(String messages) {
    return ChatRequest.read(Buffer.buffer("{\"messages\": [" + messages + "]}"));
  }

  private static EncodedRequest encode(ChatRequest request) {
    assertThat(OLLAMA.cannotServe(request, new BackendOptions())).isNull();
    return OLLAMA.encode(request, "m", OPTIONS);
  }

  private static JsonObject body(ChatRequest request) {
    return encode(request).body().toJsonObject();
  }

  @Test
  void toolsHaveParametersWithoutReferences() {
    EncodedRequest encoded = encode(request(TOOLS));
    assertThat(encoded.body().toJsonObject().getJsonArray("tools"))
        .isEqualTo(
            new JsonArray(
                """
                [{"type": "function", "function": {"name": "now", "description": "",
                  "parameters": {"type": "object", "properties": {}}}},
                 {"type": "function", "function": {"name": "weather", "description": "of a city",
                  "parameters": {"type": "object", "required": ["city"], "properties": {
                   "city": {"type": "string", "minLength": 1}, "unit": {"enum": ["C"]}}}}}]
                """));
    assertThat(encoded.warnings()).containsExactly("tools[].function.strict was left out");
  }

  @Test
  void toolsThatMayNotBeCalledAreNotSent() {
    assertThat(body(request(TOOLS + ", \"tool_choice\": \"none\"")).containsKey("tools")).isFalse();
    ChatRequest one =
        request(
            TOOLS
                + ", \"tool_choice\": {\"type\": \"allowed_tools\", \"allowed_tools\": {"
                + "\"mode\": \"auto\", \"tools\": [{\"type\": \"function\","
                + " \"function\": {\"name\": \"now\"}}]}}");
    assertThat(body(one).getJsonArray("tools")).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "tool_choice": "required" | tool_choice
          "tool_choice": {"type": "function", "function": {"name": "now"}} | tool_choice
          "response_format": {"type": "json_object"} | together with tools
          """)
  void saysWhatItCannotSayOfTools(String fields, String reason) {
    assertThat(OLLAMA.cannotServe(request(TOOLS + ", " + fields), new BackendOptions()))
        .contains(reason);
  }

  @Test
  void aFormatGoesWithToolsThatMayNotBeCalled() {
    ChatRequest request =
        request(
            TOOLS
                + ", \"tool_choice\": \"none\", \"response_format\": {\"type\": \"json_object\"}");
    assertThat(body(request).getString("format")).isEqualTo("json");
  }

  @Test
  void callsHaveArgumentsAsObjectsAndResultsTheirOrder() {
    ChatRequest request =
        conversation(
            """
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": null, "reasoning_content": "Hm", "tool_calls": [
              {"id": "a", "type": "function",
               "function": {"name": "f", "arguments": "{\\"x\\": [1, {}]}"}},
              {"id": "b", "type": "function", "function": {"name": "g", "arguments": ""}}]},
            {"role": "tool", "tool_call_id": "b", "content": "no", "is_error": true},
            {"role": "tool", "tool_call_id": "a", "content": "1"}
            """);
    assertThat(body(request).getJsonArray("messages"))
        .isEqualTo(
            new JsonArray(
                """
                [{"role": "user", "content": "Hi"},
                 {"role": "assistant", "content": "", "thinking": "Hm", "tool_calls": [
                  {"id": "a", "type": "function",
                   "function": {"index": 0, "name": "f", "arguments": {"x": [1, {}]}}},
                  {"id": "b", "type": "function",
                   "function": {"index": 1, "name": "g", "arguments": {}}}]},
                 {"role": "tool", "content": "1", "tool_name": "f", "tool_call_id": "a"},
                 {"role": "tool", "content": "Error: no", "tool_name": "g", "tool_call_id": "b"}]
                """));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {"{\\\"x\\\": 1", "[1]", "null", "\\\"text\\\"", "none"})
  void brokenArgumentsCannotBeExpressed(String arguments) {
    ChatRequest request =
        conversation(
            "{\"role\": \"user\", \"content\": \"Hi\"}, {\"role\": \"assistant\", \"tool_calls\": ["
                + "{\"id\": \"a\", \"type\": \"function\", \"function\": {\"name\": \"f\","
                + " \"arguments\": \""
                + arguments
                + "\"}}]}");
    assertThat(OLLAMA.cannotServe(request, new BackendOptions()))
        .contains("messages[1]")
        .contains("not a JSON object");
  }

  @Test
  void aMessageHasOneTextAndImages() {
    String image =
        "{\"type\": \"image_url\", \"image_url\": {\"url\": \"data:image/png;base64,%s\"}}";
    String text = "{\"type\": \"text\", \"text\": \"%s\"}";
    ChatRequest request =
        conversation(
            "{\"role\": \"user\", \"content\": ["
                + String.join(
                    ",",
                    text.formatted("a"),
                    text.formatted("b"),
                    image.formatted("QQ=="),
                    image.formatted("Qg=="),
                    text.formatted("c"),
                    image.formatted("Qw=="))
                + "]}");
    assertThat(body(request).getJsonArray("messages"))
        .isEqualTo(
            new JsonArray(
                """
                [{"role": "user", "content": "a\\n\\nb", "images": ["QQ==", "Qg=="]},
                 {"role": "user", "content": "c", "images": ["Qw=="]}]
                """));
  }

  @ParameterizedTest
  @CsvSource({"https://example.com/a.png", "'data:image/svg+xml,<svg/>'"})
  void otherImagesCannotBeExpressed(String url) {
    ChatRequest request =
        conversation(
            "{\"role\": \"user\", \"content\": [{\"type\": \"image_url\", \"image_url\": {\"url\":"
                + " \""
                + url
                + "\"}}]}");
    assertThat(OLLAMA.cannotServe(request, new BackendOptions()))
        .contains("messages[0]")
        .contains("image by URL");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          gpt-oss:20b | "reasoning_effort": "minimal" | low
          gpt-oss:20b | "reasoning_effort": "high" | high
          gpt-oss:20b | "reasoning": {"max_tokens": 8000} | medium
          qwen3 | "reasoning_effort": "none" | false
          qwen3 | "thinking": {"type": "disabled"} | false
          qwen3 | "reasoning": {"enabled": true} | true
          qwen3 | "reasoning_effort": "low" | true
          qwen3 | "top_k": 1 | null
          """)
  void thinks(String model, String wish, String think) {
    JsonObject body = OLLAMA.encode(request(wish), model, OPTIONS).body().toJsonObject();
    assertThat(String.valueOf(body.getValue("think"))).isEqualTo(think);
  }

  @Test
  void anEffortThatIsLostIsNamed() {
    assertThat(OLLAMA.encode(request("\"reasoning_effort\": \"low\""), "qwen3", OPTIONS).warnings())
        .containsExactly("the reasoning effort was reduced to think: true");
  }

  @Test
  void settings() {
    EncodedRequest encoded =
        encode(
            request(
                """
                "top_k": 40, "min_p": 0.1, "presence_penalty": -1, "frequency_penalty": 0.5,
                "logprobs": true, "top_logprobs": 2, "seed": -1, "user": "u",
                "logit_bias": {"1": 2}, "keep_alive": "1m"
                """));
    assertThat(encoded.body().toJsonObject())
        .isEqualTo(
            new JsonObject(
                """
                {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": true,
                 "logprobs": true, "top_logprobs": 2,
                 "options": {"seed": -1, "top_k": 40, "min_p": 0.1, "presence_penalty": -1,
                  "frequency_penalty": 0.5}}
                """));
    assertThat(encoded.warnings()).containsExactly("logit_bias, user, keep_alive were left out");
  }

  @Test
  void unknownFieldsAreForwardedIfConfigured() {
    BackendOptions forward = new BackendOptions(OPTIONS).setUnknownFields(UnknownFields.FORWARD);
    EncodedRequest encoded =
        OLLAMA.encode(
            request(
                "\"top_k\": 4, \"keep_alive\": \"1m\", \"options\": {\"num_ctx\": 9, \"top_k\":"
                    + " 5}"),
            "m",
            forward);
    JsonObject body = encoded.body().toJsonObject();
    assertThat(body.getString("keep_alive")).isEqualTo("1m");
    assertThat(body.getJsonObject("options"))
        .isEqualTo(new JsonObject().put("num_ctx", 9).put("top_k", 4));
    assertThat(encoded.warnings()).isEmpty();
  }

  @Test
  void namesWhatHasNoPlace() {
    ChatRequest request =
        conversation(
            """
            {"role": "user", "name": "n", "content": [
              {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
              {"type": "image_url",
               "image_url": {"url": "data:image/png;base64,QQ==", "detail": "low"}}]}
            """);
    assertThat(encode(request).warnings())
        .containsExactly("messages[].name, image_url.detail, cache_control were left out");
  }

  @Property(tries = 300)
  void nothingIsLost(@ForAll long seed) {
    RandomConversation conversation = new RandomConversation(seed);
    EncodedRequest encoded = encode(conversation.request());
    assertThat(conversation.missing(encoded.body())).isEmpty();
    assertThat(encoded.warnings()).isEmpty();
  }
}
