package io.llmrelay.gateway.anthropic;

import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Document;
import io.llmrelay.chat.ContentPart.Image;
import io.llmrelay.chat.ContentPart.Other;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.chat.ContentPart.ToolResult;
import io.llmrelay.chat.RawJson;
import io.llmrelay.gateway.front.RequestFields;
import java.util.ArrayList;
import java.util.List;

/** Reads the content of messages: a string, or an array of blocks. */
final class ContentReader {
  private static final String CACHE_CONTROL = "cache_control";
  private static final String CITATIONS = "citations";

  private final List<String> omissible;
  private boolean foreignParts;

  /**
   * @param omissible gets the fields that other APIs lack and that may be left out
   */
  ContentReader(List<String> omissible) {
    this.omissible = omissible;
  }

  /** Returns whether there were parts of other vendors that Anthropic would reject. */
  boolean hasForeignParts() {
    return foreignParts;
  }

  /** Reads text: a string, or an array of text blocks. */
  List<ContentPart> texts(RequestFields in, String field) {
    RawJson text = in.raw(field);
    if (text == null) {
      throw in.required(field);
    }
    if (text.isString()) {
      return List.of(new Text(text, null));
    }
    List<ContentPart> texts = new ArrayList<>();
    for (RequestFields block : in.objects(field)) {
      if (!block.requiredString("type").equals("text")) {
        throw block.invalid("type", "must be text");
      }
      texts.add(text(block));
    }
    return texts;
  }

  /** Reads the content of a message of the user. */
  List<ContentPart> parts(RequestFields message) {
    RawJson content = message.raw("content");
    if (content == null) {
      throw message.required("content");
    }
    if (content.isString()) {
      return List.of(new Text(content, null));
    }
    List<ContentPart> parts = new ArrayList<>();
    message.objects("content").forEach(block -> parts(block, parts));
    return parts;
  }

  /** Reads the content of a message of the assistant. */
  List<ContentPart> answer(RequestFields message) {
    RawJson content = message.raw("content");
    if (content == null) {
      throw message.required("content");
    }
    if (content.isString()) {
      return List.of(new Text(content, null));
    }
    ThinkingReader thinking = new ThinkingReader();
    List<ContentPart> parts = new ArrayList<>();
    for (RequestFields block : message.objects("content")) {
      switch (block.requiredString("type")) {
        case "thinking", "redacted_thinking" -> {
          Reasoning own = thinking.read(block);
          if (own != null) {
            parts.add(own);
          }
        }
        case "tool_use" -> parts.add(call(block));
        default -> parts(block, parts);
      }
    }
    foreignParts |= thinking.isForeign();
    parts.addAll(0, thinking.foreign());
    return parts;
  }

  private void parts(RequestFields in, List<ContentPart> parts) {
    String type = in.requiredString("type");
    switch (type) {
      case "text" -> parts.add(text(in));
      case "image" -> parts.add(image(in));
      case "document" -> document(in, parts);
      case "tool_result" -> parts.add(result(in));
      default -> parts.add(new Other(type, in.source()));
    }
  }

  private Text text(RequestFields in) {
    Text text = new Text(in.requiredText("text"), in.raw(CACHE_CONTROL));
    RawJson citations = in.raw(CITATIONS);
    if (citations != null && citations.isArray()) {
      boolean foreign = citations.elements().stream().anyMatch(ForeignParts::isForeign);
      foreignParts |= foreign;
      if (!foreign && !citations.elements().isEmpty()) {
        omissible(in, CITATIONS);
      }
    }
    in.nothingElse();
    return text;
  }

  private void omissible(RequestFields in, String field) {
    if (in.raw(field) != null && !omissible.contains(field)) {
      omissible.add(field);
    }
  }

  private ContentPart image(RequestFields in) {
    RequestFields source = in.requiredObject("source");
    RawJson cacheControl = in.raw(CACHE_CONTROL);
    omissible(in, "transformations");
    String type = source.requiredString("type");
    ContentPart part =
        switch (type) {
          case "base64" -> new Image(dataUrl(source), null, cacheControl);
          case "url" -> new Image(source.requiredText("url"), null, cacheControl);
          case "file" -> new Other("image", in.source());
          default -> throw source.invalid("type", "must be base64, url or file");
        };
    if (type.equals("file")) {
      return part;
    }
    source.nothingElse();
    in.nothingElse();
    return part;
  }

  /** Returns a {@code data:} URL without copying the data. */
  private static RawJson dataUrl(RequestFields source) {
    String type = source.requiredString("media_type");
    if (!type.matches("[\\w.+-]+/[\\w.+-]+")) {
      throw source.invalid("media_type", "must be a media type");
    }
    return source.requiredText("data").withPrefix("data:" + type + ";base64,");
  }

  /** Reads a document; one of text or of blocks becomes text parts or the parts of its blocks. */
  private void document(RequestFields in, List<ContentPart> parts) {
    RequestFields source = in.requiredObject("source");
    RawJson cacheControl = in.raw(CACHE_CONTROL);
    RequestFields citations = in.object(CITATIONS);
    if (citations != null && Boolean.TRUE.equals(citations.flag("enabled"))) {
      omissible(in, CITATIONS);
    }
    String title = in.string("title");
    RawJson context = in.text("context");
    String type = source.requiredString("type");
    boolean inline = type.equals("text") || type.equals("content");
    if (inline && title != null) {
      parts.add(Text.of("Document: " + title));
    }
    if (context != null) {
      parts.add(new Text(context, null));
    }
    switch (type) {
      case "base64" -> parts.add(new Document(dataUrl(source), null, title, cacheControl));
      case "url" -> parts.add(new Document(source.requiredText("url"), null, title, cacheControl));
      case "file" ->
          parts.add(new Document(null, source.requiredString("file_id"), title, cacheControl));
      case "text" -> {
        source.raw("media_type");
        parts.add(new Text(source.requiredText("data"), cacheControl));
      }
      case "content" -> parts.addAll(parts(source));
      default -> throw source.invalid("type", "must be base64, text, content, url or file");
    }
    source.nothingElse();
    in.nothingElse();
  }

  private ToolCall call(RequestFields in) {
    RelayData.Call call = RelayData.call(in.requiredString("id"));
    RawJson input = in.requiredObject("input").source();
    ToolCall part =
        new ToolCall(
            call.id(),
            in.requiredString("name"),
            RawJson.of(input.encode()),
            call.extra() == null ? null : RawJson.of(call.extra()),
            in.raw(CACHE_CONTROL));
    in.raw("caller");
    in.raw("toolset_name");
    in.nothingElse();
    return part;
  }

  private ToolResult result(RequestFields in) {
    String id = RelayData.call(in.requiredString("tool_use_id")).id();
    List<ContentPart> content = in.has("content") ? results(in) : List.of(Text.of(""));
    boolean error = Boolean.TRUE.equals(in.flag("is_error"));
    omissible(in, CACHE_CONTROL);
    in.raw("toolset_name");
    in.nothingElse();
    return new ToolResult(id, content, error);
  }

  private List<ContentPart> results(RequestFields in) {
    List<ContentPart> parts = parts(in);
    for (ContentPart part : parts) {
      if (part instanceof ToolResult) {
        throw in.invalid("content", "must not have a tool_result");
      }
    }
    return parts.isEmpty() ? List.of(Text.of("")) : parts;
  }
}
