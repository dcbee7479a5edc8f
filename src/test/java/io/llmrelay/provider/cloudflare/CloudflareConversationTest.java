package io.llmrelay.provider.cloudflare;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.RandomConversation;
import io.llmrelay.provider.RandomConversation.Kind;
import io.llmrelay.provider.Rig;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests with tools, images and settings, in the dialect of Cloudflare. */
class CloudflareConversationTest {
  private static final Dialect CLOUDFLARE = new CloudflareDialect();
  private static final BackendOptions OPTIONS =
      Rig.options("cloudflare", null).setBaseUrl("http://localhost");
  private static final String MISTRAL = "@cf/mistralai/mistral-small-3.1-24b-instruct";
  private static final String TOOLS =
      """
      "tools": [
        {"type": "function", "function": {"name": "now"}},
        {"type": "function", "function": {"name": "weather", "description": "of a city",
         "strict": true, "parameters": {"type": "object", "required": ["city"],
          "properties": {"city": {"type": "string"}}}}}]
      """;
  private static final String CALLS =
      """
      {"role": "user", "content": "Hi"},
      {"role": "assistant", "content": null, "tool_calls": [
        {"id": "call_123456789", "type": "function",
         "function": {"name": "f", "arguments": "{\\"x\\": 1"}},
        {"id": "b", "type": "function", "function": {"name": "g", "arguments": ""}}]},
      {"role": "tool", "tool_call_id": "call_123456789", "content": "1"},
      {"role": "tool", "tool_call_id": "b", "content": "no", "is_error": true}
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
    assertThat(CLOUDFLARE.cannotServe(request, new BackendOptions())).isNull();
    return CLOUDFLARE.encode(request, "@cf/meta/m", OPTIONS);
  }

  @Test
  void callsAreOfFunctionsOnly() {
    String call =
        "{\"id\": \"a\", \"type\": \"custom\", \"custom\": {\"name\": \"shell\", \"input\":"
            + " \"ls\"}}";
    ChatRequest request = conversation("{\"role\": \"assistant\", \"tool_calls\": [" + call + "]}");
    assertThat(CLOUDFLARE.cannotServe(request, new BackendOptions())).contains("custom tool");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "auto" |  | 2
          "required" | required | 2
          {"type": "function", "function": {"name": "now"}} | required | 1
          "none" |  | 0
          """)
  void tools(String choice, String theirs, int tools) {
    EncodedRequest encoded = encode(request(TOOLS + ", \"tool_choice\": " + choice));
    JsonObject body = encoded.body().toJsonObject();
    assertThat(body.getString("tool_choice")).isEqualTo(theirs);
    assertThat(body.getJsonArray("tools", new JsonArray())).hasSize(tools);
    if (tools > 0) {
      assertThat(body.getJsonArray("tools").getJsonObject(0).getJsonObject("function"))
          .isEqualTo(
              new JsonObject(
                  """
                  {"name": "now", "description": "",
                   "parameters": {"type": "object", "properties": {}}}
                  """));
      assertThat(encoded.warnings()).containsExactly("tools[].function.strict was left out");
    }
  }

  @Test
  void callsAndResultsShareAnIdThatTheModelAccepts() {
    JsonArray messages = encode(conversation(CALLS)).body().toJsonObject().getJsonArray("messages");
    String id = messages.getJsonObject(3).getString("tool_call_id");
    assertThat(id).matches("[a-z0-9]{9}");
    assertThat(messages)
        .isEqualTo(
            new JsonArray(
                """
                [{"role": "user", "content": "Hi"},
                 {"role": "assistant", "content": "", "tool_calls": [
                  {"id": "call_123456789", "type": "function",
                   "function": {"name": "f", "arguments": "{\\"x\\": 1"}},
                  {"id": "ID", "type": "function", "function": {"name": "g", "arguments": "{}"}}]},
                 {"role": "tool", "name": "f", "tool_call_id": "call_123456789", "content": "1"},
                 {"role": "tool", "name": "g", "tool_call_id": "ID", "content": "Error: no"}]
                """
                    .replace("ID", id)));
  }

  @Test
  void idsOfMistralHaveNineCharacters() {
    JsonArray messages =
        CLOUDFLARE
            .encode(conversation(CALLS), MISTRAL, OPTIONS)
            .body()
            .toJsonObject()
            .getJsonArray("messages");
    JsonArray calls = messages.getJsonObject(1).getJsonArray("tool_calls");
    for (int i = 0; i < 2; i++) {
      String id = calls.getJsonObject(i).getString("id");
      assertThat(id).matches("[a-z0-9]{9}");
      assertThat(messages.getJsonObject(2 + i).getString("tool_call_id")).isEqualTo(id);
    }
  }

  @Test
  void imagesAreInline() {
    String image = "[{\"type\": \"image_url\", \"image_url\": {\"url\": \"%s\"}}]";
    String user = "{\"role\": \"user\", \"content\": " + image + "}";
    String data = "data:image/png;base64,QQ==";
    assertThat(
            encode(conversation(user.formatted(data)))
                .body()
                .toJsonObject()
                .getJsonArray("messages")
                .getJsonObject(0)
                .getJsonArray("content"))
        .isEqualTo(new JsonArray(image.formatted(data)));
    assertThat(
            CLOUDFLARE.cannotServe(
                conversation(user.formatted("https://example.com/a.png")), new BackendOptions()))
        .contains("messages[0]")
        .contains("image by URL");
  }

  @Test
  void settings() {
    EncodedRequest encoded =
        encode(
            request(
                """
                "top_k": 60, "presence_penalty": 1, "frequency_penalty": -1, "seed": 0,
                "reasoning_effort": "low", "user": "u"
                """));
    assertThat(encoded.body().toJsonObject())
        .isEqualTo(
            new JsonObject(
                """
                {"messages": [{"role": "user", "content": "Hi"}], "stream": true,
                 "max_tokens": 2048, "top_k": 50, "presence_penalty": 1, "frequency_penalty": 0}
                """));
    assertThat(encoded.warnings())
        .containsExactly(
            "top_k 60 was limited to 50",
            "frequency_penalty -1 was limited to 0",
            "reasoning_effort, seed, user were left out");
  }

  @Test
  void noModelStreamsJson() {
    assertThat(
            CLOUDFLARE.cannotServe(
                request("\"response_format\": {\"type\": \"json_object\"}"), new BackendOptions()))
        .contains("json_object");
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
  void onlyReasoningIsLostAndNamed(@ForAll long seed) {
    RandomConversation conversation = new RandomConversation(seed);
    EncodedRequest encoded = encode(conversation.request());
    List<RandomConversation.Word> missing = conversation.missing(encoded.body());
    assertThat(missing).allMatch(word -> word.kind() == Kind.REASONING);
    assertThat(encoded.warnings())
        .isEqualTo(missing.isEmpty() ? List.of() : List.of("messages[].reasoning was left out"));
  }
}
