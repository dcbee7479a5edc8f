package io.llmrelay.provider.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatMessage.Role;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Document;
import io.llmrelay.chat.ContentPart.Image;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.chat.ContentPart.Refusal;
import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.chat.ContentPart.ToolResult;
import io.llmrelay.chat.RawJson;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.bedrock.BedrockDialect;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Any conversation arrives whole: what was said, called and returned, in order, and by whom. */
class ClaudeRoundTripTest {
  private static final String ANTHROPIC = "claude-opus-5";
  private static final String BEDROCK = "anthropic.claude-opus-5";

  private final List<ChatMessage> messages = new ArrayList<>();

  /** What a reader of the conversation must find, in order. */
  private final List<String> expected = new ArrayList<>();

  private Random random;
  private boolean foreign;
  private int calls;

  @Property(tries = 300)
  void losesNothing(@ForAll long seed, @ForAll @IntRange(min = 1, max = 6) int turns) {
    messages.clear();
    expected.clear();
    random = new Random(seed);
    foreign = false;
    calls = 0;
    for (int i = 0; i < turns; i++) {
      user();
      assistant();
    }
    user();
    ChatRequest built = ChatRequest.of(messages);
    ChatRequest request = random.nextBoolean() ? built : ChatRequest.read(built.toBuffer());
    check(new AnthropicDialect(), request.withModel(ANTHROPIC));
    check(new BedrockDialect(Map.of()), request.withModel(BEDROCK));
  }

  private void check(Dialect dialect, ChatRequest request) {
    assertThat(dialect.cannotServe(request, new BackendOptions())).isNull();
    EncodedRequest encoded = dialect.encode(request, request.model(), new BackendOptions());
    assertThat(encoded.warnings())
        .isEqualTo(
            foreign
                ? List.of(
                    "reasoning of earlier answers was left out: it is not this model's, or off")
                : List.of());
    List<String> found = new ArrayList<>();
    String last = "";
    for (Object message : encoded.body().toJsonObject().getJsonArray("messages")) {
      String role = ((JsonObject) message).getString("role");
      assertThat(role).isNotEqualTo(last);
      last = role;
      for (Object block : ((JsonObject) message).getJsonArray("content")) {
        JsonObject json = (JsonObject) block;
        found.add(role + " " + (json.containsKey("type") ? anthropic(json) : bedrock(json)));
      }
    }
    assertThat(found).isEqualTo(expected);
  }

  private String word() {
    return "w"
        + random
            .ints(1 + random.nextInt(8), 0, 6)
            .mapToObj(i -> List.of("a", "\u00e4", "\"", "\\", "\ud83d\ude00", "\n").get(i))
            .reduce("", String::concat);
  }

  private String image(List<ContentPart> parts) {
    String data = "QUJD".repeat(1 + random.nextInt(3));
    parts.add(Image.of("data:image/png;base64," + data));
    return "image png " + data;
  }

  private void user() {
    List<ContentPart> parts = new ArrayList<>();
    for (int i = 0; i <= random.nextInt(3); i++) {
      if (random.nextInt(3) == 0) {
        expected.add("user " + image(parts));
      } else {
        String text = word();
        parts.add(Text.of(text));
        expected.add("user text " + text);
      }
    }
    if (random.nextInt(3) == 0) {
      parts.add(new Document(RawJson.of("data:application/pdf;base64,QUJD"), null, null, null));
      parts.add(Text.of("It."));
      expected.add("user document pdf QUJD");
      expected.add("user text It.");
    }
    messages.add(ChatMessage.of(Role.USER, parts));
  }

  private void assistant() {
    List<ContentPart> parts = new ArrayList<>();
    switch (random.nextInt(4)) {
      case 0 -> {
        String thought = random.nextBoolean() ? "" : word();
        parts.add(new Reasoning(RawJson.of(thought), Reasoning.ANTHROPIC, null, "c2ln", null));
        expected.add("assistant thinking " + thought + " c2ln");
      }
      case 1 -> {
        parts.add(new Reasoning(null, Reasoning.ANTHROPIC, null, null, "QkJC"));
        expected.add("assistant redacted QkJC");
      }
      case 2 -> {
        parts.add(new Reasoning(RawJson.of("x"), Reasoning.GEMINI, null, "s", null));
        foreign = true;
      }
      default -> {}
    }
    String text = word();
    parts.add(random.nextBoolean() ? Text.of(text) : new Refusal(RawJson.of(text)));
    expected.add("assistant text " + text);
    List<ToolCall> called = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      called.add(call());
    }
    parts.addAll(called);
    messages.add(ChatMessage.of(Role.ASSISTANT, parts));
    List<ChatMessage> results = new ArrayList<>();
    called.forEach(call -> results.add(result(call)));
    Collections.shuffle(results, random);
    messages.addAll(results);
  }

  private ToolCall call() {
    String id = "id" + calls++;
    JsonObject arguments = new JsonObject();
    if (random.nextBoolean()) {
      arguments.put(word(), word()).put("n", random.nextInt()).put("d", 1.5);
    }
    expected.add("assistant call " + id + " f " + arguments);
    return new ToolCall(id, "f", RawJson.of(arguments.encode()), null);
  }

  private ChatMessage result(ToolCall call) {
    String text = word();
    boolean error = random.nextBoolean();
    List<ContentPart> content = new ArrayList<>(List.of(Text.of(text)));
    String fact = "user result " + call.id() + " " + error + " text " + text;
    if (random.nextInt(3) == 0) {
      fact += " " + image(content);
    }
    expected.add(fact);
    return ChatMessage.of(Role.TOOL, new ToolResult(call.id(), content, error));
  }

  private static String anthropic(JsonObject block) {
    JsonObject source = block.getJsonObject("source", new JsonObject());
    String format = source.getString("media_type", "").replaceFirst(".*/", "");
    return switch (block.getString("type")) {
      case "text" -> "text " + block.getString("text");
      case "thinking" ->
          "thinking " + block.getString("thinking") + " " + block.getString("signature");
      case "redacted_thinking" -> "redacted " + block.getString("data");
      case "tool_use" ->
          "call "
              + block.getString("id")
              + " "
              + block.getString("name")
              + " "
              + block.getJsonObject("input");
      case "tool_result" -> {
        StringBuilder fact = new StringBuilder("result " + block.getString("tool_use_id"));
        fact.append(" ").append(block.getBoolean("is_error", false));
        block.getJsonArray("content").forEach(c -> fact.append(" " + anthropic((JsonObject) c)));
        yield fact.toString();
      }
      default -> block.getString("type") + " " + format + " " + source.getString("data");
    };
  }

  private static String bedrock(JsonObject block) {
    String kind = block.fieldNames().iterator().next();
    if (kind.equals("text")) {
      return "text " + block.getString("text");
    }
    JsonObject json = block.getJsonObject(kind);
    return switch (kind) {
      case "reasoningContent" -> {
        JsonObject text = json.getJsonObject("reasoningText");
        yield text == null
            ? "redacted " + json.getString("redactedContent")
            : "thinking " + text.getString("text") + " " + text.getString("signature");
      }
      case "toolUse" ->
          "call "
              + json.getString("toolUseId")
              + " "
              + json.getString("name")
              + " "
              + json.getJsonObject("input");
      case "toolResult" -> {
        StringBuilder fact = new StringBuilder("result " + json.getString("toolUseId"));
        fact.append(" ").append("error".equals(json.getString("status")));
        JsonArray content = json.getJsonArray("content");
        content.forEach(each -> fact.append(" " + bedrock((JsonObject) each)));
        yield fact.toString();
      }
      default ->
          kind
              + " "
              + json.getString("format")
              + " "
              + json.getJsonObject("source").getString("bytes");
    };
  }
}
