package io.llmrelay.sandbox.dialect;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * The parts of a request on which a scripted answer depends, independent of the dialect.
 *
 * @param tools the tools that the model may call; empty if the request forbids calls
 * @param forcedTool the name of the tool that the model must call, or {@code null}
 * @param toolResults the texts of the tool results at the end; empty if it ends otherwise
 * @param schema the JSON Schema of a structured answer, or {@code null}
 * @param promptChars the characters of the messages
 * @param prefill the text of the assistant with which the messages end, or {@code null}
 */
public record RequestSummary(
    List<OfferedTool> tools,
    String forcedTool,
    List<String> toolResults,
    JsonObject schema,
    int promptChars,
    String prefill) {

  /** Creates a summary of a request without a prefill. */
  public RequestSummary(
      List<OfferedTool> tools,
      String forcedTool,
      List<String> toolResults,
      JsonObject schema,
      int promptChars) {
    this(tools, forcedTool, toolResults, schema, promptChars, null);
  }

  /** Returns the text of a last message with the role {@code assistant}, or {@code null}. */
  public static String prefill(JsonObject body) {
    List<JsonObject> messages = JsonNodes.objects(body, "messages");
    JsonObject last = messages.isEmpty() ? new JsonObject() : messages.get(messages.size() - 1);
    if (!"assistant".equals(last.getValue("role")) || last.containsKey("tool_calls")) {
      return null;
    }
    if (last.getValue("content") instanceof String text) {
      return text;
    }
    StringBuilder text = new StringBuilder();
    JsonNodes.objects(last, "content").forEach(part -> text.append(part.getString("text", "")));
    return text.toString();
  }

  /** Returns the contents of the messages with the role {@code tool} at the end. */
  public static List<Object> trailingToolMessages(JsonObject body) {
    List<JsonObject> messages = JsonNodes.objects(body, "messages");
    int first = messages.size();
    while (first > 0 && "tool".equals(messages.get(first - 1).getValue("role"))) {
      first--;
    }
    List<Object> contents = new ArrayList<>();
    messages.subList(first, messages.size()).forEach(m -> contents.add(m.getValue("content")));
    return contents;
  }
}
