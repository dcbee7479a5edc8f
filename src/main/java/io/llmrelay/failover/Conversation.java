package io.llmrelay.failover;

import io.llmrelay.availability.Rendezvous;
import io.llmrelay.chat.Affinity;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.EmbeddingRequest;
import io.llmrelay.chat.LlmRequest;
import io.llmrelay.chat.RawJson;
import io.llmrelay.chat.Setting;
import java.util.List;

/**
 * The identity of the conversation to which a request belongs.
 *
 * @param source what identifies it; {@code null} if nothing does
 * @param hash the same for all requests of the conversation; 0 if nothing identifies it
 */
record Conversation(Affinity source, long hash) {
  static final Conversation NONE = new Conversation(null, 0);

  /** How many bytes of a text's beginning and of its end are compared. */
  private static final int SAMPLE = 128;

  /** How many parts of the first messages are compared. */
  private static final int MAX_PARTS = 8;

  /**
   * Identifies the conversation of a request by the first of the sources that it has. A hint of the
   * request counts even if there are no sources.
   */
  static Conversation of(LlmRequest request, List<Affinity> sources) {
    String hint = request.relay().affinity();
    if (hint != null && (sources.isEmpty() || sources.contains(Affinity.SESSION))) {
      return new Conversation(Affinity.SESSION, Rendezvous.hash(hint));
    }
    for (int i = 0; i < sources.size(); i++) {
      long hash = hash(request, sources.get(i));
      if (hash != 0) {
        return new Conversation(sources.get(i), hash);
      }
    }
    return NONE;
  }

  private static long hash(LlmRequest request, Affinity source) {
    if (!(request instanceof ChatRequest chat)) {
      String user = request instanceof EmbeddingRequest embed ? embed.user() : null;
      return source == Affinity.USER && user != null ? Rendezvous.hash(user) : 0;
    }
    return switch (source) {
      case SESSION -> 0;
      case PROMPT_CACHE_KEY ->
          chat.setting(Setting.PROMPT_CACHE_KEY) instanceof String key ? Rendezvous.hash(key) : 0;
      case USER -> chat.user() == null ? 0 : Rendezvous.hash(chat.user());
      case MESSAGES -> messages(chat.messages());
    };
  }

  /** Returns a hash of the messages up to the first one of the user, of a sample of each text. */
  private static long messages(List<ChatMessage> messages) {
    long hash = 0;
    int parts = 0;
    for (int i = 0; i < messages.size(); i++) {
      ChatMessage message = messages.get(i);
      for (ContentPart part : message.parts()) {
        if (part instanceof ContentPart.Text text && parts < MAX_PARTS) {
          RawJson content = text.content();
          hash = Rendezvous.combine(hash, content.sample(SAMPLE).hashCode(), content.length());
          parts++;
        }
      }
      if (message.role() == ChatMessage.Role.USER) {
        return hash;
      }
    }
    return hash;
  }
}
