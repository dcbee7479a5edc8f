package io.llmrelay.provider;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatMessage.Role;
import io.llmrelay.chat.ChatRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A request's messages for dialects that separate system texts from the conversation and require
 * user and assistant to alternate. Empty texts are omitted, since these dialects reject them.
 */
public final class Conversation {
  private Conversation() {}

  /** Returns the system texts. */
  public static List<String> systemTexts(ChatRequest request) {
    return request.messages().stream()
        .filter(message -> message.role() == Role.SYSTEM)
        .flatMap(Conversation::texts)
        .toList();
  }

  /** Returns the other messages, with consecutive messages of one role merged. */
  public static List<ChatMessage> turns(ChatRequest request) {
    List<ChatMessage> turns = new ArrayList<>();
    Role role = null;
    List<String> texts = new ArrayList<>();
    for (ChatMessage message : request.messages()) {
      if (message.role() == Role.SYSTEM || texts(message).findAny().isEmpty()) {
        continue;
      }
      if (message.role() != role && role != null) {
        turns.add(new ChatMessage(role, texts));
        texts.clear();
      }
      role = message.role();
      texts(message).forEach(texts::add);
    }
    if (role != null) {
      turns.add(new ChatMessage(role, texts));
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

  private static Stream<String> texts(ChatMessage message) {
    return message.parts().stream().filter(text -> !text.isEmpty());
  }
}
