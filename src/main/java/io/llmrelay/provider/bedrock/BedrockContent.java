package io.llmrelay.provider.bedrock;

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
import io.llmrelay.provider.CallIds;
import io.llmrelay.provider.Conversation;
import io.llmrelay.provider.DataUrl;
import io.llmrelay.provider.ToolArguments;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;

/**
 * Encodes parts of messages as content blocks. Images and documents are inline; their formats are
 * named without the type. A {@code cache_control} becomes a cache point after its part.
 */
final class BedrockContent {
  private static final Map<String, String> IMAGES =
      Map.of("image/jpeg", "jpeg", "image/png", "png", "image/gif", "gif", "image/webp", "webp");
  private static final Map<String, String> DOCUMENTS =
      Map.of(
          "application/pdf", "pdf",
          "text/csv", "csv",
          "text/html", "html",
          "text/plain", "txt",
          "text/markdown", "md",
          "application/msword", "doc",
          "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx",
          "application/vnd.ms-excel", "xls",
          "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx");
  private static final int MAX_NAME = 200;

  private final boolean caches;
  private final Translation translation;
  private int documents;

  /**
   * @param caches whether the model has cache points
   */
  BedrockContent(boolean caches, Translation translation) {
    this.caches = caches;
    this.translation = translation;
  }

  /** Returns why a part cannot be expressed, or {@code null} if it can. */
  static String problem(ContentPart part) {
    if (part instanceof Image image) {
      DataUrl data = DataUrl.of(image.url());
      return data != null && IMAGES.containsKey(data.mediaType())
          ? null
          : "an image by URL, or of a type other than JPEG, PNG, GIF and WebP, cannot be expressed";
    }
    if (part instanceof Document document) {
      DataUrl data = document.data() == null ? null : DataUrl.of(document.data());
      return data != null && DOCUMENTS.containsKey(data.mediaType())
          ? null
          : "a file by id or URL, or of an unknown type, cannot be expressed";
    }
    return ToolArguments.problem(part);
  }

  /** Encodes content blocks; parts that are none in this API must have been removed. */
  JsonArray blocks(List<ContentPart> parts) {
    JsonArray blocks = new JsonArray();
    for (ContentPart part : parts) {
      blocks.add(block(part));
      cachePoint(part, blocks);
    }
    return blocks;
  }

  private JsonObject block(ContentPart part) {
    if (part instanceof Text text) {
      return one("text", text.content());
    }
    if (part instanceof Refusal refusal) {
      return one("text", refusal.content());
    }
    if (part instanceof Image image) {
      DataUrl data = DataUrl.of(image.url());
      return media("image", IMAGES.get(data.mediaType()), data);
    }
    if (part instanceof Audio audio) {
      return media("audio", audio.format(), audio.data());
    }
    if (part instanceof Document document) {
      DataUrl data = DataUrl.of(document.data());
      JsonObject block = media("document", DOCUMENTS.get(data.mediaType()), data);
      block.getJsonObject("document").put("name", name(document.filename()));
      return block;
    }
    if (part instanceof ToolCall call) {
      return one(
          "toolUse",
          new JsonObject()
              .put("toolUseId", CallIds.plain(call.id()))
              .put("name", call.name())
              .put("input", ToolArguments.of(call)));
    }
    if (part instanceof ToolResult result) {
      return result(result);
    }
    if (part instanceof Reasoning reasoning) {
      return one("reasoningContent", reasoning(reasoning));
    }
    throw new IllegalArgumentException("no content block: " + part.getClass());
  }

  private JsonObject result(ToolResult result) {
    JsonArray content = new JsonArray();
    result.content().stream()
        .filter(part -> !Conversation.isBlank(part))
        .map(this::block)
        .forEach(content::add);
    JsonObject json =
        new JsonObject().put("toolUseId", CallIds.plain(result.callId())).put("content", content);
    Json.put(json, "status", result.error() ? "error" : null);
    return one("toolResult", json);
  }

  private static JsonObject reasoning(Reasoning reasoning) {
    return reasoning.text() == null
        ? one("redactedContent", reasoning.encrypted())
        : one(
            "reasoningText",
            new JsonObject().put("text", reasoning.text()).put("signature", reasoning.signature()));
  }

  private static JsonObject media(String type, String format, Object bytes) {
    return one(type, new JsonObject().put("format", format).put("source", one("bytes", bytes)));
  }

  /** Returns a name that is unique in the request, of the characters that are permitted. */
  private String name(String filename) {
    String plain =
        filename == null
            ? ""
            : filename.replaceAll("[^a-zA-Z0-9()\\[\\] -]", "-").replaceAll("\\s+", " ").strip();
    String number = "document " + ++documents;
    String name = plain.isEmpty() ? number : number + " " + plain;
    return name.substring(0, Math.min(MAX_NAME, name.length())).strip();
  }

  private void cachePoint(ContentPart part, JsonArray blocks) {
    RawJson control = cacheControl(part);
    if (control != null) {
      cachePoint(control, blocks);
    }
  }

  /** Adds the cache point of a {@code cache_control} object, if the model has such. */
  void cachePoint(RawJson control, JsonArray blocks) {
    if (!caches) {
      translation.leftOut("cache_control");
      return;
    }
    JsonObject point = new JsonObject().put("type", "default");
    if (control.value() instanceof JsonObject json) {
      Json.put(point, "ttl", Json.string(json, "ttl"));
    }
    blocks.add(one("cachePoint", point));
  }

  private static RawJson cacheControl(ContentPart part) {
    if (part instanceof Text text) {
      return text.cacheControl();
    }
    if (part instanceof Image image) {
      return image.cacheControl();
    }
    if (part instanceof Document document) {
      return document.cacheControl();
    }
    if (part instanceof ToolCall call) {
      return call.cacheControl();
    }
    if (part instanceof ToolResult result) {
      return result.content().stream()
          .map(BedrockContent::cacheControl)
          .filter(control -> control != null)
          .findFirst()
          .orElse(null);
    }
    return null;
  }

  static JsonObject one(String key, Object value) {
    return new JsonObject().put(key, value);
  }
}
