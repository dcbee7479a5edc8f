package io.llmrelay.chat;

import io.llmrelay.chat.ContentPart.Audio;
import io.llmrelay.chat.ContentPart.Document;
import io.llmrelay.chat.ContentPart.Image;
import io.llmrelay.chat.ContentPart.Other;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.chat.ContentPart.Refusal;
import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.chat.ContentPart.ToolResult;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** Writes messages in OpenAI's form. */
final class MessageJson {
  private MessageJson() {}

  static JsonObject write(ChatMessage message) {
    JsonObject json = new JsonObject().put("role", message.role().code());
    put(json, "name", message.name());
    List<ContentPart> parts = message.parts();
    if (message.role() == ChatMessage.Role.TOOL && parts.get(0) instanceof ToolResult result) {
      json.put("tool_call_id", result.callId());
      put(json, "is_error", result.error() ? true : null);
      parts = result.content();
    }
    JsonArray content = new JsonArray();
    JsonArray calls = new JsonArray();
    for (ContentPart part : parts) {
      if (part instanceof ToolCall call) {
        calls.add(call(call));
      } else if (part instanceof Reasoning reasoning) {
        reasoning(reasoning, calls.size(), json);
      } else {
        content.add(part(part));
      }
    }
    json.put("content", content(parts, content));
    put(json, "tool_calls", calls.isEmpty() ? null : calls);
    put(json, "images", message.images().isEmpty() ? null : images(message.images()));
    return json;
  }

  private static JsonArray images(List<RawJson> urls) {
    JsonArray images = new JsonArray();
    urls.forEach(url -> images.add(part(new Image(url, null, null))));
    return images;
  }

  /** Returns the content field: a string for a single plain text, {@code null} for no parts. */
  private static Object content(List<ContentPart> parts, JsonArray content) {
    if (content.isEmpty()) {
      return null;
    }
    if (content.size() == 1) {
      for (ContentPart part : parts) {
        if (part instanceof Text text && text.cacheControl() == null) {
          return text.text();
        }
      }
    }
    return content;
  }

  /** Returns OpenAI's form of a content part. */
  static JsonObject part(ContentPart part) {
    if (part instanceof Text text) {
      JsonObject json = new JsonObject().put("type", "text").put("text", text.text());
      return put(json, "cache_control", value(text.cacheControl()));
    }
    if (part instanceof Image image) {
      JsonObject url = new JsonObject().put("url", image.url().value());
      put(url, "detail", image.detail());
      JsonObject json = new JsonObject().put("type", "image_url").put("image_url", url);
      return put(json, "cache_control", value(image.cacheControl()));
    }
    if (part instanceof Audio audio) {
      JsonObject data =
          new JsonObject().put("data", audio.data().value()).put("format", audio.format());
      return new JsonObject().put("type", "input_audio").put("input_audio", data);
    }
    if (part instanceof Document document) {
      JsonObject file = new JsonObject();
      put(file, "file_data", value(document.data()));
      put(file, "file_id", document.fileId());
      put(file, "filename", document.filename());
      JsonObject json = new JsonObject().put("type", "file").put("file", file);
      return put(json, "cache_control", value(document.cacheControl()));
    }
    if (part instanceof Refusal refusal) {
      return new JsonObject().put("type", "refusal").put("refusal", refusal.content().value());
    }
    if (part instanceof Other other) {
      return (JsonObject) other.source().value();
    }
    throw new IllegalArgumentException("not a part of the content: " + part);
  }

  private static JsonObject call(ToolCall call) {
    JsonObject function =
        new JsonObject().put("name", call.name()).put("arguments", call.arguments().value());
    JsonObject json =
        new JsonObject()
            .put("id", call.id())
            .put("type", Tool.FUNCTION)
            .put(Tool.FUNCTION, function);
    put(json, "extra_content", value(call.extra()));
    return put(json, "cache_control", value(call.cacheControl()));
  }

  private static void reasoning(Reasoning reasoning, int calls, JsonObject message) {
    if (reasoning.signature() == null && reasoning.encrypted() == null) {
      message.put(
          "reasoning_content",
          message.getString("reasoning_content", "") + reasoning.text().string());
      return;
    }
    JsonArray details = message.getJsonArray("reasoning_details", new JsonArray());
    message.put("reasoning_details", details.add(detail(reasoning, details.size() + calls)));
  }

  /** Returns OpenRouter's form of reasoning. */
  private static JsonObject detail(Reasoning reasoning, int index) {
    boolean hidden = reasoning.text() == null;
    JsonObject json =
        new JsonObject().put("type", hidden ? "reasoning.encrypted" : "reasoning.text");
    put(json, hidden ? "data" : "text", hidden ? reasoning.encrypted() : reasoning.text().value());
    put(json, "signature", reasoning.signature());
    put(json, "id", reasoning.id());
    put(json, "format", reasoning.origin());
    return json.put("index", index);
  }

  private static Object value(RawJson json) {
    return json == null ? null : json.value();
  }

  private static JsonObject put(JsonObject json, String key, Object value) {
    if (value != null) {
      json.put(key, value);
    }
    return json;
  }
}
