package io.llmrelay.gateway.anthropic;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.llmrelay.LlmStream;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.gateway.front.DataLines;
import io.llmrelay.gateway.front.EventEncoder;
import io.llmrelay.gateway.front.JsonEscaper;
import io.llmrelay.gateway.server.GatewayError;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/**
 * Encodes one stream as the server-sent events of a message.
 *
 * <p>The events of a backend of the same API are passed through, except the deltas of text,
 * thinking and input, which are encoded here around their texts. The events of any other answer are
 * encoded from its blocks: one content block after the other, with signatures of thinking as in
 * {@link RelayData}. So is what another backend adds to an answer whose events passed through.
 *
 * <p>The deltas of a content block differ only in their text: what precedes and follows it is
 * encoded once.
 */
final class MessageEncoder implements EventEncoder {
  private static final byte[] AFTER_TEXT = "\"}}\n\n".getBytes(UTF_8);
  private static final byte[] PING = "event: ping\ndata: {\"type\": \"ping\"}\n\n".getBytes(UTF_8);

  private final String id;
  private final String model;
  private final long inputTokens;
  private final ReceivedEvents received = new ReceivedEvents();
  private final ThinkingSignature signature = new ThinkingSignature();
  private final DataLines data = new DataLines();

  private boolean started;

  /** Whether the backend's own events pass through. */
  private boolean passing;

  /** The index of the open content block, and the kind of its deltas; null if none is open. */
  private int index = -1;

  private BlockKind open;
  private boolean refused;

  /** The bytes that precede the text of a delta, cached for one content block and kind. */
  private byte[] beforeText;

  private int templateIndex = -1;
  private BlockKind templateKind;

  /**
   * @param id the message's id
   * @param model the model that serves the request
   * @param inputTokens an estimate of the tokens of the prompt, for the first event
   */
  MessageEncoder(String id, String model, long inputTokens) {
    this.id = id;
    this.model = model;
    this.inputTokens = inputTokens;
  }

  /** Appends nothing: the first event of the answer shows whether events are passed through. */
  @Override
  public void start(Buffer out) {}

  @Override
  public void append(Buffer out, ChatEvent event) {
    if (event instanceof ChatEvent.Chunk chunk) {
      chunk(out, chunk);
    } else if (event instanceof ChatEvent.BlockStart start) {
      block(out, start.block());
    }
  }

  /** Goes on without the backend's events, in the content block that they have begun. */
  @Override
  public void resumed() {
    if (passing) {
      passing = false;
      started = true;
      index = received.index();
      open = received.open();
    }
  }

  private void block(Buffer out, Block block) {
    if (block.kind() == BlockKind.EVENT) {
      passing |= !started;
    } else if (block.kind() == BlockKind.TOOL_CALL && !passing) {
      JsonObject use =
          MessageJson.toolUse(
              RelayData.encode(new RelayData.Call(block.id(), block.extra())), block.name());
      open(out, BlockKind.TOOL_CALL, use);
    }
  }

  private void chunk(Buffer out, ChatEvent.Chunk chunk) {
    if (passing) {
      pass(out, chunk);
      return;
    }
    switch (chunk.kind()) {
      case TEXT -> text(out, chunk);
      case REFUSAL -> {
        refused = true;
        text(out, chunk);
      }
      case REASONING -> {
        if (open != BlockKind.REASONING) {
          open(out, BlockKind.REASONING, MessageJson.thinking());
        }
        delta(out, index, BlockKind.REASONING, chunk.data());
      }
      case TOOL_CALL -> delta(out, index, BlockKind.TOOL_CALL, chunk.data());
      case DATA -> data.add(chunk, value -> data(out, chunk.block().name(), value));
      default -> {} // This format has no equivalent.
    }
  }

  private void text(Buffer out, ChatEvent.Chunk chunk) {
    if (open != BlockKind.TEXT) {
      open(out, BlockKind.TEXT, MessageJson.text());
    }
    delta(out, index, BlockKind.TEXT, chunk.data());
  }

  /** Passes events of a backend of the same API through. */
  private void pass(Buffer out, ChatEvent.Chunk chunk) {
    switch (chunk.kind()) {
      case EVENT -> received.add(chunk, out);
      case TEXT, REASONING, TOOL_CALL -> delta(out, received.index(), chunk.kind(), chunk.data());
      default -> {} // The passed events contain the content.
    }
  }

  private void delta(Buffer out, int block, BlockKind kind, Buffer text) {
    if (block != templateIndex || kind != templateKind) {
      templateIndex = block;
      templateKind = kind;
      beforeText = beforeText(block, kind);
    }
    out.appendBytes(beforeText);
    JsonEscaper.append(out, text);
    out.appendBytes(AFTER_TEXT);
  }

  private static byte[] beforeText(int block, BlockKind kind) {
    String delta =
        switch (kind) {
          case REASONING -> "{\"type\":\"thinking_delta\",\"thinking\":\"";
          case TOOL_CALL -> "{\"type\":\"input_json_delta\",\"partial_json\":\"";
          default -> "{\"type\":\"text_delta\",\"text\":\"";
        };
    String event =
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":" + block;
    return (event + ",\"delta\":" + delta).getBytes(UTF_8);
  }

  /** Starts a content block, which ends the one before it. */
  private void open(Buffer out, BlockKind kind, JsonObject block) {
    begin(out);
    close(out);
    index++;
    open = kind;
    event(out, typed("content_block_start").put("index", index).put("content_block", block));
  }

  private void close(Buffer out) {
    if (open == BlockKind.REASONING) {
      JsonObject delta =
          new JsonObject().put("type", "signature_delta").put("signature", signature.take());
      event(out, typed("content_block_delta").put("index", index).put("delta", delta));
    }
    if (open != null) {
      event(out, typed("content_block_stop").put("index", index));
    }
    open = null;
  }

  private void data(Buffer out, String field, Buffer value) {
    if (Json.decodeValue(value) instanceof JsonArray array) {
      for (Object each : array) {
        if (each instanceof JsonObject object && field.equals("reasoning_details")) {
          detail(out, object);
        } else if (each instanceof JsonObject object && field.equals("annotations")) {
          citation(out, object);
        }
      }
    }
  }

  /** Keeps a detail of thinking for its signature; without thinking, some need a block. */
  private void detail(Buffer out, JsonObject detail) {
    String redacted = signature.add(detail, open == BlockKind.REASONING);
    if (redacted != null) {
      open(out, BlockKind.DATA, MessageJson.redacted(redacted));
      close(out);
    }
  }

  /** Appends a citation of a web page, if the text that it belongs to is open. */
  private void citation(Buffer out, JsonObject annotation) {
    if (open == BlockKind.TEXT
        && annotation.getValue("url_citation") instanceof JsonObject page
        && page.getValue("url") instanceof String) {
      JsonObject delta =
          new JsonObject()
              .put("type", "citations_delta")
              .put("citation", MessageJson.citation(page));
      event(out, typed("content_block_delta").put("index", index).put("delta", delta));
    }
  }

  /** Appends the first event, unless the backend sends it. */
  private void begin(Buffer out) {
    if (!started) {
      started = true;
      event(out, typed("message_start").put("message", MessageJson.begun(id, model, inputTokens)));
    }
  }

  @Override
  public void end(Buffer out, ChatEvent.End end, LlmStream stream) {
    end(out, end.finishReason(), end.usage());
  }

  void end(Buffer out, FinishReason reason, TokenUsage usage) {
    if (!passing) {
      begin(out);
      close(out);
      String left = signature.rest();
      if (left != null) {
        open(out, BlockKind.DATA, MessageJson.redacted(left));
        close(out);
      }
    }
    if (!received.hasStopReason()) {
      event(
          out,
          typed("message_delta")
              .put("delta", MessageJson.stopped(reason, refused))
              .put("usage", MessageJson.deltaUsage(usage)));
    }
    if (!received.hasStopped()) {
      event(out, typed("message_stop"));
    }
  }

  @Override
  public void error(Buffer out, GatewayError error) {
    event(out, MessagesError.toJson(error, null));
  }

  @Override
  public Buffer heartbeat() {
    return Buffer.buffer(PING);
  }

  private static JsonObject typed(String type) {
    return new JsonObject().put("type", type);
  }

  private static void event(Buffer out, JsonObject event) {
    out.appendString("event: " + event.getString("type") + "\ndata: ")
        .appendBuffer(event.toBuffer())
        .appendString("\n\n");
  }
}
