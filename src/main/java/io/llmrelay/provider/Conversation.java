package io.llmrelay.provider;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatMessage.Role;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Text;
import java.util.ArrayList;
import java.util.List;

/**
 * A request's messages for dialects that separate system texts from the conversation and require
 * user and assistant to alternate. Empty texts are omitted, since these dialects reject them.
 */
public final class Conversation {
  private Conversation() {}

  /**
   * A turn of the user, which includes the results of tools, or of the assistant.
   *
   * @param parts at least one
   */
  public record Turn(boolean assistant, List<ContentPart> parts) {}

  /** Returns the parts of the system messages. */
  public static List<ContentPart> systemParts(ChatRequest request) {
    List<ContentPart> parts = new ArrayList<>();
    for (ChatMessage message : request.messages()) {
      if (message.role() == Role.SYSTEM) {
        parts.addAll(parts(message));
      }
    }
    return parts;
  }

  /** Returns the other messages, with consecutive messages of one side merged. */
  public static List<Turn> turns(ChatRequest request) {
    List<Turn> turns = new ArrayList<>();
    for (ChatMessage message : request.messages()) {
      List<ContentPart> parts = parts(message);
      if (message.role() == Role.SYSTEM || parts.isEmpty()) {
        continue;
      }
      boolean assistant = message.role() == Role.ASSISTANT;
      Turn last = turns.isEmpty() ? null : turns.get(turns.size() - 1);
      if (last == null || last.assistant() != assistant) {
        turns.add(new Turn(assistant, parts));
      } else {
        last.parts().addAll(parts);
      }
    }
    return turns;
  }

  /** Returns the role of the first message that is not a system text, or {@code null}. */
  public static Role firstRole(ChatRequest request) {
    return request.messages().stream()
        .map(ChatMessage::role)
        .filter(role -> role != Role.SYSTEM)
        .findFirst()
        .orElse(null);
  }

  private static List<ContentPart> parts(ChatMessage message) {
    List<ContentPart> parts = new ArrayList<>();
    for (ContentPart part : message.parts()) {
      if (!(part instanceof Text text) || !text.text().isEmpty()) {
        parts.add(part);
      }
    }
    return parts;
  }
}
