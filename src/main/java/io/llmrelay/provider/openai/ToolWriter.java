package io.llmrelay.provider.openai;

import io.llmrelay.chat.BodyBuilder;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RawJson;
import io.llmrelay.chat.Tool;
import io.llmrelay.chat.ToolChoice;
import io.llmrelay.chat.ToolChoice.Mode;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.openai.RequestTraits.Quirk;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** Writes the tools of a request, and the choice among them, for one server. */
final class ToolWriter {
  private static final RawJson NO_PARAMETERS =
      RawJson.of(new JsonObject().put("type", "object").put("properties", new JsonObject()));

  private final ChatRequest request;
  private final RequestTraits traits;
  private final Translation translation;
  private final boolean dropsUnknown;

  ToolWriter(
      ChatRequest request, RequestTraits traits, Translation translation, UnknownPaths unknown) {
    this.request = request;
    this.traits = traits;
    this.translation = translation;
    this.dropsUnknown = unknown.mustDropInTools();
  }

  /** Returns the choice; {@code null} for the server's default. */
  Object choice() {
    ToolChoice choice = request.toolChoice();
    if (choice == null) {
      return null;
    }
    boolean plain = choice.names().isEmpty() || isNarrowed();
    return plain && choice.mode() == Mode.REQUIRED && traits.has(Quirk.CHOICE_ANY)
        ? "any"
        : plain ? new ToolChoice(choice.mode(), List.of()).toJson() : choice.toJson();
  }

  /** Returns whether only the allowed tools are sent, since the server cannot choose among more. */
  private boolean isNarrowed() {
    ToolChoice choice = request.toolChoice();
    return traits.has(Quirk.NO_ALLOWED_TOOLS)
        && choice != null
        && !choice.names().isEmpty()
        && choice.only() == null;
  }

  /** Appends the array of tools, of which there is at least one. */
  void append(BodyBuilder out) {
    if (!isNarrowed() && request.tools().stream().noneMatch(this::mustChange)) {
      request.appendTools(out);
      return;
    }
    JsonOutput json = new JsonOutput(out).array();
    for (Tool tool : request.tools()) {
      if (isNarrowed() && !request.toolChoice().names().contains(tool.name())) {
        continue;
      }
      if (mustChange(tool)) {
        write(tool, json);
      } else {
        json.value(tool.source());
      }
    }
    json.endArray();
  }

  private boolean mustChange(Tool tool) {
    return tool.isFunction()
        && (dropsUnknown
            || tool.cacheControl() != null && traits.has(Quirk.NO_CACHE_CONTROL)
            || tool.parameters() == null && traits.has(Quirk.REQUIRES_PARAMETERS));
  }

  private void write(Tool tool, JsonOutput json) {
    json.object().field("type").value(Tool.FUNCTION).field(Tool.FUNCTION).object();
    json.field("name").value(tool.name()).optional("description", tool.description());
    RawJson parameters = tool.parameters();
    boolean none = parameters == null && traits.has(Quirk.REQUIRES_PARAMETERS);
    json.optional("parameters", none ? NO_PARAMETERS : parameters);
    json.optional("strict", tool.strict()).endObject();
    if (tool.cacheControl() != null && traits.has(Quirk.NO_CACHE_CONTROL)) {
      translation.leftOut("cache_control");
    } else {
      json.optional("cache_control", tool.cacheControl());
    }
    json.endObject();
  }
}
