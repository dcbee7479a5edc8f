package io.llmrelay.provider.ollama;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatMessage.Role;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Image;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.chat.ContentPart.Refusal;
import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.chat.ContentPart.ToolResult;
import io.llmrelay.chat.RawJson;
import io.llmrelay.provider.DataUrl;
import io.llmrelay.provider.JoinedText;
import io.llmrelay.provider.ToolArguments;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Encodes messages. A message has one text and a list of images, so one of OpenAI's messages in
 * which texts and images alternate becomes several. Servers match the results of tools to the calls
 * by the tools' names and by their order.
 */
final class OllamaMessages {
  private final JsonArray messages = new JsonArray();

  /** The calls so far, by id, with their places in the conversation. */
  private final Map<String, Called> calls = new HashMap<>();

  /** Successive results, to be put into the order of their calls. */
  private final List<ToolResult> results = new ArrayList<>();

  /** The tool of a call, and how many calls preceded it. */
  private record Called(String name, int place) {}

  static JsonArray encode(List<ChatMessage> conversation) {
    OllamaMessages encoder = new OllamaMessages();
    conversation.forEach(encoder::encode);
    encoder.flushResults();
    return encoder.messages;
  }

  private void encode(ChatMessage message) {
    if (message.role() == Role.TOOL) {
      message.parts().forEach(part -> results.add((ToolResult) part));
      return;
    }
    flushResults();
    switch (message.role()) {
      case ASSISTANT -> assistant(message);
      default -> content(message);
    }
  }

  private void content(ChatMessage message) {
    Builder builder = new Builder(message.role().code());
    for (ContentPart part : message.parts()) {
      if (builder.hasOtherThan(part) && builder.has(part)) {
        messages.add(builder.build());
        builder = new Builder(message.role().code());
      }
      builder.add(part);
    }
    messages.add(builder.build());
  }

  private void flushResults() {
    results.sort(Comparator.comparingInt(this::place));
    results.forEach(this::result);
    results.clear();
  }

  private int place(ToolResult result) {
    Called call = calls.get(result.callId());
    return call == null ? Integer.MAX_VALUE : call.place();
  }

  private void result(ToolResult result) {
    Builder builder = new Builder("tool");
    if (result.error()) {
      builder.text.add(RawJson.of("Error: "));
    }
    result.content().forEach(builder::add);
    JsonObject json = builder.build();
    Called call = calls.get(result.callId());
    if (call != null) {
      json.put("tool_name", call.name());
    }
    messages.add(json.put("tool_call_id", result.callId()));
  }

  private void assistant(ChatMessage message) {
    Builder builder = new Builder("assistant");
    JoinedText thinking = JoinedText.ofAnswer();
    JsonArray made = new JsonArray();
    for (ContentPart part : message.parts()) {
      if (part instanceof Reasoning reasoning) {
        thinking.add(reasoning.text());
      } else if (part instanceof ToolCall call) {
        calls.put(call.id(), new Called(call.name(), calls.size()));
        made.add(call(call, made.size()));
      } else {
        builder.add(part);
      }
    }
    JsonObject json = builder.build();
    if (!thinking.isEmpty()) {
      json.put("thinking", thinking.value());
    }
    if (!made.isEmpty()) {
      json.put("tool_calls", made);
    }
    messages.add(json);
  }

  private static JsonObject call(ToolCall call, int index) {
    return new JsonObject()
        .put("id", call.id())
        .put("type", "function")
        .put(
            "function",
            new JsonObject()
                .put("index", index)
                .put("name", call.name())
                .put("arguments", ToolArguments.of(call)));
  }

  /** One message: a text and images. */
  private static final class Builder {
    private final String role;
    private final JoinedText text;
    private final JsonArray images = new JsonArray();
    private Class<? extends ContentPart> last;

    Builder(String role) {
      this.role = role;
      text = role.equals(Role.ASSISTANT.code()) ? JoinedText.ofAnswer() : JoinedText.ofPrompt();
    }

    /** Returns whether there is a part of this kind already. */
    boolean has(ContentPart part) {
      return part instanceof Image ? !images.isEmpty() : !text.isEmpty();
    }

    /** Returns whether the last part is of another kind. */
    boolean hasOtherThan(ContentPart part) {
      return last != null && last != part.getClass();
    }

    void add(ContentPart part) {
      last = part.getClass();
      if (part instanceof Text each) {
        text.add(each.content());
      } else if (part instanceof Refusal refusal) {
        text.add(refusal.content());
      } else if (part instanceof Image image) {
        images.add(DataUrl.of(image.url()));
      }
    }

    JsonObject build() {
      JsonObject json = new JsonObject().put("role", role).put("content", text.value());
      return images.isEmpty() ? json : json.put("images", images);
    }
  }
}
