package io.llmrelay.provider;

import io.llmrelay.chat.ChatRequest;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * A conversation with texts, images, reasoning, parallel tool calls and their results. Whatever has
 * a meaning contains a word that occurs once, so that it can be found in a dialect's body.
 */
public final class RandomConversation {

  /** What a word is part of. */
  public enum Kind {
    TEXT,
    IMAGE,
    REASONING,
    ARGUMENT,
    RESULT,
    RESULT_IMAGE
  }

  /**
   * A word that occurs once.
   *
   * @param turn counts the messages, with the results of one turn as one
   */
  public record Word(Kind kind, int turn, String text) {}

  private final Random random;
  private final List<Word> words = new ArrayList<>();
  private final JsonArray messages = new JsonArray();
  private int turn;
  private int calls;

  /** Creates the conversation of a seed. */
  public RandomConversation(long seed) {
    random = new Random(seed);
    if (random.nextBoolean()) {
      add(new JsonObject().put("role", "system").put("content", word(Kind.TEXT)));
    }
    int rounds = 1 + random.nextInt(4);
    for (int i = 0; i < rounds; i++) {
      user();
      for (int steps = random.nextInt(3); steps > 0; steps--) {
        calls();
      }
      if (i < rounds - 1) {
        assistant();
      }
    }
  }

  /** Returns the request, with a tool. */
  public ChatRequest request() {
    JsonObject tool =
        new JsonObject()
            .put("type", "function")
            .put("function", new JsonObject().put("name", "f").put("description", "d"));
    JsonObject json = new JsonObject().put("messages", messages).put("tools", JsonArray.of(tool));
    return ChatRequest.read(json.toBuffer());
  }

  /** Returns all words, in order. */
  public List<Word> words() {
    return words;
  }

  /** Returns the words that a body lacks; fails if it has others out of their order of turns. */
  public List<Word> missing(Buffer body) {
    String text = body.toString();
    List<Word> missing = new ArrayList<>();
    int last = 0;
    int lastTurn = 0;
    int end = 0;
    for (Word word : words) {
      int at = text.indexOf(word.text());
      if (at < 0) {
        missing.add(word);
        continue;
      }
      if (text.indexOf(word.text(), at + 1) >= 0) {
        throw new AssertionError(word + " occurs twice in " + text);
      }
      if (word.turn() != lastTurn) {
        last = end;
        lastTurn = word.turn();
      }
      if (at < last) {
        throw new AssertionError(word + " is not in its place in " + text);
      }
      end = Math.max(end, at);
    }
    return missing;
  }

  private String word(Kind kind) {
    boolean image = kind == Kind.IMAGE || kind == Kind.RESULT_IMAGE;
    String number = String.format(Locale.ROOT, "%04d", words.size());
    // An image is base64.
    String text = image ? "aW1n" + number : "word" + number + "_";
    words.add(new Word(kind, turn, text));
    return text;
  }

  private void add(JsonObject message) {
    messages.add(message);
    turn++;
  }

  private void user() {
    if (random.nextBoolean()) {
      add(new JsonObject().put("role", "user").put("content", word(Kind.TEXT)));
      return;
    }
    JsonArray parts = new JsonArray();
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      parts.add(random.nextBoolean() ? text(Kind.TEXT) : image(Kind.IMAGE));
    }
    add(new JsonObject().put("role", "user").put("content", parts));
  }

  private JsonObject text(Kind kind) {
    return new JsonObject().put("type", "text").put("text", word(kind));
  }

  private JsonObject image(Kind kind) {
    String url = "data:image/png;base64," + word(kind);
    return new JsonObject()
        .put("type", "image_url")
        .put("image_url", new JsonObject().put("url", url));
  }

  private JsonObject assistantMessage() {
    JsonObject message = new JsonObject().put("role", "assistant");
    if (random.nextBoolean()) {
      message.put("reasoning_content", word(Kind.REASONING));
    }
    return message;
  }

  private void assistant() {
    add(assistantMessage().put("content", word(Kind.TEXT)));
  }

  private void calls() {
    JsonObject message = assistantMessage();
    if (random.nextBoolean()) {
      message.put("content", word(Kind.TEXT));
    }
    JsonArray made = new JsonArray();
    List<String> ids = new ArrayList<>();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      String id = random.nextBoolean() ? "call_" + calls++ + "aB3456789" : "c/" + calls++;
      ids.add(id);
      JsonObject arguments = new JsonObject().put("a", word(Kind.ARGUMENT)).put("b", 1.5);
      made.add(
          new JsonObject()
              .put("id", id)
              .put("type", "function")
              .put(
                  "function",
                  new JsonObject().put("name", "f").put("arguments", arguments.encode())));
    }
    add(message.put("tool_calls", made));
    Collections.shuffle(ids, random);
    ids.forEach(this::result);
    turn++;
  }

  private void result(String id) {
    JsonObject message = new JsonObject().put("role", "tool").put("tool_call_id", id);
    if (random.nextInt(8) == 0) {
      message.put("content", JsonArray.of(text(Kind.RESULT), image(Kind.RESULT_IMAGE)));
    } else {
      message.put("content", word(Kind.RESULT));
    }
    if (random.nextInt(4) == 0) {
      message.put("is_error", true);
    }
    messages.add(message);
  }
}
