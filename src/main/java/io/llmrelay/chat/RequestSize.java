package io.llmrelay.chat;

import io.llmrelay.chat.ContentPart.Audio;
import io.llmrelay.chat.ContentPart.Document;
import io.llmrelay.chat.ContentPart.Image;
import io.llmrelay.chat.ContentPart.Other;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.chat.ContentPart.Refusal;
import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.chat.ContentPart.ToolResult;
import java.util.function.Consumer;

/** The size of requests in characters, measured without decoding their texts. */
final class RequestSize {
  /**
   * The characters that an image counts as, whatever its size in bytes: 1,000 tokens. The vendors
   * count 85 to 1,600 tokens for an image in chat resolution.
   */
  private static final long CHARACTERS_PER_IMAGE = 1_000L * TokenUsage.CHARACTERS_PER_TOKEN;

  /** The bytes of base64 that count as one character; documents and audio hold little text. */
  private static final long BASE64_PER_CHARACTER = 10;

  private RequestSize() {}

  /** Returns the characters that count towards the tokens of the prompt. */
  static long characters(ChatRequest request) {
    long characters = 0;
    for (ChatMessage message : request.messages()) {
      characters += characters(message);
    }
    for (Tool tool : request.tools()) {
      characters += tool.source().characters();
    }
    if (request.continuation() != null && request.continuation().suffix() != null) {
      characters += request.continuation().suffix().length();
    }
    return characters;
  }

  static long characters(ChatMessage message) {
    return message.parts().stream().mapToLong(RequestSize::characters).sum()
        + message.images().size() * CHARACTERS_PER_IMAGE;
  }

  private static long characters(ContentPart part) {
    if (part instanceof ToolResult result) {
      return result.content().stream().mapToLong(RequestSize::characters).sum();
    }
    if (part instanceof Image) {
      return CHARACTERS_PER_IMAGE;
    }
    if (part instanceof Audio audio) {
      return audio.data().length() / BASE64_PER_CHARACTER;
    }
    if (part instanceof Document document) {
      return document.data() == null ? 0 : document.data().length() / BASE64_PER_CHARACTER;
    }
    if (part instanceof Other other) {
      return other.source().length() / BASE64_PER_CHARACTER;
    }
    long[] characters = {0};
    texts(part, text -> characters[0] += text.characters());
    return characters[0];
  }

  /** Passes each text of a part to the consumer, undecoded. */
  static void texts(ContentPart part, Consumer<RawJson> to) {
    if (part instanceof Text text) {
      to.accept(text.content());
    } else if (part instanceof Refusal refusal) {
      to.accept(refusal.content());
    } else if (part instanceof Reasoning reasoning && reasoning.text() != null) {
      to.accept(reasoning.text());
    } else if (part instanceof ToolCall call) {
      to.accept(call.arguments());
    } else if (part instanceof ToolResult result) {
      result.content().forEach(each -> texts(each, to));
    }
  }
}
