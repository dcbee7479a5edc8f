package io.llmrelay.gateway.anthropic;

import io.llmrelay.chat.BodyBuilder;
import io.llmrelay.chat.RawJson;
import io.vertx.core.json.Json;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Removes what other vendors have answered and Anthropic would reject: thinking with another
 * signature, and citations without an index of Anthropic's. All else stays as it was received.
 */
final class ForeignParts {
  private static final String CONTENT = "content";
  private static final String CITATIONS = "citations";

  private ForeignParts() {}

  /** Returns whether a citation was made of another vendor's. */
  static boolean isForeign(RawJson citation) {
    RawJson index =
        citation == null || !citation.isObject() ? null : citation.fields().get("encrypted_index");
    return index != null && index.isString() && RelayData.details(index.string()) != null;
  }

  /** Returns the body without them. */
  static RawJson remove(RawJson body) {
    BodyBuilder out = new BodyBuilder();
    object(body, "messages", messages -> array(messages, ForeignParts::message, out), out);
    return RawJson.read(out.toBuffer().getBytes());
  }

  /** Appends an object, with a field replaced by what its writer appends. */
  private static void object(
      RawJson object, String replaced, Consumer<RawJson> writer, BodyBuilder out) {
    String separator = "{";
    for (Map.Entry<String, RawJson> field : object.fields().entrySet()) {
      out.append(separator).append(Json.encode(field.getKey())).append(':');
      if (field.getValue() == null) {
        out.append("null");
      } else if (field.getKey().equals(replaced)) {
        writer.accept(field.getValue());
      } else {
        field.getValue().appendTo(out);
      }
      separator = ",";
    }
    out.append("}");
  }

  /** Appends the elements of an array that a writer writes; it returns whether it did. */
  private static void array(RawJson array, Writer writer, BodyBuilder out) {
    out.append('[');
    boolean first = true;
    for (RawJson element : array.elements()) {
      first &= !writer.write(element, first ? "" : ",", out);
    }
    out.append(']');
  }

  private interface Writer {
    boolean write(RawJson value, String separator, BodyBuilder out);
  }

  /** Appends a message, unless it consists of another vendor's thinking. */
  private static boolean message(RawJson message, String separator, BodyBuilder out) {
    RawJson content = message.fields().get(CONTENT);
    if (!content.isArray()) {
      message.appendTo(out.append(separator));
      return true;
    }
    if (content.elements().stream().allMatch(ForeignParts::isForeignThinking)) {
      return false;
    }
    object(
        message, CONTENT, blocks -> array(blocks, ForeignParts::block, out), out.append(separator));
    return true;
  }

  private static boolean block(RawJson block, String separator, BodyBuilder out) {
    if (isForeignThinking(block)) {
      return false;
    }
    RawJson citations = block.fields().get(CITATIONS);
    boolean cites =
        citations != null
            && citations.isArray()
            && citations.elements().stream().anyMatch(ForeignParts::isForeign);
    out.append(separator);
    if (cites) {
      object(block, CITATIONS, all -> array(all, ForeignParts::citation, out), out);
    } else {
      block.appendTo(out);
    }
    return true;
  }

  private static boolean citation(RawJson citation, String separator, BodyBuilder out) {
    if (isForeign(citation)) {
      return false;
    }
    citation.appendTo(out.append(separator));
    return true;
  }

  private static boolean isForeignThinking(RawJson block) {
    Map<String, RawJson> fields = block.fields();
    String type = fields.get("type").string();
    if ("thinking".equals(type)) {
      RawJson signature = fields.get("signature");
      return signature == null
          || signature.string().isEmpty()
          || RelayData.details(signature.string()) != null;
    }
    return "redacted_thinking".equals(type)
        && RelayData.details(fields.get("data").string()) != null;
  }
}
