package io.llmrelay.chat;

import java.util.List;
import java.util.Objects;

/**
 * A part of a message's content. Fields that only one provider understands are kept with the part
 * and sent to that provider only.
 */
public sealed interface ContentPart {

  /**
   * Text.
   *
   * @param content a string, possibly empty
   * @param cacheControl the {@code cache_control} object, or {@code null}
   */
  record Text(RawJson content, RawJson cacheControl) implements ContentPart {
    /** Returns a part of text. */
    public static Text of(String text) {
      return new Text(RawJson.of(text), null);
    }

    /** Returns the decoded text. */
    public String text() {
      return content.string();
    }
  }

  /**
   * An image.
   *
   * @param url a string: a {@code data:} URL, or one that the provider fetches
   * @param detail {@code auto}, {@code low} or {@code high}; {@code null} if not given
   * @param cacheControl the {@code cache_control} object, or {@code null}
   */
  record Image(RawJson url, String detail, RawJson cacheControl) implements ContentPart {
    /** Creates an image from a URL. */
    public static Image of(String url) {
      return of(RawJson.of(url));
    }

    /** Creates an image from a URL, a string. */
    public static Image of(RawJson url) {
      return new Image(url, null, null);
    }
  }

  /**
   * Recorded speech or sound.
   *
   * @param data a string in base64
   * @param format such as {@code wav} or {@code mp3}
   */
  record Audio(RawJson data, String format) implements ContentPart {}

  /**
   * A document, such as a PDF.
   *
   * @param data a string, a {@code data:} URL; {@code null} if the document is known by its id
   * @param fileId the provider's id of an uploaded file, or {@code null}
   * @param filename its name, or {@code null}
   * @param cacheControl the {@code cache_control} object, or {@code null}
   */
  record Document(RawJson data, String fileId, String filename, RawJson cacheControl)
      implements ContentPart {}

  /**
   * A call of a tool, by the assistant.
   *
   * @param id unique among the calls of a conversation
   * @param name the tool's name
   * @param arguments a string that should be a JSON object, and is empty for no arguments
   * @param extra the {@code extra_content} object with the provider's own data, or {@code null}
   * @param cacheControl the {@code cache_control} object, or {@code null}
   */
  record ToolCall(String id, String name, RawJson arguments, RawJson extra, RawJson cacheControl)
      implements ContentPart {
    /** Creates a call without {@code cache_control}. */
    public ToolCall(String id, String name, RawJson arguments, RawJson extra) {
      this(id, name, arguments, extra, null);
    }

    /** Returns a tool call; the arguments are JSON text. */
    public static ToolCall of(String id, String name, String arguments) {
      return new ToolCall(id, name, RawJson.of(arguments), null);
    }
  }

  /**
   * The result of a tool call.
   *
   * @param callId the id of the call
   * @param content text and images
   * @param error whether the tool has failed
   */
  record ToolResult(String callId, List<ContentPart> content, boolean error)
      implements ContentPart {
    public ToolResult {
      Objects.requireNonNull(callId);
      content = List.copyOf(content);
    }
  }

  /**
   * The model's reasoning in an earlier answer.
   *
   * @param text a string; {@code null} if it is hidden
   * @param origin the provider that understands the other fields, as OpenRouter names it: {@code
   *     anthropic-claude-v1}, {@code google-gemini-v1} or {@code openai-responses-v1}; {@code null}
   *     if unknown
   * @param id the provider's id, or {@code null}
   * @param signature the provider's signature of the text, or {@code null}
   * @param encrypted the encrypted reasoning, or {@code null}
   */
  record Reasoning(RawJson text, String origin, String id, String signature, String encrypted)
      implements ContentPart {
    /** The origin of reasoning that Anthropic's models signed or encrypted. */
    public static final String ANTHROPIC = "anthropic-claude-v1";

    /** The origin of reasoning that Gemini signed or encrypted. */
    public static final String GEMINI = "google-gemini-v1";

    /** The origin of reasoning that OpenAI encrypted. */
    public static final String OPENAI = "openai-responses-v1";

    /** Creates visible reasoning without fields of a provider. */
    public static Reasoning of(String text) {
      return new Reasoning(RawJson.of(text), null, null, null, null);
    }
  }

  /** A refusal in the model's words, a string. */
  record Refusal(RawJson content) implements ContentPart {}

  /**
   * A part of a type that only some servers know, such as {@code video_url}.
   *
   * @param type its type
   * @param source the part as it was received
   */
  record Other(String type, RawJson source) implements ContentPart {}
}
