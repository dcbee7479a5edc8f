package io.llmrelay.gateway.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.llmrelay.LlmStream;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.CustomCall;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.gateway.front.EventEncoder;
import io.llmrelay.gateway.front.JsonEscaper;
import io.llmrelay.gateway.front.OpenAiError;
import io.llmrelay.gateway.front.RelayJson;
import io.llmrelay.gateway.server.GatewayError;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Encodes one stream as server-sent events with {@code chat.completion.chunk} objects.
 *
 * <p>The chunks of a stream differ only in their text: what precedes and follows it is encoded
 * once, and only the text is escaped for each chunk.
 */
final class ChunkEncoder implements EventEncoder {
  private static final byte[] TEXT = bytes("{\"content\":\"");
  private static final byte[] REASONING = bytes("{\"reasoning_content\":\"");
  private static final byte[] REASONING_ALIAS = bytes("\",\"reasoning\":\"");
  private static final byte[] REFUSAL = bytes("{\"refusal\":\"");
  private static final byte[] AFTER_TEXT = bytes("\"},\"finish_reason\":null}]}\n\n");
  private static final byte[] AFTER_ARGUMENTS = bytes("\"}}]},\"finish_reason\":null}]}\n\n");
  private static final byte[] AFTER_DELTA = bytes(",\"finish_reason\":null}]}\n\n");
  private static final byte[] ROLE =
      bytes("{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n");
  private static final byte[] DONE = bytes("data: [DONE]\n\n");
  private static final byte[] COMMENT = bytes(": keep-alive\n\n");

  private static final String OBJECT = "chat.completion.chunk";

  /** The one field of data that is beside the delta, not in it. */
  private static final String LOGPROBS = "logprobs";

  private final String id;
  private final long created;
  private final String model;
  private final boolean includeUsage;
  private final byte[] beforeDelta;

  /** The tool calls by block; a call's place in the list is its index in the stream. */
  private final List<Integer> calls = new ArrayList<>(0);

  private Block call;
  private byte[] callArguments;

  /** Values that are not complete, by field. */
  private Map<String, Buffer> data = Map.of();

  /**
   * @param id the completion's id
   * @param created seconds since 1970
   * @param model the model that serves the request
   * @param includeUsage whether the stream ends with a chunk that carries the token usage
   */
  ChunkEncoder(String id, long created, String model, boolean includeUsage) {
    this.id = id;
    this.created = created;
    this.model = model;
    this.includeUsage = includeUsage;
    Buffer head = Buffer.buffer(256).appendString("data: {\"id\":\"");
    JsonEscaper.append(head, Buffer.buffer(id));
    head.appendString("\",\"object\":\"" + OBJECT + "\",\"created\":" + created + ",\"model\":\"");
    JsonEscaper.append(head, Buffer.buffer(model));
    beforeDelta = head.appendString("\",\"choices\":[{\"index\":0,\"delta\":").getBytes();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  /** Appends the event with the role. */
  @Override
  public void start(Buffer out) {
    out.appendBytes(beforeDelta).appendBytes(ROLE);
  }

  @Override
  public void append(Buffer out, ChatEvent event) {
    if (event instanceof ChatEvent.Chunk chunk) {
      append(out, chunk);
    } else if (event instanceof ChatEvent.BlockStart start) {
      if (start.block().kind() == BlockKind.TOOL_CALL) {
        startCall(out, start.block());
      }
    }
  }

  /**
   * Appends the event of a chunk. Reasoning is sent under both names that clients read; no client
   * shows both.
   */
  private void append(Buffer out, ChatEvent.Chunk chunk) {
    switch (chunk.kind()) {
      case TEXT -> append(out, TEXT, chunk, AFTER_TEXT);
      case REFUSAL -> append(out, REFUSAL, chunk, AFTER_TEXT);
      case TOOL_CALL -> append(out, arguments(chunk.block()), chunk, AFTER_ARGUMENTS);
      case REASONING -> {
        out.appendBytes(beforeDelta).appendBytes(REASONING);
        JsonEscaper.append(out, chunk.data());
        out.appendBytes(REASONING_ALIAS);
        JsonEscaper.append(out, chunk.data());
        out.appendBytes(AFTER_TEXT);
      }
      case DATA -> data(out, chunk);
      case EMBEDDING, EVENT, OTHER -> {} // Nothing in OpenAI's format stands for it.
    }
  }

  private void append(Buffer out, byte[] before, ChatEvent.Chunk chunk, byte[] after) {
    out.appendBytes(beforeDelta).appendBytes(before);
    JsonEscaper.append(out, chunk.data());
    out.appendBytes(after);
  }

  /** Appends the first event of a tool call: everything but its arguments. */
  private void startCall(Buffer out, Block block) {
    calls.add(block.index());
    selectCall(block);
    boolean custom = CustomCall.is(block.extra());
    String type = custom ? CustomCall.TYPE : "function";
    JsonObject json =
        new JsonObject()
            .put("index", calls.size() - 1)
            .put("id", block.id())
            .put("type", type)
            .put(
                type,
                new JsonObject().put("name", block.name()).put(custom ? "input" : "arguments", ""));
    if (block.extra() != null && !custom) {
      json.put("extra_content", block.extra());
    }
    appendDelta(out, new JsonObject().put("tool_calls", JsonArray.of(json)).toBuffer());
  }

  /** Returns what precedes a fragment of arguments. */
  private byte[] arguments(Block block) {
    if (block.index() != call.index()) {
      selectCall(block);
    }
    return callArguments;
  }

  private void selectCall(Block block) {
    call = block;
    String field =
        CustomCall.is(block.extra())
            ? "\"custom\":{\"input\":\""
            : "\"function\":{\"arguments\":\"";
    int index = calls.indexOf(block.index());
    callArguments = bytes("{\"tool_calls\":[{\"index\":" + index + "," + field);
  }

  /** Appends an event for each value that is complete. */
  private void data(Buffer out, ChatEvent.Chunk chunk) {
    data = data.isEmpty() ? new HashMap<>() : data;
    Buffer rest = data.computeIfAbsent(chunk.block().name(), field -> Buffer.buffer());
    Buffer more = chunk.data();
    int from = 0;
    for (int i = 0; i < more.length(); i++) {
      if (more.getByte(i) == '\n') {
        value(out, chunk.block().name(), rest.copy().appendBuffer(more, from, i - from));
        rest = Buffer.buffer();
        from = i + 1;
      }
    }
    data.put(chunk.block().name(), rest.appendBuffer(more, from, more.length() - from));
  }

  private void value(Buffer out, String field, Buffer value) {
    if (field.equals(LOGPROBS)) {
      out.appendBytes(beforeDelta)
          .appendString("{},\"logprobs\":")
          .appendBuffer(value)
          .appendBytes(AFTER_DELTA);
    } else {
      appendDelta(out, Buffer.buffer("{\"" + field + "\":").appendBuffer(value).appendString("}"));
    }
  }

  private void appendDelta(Buffer out, Buffer delta) {
    out.appendBytes(beforeDelta).appendBuffer(delta).appendBytes(AFTER_DELTA);
  }

  /** Appends finish reason, usage if it is wanted, and {@code [DONE]}. */
  @Override
  public void end(Buffer out, ChatEvent.End end, LlmStream stream) {
    out.appendBytes(beforeDelta)
        .appendString("{},\"finish_reason\":\"" + end.finishReason().code() + "\"}]}\n\n");
    if (includeUsage && end.usage().source() != TokenUsage.Source.NONE) {
      event(out, usage(end, stream));
    }
    out.appendBytes(DONE);
  }

  /** Returns the chunk with the token usage; it has no choices. */
  private JsonObject usage(ChatEvent.End end, LlmStream stream) {
    return new JsonObject()
        .put("id", id)
        .put("object", OBJECT)
        .put("created", created)
        .put("model", model)
        .put("choices", JsonArray.of())
        .put("usage", CompletionJson.usage(end.usage()))
        .put(
            "relay", RelayJson.relay(stream.backend(), end.usage(), end.costUsd(), stream.trail()));
  }

  @Override
  public void error(Buffer out, GatewayError error) {
    event(out, OpenAiError.toEvent(error));
  }

  /** Returns a comment, which clients ignore. */
  @Override
  public Buffer heartbeat() {
    return Buffer.buffer(COMMENT);
  }

  private static void event(Buffer out, JsonObject data) {
    out.appendString("data: ").appendBuffer(data.toBuffer()).appendString("\n\n");
  }
}
