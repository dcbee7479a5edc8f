package io.llmrelay.provider.openai;

import io.llmrelay.chat.BodyBuilder;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatMessage.Role;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.chat.ContentPart.ToolResult;
import io.llmrelay.chat.RawJson;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.openai.RequestTraits.History;
import io.llmrelay.provider.openai.RequestTraits.Quirk;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes the messages of a request for one server. A message that the server accepts as it was
 * received is copied as bytes; in any other, only the fields that must change are written anew, and
 * long texts are still copied.
 */
final class MessageWriter {
  private static final Set<String> KNOWN =
      Set.of(
          "role",
          "name",
          "content",
          "refusal",
          "tool_calls",
          "tool_call_id",
          "is_error",
          "cache_control",
          ReasoningWriter.REASONING_CONTENT,
          ReasoningWriter.REASONING,
          ReasoningWriter.REASONING_DETAILS,
          ReasoningWriter.THINKING_BLOCKS);

  /** The fields of answers that clients send back in messages. */
  private static final Set<String> ANSWER_FIELDS = Set.of("annotations", "citations", "images");

  private final ChatRequest request;
  private final RequestTraits traits;
  private final Translation translation;
  private final UnknownPaths unknown;
  private final ContentWriter content;
  private final ReasoningWriter reasoning;
  private final ToolCallWriter calls;

  MessageWriter(
      ChatRequest request,
      String model,
      RequestTraits traits,
      Translation translation,
      UnknownPaths unknown) {
    this.request = request;
    this.traits = traits;
    this.translation = translation;
    this.unknown = unknown;
    this.content = new ContentWriter(traits, translation);
    this.reasoning = new ReasoningWriter(traits, translation);
    this.calls = new ToolCallWriter(traits, model, content);
  }

  /** Appends the array of messages. */
  void append(BodyBuilder out) {
    List<ChatMessage> messages = request.messages();
    if (!traits.has(Quirk.NO_ANSWER_FIELDS)
        && messages.stream().noneMatch(MessageWriter::hasOwnImages)) {
      translation.answerImages();
    }
    boolean asReceived = !needsAssistantAfterTool();
    for (int i = 0; i < messages.size() && asReceived; i++) {
      asReceived = !mustChange(i);
    }
    if (asReceived) {
      request.appendMessages(out);
      return;
    }
    List<ContentPart> media = new ArrayList<>();
    JsonOutput json = new JsonOutput(out).array();
    for (int i = 0; i < messages.size(); i++) {
      if (needsAssistantBefore(i)) {
        json.object().field("role").value("assistant").field("content").value("OK.").endObject();
        translation.warn(
            "messages[" + i + "] follows the result of a tool; an answer was put between them");
      }
      if (mustChange(i)) {
        write(i, json);
      } else {
        json.element(messages.get(i)::appendTo);
      }
      media.addAll(content.media(messages.get(i)));
      boolean lastResult = i + 1 == messages.size() || messages.get(i + 1).role() != Role.TOOL;
      if (lastResult && !media.isEmpty()) {
        content.writeMedia(media, json);
        media.clear();
      }
    }
    json.endArray();
  }

  private boolean needsAssistantAfterTool() {
    for (int i = 0; i < request.messages().size(); i++) {
      if (needsAssistantBefore(i)) {
        return true;
      }
    }
    return false;
  }

  private boolean needsAssistantBefore(int i) {
    return traits.has(Quirk.ASSISTANT_AFTER_TOOL)
        && i > 0
        && request.messages().get(i).role() == Role.USER
        && request.messages().get(i - 1).role() == Role.TOOL;
  }

  private boolean mustChange(int i) {
    ChatMessage message = request.messages().get(i);
    boolean closed = traits.has(Quirk.CLOSED_MESSAGES);
    boolean byRole =
        switch (message.role()) {
          case SYSTEM -> traits.has(Quirk.NO_DEVELOPER) && message.isReceived();
          case USER -> false;
          case ASSISTANT ->
              closed || isPrefix(i) || lacksReasoning(message) || hasOwnImages(message);
          case TOOL -> closed;
        };
    return byRole
        || message.name() != null && traits.has(Quirk.NO_NAME)
        || unknown.mustDrop(i)
        || content.mustChange(message)
        || traits.history() != History.AS_RECEIVED && hasReasoning(message);
  }

  /** Returns whether the client has sent images of the message in the form of another API. */
  private static boolean hasOwnImages(ChatMessage message) {
    return !message.images().isEmpty() && !message.isReceived();
  }

  private static boolean hasReasoning(ChatMessage message) {
    return message.parts().stream().anyMatch(Reasoning.class::isInstance);
  }

  private boolean lacksReasoning(ChatMessage message) {
    return traits.history() == History.REASONING_CONTENT_WITH_CALLS
        && message.parts().stream().anyMatch(ToolCall.class::isInstance)
        && !hasReasoning(message);
  }

  /** Returns whether a message is the beginning of the answer. */
  private boolean isPrefix(int i) {
    ChatMessage message = request.messages().get(i);
    return traits.has(Quirk.PREFIX_MESSAGES)
        && i == request.messages().size() - 1
        && message.role() == Role.ASSISTANT
        && message.parts().stream().noneMatch(ToolCall.class::isInstance);
  }

  private void write(int i, JsonOutput json) {
    ChatMessage message = request.messages().get(i);
    Map<String, RawJson> fields = message.fields();
    json.object().field("role").value(role(message, fields));
    if (message.name() != null) {
      if (traits.has(Quirk.NO_NAME)) {
        translation.leftOut("messages[].name");
      } else {
        json.field("name").value(message.name());
      }
    }
    if (message.role() == Role.TOOL && message.parts().get(0) instanceof ToolResult result) {
      json.field("tool_call_id").value(calls.id(result.callId()));
    }
    boolean rewritten =
        content.write(
            message, fields, unknown.mustDrop(i) || hasThinkingParts(message, fields), json);
    if (!traits.has(Quirk.NO_ANSWER_FIELDS)) {
      json.optional("refusal", fields.get("refusal"));
    }
    if (message.role() == Role.ASSISTANT) {
      reasoning.write(message, fields, json);
      calls.write(message, rewritten || fields.get("cache_control") == null, json);
    } else if (message.parts().get(0) instanceof ToolResult result) {
      if (result.error() && traits.has(Quirk.CLOSED_MESSAGES)) {
        translation.leftOut("messages[].is_error");
      } else if (result.error()) {
        json.field("is_error").value(true);
      }
    }
    if (!rewritten) {
      cacheControl(fields.get("cache_control"), json);
    }
    if (isPrefix(i) && !fields.containsKey("prefix")) {
      json.field("prefix").value(true);
    }
    if (!unknown.mustDrop(i)) {
      unknown(fields, json);
      unknown.rewritten(i, rewritten ? List.of("content", "tool_calls") : List.of("tool_calls"));
    }
    json.endObject();
  }

  /** Writes what holds for the whole message, unless it was written with its last part. */
  private void cacheControl(RawJson control, JsonOutput json) {
    if (control != null && traits.has(Quirk.NO_CACHE_CONTROL)) {
      translation.leftOut("cache_control");
    } else {
      json.optional("cache_control", control);
    }
  }

  /** Whether the content has reasoning, for which the server may have another place. */
  private boolean hasThinkingParts(ChatMessage message, Map<String, RawJson> fields) {
    return traits.history() != History.AS_RECEIVED
        && hasReasoning(message)
        && fields.get("content") != null
        && !fields.get("content").isString();
  }

  private String role(ChatMessage message, Map<String, RawJson> fields) {
    RawJson role = fields.get("role");
    boolean developer = role != null && "developer".equals(role.string());
    return developer && !traits.has(Quirk.NO_DEVELOPER) ? "developer" : message.role().code();
  }

  /** Copies the fields that the relay does not know. */
  private void unknown(Map<String, RawJson> fields, JsonOutput json) {
    fields.forEach(
        (field, value) -> {
          if (value == null || KNOWN.contains(field)) {
            return;
          }
          if (ANSWER_FIELDS.contains(field) && traits.has(Quirk.NO_ANSWER_FIELDS)) {
            translation.leftOut("messages[]." + field);
          } else {
            json.field(field).value(value);
          }
        });
  }
}
