package io.llmrelay.provider.openai;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RawJson;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.UnknownFields;
import io.llmrelay.provider.Translation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The fields of a request that the relay does not know, and whether they are sent. */
final class UnknownPaths {
  private static final String MESSAGES = "messages[";

  private final ChatRequest request;
  private final Translation translation;
  private final boolean forward;

  /** Whether there are more than are recorded. */
  private final boolean truncated;

  private final Map<Integer, Boolean> messages = new HashMap<>();
  private boolean tools;

  UnknownPaths(ChatRequest request, BackendOptions options, Translation translation) {
    this.request = request;
    this.translation = translation;
    this.forward = options.getUnknownFields() == UnknownFields.FORWARD;
    this.truncated = request.unknownPaths().size() >= ChatRequest.MAX_UNKNOWN;
    if (forward) {
      translation.unknownForwarded();
    }
    for (String path : request.unknownPaths()) {
      if (path.startsWith(MESSAGES)) {
        messages.put(index(path), true);
      }
      tools |= path.startsWith("tools[");
    }
  }

  private static int index(String path) {
    return Integer.parseInt(path, MESSAGES.length(), path.indexOf(']'), 10);
  }

  /** Returns the fields at the top level that are sent. */
  Map<String, RawJson> forwarded() {
    return forward ? request.unknown() : Map.of();
  }

  /** Returns whether a message has fields that are not sent. */
  boolean mustDrop(int message) {
    return !forward && (truncated || messages.containsKey(message));
  }

  /** Returns whether tools have fields that are not sent. */
  boolean mustDropInTools() {
    return !forward && (truncated || tools);
  }

  /** Adds a warning with the fields that are lost when parts of a message are rewritten. */
  void rewritten(int message, List<String> fields) {
    for (String path : request.unknownPaths()) {
      if (path.startsWith(MESSAGES) && index(path) == message) {
        String within = path.substring(path.indexOf(']') + 2);
        if (fields.stream().anyMatch(field -> within.startsWith(field + "["))) {
          translation.leftOut(path);
        }
      }
    }
  }
}
