package io.llmrelay.provider.responses;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatMessage.Role;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Other;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.chat.ContentPart.ToolResult;
import io.llmrelay.chat.CustomCall;
import io.llmrelay.chat.RawJson;
import io.llmrelay.provider.CallIds;
import io.llmrelay.provider.Translation;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Encodes a conversation as items. The parts of a message of the assistant become items in their
 * order, so that reasoning stays before what it led to.
 */
final class InputItems {
  /** The length of an encoded string, or object, without content. */
  private static final int EMPTY = 2;

  private static final RawJson NO_ARGUMENTS = RawJson.of("{}");

  private final ChatRequest request;
  private final Translation translation;
  private final JsonArray items = new JsonArray();
  private final List<ContentPart> content = new ArrayList<>();
  private final Set<String> customCalls = new HashSet<>();
  private ReasoningItem reasoning;
  private boolean leftReasoningOut;

  InputItems(ChatRequest request, Translation translation) {
    this.request = request;
    this.translation = translation;
  }

  JsonArray encode() {
    request.messages().forEach(this::add);
    if (leftReasoningOut) {
      translation.warn("reasoning of earlier answers was left out: it is not encrypted by OpenAI");
    }
    return items;
  }

  private void add(ChatMessage message) {
    if (message.name() != null) {
      translation.leftOut("messages[].name");
    }
    String role = role(message);
    for (ContentPart part : message.parts()) {
      add(part, message, role);
    }
    endReasoning();
    endMessage(role);
  }

  private static String role(ChatMessage message) {
    RawJson role = message.fields().get("role");
    boolean developer = role != null && "developer".equals(role.string());
    return developer ? "developer" : message.role().code();
  }

  private void add(ContentPart part, ChatMessage message, String role) {
    if (part instanceof Reasoning thinking) {
      endMessage(role);
      add(thinking);
      return;
    }
    endReasoning();
    if (part instanceof ToolCall call) {
      endMessage(role);
      items.add(call(call));
    } else if (part instanceof ToolResult result) {
      items.add(result(result));
    } else if (part instanceof Other other && InputContent.isItem(other)) {
      endMessage(role);
      items.add(other.source());
    } else if (message.role() != Role.ASSISTANT
        || !(part instanceof Text text)
        || text.content().length() > EMPTY) {
      content.add(part);
    }
  }

  private void add(Reasoning part) {
    if (!ReasoningItem.isPart(part)) {
      endReasoning();
      leftReasoningOut |= part.text() != null;
      return;
    }
    if (reasoning == null || !reasoning.has(part)) {
      endReasoning();
      reasoning = new ReasoningItem(part.id());
    }
    reasoning.add(part);
  }

  private void endReasoning() {
    if (reasoning != null) {
      JsonObject item = reasoning.toJson();
      leftReasoningOut |= item == null;
      if (item != null) {
        items.add(item);
      }
      reasoning = null;
    }
  }

  private void endMessage(String role) {
    if (!content.isEmpty()) {
      boolean assistant = role.equals("assistant");
      items.add(
          InputContent.typed("message")
              .put("role", role)
              .put(
                  "content",
                  assistant ? InputContent.output(content) : InputContent.input(content)));
      content.clear();
    }
  }

  private JsonObject call(ToolCall call) {
    boolean custom = call.extra() != null && CustomCall.is(call.extra().value());
    if (custom) {
      customCalls.add(call.id());
    }
    boolean empty = !custom && call.arguments().length() <= EMPTY;
    return InputContent.typed(custom ? "custom_tool_call" : "function_call")
        .put("call_id", CallIds.plain(call.id()))
        .put("name", call.name())
        .put(custom ? "input" : "arguments", empty ? NO_ARGUMENTS : call.arguments());
  }

  private JsonObject result(ToolResult result) {
    if (result.error()) {
      translation.leftOut("messages[].is_error");
    }
    boolean custom = customCalls.contains(result.callId());
    List<ContentPart> parts = result.content();
    return InputContent.typed(custom ? "custom_tool_call_output" : "function_call_output")
        .put("call_id", CallIds.plain(result.callId()))
        .put("output", parts.isEmpty() ? RawJson.of("") : InputContent.input(parts));
  }
}
