package io.llmrelay.provider;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatMessage.Role;
import io.llmrelay.chat.ChatRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A conversation for those who know the system's words apart from it, and in it want user and
 * assistant to take turns. A text without a character is refused there, and says nothing.
 */
public final class Conversation {
  private Conversation() {}

  /** The system's texts. */
  public static List<String> system(ChatRequest request) {
    return request.messages().stream()
        .filter(message -> message.role() == Role.SYSTEM)
        .flatMap(Conversation::texts)
        .toList();
  }

  /** What user and assistant say, messages of the same one after the other as one message. */
  public static List<ChatMessage> of(ChatRequest request) {
    List<ChatMessage> turns = new ArrayList<>();
    Role speaker = null;
    List<String> texts = new ArrayList<>();
    for (ChatMessage message : request.messages()) {
      if (message.role() == Role.SYSTEM || texts(message).findAny().isEmpty()) {
        continue;
      }
      if (message.role() != speaker && speaker != null) {
        turns.add(new ChatMessage(speaker, texts));
        texts.clear();
      }
      speaker = message.role();
      texts(message).forEach(texts::add);
    }
    if (speaker != null) {
      turns.add(new ChatMessage(speaker, texts));
    }
    return turns;
  }

  /** Who speaks first, the system apart; {@code null} if nobody does. */
  public static Role first(ChatRequest request) {
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
