package io.llmrelay.sandbox.dialect;

import java.util.List;

/**
 * A tool call in a scripted answer.
 *
 * @param id {@code null} for an id in the format of the vendor
 * @param arguments JSON text, which is sent unchanged and may be invalid
 * @param fragments the arguments in the pieces of a stream; empty to send the whole call at once
 */
public record ScriptedToolCall(String id, String name, String arguments, List<String> fragments) {

  /** Returns whether the arguments are a JSON object. */
  public boolean isValid() {
    return JsonText.isObject(arguments);
  }

  /** Returns the id, or one generated from the number of the answer and the index of the call. */
  public String idOr(String prefix, long number, int index) {
    return id == null ? prefix + number + "_" + index : id;
  }
}
