package io.llmrelay.provider.responses;

import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Document;
import io.llmrelay.chat.ContentPart.Image;
import io.llmrelay.chat.ContentPart.Other;
import io.llmrelay.chat.ContentPart.Refusal;
import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.chat.RawJson;
import io.llmrelay.provider.DataUrl;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.regex.Pattern;

/** Encodes the content of messages and of results, for a {@link io.llmrelay.provider.JsonBody}. */
final class InputContent {
  /** Content parts in the form of this API. */
  private static final Pattern OWN_PART = Pattern.compile("(input|output)_[a-z]+");

  /** Items in the form of this API that have no equal elsewhere. */
  private static final Pattern OWN_ITEM =
      Pattern.compile(
          "[a-z_]+_(call|call_output)|mcp_[a-z_]+|compaction[a-z_]*|item_reference|tool_search_output"
              + "|additional_tools|program(_output)?");

  private InputContent() {}

  /** Returns why a part cannot be expressed, or {@code null} if it can. */
  static String problem(ContentPart part) {
    return part instanceof Other other
            && !isItem(other)
            && !OWN_PART.matcher(other.type()).matches()
        ? "a content part of type " + other.type() + " cannot be expressed"
        : null;
  }

  /** Returns whether a part is an item of its own, beside the messages. */
  static boolean isItem(Other part) {
    return OWN_ITEM.matcher(part.type()).matches();
  }

  /** Returns a string for a single text, or else the parts of a message of the user or system. */
  static Object input(List<ContentPart> parts) {
    if (parts.size() == 1 && parts.get(0) instanceof Text text) {
      return text.content();
    }
    JsonArray content = new JsonArray();
    parts.forEach(part -> content.add(input(part)));
    return content;
  }

  private static Object input(ContentPart part) {
    if (part instanceof Text text) {
      return typed("input_text").put("text", text.content());
    }
    if (part instanceof Refusal refusal) {
      return typed("input_text").put("text", refusal.content());
    }
    if (part instanceof Image image) {
      return typed("input_image")
          .put("image_url", image.url())
          .put("detail", image.detail() == null ? "auto" : image.detail());
    }
    if (part instanceof Document document) {
      return document(document);
    }
    if (part instanceof Other other) {
      return other.source();
    }
    throw new IllegalArgumentException("no content of a message: " + part.getClass());
  }

  private static JsonObject document(Document document) {
    JsonObject file = typed("input_file");
    RawJson data = document.data();
    DataUrl inline = data == null ? null : DataUrl.of(data);
    if (data == null) {
      return file.put("file_id", document.fileId());
    }
    if (inline == null && data.stringStartsWith("http")) {
      return file.put("file_url", data);
    }
    // Data without a name is refused.
    boolean text = inline != null && inline.mediaType().startsWith("text/");
    String name = document.filename();
    return file.put("filename", name == null ? text ? "file.txt" : "file.pdf" : name)
        .put("file_data", data);
  }

  /** Returns a string for a single text, or else the parts of a message of the assistant. */
  static Object output(List<ContentPart> parts) {
    if (parts.size() == 1 && parts.get(0) instanceof Text text) {
      return text.content();
    }
    JsonArray content = new JsonArray();
    for (ContentPart part : parts) {
      if (part instanceof Text text) {
        content.add(typed("output_text").put("text", text.content()));
      } else if (part instanceof Refusal refusal) {
        content.add(typed("refusal").put("refusal", refusal.content()));
      } else {
        content.add(input(part));
      }
    }
    return content;
  }

  static JsonObject typed(String type) {
    JsonObject json = new JsonObject();
    Json.put(json, "type", type);
    return json;
  }
}
