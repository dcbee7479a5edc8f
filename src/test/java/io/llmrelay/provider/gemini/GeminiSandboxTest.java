package io.llmrelay.provider.gemini;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentBlock;
import io.llmrelay.provider.Consumer;
import io.llmrelay.provider.RandomConversation;
import io.llmrelay.provider.Rig;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Conversations with a server that makes Google's checks: parts, their order, and signatures. */
class GeminiSandboxTest {
  private static final String THIRD = "gemini-3.8-flash";

  private static Vertx vertx;
  private static Sandbox sandbox;
  private static Rig rig;

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
    sandbox = Consumer.await(Sandbox.start(vertx));
    sandbox.script("loop", Scenario.of("tool-loop"));
    rig = rig("primary");
  }

  private static Rig rig(String backend) {
    return Rig.atUrl(vertx, Rig.options("gemini", null), sandbox.backend("gemini", backend));
  }

  @AfterAll
  static void stop() {
    Consumer.await(sandbox.close());
    Consumer.await(vertx.close());
  }

  @ParameterizedTest
  @ValueSource(strings = {"gemini-2.5-flash", THIRD})
  void anyConversationIsAccepted(String model) {
    for (int seed = 0; seed < 100; seed++) {
      ChatRequest request = new RandomConversation(seed).request().withModel(model);
      Consumer consumer = rig.open(request, true).awaitEnd();
      assertThat(consumer.failure).as("seed " + seed).isNull();
      assertThat(consumer.text(BlockKind.TEXT)).isNotEmpty();
    }
  }

  private static final JsonObject USER =
      new JsonObject().put("role", "user").put("content", "How warm is it in Rome?");
  private static final JsonArray TOOLS =
      new JsonArray(
          """
          [{"type": "function", "function": {"name": "weather", "strict": true, "parameters":
            {"type": "object", "properties": {"city": {"type": ["string", "null"]}},
             "required": ["city"], "additionalProperties": false}}}]
          """);

  private static ChatRequest request(JsonArray messages) {
    return ChatRequest.fromJson(
        new JsonObject().put("model", THIRD).put("messages", messages).put("tools", TOOLS));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aToolLoopEndsWithTheResultWhetherOrNotTheClientKeepsSignatures(boolean keeps) {
    Rig loop = rig("loop");
    Consumer asked = loop.open(request(JsonArray.of(USER)), true).awaitEnd();
    ContentBlock call = asked.contents.of(BlockKind.TOOL_CALL).get(0);
    JsonObject extra = call.block().extra();
    assertThat(extra.getJsonObject("google").getString("thought_signature")).isNotBlank();
    JsonObject function =
        new JsonObject().put("name", call.block().name()).put("arguments", call.content());
    JsonObject toolCall =
        new JsonObject()
            .put("id", call.block().id())
            .put("type", "function")
            .put("function", function);
    if (keeps) {
      toolCall.put("extra_content", extra);
    }
    JsonArray messages =
        JsonArray.of(
            USER,
            new JsonObject().put("role", "assistant").put("tool_calls", JsonArray.of(toolCall)),
            new JsonObject()
                .put("role", "tool")
                .put("tool_call_id", call.block().id())
                .put("content", "18 \u00b0C"));
    Consumer answered = loop.open(request(messages), true).awaitEnd();
    assertThat(answered.failure).isNull();
    assertThat(answered.text(BlockKind.TEXT)).contains("18 \u00b0C");
  }

  @Test
  void theSignatureOfATextReachesTheClientAndComesBack() {
    sandbox.script("thinking", Scenario.of("reasoning"));
    Rig thinking = rig("thinking");
    Consumer asked = thinking.open(request(JsonArray.of(USER)), true).awaitEnd();
    assertThat(asked.text(BlockKind.REASONING)).isNotEmpty();
    JsonArray details = (JsonArray) asked.contents.data("reasoning_details").get(0);
    assertThat(details.getJsonObject(0).getString("format")).isEqualTo("google-gemini-v1");
    JsonObject assistant =
        new JsonObject()
            .put("role", "assistant")
            .put("content", asked.text(BlockKind.TEXT))
            .put("reasoning_details", details);
    Consumer answered =
        thinking.open(request(JsonArray.of(USER, assistant, USER)), true).awaitEnd();
    assertThat(answered.failure).isNull();
    assertThat(answered.opens.get(0).getString("warning")).isNull();
    JsonArray contents = sandbox.calls("thinking").get(1).body().getJsonArray("contents");
    assertThat(contents.getJsonObject(1).getJsonArray("parts"))
        .isEqualTo(
            JsonArray.of(
                new JsonObject()
                    .put("text", asked.text(BlockKind.TEXT))
                    .put("thoughtSignature", details.getJsonObject(0).getString("data"))));
  }
}
