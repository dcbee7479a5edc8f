package io.llmrelay.gateway.anthropic;

import io.llmrelay.chat.BodyBuilder;
import io.llmrelay.chat.RawJson;
import io.vertx.core.json.Json;
import java.util.List;
import java.util.Map;

/**
 * Removes the thinking of other vendors from a request, since Anthropic would reject its
 * signatures. The rest of the body is unchanged.
 */
final class ForeignThinking {
  private ForeignThinking() {}

  /** Returns the body without the thinking of other vendors. */
  static RawJson remove(RawJson body) {
    BodyBuilder out = new BodyBuilder();
    String separator = "{";
    for (Map.Entry<String, RawJson> field : body.fields().entrySet()) {
      name(field.getKey(), out.append(separator));
      if (field.getKey().equals("messages")) {
        messages(field.getValue(), out);
      } else {
        value(field.getValue(), out);
      }
      separator = ",";
    }
    return RawJson.read(out.append("}").toBuffer().getBytes());
  }

  private static void name(String field, BodyBuilder out) {
    out.append(Json.encode(field)).append(':');
  }

  private static void value(RawJson value, BodyBuilder out) {
    if (value == null) {
      out.append("null");
    } else {
      value.appendTo(out);
    }
  }

  private static void messages(RawJson messages, BodyBuilder out) {
    String separator = "[";
    for (RawJson message : messages.elements()) {
      Map<String, RawJson> fields = message.fields();
      RawJson content = fields.get("content");
      List<RawJson> kept = content.isArray() ? kept(content) : null;
      if (kept != null && kept.isEmpty()) {
        continue; // The message has only the thinking of another vendor.
      }
      out.append(separator);
      separator = ",";
      if (kept == null) {
        message.appendTo(out);
        continue;
      }
      String next = "{";
      for (Map.Entry<String, RawJson> field : fields.entrySet()) {
        name(field.getKey(), out.append(next));
        if (field.getKey().equals("content")) {
          blocks(kept, out);
        } else {
          value(field.getValue(), out);
        }
        next = ",";
      }
      out.append("}");
    }
    out.append(separator.equals("[") ? "[]" : "]");
  }

  private static List<RawJson> kept(RawJson content) {
    return content.elements().stream().filter(block -> !isForeign(block)).toList();
  }

  private static void blocks(List<RawJson> blocks, BodyBuilder out) {
    String separator = "[";
    for (RawJson block : blocks) {
      block.appendTo(out.append(separator));
      separator = ",";
    }
    out.append("]");
  }

  private static boolean isForeign(RawJson block) {
    Map<String, RawJson> fields = block.fields();
    RawJson type = fields.get("type");
    if (type.stringStartsWith("thinking")) {
      RawJson signature = fields.get("signature");
      return signature == null
          || signature.string().isEmpty()
          || RelayData.details(signature.string()) != null;
    }
    return type.stringStartsWith("redacted_thinking")
        && RelayData.details(fields.get("data").string()) != null;
  }
}
