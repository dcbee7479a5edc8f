package io.llmrelay.chat;

import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * The wish that the text of a request's only message is continued, not answered, as editors do.
 *
 * @param suffix the text that follows what is to be inserted; {@code null} if nothing does
 */
public record Continuation(String suffix) {
  /** Reads the field {@code continuation}; {@code null} if it is absent. */
  static Continuation read(FieldReader in) {
    FieldReader json = in.object("continuation");
    if (json == null) {
      return null;
    }
    String suffix = json.string("suffix");
    json.nothingElse();
    return new Continuation(suffix == null || suffix.isEmpty() ? null : suffix);
  }

  /** Checks that there is one text to be continued. */
  static void check(List<ChatMessage> messages, List<Tool> tools) {
    ChatMessage first = messages.get(0);
    boolean text =
        messages.size() == 1
            && tools.isEmpty()
            && first.role() == ChatMessage.Role.USER
            && first.parts().size() == 1
            && first.parts().get(0) instanceof ContentPart.Text;
    if (!text) {
      throw Failure.invalid(
              "continuation", "continuation needs one message of the user, with one text")
          .toException();
    }
  }

  JsonObject toJson() {
    JsonObject json = new JsonObject();
    return suffix == null ? json : json.put("suffix", suffix);
  }

  /** Leaves the suffix out: a prompt never reaches a log. */
  @Override
  public String toString() {
    return "Continuation[" + (suffix == null ? 0 : suffix.length()) + " characters follow]";
  }
}
