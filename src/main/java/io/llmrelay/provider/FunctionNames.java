package io.llmrelay.provider;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.chat.Tool;
import java.util.regex.Pattern;

/** Checks the names of functions. */
public final class FunctionNames {
  private FunctionNames() {}

  /**
   * Returns the problem with the name of a function in the tools or tool calls of a request; {@code
   * null} if there is none.
   *
   * @param allowed the pattern that names must match
   */
  public static String problem(ChatRequest request, Pattern allowed) {
    for (Tool tool : request.tools()) {
      if (tool.isFunction() && !allowed.matcher(tool.name()).matches()) {
        return "the name of a tool does not match " + allowed;
      }
    }
    for (ChatMessage message : request.messages()) {
      for (ContentPart part : message.parts()) {
        if (part instanceof ToolCall call && !allowed.matcher(call.name()).matches()) {
          return "the name of a tool call does not match " + allowed;
        }
      }
    }
    return null;
  }
}
