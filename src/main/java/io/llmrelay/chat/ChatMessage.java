package io.llmrelay.chat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;

/**
 * One message of a conversation.
 *
 * @param role who speaks
 * @param parts its text; most messages have one part
 */
public record ChatMessage(Role role, List<String> parts) {

  /** Who speaks. */
  public enum Role {
    SYSTEM,
    USER,
    ASSISTANT;

    /** The name on the wire: {@code system}, {@code user}, {@code assistant}. */
    public String code() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public ChatMessage {
    parts = List.copyOf(parts);
  }

  public static ChatMessage system(String text) {
    return new ChatMessage(Role.SYSTEM, List.of(text));
  }

  public static ChatMessage user(String text) {
    return new ChatMessage(Role.USER, List.of(text));
  }

  public static ChatMessage assistant(String text) {
    return new ChatMessage(Role.ASSISTANT, List.of(text));
  }

  /** All parts in one string. */
  public String text() {
    return parts.size() == 1 ? parts.get(0) : String.join("", parts);
  }

  /** OpenAI's form: {@code content} is a string, or an array where there are several parts. */
  public JsonObject toJson() {
    JsonObject json = new JsonObject().put("role", role.code());
    if (parts.size() == 1) {
      return json.put("content", parts.get(0));
    }
    JsonArray content = new JsonArray();
    parts.forEach(part -> content.add(new JsonObject().put("type", "text").put("text", part)));
    return json.put("content", content);
  }

  /** Leaves the text out: a prompt never reaches a log. */
  @Override
  public String toString() {
    return "ChatMessage[" + role.code() + ", " + text().length() + " characters]";
  }
}
