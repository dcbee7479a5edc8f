package io.llmrelay.provider.cohere;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Image;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.chat.ContentPart.Refusal;
import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.chat.ContentPart.ToolResult;
import io.llmrelay.provider.JoinedText;
import io.llmrelay.provider.Translation;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Set;

/**
 * Encodes messages. The reasoning before a tool call is the plan of the call, any other is a
 * thinking part; the error of a tool is a document.
 */
final class CohereMessages {
  private static final Set<String> DETAILS = Set.of("auto", "low", "high");

  private final Translation translation;

  private CohereMessages(Translation translation) {
    this.translation = translation;
  }

  static JsonArray encode(List<ChatMessage> conversation, Translation translation) {
    CohereMessages encoder = new CohereMessages(translation);
    JsonArray messages = new JsonArray();
    conversation.forEach(message -> encoder.encode(message, messages));
    return messages;
  }

  static boolean hasImage(ChatMessage message) {
    return message.parts().stream()
        .anyMatch(
            part ->
                part instanceof Image
                    || part instanceof ToolResult result
                        && result.content().stream().anyMatch(Image.class::isInstance));
  }

  private void encode(ChatMessage message, JsonArray to) {
    if (message.name() != null) {
      translation.leftOut("messages[].name");
    }
    JsonObject json = new JsonObject().put("role", message.role().code());
    switch (message.role()) {
      case TOOL -> result((ToolResult) message.parts().get(0), json);
      case ASSISTANT -> assistant(message, json);
      case SYSTEM -> json.put("content", text(message.parts()));
      case USER -> json.put("content", hasImage(message) ? parts(message) : text(message.parts()));
    }
    to.add(json);
  }

  private JsonArray parts(ChatMessage message) {
    JsonArray parts = new JsonArray();
    for (ContentPart part : message.parts()) {
      if (part instanceof Text text) {
        parts.add(new JsonObject().put("type", "text").put("text", text.content()));
      } else if (part instanceof Image image) {
        parts.add(new JsonObject().put("type", "image_url").put("image_url", image(image)));
      }
    }
    return parts;
  }

  private JsonObject image(Image image) {
    JsonObject json = new JsonObject().put("url", image.url());
    if (image.detail() != null) {
      if (DETAILS.contains(image.detail())) {
        json.put("detail", image.detail());
      } else {
        translation.leftOut("image_url.detail");
      }
    }
    return json;
  }

  private static void result(ToolResult result, JsonObject json) {
    Object text = text(result.content());
    json.put("tool_call_id", result.callId());
    if (result.error()) {
      JsonObject document = new JsonObject().put("data", new JsonObject().put("error", text));
      json.put(
          "content",
          JsonArray.of(new JsonObject().put("type", "document").put("document", document)));
    } else {
      json.put("content", text);
    }
  }

  private static void assistant(ChatMessage message, JsonObject json) {
    JoinedText thinking = JoinedText.ofAnswer();
    JoinedText text = JoinedText.ofAnswer();
    JsonArray calls = new JsonArray();
    for (ContentPart part : message.parts()) {
      if (part instanceof Reasoning reasoning) {
        thinking.add(reasoning.text());
      } else if (part instanceof Text each) {
        text.add(each.content());
      } else if (part instanceof Refusal refusal) {
        text.add(refusal.content());
      } else if (part instanceof ToolCall call) {
        calls.add(call(call));
      }
    }
    if (!calls.isEmpty()) {
      json.put("tool_calls", calls);
      if (!thinking.isEmpty()) {
        json.put("tool_plan", thinking.value());
      }
    }
    if (calls.isEmpty() && !thinking.isEmpty()) {
      JsonArray content =
          JsonArray.of(new JsonObject().put("type", "thinking").put("thinking", thinking.value()));
      if (!text.isEmpty()) {
        content.add(new JsonObject().put("type", "text").put("text", text.value()));
      }
      json.put("content", content);
    } else if (calls.isEmpty() || !text.isEmpty()) {
      json.put("content", text.value());
    }
  }

  private static Object text(List<ContentPart> parts) {
    JoinedText text = JoinedText.ofPrompt();
    for (ContentPart part : parts) {
      if (part instanceof Text each) {
        text.add(each.content());
      }
    }
    return text.value();
  }

  private static JsonObject call(ToolCall call) {
    String arguments = call.arguments().string();
    return new JsonObject()
        .put("id", call.id())
        .put("type", "function")
        .put(
            "function",
            new JsonObject()
                .put("name", call.name())
                .put("arguments", arguments.isBlank() ? "{}" : arguments));
  }
}
