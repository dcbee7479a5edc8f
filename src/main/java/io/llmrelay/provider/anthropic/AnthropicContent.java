package io.llmrelay.provider.anthropic;

import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Document;
import io.llmrelay.chat.ContentPart.Image;
import io.llmrelay.chat.ContentPart.Other;
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
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Set;

/** Encodes parts of messages as content blocks, for a {@link io.llmrelay.provider.JsonBody}. */
final class AnthropicContent {
  private static final Set<String> IMAGES =
      Set.of("image/jpeg", "image/png", "image/gif", "image/webp");
  private static final String PDF = "application/pdf";

  /** Content blocks that a client may send in the form of this API. */
  private static final Set<String> OWN_TYPES =
      Set.of("image", "document", "search_result", "container_upload", "server_tool_use");

  private AnthropicContent() {}

  /** Returns why a part cannot be expressed, or {@code null} if it can. */
  static String problem(ContentPart part) {
    if (part instanceof Image image) {
      return imageProblem(image.url());
    }
    if (part instanceof Document document) {
      return documentProblem(document);
    }
    if (part instanceof Other other) {
      return OWN_TYPES.contains(other.type()) || other.type().endsWith("_tool_result")
          ? null
          : "a content part of type " + other.type() + " cannot be expressed";
    }
    return ToolArguments.problem(part);
  }

  private static String imageProblem(RawJson url) {
    if (url.stringStartsWith("https:")) {
      return null;
    }
    DataUrl data = DataUrl.of(url);
    if (data == null) {
      return "an image by an http: URL, or not in base64, cannot be expressed";
    }
    return IMAGES.contains(data.mediaType())
        ? null
        : "an image of a type other than JPEG, PNG, GIF and WebP cannot be expressed";
  }

  private static String documentProblem(Document document) {
    if (document.data() == null) {
      return document.fileId().startsWith("file_")
          ? null
          : "a file id of another provider cannot be expressed";
    }
    DataUrl data = DataUrl.of(document.data());
    boolean known =
        data == null
            ? document.data().stringStartsWith("https:")
            : data.mediaType().equals(PDF) || data.mediaType().startsWith("text/");
    return known ? null : "a file other than PDF and text cannot be expressed";
  }

  /** Encodes content blocks; parts that are none in this API must have been removed. */
  static JsonArray blocks(List<ContentPart> parts) {
    JsonArray blocks = new JsonArray();
    parts.forEach(part -> blocks.add(block(part)));
    return blocks;
  }

  private static Object block(ContentPart part) {
    if (part instanceof Text text) {
      return cached(typed("text").put("text", text.content()), text.cacheControl());
    }
    if (part instanceof Refusal refusal) {
      return typed("text").put("text", refusal.content());
    }
    if (part instanceof Image image) {
      return cached(typed("image").put("source", imageSource(image.url())), image.cacheControl());
    }
    if (part instanceof Document document) {
      JsonObject block = typed("document").put("source", documentSource(document));
      Json.put(block, "title", document.filename());
      return cached(block, document.cacheControl());
    }
    if (part instanceof ToolCall call) {
      JsonObject block =
          typed("tool_use")
              .put("id", CallIds.plain(call.id()))
              .put("name", call.name())
              .put("input", ToolArguments.of(call));
      return cached(block, call.cacheControl());
    }
    if (part instanceof ToolResult result) {
      return result(result);
    }
    if (part instanceof Reasoning reasoning) {
      return thinking(reasoning);
    }
    if (part instanceof Other other) {
      return other.source();
    }
    throw new IllegalArgumentException("no content block: " + part.getClass());
  }

  private static JsonObject result(ToolResult result) {
    List<ContentPart> content =
        result.content().stream().filter(part -> !Conversation.isBlank(part)).toList();
    JsonObject block = typed("tool_result").put("tool_use_id", CallIds.plain(result.callId()));
    JsonArray blocks = blocks(content);
    RawJson control = null;
    for (Object each : blocks) {
      if (each instanceof JsonObject json && json.remove("cache_control") instanceof RawJson own) {
        control = own; // Only whole results can be cached.
      }
    }
    Json.put(block, "content", blocks.isEmpty() ? null : blocks);
    Json.put(block, "is_error", result.error() ? true : null);
    return cached(block, control);
  }

  private static JsonObject thinking(Reasoning reasoning) {
    return reasoning.text() == null
        ? typed("redacted_thinking").put("data", reasoning.encrypted())
        : typed("thinking")
            .put("thinking", reasoning.text())
            .put("signature", reasoning.signature());
  }

  private static JsonObject imageSource(RawJson url) {
    DataUrl data = DataUrl.of(url);
    return data == null ? typed("url").put("url", url) : base64(data);
  }

  private static JsonObject documentSource(Document document) {
    if (document.data() == null) {
      return typed("file").put("file_id", document.fileId());
    }
    DataUrl data = DataUrl.of(document.data());
    if (data == null) {
      return typed("url").put("url", document.data());
    }
    if (data.mediaType().equals(PDF)) {
      return base64(data);
    }
    byte[] text = Base64.getMimeDecoder().decode(data.data());
    return typed("text")
        .put("media_type", "text/plain")
        .put("data", new String(text, StandardCharsets.UTF_8));
  }

  private static JsonObject base64(DataUrl data) {
    return typed("base64").put("media_type", data.mediaType()).put("data", data);
  }

  private static JsonObject typed(String type) {
    return new JsonObject().put("type", type);
  }

  private static JsonObject cached(JsonObject block, RawJson control) {
    Json.put(block, "cache_control", control);
    return block;
  }
}
