package io.llmrelay.provider.openai;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.chat.CustomCall;
import io.llmrelay.chat.RawJson;
import io.llmrelay.chat.Tool;
import io.llmrelay.provider.openai.RequestTraits.Quirk;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** Writes the tool calls of earlier answers for one server. */
final class ToolCallWriter {
  /** The placeholder that Google accepts instead of a signature, for calls of other models. */
  private static final RawJson SIGNATURE_PLACEHOLDER =
      RawJson.of(
          new JsonObject()
              .put(
                  "google",
                  new JsonObject().put("thought_signature", "skip_thought_signature_validator")));

  private static final RawJson NO_ARGUMENTS = RawJson.of("{}");

  private final RequestTraits traits;
  private final ContentWriter content;
  private final boolean signed;

  ToolCallWriter(RequestTraits traits, String model, ContentWriter content) {
    this.traits = traits;
    this.content = content;
    this.signed = traits.has(Quirk.SIGNED_CALLS) && !RequestTraits.isOldGemini(model);
  }

  /** Returns the id that the server gets for a call. */
  String id(String id) {
    return traits.has(Quirk.SHORT_CALL_IDS) ? ShortCallIds.of(id) : id;
  }

  /**
   * Writes the calls of a message, if any.
   *
   * @param cacheControl whether to write their {@code cache_control}
   */
  void write(ChatMessage message, boolean cacheControl, JsonOutput json) {
    List<ToolCall> calls =
        message.parts().stream()
            .filter(ToolCall.class::isInstance)
            .map(ToolCall.class::cast)
            .toList();
    if (calls.isEmpty()) {
      return;
    }
    json.field("tool_calls").array();
    for (int i = 0; i < calls.size(); i++) {
      write(calls.get(i), i == 0, cacheControl, json);
    }
    json.endArray();
  }

  private void write(ToolCall call, boolean first, boolean cacheControl, JsonOutput json) {
    boolean custom = call.extra() != null && CustomCall.is(call.extra().value());
    String type = custom ? CustomCall.TYPE : Tool.FUNCTION;
    json.object().field("id").value(id(call.id())).field("type").value(type);
    json.field(type).object().field("name").value(call.name());
    boolean empty = !custom && call.arguments().length() <= 2;
    json.field(custom ? "input" : "arguments").value(empty ? NO_ARGUMENTS : call.arguments());
    json.endObject();
    if (!custom && !traits.has(Quirk.NO_EXTRA_CONTENT)) {
      json.optional("extra_content", extra(call, first));
    }
    if (cacheControl) {
      content.cacheControl(call, json);
    }
    json.endObject();
  }

  private RawJson extra(ToolCall call, boolean first) {
    if (!traits.has(Quirk.SIGNED_CALLS)) {
      return call.extra();
    }
    boolean google =
        call.extra() != null
            && call.extra().value() instanceof JsonObject extra
            && !Json.object(extra, "google").isEmpty();
    return google ? call.extra() : first && signed ? SIGNATURE_PLACEHOLDER : null;
  }
}
