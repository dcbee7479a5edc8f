package io.llmrelay.chat;

import io.llmrelay.chat.ContentPart.Audio;
import io.llmrelay.chat.ContentPart.Document;
import io.llmrelay.chat.ContentPart.Image;
import io.llmrelay.chat.ContentPart.Other;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.chat.ContentPart.Refusal;
import io.llmrelay.chat.ContentPart.Text;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** Reads the parts of a message's content. */
final class PartReader {
  private static final String CACHE_CONTROL = "cache_control";

  private PartReader() {}

  /** Reads the content part at the cursor. */
  static ContentPart read(JsonCursor in, RequestPath path) {
    ObjectFields fields = ObjectFields.read(in, path);
    String type = fields.required("type");
    ContentPart part =
        switch (type) {
          case "text" -> new Text(fields.requiredText("text"), fields.raw(CACHE_CONTROL));
          case "refusal" -> new Refusal(fields.requiredText("refusal"));
          case "image_url" -> image(fields);
          case "input_audio" -> audio(fields);
          case "file" -> document(fields);
          case "thinking", "redacted_thinking" -> thinking(fields);
          default -> null;
        };
    if (part == null) {
      return new Other(type, fields.source());
    }
    fields.nothingElse();
    return part;
  }

  private static ContentPart image(ObjectFields part) {
    ObjectFields image = object(part, "image_url");
    RawJson url = image.requiredText("url");
    if (!url.stringStartsWith("data:")
        && !url.stringStartsWith("https://")
        && !url.stringStartsWith("http://")) {
      throw image.path().invalid("url", "must be a data: or an https: URL");
    }
    Image read = new Image(url, image.string("detail"), part.raw(CACHE_CONTROL));
    image.nothingElse();
    return read;
  }

  private static ContentPart audio(ObjectFields part) {
    ObjectFields audio = object(part, "input_audio");
    Audio read = new Audio(audio.requiredText("data"), audio.required("format"));
    audio.nothingElse();
    return read;
  }

  private static ContentPart document(ObjectFields part) {
    ObjectFields file = object(part, "file");
    Document read =
        new Document(
            file.text("file_data"),
            file.string("file_id"),
            file.string("filename"),
            part.raw(CACHE_CONTROL));
    if (read.data() == null && read.fileId() == null) {
      throw file.path().invalid("file_data", "or file_id must be given");
    }
    file.nothingElse();
    return read;
  }

  /** Reads reasoning in Anthropic's or Mistral's form. */
  static Reasoning thinking(ObjectFields fields) {
    RawJson thinking = fields.raw("thinking");
    String signature = fields.string("signature");
    String encrypted = fields.string("data");
    fields.raw("closed");
    boolean anthropic = signature != null || encrypted != null;
    return new Reasoning(
        thinking == null ? null : text(thinking),
        anthropic ? Reasoning.ANTHROPIC : null,
        null,
        signature,
        encrypted);
  }

  /** Returns a string as it is, or the joined texts of Mistral's array of parts. */
  private static RawJson text(RawJson thinking) {
    if (thinking.isString() || !(thinking.value() instanceof JsonArray parts)) {
      return thinking;
    }
    StringBuilder text = new StringBuilder();
    for (Object part : parts) {
      if (part instanceof JsonObject object && object.getValue("text") instanceof String piece) {
        text.append(piece);
      }
    }
    return RawJson.of(text.toString());
  }

  private static ObjectFields object(ObjectFields part, String field) {
    ObjectFields object = part.object(field);
    if (object == null) {
      throw part.path().invalid(field, "must be an object");
    }
    return object;
  }
}
