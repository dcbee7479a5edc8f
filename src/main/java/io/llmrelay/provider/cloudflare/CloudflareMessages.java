package io.llmrelay.provider.cloudflare;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatMessage.Role;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Image;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.chat.ContentPart.Refusal;
import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.chat.ContentPart.ToolResult;
import io.llmrelay.chat.RawJson;
import io.llmrelay.provider.JoinedText;
import io.llmrelay.provider.Translation;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Encodes messages. Content is never null, and the result of a tool names the tool. */
final class CloudflareMessages {
  private final CloudflareCallIds ids;
  private final Translation translation;

  /** The tools' names by the ids of their calls. */
  private final Map<String, String> names = new HashMap<>();

  CloudflareMessages(String model, Translation translation) {
    this.ids = new CloudflareCallIds(model);
    this.translation = translation;
  }

  JsonArray encode(List<ChatMessage> conversation) {
    JsonArray messages = new JsonArray();
    conversation.forEach(message -> messages.add(encode(message)));
    return messages;
  }

  private JsonObject encode(ChatMessage message) {
    JsonObject json = new JsonObject().put("role", message.role().code());
    if (message.role() == Role.TOOL) {
      return result((ToolResult) message.parts().get(0), json);
    }
    JsonArray calls = new JsonArray();
    for (ContentPart part : message.parts()) {
      if (part instanceof ToolCall call) {
        names.put(call.id(), call.name());
        calls.add(call(call));
      } else if (part instanceof Reasoning) {
        translation.leftOut("messages[].reasoning");
      }
    }
    boolean answer = message.role() == Role.ASSISTANT;
    JoinedText text = answer ? JoinedText.ofAnswer() : JoinedText.ofPrompt();
    json.put("content", content(message.parts(), text));
    return calls.isEmpty() ? json : json.put("tool_calls", calls);
  }

  private JsonObject result(ToolResult result, JsonObject json) {
    List<ContentPart> parts = new ArrayList<>(result.content());
    if (result.error()) {
      parts.add(0, Text.of("Error: "));
    }
    String name = names.get(result.callId());
    if (name != null) {
      json.put("name", name);
    }
    return json.put("tool_call_id", ids.of(result.callId()))
        .put("content", content(parts, JoinedText.ofPrompt()));
  }

  private JsonObject call(ToolCall call) {
    String arguments = call.arguments().string();
    return new JsonObject()
        .put("id", ids.of(call.id()))
        .put("type", "function")
        .put(
            "function",
            new JsonObject()
                .put("name", call.name())
                .put("arguments", arguments.isBlank() ? "{}" : arguments));
  }

  /** Returns the text, or an array of parts if there are images. */
  private static Object content(List<ContentPart> parts, JoinedText text) {
    JsonArray content = new JsonArray();
    boolean images = false;
    for (ContentPart part : parts) {
      if (part instanceof Image image) {
        images = true;
        content.add(image(image));
      } else if (part instanceof Text || part instanceof Refusal) {
        RawJson piece = part instanceof Text each ? each.content() : ((Refusal) part).content();
        text.add(piece);
        content.add(text(piece));
      }
    }
    return images ? content : text.value();
  }

  private static JsonObject text(RawJson text) {
    return new JsonObject().put("type", "text").put("text", text);
  }

  private static JsonObject image(Image image) {
    return new JsonObject()
        .put("type", "image_url")
        .put("image_url", new JsonObject().put("url", image.url()));
  }
}
