package io.llmrelay.provider.gemini;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Image;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.chat.ContentPart.Refusal;
import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.chat.ContentPart.ToolResult;
import io.llmrelay.provider.Conversation;
import io.llmrelay.provider.ToolArguments;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Encodes the turns of a conversation.
 *
 * <p>The results of one turn's calls form a separate content, in the order of the calls, since
 * Gemini compares its parts with the calls one by one. Media are part of a result or, for models
 * that accept only text there, a content after the results.
 *
 * <p>Signatures are sent back with the parts with which they were received. Models that validate
 * them require one with the first call of a turn, and with each image that the model has written;
 * for those of other providers there is a documented placeholder.
 */
final class GeminiContents {
  /** The placeholder for the signature of a call or an image of another provider. */
  private static final String SIGNATURE_PLACEHOLDER = "skip_thought_signature_validator";

  private static final String SIGNATURE = "thoughtSignature";

  private final GeminiModel model;
  private final Translation translation;
  private final JsonArray contents = new JsonArray();

  /** The names of the calls so far, by id. */
  private final Map<String, String> calls = new HashMap<>();

  private GeminiContents(GeminiModel model, Translation translation) {
    this.model = model;
    this.translation = translation;
  }

  static JsonArray encode(ChatRequest request, GeminiModel model, Translation translation) {
    GeminiContents encoder = new GeminiContents(model, translation);
    List<Conversation.Turn> turns = Conversation.turnsWithImages(request);
    translation.answerImages();
    Conversation.beginWithUser(turns, translation);
    for (Conversation.Turn turn : turns) {
      if (turn.assistant()) {
        encoder.model(turn.parts());
      } else {
        encoder.user(turn.parts());
      }
    }
    return encoder.contents;
  }

  /** Returns the parts of a system instruction, which has text only. */
  static JsonArray system(List<ContentPart> parts, Translation translation) {
    JsonArray texts = new JsonArray();
    for (ContentPart part : parts) {
      if (part instanceof Text text) {
        texts.add(text(text, translation));
      }
    }
    return texts;
  }

  /** Returns why the messages cannot be expressed, or {@code null} if they can. */
  static String problem(ChatRequest request) {
    List<ChatMessage> messages = request.messages();
    for (int i = 0; i < messages.size(); i++) {
      if (messages.get(i).role() == ChatMessage.Role.SYSTEM
          && !messages.get(i).parts().stream().allMatch(Text.class::isInstance)) {
        return "messages[" + i + "]: a system message cannot be expressed unless it is text";
      }
    }
    String unpaired = Conversation.unpairedCall(request);
    return unpaired == null ? Conversation.problem(request, GeminiContents::problem) : unpaired;
  }

  private static String problem(ContentPart part) {
    String problem = GeminiMedia.problem(part);
    return problem == null ? ToolArguments.problem(part) : problem;
  }

  private void add(String role, JsonArray parts) {
    if (!parts.isEmpty()) {
      contents.add(new JsonObject().put("parts", parts).put("role", role));
    }
  }

  private static JsonObject text(Text text, Translation translation) {
    if (text.cacheControl() != null) {
      translation.leftOut("cache_control");
    }
    return new JsonObject().put("text", text.text());
  }

  private void user(List<ContentPart> parts) {
    JsonArray responses = new JsonArray();
    JsonArray media = new JsonArray();
    JsonArray others = new JsonArray();
    for (ContentPart part : parts) {
      if (part instanceof ToolResult result) {
        responses.add(response(result, media));
      } else {
        others.add(content(part));
      }
    }
    add("user", responses);
    add("user", media);
    add("user", others);
  }

  private JsonObject response(ToolResult result, JsonArray mediaAfter) {
    String name = calls.get(result.callId());
    List<String> texts = new ArrayList<>();
    JsonArray media = new JsonArray();
    for (ContentPart part : result.content()) {
      if (part instanceof Text text) {
        texts.add(text(text, translation).getString("text"));
      } else {
        media.add(GeminiMedia.encode(part, translation));
      }
    }
    JsonObject response = new JsonObject().put("name", name);
    if (model.hasSignedCalls()) {
      response.put("id", result.callId());
      Json.put(response, "parts", media.isEmpty() ? null : media);
    } else if (!media.isEmpty()) {
      mediaAfter.add(new JsonObject().put("text", "Result of " + name + ":")).addAll(media);
    }
    response.put(
        "response",
        new JsonObject().put(result.error() ? "error" : "result", String.join("\n", texts)));
    return new JsonObject().put("functionResponse", response);
  }

  private void model(List<ContentPart> parts) {
    JsonArray encoded = new JsonArray();
    Map<String, String> ofOthers = new HashMap<>();
    Deque<String> ofTexts = new ArrayDeque<>();
    boolean called = false;
    for (ContentPart part : parts) {
      if (part instanceof Reasoning reasoning) {
        reasoning(reasoning, encoded, ofOthers, ofTexts);
      } else if (part instanceof ToolCall call) {
        String signature = signature(call);
        signature = signature == null ? ofOthers.get(call.id()) : signature;
        boolean excused = signature == null && !called && model.hasSignedCalls();
        encoded.add(signed(call(call), excused ? SIGNATURE_PLACEHOLDER : signature));
        called = true;
      } else if (part instanceof Image image) {
        String signature = ofOthers.get(GeminiMedia.imageId(image.url()));
        boolean excused = signature == null && model.hasSignedCalls();
        encoded.add(signed(content(part), excused ? SIGNATURE_PLACEHOLDER : signature));
      } else {
        encoded.add(signed(content(part), ofTexts.poll()));
      }
    }
    ofTexts.forEach(each -> signLastText(encoded, each));
    add("model", encoded);
  }

  /** Puts a signature that follows its text on the last text without one, or on an empty text. */
  private static void signLastText(JsonArray parts, String signature) {
    for (int i = parts.size() - 1; i >= 0; i--) {
      JsonObject part = parts.getJsonObject(i);
      boolean text = part.containsKey("text") && !part.containsKey("thought");
      if (text && !part.containsKey(SIGNATURE)) {
        part.put(SIGNATURE, signature);
        return;
      }
    }
    parts.add(signed(new JsonObject().put("text", ""), signature));
  }

  /** Encodes a thought, or collects a signature: of the call or image with its id, or of a text. */
  private void reasoning(
      Reasoning reasoning, JsonArray encoded, Map<String, String> ofOthers, Deque<String> ofTexts) {
    String signature =
        reasoning.signature() == null ? reasoning.encrypted() : reasoning.signature();
    if (!Reasoning.GEMINI.equals(reasoning.origin())) {
      translation.leftOut("reasoning of other models");
    } else if (reasoning.text() != null) {
      JsonObject thought = new JsonObject().put("text", reasoning.text().string());
      encoded.add(signed(thought.put("thought", true), signature));
    } else if (reasoning.id() != null) {
      ofOthers.put(reasoning.id(), signature);
    } else {
      ofTexts.add(signature);
    }
  }

  private JsonObject content(ContentPart part) {
    if (part instanceof Text text) {
      return text(text, translation);
    }
    return part instanceof Refusal refusal
        ? new JsonObject().put("text", refusal.content().string())
        : GeminiMedia.encode(part, translation);
  }

  private static JsonObject signed(JsonObject part, String signature) {
    Json.put(part, SIGNATURE, signature);
    return part;
  }

  /** Returns the signature that came with a call, or {@code null}. */
  private static String signature(ToolCall call) {
    return call.extra() != null && call.extra().value() instanceof JsonObject extra
        ? Json.string(Json.object(extra, "google"), "thought_signature")
        : null;
  }

  private JsonObject call(ToolCall call) {
    calls.put(call.id(), call.name());
    if (call.cacheControl() != null) {
      translation.leftOut("cache_control");
    }
    JsonObject function = new JsonObject();
    if (model.hasSignedCalls()) {
      function.put("id", call.id());
    }
    function.put("name", call.name()).put("args", ToolArguments.of(call));
    return new JsonObject().put("functionCall", function);
  }
}
