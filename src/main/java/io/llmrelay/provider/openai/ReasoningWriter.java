package io.llmrelay.provider.openai;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.chat.RawJson;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.openai.RequestTraits.History;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** Writes the reasoning of earlier answers for one server. */
final class ReasoningWriter {
  static final String REASONING_CONTENT = "reasoning_content";
  static final String REASONING = "reasoning";
  static final String REASONING_DETAILS = "reasoning_details";
  static final String THINKING_BLOCKS = "thinking_blocks";

  private final History history;
  private final Translation translation;

  ReasoningWriter(RequestTraits traits, Translation translation) {
    this.history = traits.history();
    this.translation = translation;
  }

  /**
   * Writes the reasoning of an assistant's message, if any.
   *
   * @param fields the message as it was received
   */
  void write(ChatMessage message, Map<String, RawJson> fields, JsonOutput json) {
    List<Reasoning> parts =
        message.parts().stream()
            .filter(Reasoning.class::isInstance)
            .map(Reasoning.class::cast)
            .toList();
    Object text = text(parts);
    switch (history) {
      case NONE -> {
        if (text != null) {
          translation.leftOut("messages[].reasoning");
        }
      }
      case REASONING_CONTENT -> json.optional(REASONING_CONTENT, text);
      case REASONING_CONTENT_WITH_CALLS -> {
        boolean required = message.parts().stream().anyMatch(ToolCall.class::isInstance);
        json.optional(REASONING_CONTENT, text == null && required ? "" : text);
      }
      case REASONING -> json.optional(REASONING, text);
      case REASONING_DETAILS -> {
        json.optional(REASONING, text);
        details(message, fields, json);
      }
      case AS_RECEIVED -> {
        json.optional(REASONING, fields.get(REASONING));
        json.optional(THINKING_BLOCKS, fields.get(THINKING_BLOCKS));
        json.optional(
            REASONING_CONTENT, message.isReceived() ? fields.get(REASONING_CONTENT) : text);
        details(message, fields, json);
      }
    }
  }

  /** Returns the visible text; {@code null} if there is none. */
  private static Object text(List<Reasoning> parts) {
    List<RawJson> texts =
        parts.stream()
            .map(Reasoning::text)
            .filter(Objects::nonNull)
            .filter(RawJson::isString)
            .toList();
    return texts.isEmpty()
        ? null
        : texts.size() == 1
            ? texts.get(0)
            : texts.stream().map(RawJson::string).collect(Collectors.joining());
  }

  /** Writes the entries as they were received, else those with fields of a provider. */
  private static void details(ChatMessage message, Map<String, RawJson> fields, JsonOutput json) {
    RawJson received = fields.get(REASONING_DETAILS);
    if (received != null) {
      json.field(REASONING_DETAILS).value(received);
      return;
    }
    if (message.parts().stream().noneMatch(ReasoningWriter::isOwn)) {
      return;
    }
    json.field(REASONING_DETAILS).array();
    int place = 0;
    for (ContentPart each : message.parts()) {
      if (!isOwn(each)) {
        place += each instanceof ToolCall ? 1 : 0;
        continue;
      }
      Reasoning part = (Reasoning) each;
      boolean hidden = part.text() == null && part.encrypted() != null;
      json.object().field("type").value(hidden ? "reasoning.encrypted" : "reasoning.text");
      json.optional("text", part.text()).optional("data", hidden ? part.encrypted() : null);
      json.optional("signature", part.signature()).optional("id", part.id());
      json.optional("format", part.origin()).field("index").value(place++).endObject();
    }
    json.endArray();
  }

  private static boolean isOwn(ContentPart part) {
    return part instanceof Reasoning reasoning
        && (reasoning.signature() != null || reasoning.encrypted() != null);
  }
}
