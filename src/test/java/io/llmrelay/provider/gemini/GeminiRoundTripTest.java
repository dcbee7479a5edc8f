package io.llmrelay.provider.gemini;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatMessage.Role;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Audio;
import io.llmrelay.chat.ContentPart.Document;
import io.llmrelay.chat.ContentPart.Image;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.chat.ContentPart.Refusal;
import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.chat.ContentPart.ToolResult;
import io.llmrelay.chat.RawJson;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.Rig;
import io.llmrelay.provider.VendorSchema;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Any conversation arrives whole: what was said, called and returned, in order, and by whom. */
class GeminiRoundTripTest {
  private final VendorSchema schema = VendorSchema.of("gemini", "GenerateContentRequest");
  private final List<ChatMessage> messages = new ArrayList<>();

  /** What a reader of the conversation must find, in order. */
  private final List<String> expected = new ArrayList<>();

  private Random random;
  private boolean third;
  private boolean foreign;
  private int calls;

  @Property(tries = 300)
  void losesNothing(@ForAll long seed, @ForAll @IntRange(min = 1, max = 6) int turns) {
    messages.clear();
    expected.clear();
    random = new Random(seed);
    third = random.nextBoolean();
    foreign = false;
    calls = 0;
    for (int i = 0; i < turns; i++) {
      user();
      assistant();
    }
    ChatRequest built = ChatRequest.of(messages);
    ChatRequest request = random.nextBoolean() ? built : ChatRequest.read(built.toBuffer());
    assertThat(new GeminiDialect().cannotServe(request, new BackendOptions())).isNull();
    EncodedRequest encoded =
        new GeminiDialect()
            .encode(
                request,
                third ? "gemini-3.8-flash" : "gemini-2.5-flash",
                Rig.options("gemini", null).setBaseUrl("http://localhost"));
    if (schema.isPresent()) {
      schema.assertValid(encoded.body());
    }
    assertThat(encoded.warnings())
        .isEqualTo(foreign ? List.of("reasoning of other models was left out") : List.of());
    assertThat(found(encoded.body().toJsonObject())).isEqualTo(expected);
  }

  private String word() {
    return random
        .ints(1 + random.nextInt(8), 0, 6)
        .mapToObj(i -> List.of("a", "\u00e4", "\"", "\\", "\ud83d\ude00", "\n").get(i))
        .reduce("", String::concat);
  }

  private void user() {
    List<ContentPart> parts = new ArrayList<>();
    for (int i = 0; i <= random.nextInt(3); i++) {
      String data = "QUJD" + "QUJD".repeat(random.nextInt(3));
      switch (random.nextInt(5)) {
        case 0 -> {
          parts.add(Image.of("data:image/png;base64," + data));
          expected.add("user inline image/png " + data);
        }
        case 1 -> {
          parts.add(Image.of("https://a.example/" + data + ".png"));
          expected.add("user file image/png https://a.example/" + data + ".png");
        }
        case 2 -> {
          parts.add(new Audio(RawJson.of(data), "mp3"));
          expected.add("user inline audio/mp3 " + data);
        }
        case 3 -> {
          parts.add(
              new Document(RawJson.of("data:application/pdf;base64," + data), null, null, null));
          expected.add("user inline application/pdf " + data);
        }
        default -> {
          String text = word();
          parts.add(Text.of(text));
          expected.add("user text " + text);
        }
      }
    }
    messages.add(ChatMessage.of(Role.USER, parts));
  }

  private void assistant() {
    List<ContentPart> parts = new ArrayList<>();
    String signature = "";
    switch (random.nextInt(4)) {
      case 0 -> {
        String thought = word();
        parts.add(new Reasoning(RawJson.of(thought), Reasoning.GEMINI, null, "QQ==", null));
        expected.add("model thought " + thought + " QQ==");
      }
      case 1 -> {
        parts.add(new Reasoning(null, Reasoning.GEMINI, null, null, "Qg=="));
        signature = " Qg==";
      }
      case 2 -> {
        parts.add(new Reasoning(RawJson.of("x"), Reasoning.ANTHROPIC, null, "s", null));
        foreign = true;
      }
      default -> {}
    }
    String text = word();
    if (random.nextBoolean()) {
      parts.add(Text.of(text));
    } else {
      parts.add(new Refusal(RawJson.of(text)));
    }
    expected.add("model text " + text + signature);
    List<ToolCall> called = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      called.add(call(called.isEmpty()));
    }
    parts.addAll(called);
    messages.add(ChatMessage.of(Role.ASSISTANT, parts));
    results(called);
  }

  private ToolCall call(boolean first) {
    String id = "id" + calls++;
    String name = random.nextBoolean() ? "f" : "g";
    JsonObject arguments = new JsonObject();
    if (random.nextBoolean()) {
      arguments.put(word(), word()).put("n", random.nextInt());
    }
    boolean own = random.nextBoolean();
    RawJson extra =
        RawJson.of(
            new JsonObject().put("google", new JsonObject().put("thought_signature", "Qw==")));
    String signature = own ? " Qw==" : first && third ? " skip_thought_signature_validator" : "";
    expected.add("model call " + (third ? id + " " : "") + name + arguments + signature);
    return new ToolCall(id, name, RawJson.of(arguments.encode()), own ? extra : null);
  }

  private void results(List<ToolCall> called) {
    List<ChatMessage> results = new ArrayList<>();
    List<String> media = new ArrayList<>();
    for (ToolCall call : called) {
      String text = word();
      boolean error = random.nextBoolean();
      List<ContentPart> content = new ArrayList<>(List.of(Text.of(text)));
      String id = third ? call.id() + " " : "";
      String fact = "user result " + id + call.name() + (error ? " error " : " result ") + text;
      if (random.nextInt(3) == 0) {
        content.add(Image.of("data:image/png;base64,QUJD"));
        if (third) {
          fact += " image/png QUJD";
        } else {
          media.add("user text Result of " + call.name() + ":");
          media.add("user inline image/png QUJD");
        }
      }
      expected.add(fact);
      results.add(ChatMessage.of(Role.TOOL, new ToolResult(call.id(), content, error)));
    }
    expected.addAll(media);
    Collections.shuffle(results, random);
    messages.addAll(results);
  }

  private static List<String> found(JsonObject body) {
    List<String> found = new ArrayList<>();
    for (Object content : body.getJsonArray("contents")) {
      JsonObject turn = (JsonObject) content;
      for (Object part : turn.getJsonArray("parts")) {
        found.add(turn.getString("role") + " " + fact((JsonObject) part));
      }
    }
    return found;
  }

  private static String fact(JsonObject part) {
    String signature =
        part.containsKey("thoughtSignature") ? " " + part.getString("thoughtSignature") : "";
    if (part.containsKey("text")) {
      return (part.containsKey("thought") ? "thought " : "text ")
          + part.getString("text")
          + signature;
    }
    if (part.containsKey("fileData")) {
      JsonObject file = part.getJsonObject("fileData");
      return "file " + file.getString("mimeType") + " " + file.getString("fileUri");
    }
    if (part.containsKey("inlineData")) {
      return "inline " + inline(part);
    }
    if (part.containsKey("functionCall")) {
      JsonObject call = part.getJsonObject("functionCall");
      return "call " + id(call) + call.getString("name") + call.getJsonObject("args") + signature;
    }
    JsonObject result = part.getJsonObject("functionResponse");
    StringBuilder fact = new StringBuilder("result " + id(result) + result.getString("name"));
    result
        .getJsonObject("response")
        .forEach(field -> fact.append(" " + field.getKey() + " " + field.getValue()));
    for (Object media : result.getJsonArray("parts", new JsonArray())) {
      fact.append(" ").append(inline((JsonObject) media));
    }
    return fact.toString();
  }

  private static String id(JsonObject call) {
    return call.containsKey("id") ? call.getString("id") + " " : "";
  }

  private static String inline(JsonObject part) {
    JsonObject inline = part.getJsonObject("inlineData");
    return inline.getString("mimeType") + " " + inline.getString("data");
  }
}
