package io.llmrelay.gateway.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.RawJson;
import io.llmrelay.chat.TokenUsage;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What belongs to one vendor comes back from the client, and stays out of Anthropic's way. */
class ForeignPartsTest {
  private final MessageEncoder encoder = new MessageEncoder("msg_1", "m", 1);
  private final Buffer events = Buffer.buffer();

  private void chunk(Block block, String text) {
    encoder.append(events, new ChatEvent.BlockStart(block));
    encoder.append(events, new ChatEvent.Chunk(block, Buffer.buffer(text)));
  }

  private void data(int index, String field, JsonObject... entries) {
    Block block = new Block(index, BlockKind.DATA, null, field, null);
    chunk(block, new JsonArray(List.of(entries)).encode() + "\n");
  }

  private static JsonObject detail(String type, String format) {
    return new JsonObject().put("type", "reasoning." + type).put("format", format);
  }

  /** The content of the answer, as a client sends it back. */
  private JsonArray content() {
    encoder.end(events, FinishReason.STOP, TokenUsage.NONE);
    JsonObject message = MessageJson.accumulated(events);
    return message.getJsonArray("content");
  }

  private static ChatRequest read(JsonArray content) {
    JsonObject body =
        new JsonObject()
            .put("model", "claude")
            .put("max_tokens", 5)
            .put(
                "messages",
                new JsonArray()
                    .add(new JsonObject().put("role", "user").put("content", "Hi"))
                    .add(new JsonObject().put("role", "assistant").put("content", content))
                    .add(new JsonObject().put("role", "user").put("content", "Go on.")));
    return MessagesFront.read(body.toBuffer().getBytes(), MultiMap.caseInsensitiveMultiMap(), false)
        .request();
  }

  private static List<ContentPart> parts(ChatRequest request) {
    return request.messages().get(1).parts();
  }

  /** What a backend of this API gets of the answer. */
  private static JsonArray received(ChatRequest request) {
    JsonArray messages = ((JsonObject) request.received().body().value()).getJsonArray("messages");
    return messages.size() < 3
        ? new JsonArray()
        : messages.getJsonObject(1).getJsonArray("content");
  }

  @Test
  void thinkingWithoutDetails() {
    chunk(Block.of(0, BlockKind.REASONING), "Hm, ");
    chunk(Block.of(0, BlockKind.REASONING), "Käse.");
    chunk(Block.of(1, BlockKind.TEXT), "Yes.");
    JsonArray content = content();

    ChatRequest request = read(content);

    assertThat(content.getJsonObject(0).getString("signature")).startsWith("relay_");
    assertThat(parts(request))
        .containsExactly(Reasoning.of("Hm, Käse."), ContentPart.Text.of("Yes."));
    assertThat(received(request)).containsExactly(content.getJsonObject(1));
  }

  @Test
  void detailsThatFollowTheirThinkingAndLaterOnes() {
    chunk(Block.of(0, BlockKind.REASONING), "First.🌍");
    chunk(Block.of(0, BlockKind.REASONING), "Second.");
    chunk(Block.of(1, BlockKind.TEXT), "Yes.");
    data(
        2,
        "reasoning_details",
        detail("summary", Reasoning.OPENAI).put("id", "rs_1").put("summary", "First.🌍"),
        detail("encrypted", Reasoning.OPENAI).put("id", "rs_1").put("data", "XYZ"),
        detail("text", Reasoning.GEMINI).put("text", "Second.").put("signature", "sig"));
    JsonArray content = content();

    ChatRequest request = read(content);

    assertThat(parts(request))
        .containsExactly(
            new Reasoning(RawJson.of("First.🌍"), Reasoning.OPENAI, "rs_1", null, null),
            new Reasoning(null, Reasoning.OPENAI, "rs_1", null, "XYZ"),
            new Reasoning(RawJson.of("Second."), Reasoning.GEMINI, null, "sig", null),
            ContentPart.Text.of("Yes."));
    assertThat(received(request)).containsExactly(content.getJsonObject(1));
  }

  @Test
  void thinkingOfClaudeAtAnotherProviderIsAnthropics() {
    chunk(Block.of(0, BlockKind.REASONING), "Hm.");
    data(
        1,
        "reasoning_details",
        detail("text", Reasoning.ANTHROPIC).put("text", "Hm.").put("signature", "EqQB"));
    data(1, "reasoning_details", detail("encrypted", Reasoning.ANTHROPIC).put("data", "EmwK"));
    chunk(Block.of(2, BlockKind.TEXT), "Yes.");
    JsonArray content = content();

    ChatRequest request = read(content);

    assertThat(content.getJsonObject(0).getString("signature")).isEqualTo("EqQB");
    assertThat(content.getJsonObject(1))
        .isEqualTo(new JsonObject().put("type", "redacted_thinking").put("data", "EmwK"));
    assertThat(parts(request))
        .containsExactly(
            new Reasoning(RawJson.of("Hm."), Reasoning.ANTHROPIC, null, "EqQB", null),
            new Reasoning(null, Reasoning.ANTHROPIC, null, null, "EmwK"),
            ContentPart.Text.of("Yes."));
    assertThat(received(request)).isEqualTo(content);
  }

  @Test
  void idsAndDataOfToolCalls() {
    JsonObject extra =
        new JsonObject().put("google", new JsonObject().put("thought_signature", "Cg=="));
    encoder.append(
        events, new ChatEvent.BlockStart(new Block(0, BlockKind.TOOL_CALL, "call_1", "f", extra)));
    chunk(new Block(1, BlockKind.TOOL_CALL, "functions.f:0", "f", null), "{\"a\":1}");
    chunk(new Block(2, BlockKind.TOOL_CALL, "toolu_01", "f", null), "{}");
    JsonArray content = content();

    ChatRequest request = read(content);

    content.forEach(
        block -> assertThat(((JsonObject) block).getString("id")).matches("[a-zA-Z0-9_-]+"));
    assertThat(content.getJsonObject(2).getString("id")).isEqualTo("toolu_01");
    assertThat(parts(request))
        .containsExactly(
            new ToolCall("call_1", "f", RawJson.of("{}"), RawJson.of(extra)),
            ToolCall.of("functions.f:0", "f", "{\"a\":1}"),
            ToolCall.of("toolu_01", "f", "{}"));
    assertThat(received(request)).isEqualTo(content);
  }

  @Test
  void citationsOfWebPages() {
    chunk(Block.of(0, BlockKind.TEXT), "Cheese.");
    data(
        1,
        "annotations",
        new JsonObject()
            .put("type", "url_citation")
            .put(
                "url_citation",
                new JsonObject().put("url", "https://example.com").put("title", "Cheese")));
    JsonArray content = content();
    JsonObject own =
        new JsonObject()
            .put("type", "char_location")
            .put("cited_text", "x")
            .put("document_index", 0);
    JsonArray citations = content.getJsonObject(0).getJsonArray("citations");
    assertThat(citations.getJsonObject(0).getString("url")).isEqualTo("https://example.com");
    citations.add(own);

    ChatRequest request = read(content);

    assertThat(parts(request)).containsExactly(ContentPart.Text.of("Cheese."));
    assertThat(received(request).getJsonObject(0).getJsonArray("citations")).containsExactly(own);
  }

  @Test
  void anAnswerOfNothingElseIsNotSent() {
    chunk(Block.of(0, BlockKind.REASONING), "Hm.");

    assertThat(received(read(content()))).isEmpty();
  }

  @Test
  void whatOnlyLooksLikeTheRelaysIsAnthropics() {
    String[] signatures = {"relay_", "relay_%%", "relay_e30", "toolu_relay_!", "toolu_relay_e30"};
    for (String signature : signatures) {
      assertThat(RelayData.details(signature)).isNull();
      assertThat(RelayData.call(signature)).isEqualTo(new RelayData.Call(signature, null));
    }
  }
}
