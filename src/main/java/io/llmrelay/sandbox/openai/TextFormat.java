package io.llmrelay.sandbox.openai;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.llmrelay.sandbox.dialect.SandboxError;
import io.llmrelay.sandbox.dialect.Sse;
import io.llmrelay.sandbox.dialect.WireFormat;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * The format of Completions: that of Chat Completions, with the text in place of a message or
 * delta, and neither roles nor reasoning nor tool calls.
 *
 * @param chat the same answer as a chat
 */
record TextFormat(OpenAiFormat chat) implements WireFormat {
  @Override
  public Buffer opening() {
    return NONE;
  }

  @Override
  public Buffer reasoning(String chunk) {
    return NONE;
  }

  @Override
  public Buffer afterReasoning() {
    return NONE;
  }

  @Override
  public Buffer token(String chunk) {
    return events(chat.token(chunk));
  }

  @Override
  public List<Buffer> toolCalls() {
    return List.of();
  }

  @Override
  public Buffer finish() {
    return events(chat.finish());
  }

  @Override
  public Buffer usage() {
    return events(chat.usage());
  }

  @Override
  public Buffer terminator() {
    return chat.terminator();
  }

  @Override
  public Buffer ping() {
    return events(chat.ping());
  }

  @Override
  public Buffer error(SandboxError error) {
    return chat.error(error);
  }

  @Override
  public String whole(String text) {
    return text(new JsonObject(chat.whole(text))).encode();
  }

  /** Rewrites the events of a chat. */
  private static Buffer events(Buffer chat) {
    Buffer out = Buffer.buffer();
    for (String line : chat.toString().split("\n\n")) {
      if (!line.isEmpty()) {
        out.appendBuffer(Sse.data(text(new JsonObject(line.substring("data: ".length())))));
      }
    }
    return out;
  }

  private static JsonObject text(JsonObject json) {
    for (JsonObject choice : JsonNodes.objects(json, "choices")) {
      JsonObject part = JsonNodes.object(choice, choice.containsKey("delta") ? "delta" : "message");
      choice.put("text", JsonNodes.text(part, "content"));
      choice.remove("delta");
      choice.remove("message");
    }
    return json.put("object", "text_completion");
  }
}
