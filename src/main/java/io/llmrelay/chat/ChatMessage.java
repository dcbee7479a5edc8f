package io.llmrelay.chat;

import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.chat.ContentPart.ToolResult;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** One message of a conversation. Immutable. */
public final class ChatMessage {

  /** The author of a message. */
  public enum Role {
    /** Instructions of the application; also those of the role {@code developer}. */
    SYSTEM,
    /** The user. */
    USER,
    /** The model. */
    ASSISTANT,
    /** The result of a tool call. */
    TOOL;

    /**
     * Returns the name on the wire: {@code system}, {@code user}, {@code assistant}, {@code tool}.
     */
    public String code() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Role role;
  private final String name;
  private final List<ContentPart> parts;
  private final List<RawJson> images;
  private final RawJson source;

  /**
   * Creates a message.
   *
   * @param name distinguishes participants of one role; may be {@code null}
   * @param images the URLs of images that the assistant has written
   * @param source the message as it was received, or {@code null}
   */
  ChatMessage(
      Role role, String name, List<ContentPart> parts, List<RawJson> images, RawJson source) {
    this.role = role;
    this.name = name;
    boolean onlyImages = parts.isEmpty() && !images.isEmpty();
    this.parts = onlyImages ? List.of(Text.of("")) : List.copyOf(parts);
    this.images = List.copyOf(images);
    this.source = source;
  }

  /** Creates a message of these parts. */
  public static ChatMessage of(Role role, ContentPart... parts) {
    return of(role, List.of(parts));
  }

  /** Creates a message of these parts. */
  public static ChatMessage of(Role role, List<ContentPart> parts) {
    return new ChatMessage(role, null, parts, List.of(), null);
  }

  /**
   * Creates an earlier answer with images.
   *
   * @param parts its other content; if there is none, it has an empty text
   * @param images the URLs of the images, as strings
   */
  public static ChatMessage assistant(List<ContentPart> parts, List<RawJson> images) {
    return new ChatMessage(Role.ASSISTANT, null, parts, images, null);
  }

  /** Returns a message with instructions of the application. */
  public static ChatMessage system(String text) {
    return of(Role.SYSTEM, Text.of(text));
  }

  /** Returns a message of the user. */
  public static ChatMessage user(String text) {
    return of(Role.USER, Text.of(text));
  }

  /** Returns an earlier answer of the model. */
  public static ChatMessage assistant(String text) {
    return of(Role.ASSISTANT, Text.of(text));
  }

  /** Creates the result of a tool call. */
  public static ChatMessage tool(String callId, String text) {
    return of(Role.TOOL, new ToolResult(callId, List.of(Text.of(text)), false));
  }

  /** Returns who the message is from. */
  public Role role() {
    return role;
  }

  /** Returns the name that distinguishes participants of one role, or {@code null}. */
  public String name() {
    return name;
  }

  /** Returns the content; a message of role {@link Role#TOOL} has one {@link ToolResult}. */
  public List<ContentPart> parts() {
    return parts;
  }

  /**
   * Returns the URLs of the images that the assistant has written, in the field {@code images} of
   * its message. They go to providers that take back images of earlier answers.
   */
  public List<RawJson> images() {
    return images;
  }

  /** Returns all text parts in one string. */
  public String text() {
    return texts(parts);
  }

  /** Returns all text parts of a list in one string. */
  public static String texts(List<ContentPart> parts) {
    return parts.stream()
        .filter(Text.class::isInstance)
        .map(part -> ((Text) part).text())
        .collect(Collectors.joining());
  }

  /** Returns OpenAI's form of the message. */
  public JsonObject toJson() {
    return source == null ? MessageJson.write(this) : (JsonObject) source.value();
  }

  /** Returns whether the message was received as JSON, whose bytes are kept unchanged. */
  public boolean isReceived() {
    return source != null;
  }

  /** Returns the fields of the message as it was received, undecoded; empty if it was built. */
  public Map<String, RawJson> fields() {
    return source == null ? Map.of() : source.fields();
  }

  /** Appends OpenAI's form of the message: the bytes that were received, if any. */
  public void appendTo(BodyBuilder out) {
    if (source != null) {
      source.appendTo(out);
    } else {
      out.append(toJson().toBuffer());
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ChatMessage message
        && message.role == role
        && Objects.equals(message.name, name)
        && message.parts.equals(parts)
        && message.images.equals(images);
  }

  @Override
  public int hashCode() {
    return Objects.hash(role, name, parts, images);
  }

  /** Omits the content: a prompt must not be logged. */
  @Override
  public String toString() {
    return "ChatMessage[" + role.code() + ", " + RequestSize.characters(this) + " characters]";
  }
}
