package io.llmrelay.provider.cohere;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.RandomConversation;
import io.llmrelay.provider.RandomConversation.Kind;
import io.llmrelay.provider.Rig;
import io.llmrelay.provider.VendorSchema;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests with tools, images, reasoning and settings, in the dialect of Cohere. */
class CohereConversationTest {
  private static final Dialect COHERE = new CohereDialect();
  private static final BackendOptions OPTIONS =
      Rig.options("cohere", null).setBaseUrl("http://localhost");
  private static final VendorSchema SCHEMA =
      VendorSchema.of("cohere", "ChatRequestV2", "ChatRequestV2", "UserMessageV2", "ToolMessageV2");
  private static final String TOOLS =
      """
      "tools": [
        {"type": "function", "function": {"name": "now"}},
        {"type": "function", "function": {"name": "weather", "description": "of a city",
         "parameters": {"type": "object", "required": ["city"], "properties": {
          "city": {"type": "string", "minLength": 1}}}}}]
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
    assertThat(COHERE.cannotServe(request, new BackendOptions())).isNull();
    EncodedRequest encoded = COHERE.encode(request, "m", OPTIONS);
    assertValid(encoded);
    return encoded;
  }

  private static void assertValid(EncodedRequest encoded) {
    // Both formats of the schema have the same type; a discriminator tells them apart.
    assertThat(SCHEMA.problems(encoded.body()))
        .allMatch(problem -> problem.startsWith("/response_format: must be valid to one"));
  }

  private static JsonObject body(ChatRequest request) {
    return encode(request).body().toJsonObject();
  }

  @Test
  void toolsAlwaysHaveParameters() {
    EncodedRequest encoded = encode(request(TOOLS));
    assertThat(encoded.body().toJsonObject().getJsonArray("tools"))
        .isEqualTo(
            new JsonArray(
                """
                [{"type": "function", "function": {"name": "now", "description": "",
                  "parameters": {"type": "object", "properties": {}}}},
                 {"type": "function", "function": {"name": "weather", "description": "of a city",
                  "parameters": {"type": "object", "required": ["city"], "properties": {
                   "city": {"type": "string", "minLength": 1}}}}}]
                """));
    assertThat(encoded.body().toJsonObject().containsKey("tool_choice")).isFalse();
    assertThat(encoded.warnings()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "required" | REQUIRED | 2
          "none" | NONE | 2
          {"type": "function", "function": {"name": "now"}} | REQUIRED | 1
          """)
  void aChoiceOfOneToolIsAChoiceAmongOne(String choice, String theirs, int tools) {
    JsonObject body = body(request(TOOLS + ", \"tool_choice\": " + choice));
    assertThat(body.getString("tool_choice")).isEqualTo(theirs);
    assertThat(body.getJsonArray("tools")).hasSize(tools);
  }

  @Test
  void strictnessHoldsForAllToolsOrNone() {
    String strict = TOOLS.replace("\"description\"", "\"strict\": true, \"description\"");
    EncodedRequest some = encode(request(strict));
    assertThat(some.body().toJsonObject().containsKey("strict_tools")).isFalse();
    assertThat(some.warnings()).containsExactly("tools[].function.strict was left out");
    EncodedRequest all =
        encode(
            request(
                strict
                    + ", \"tool_choice\": {\"type\": \"function\", \"function\": {\"name\":"
                    + " \"weather\"}}"));
    JsonObject body = all.body().toJsonObject();
    assertThat(body.getBoolean("strict_tools")).isTrue();
    assertThat(body.getJsonArray("tools").encode()).doesNotContain("minLength");
    assertThat(all.warnings()).containsExactly("schema keywords of tools were left out: minLength");
  }

  @Test
  void aSchemaOfTheAnswerIsReducedToWhatIsSupported() {
    EncodedRequest encoded =
        encode(
            request(
                """
                "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema":
                  {"type": "object", "required": ["a"], "properties": {
                    "a": {"oneOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]}}}}}
                """));
    assertThat(encoded.body().toJsonObject().getJsonObject("response_format"))
        .isEqualTo(
            new JsonObject(
                """
                {"type": "json_object", "json_schema": {"type": "object", "required": ["a"],
                  "properties": {"a": {"anyOf": [{"type": "integer"}, {"type": "string"}]}}}}
                """));
    assertThat(encoded.warnings())
        .containsExactly("schema keywords of response_format were left out: minimum");
  }

  @Test
  void callsAreOfFunctionsOnly() {
    String call =
        "{\"id\": \"a\", \"type\": \"custom\", \"custom\": {\"name\": \"shell\", \"input\":"
            + " \"ls\"}}";
    ChatRequest request = conversation("{\"role\": \"assistant\", \"tool_calls\": [" + call + "]}");
    assertThat(COHERE.cannotServe(request, new BackendOptions())).contains("custom tool");
  }

  @Test
  void aFormatExcludesTools() {
    String format = ", \"response_format\": {\"type\": \"json_object\"}";
    assertThat(COHERE.cannotServe(request(TOOLS + format), new BackendOptions()))
        .contains("together with tools");
    JsonObject body = body(request(TOOLS + format + ", \"tool_choice\": \"none\""));
    assertThat(body.containsKey("tools")).isFalse();
    assertThat(body.containsKey("tool_choice")).isFalse();
  }

  @Test
  void callsResultsAndPlans() {
    ChatRequest request =
        conversation(
            """
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": null, "reasoning_content": "I look", "tool_calls": [
              {"id": "a", "type": "function",
               "function": {"name": "f", "arguments": "{\\"x\\": 1"}},
              {"id": "b", "type": "function", "function": {"name": "g", "arguments": ""}}]},
            {"role": "tool", "tool_call_id": "a", "content": "1"},
            {"role": "tool", "tool_call_id": "b", "content": "no", "is_error": true},
            {"role": "assistant", "content": "One", "reasoning_content": "Hm"}
            """);
    assertThat(body(request).getJsonArray("messages"))
        .isEqualTo(
            new JsonArray(
                """
                [{"role": "user", "content": "Hi"},
                 {"role": "assistant", "tool_calls": [
                  {"id": "a", "type": "function",
                   "function": {"name": "f", "arguments": "{\\"x\\": 1"}},
                  {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}}],
                  "tool_plan": "I look"},
                 {"role": "tool", "tool_call_id": "a", "content": "1"},
                 {"role": "tool", "tool_call_id": "b", "content": [
                  {"type": "document", "document": {"data": {"error": "no"}}}]},
                 {"role": "assistant", "content": [
                  {"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "One"}]}]
                """));
  }

  @Test
  void imagesAreForUsers() {
    String image =
        "[{\"type\": \"text\", \"text\": \"a\"}, {\"type\": \"image_url\", \"image_url\":"
            + " {\"url\": \"https://example.com/a.png\", \"detail\": \"low\"}}]";
    JsonObject body = body(conversation("{\"role\": \"user\", \"content\": " + image + "}"));
    assertThat(body.getJsonArray("messages").getJsonObject(0).getJsonArray("content"))
        .isEqualTo(new JsonArray(image));
    assertThat(
            COHERE.cannotServe(
                conversation(
                    "{\"role\": \"tool\", \"tool_call_id\": \"a\", \"content\": " + image + "}"),
                new BackendOptions()))
        .contains("messages[0]")
        .contains("image");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "reasoning_effort": "low" | {"type": "enabled", "token_budget": 2048}
          "thinking": {"type": "enabled", "budget_tokens": 1500} | {"type": "enabled", "token_budget": 1500}
          "reasoning": {"enabled": false} | {"type": "disabled"}
          """)
  void thinks(String wish, String thinking) {
    assertThat(body(request(wish)).getJsonObject("thinking")).isEqualTo(new JsonObject(thinking));
  }

  @Test
  void settingsAreLimitedToTheirRanges() {
    EncodedRequest encoded =
        encode(
            request(
                """
                "temperature": 1.5, "top_p": 1, "top_k": 501, "presence_penalty": -1,
                "frequency_penalty": 0.5, "logprobs": true, "top_logprobs": 2, "seed": -1,
                "user": "u", "priority": 3
                """));
    assertThat(encoded.body().toJsonObject())
        .isEqualTo(
            new JsonObject(
                """
                {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": true,
                 "temperature": 1.0, "p": 0.99, "k": 500, "presence_penalty": 0,
                 "frequency_penalty": 0.5, "logprobs": true}
                """));
    assertThat(encoded.warnings())
        .containsExactly(
            "temperature 1.5 was limited to 1.0",
            "top_p 1.0 was limited to 0.99",
            "top_k 501 was limited to 500",
            "presence_penalty -1 was limited to 0",
            "top_logprobs, seed, user, priority were left out");
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
        .containsExactly("messages[].name, cache_control were left out");
  }

  @Property(tries = 300)
  void nothingIsLost(@ForAll long seed) {
    RandomConversation conversation = new RandomConversation(seed);
    ChatRequest request = conversation.request();
    boolean image =
        conversation.words().stream().anyMatch(word -> word.kind() == Kind.RESULT_IMAGE);
    assertThat(COHERE.cannotServe(request, new BackendOptions()) == null).isEqualTo(!image);
    Assume.that(!image);
    EncodedRequest encoded = COHERE.encode(request, "m", OPTIONS);
    assertThat(conversation.missing(encoded.body())).isEmpty();
    assertThat(encoded.warnings()).isEmpty();
    if (SCHEMA.isPresent()) {
      assertValid(encoded);
    }
  }
}
