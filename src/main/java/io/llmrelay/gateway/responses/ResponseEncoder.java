package io.llmrelay.gateway.responses;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.llmrelay.LlmStream;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.CustomCall;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.gateway.front.DataLines;
import io.llmrelay.gateway.front.EventEncoder;
import io.llmrelay.gateway.front.JsonEscaper;
import io.llmrelay.gateway.front.OpenAiError;
import io.llmrelay.gateway.front.RelayJson;
import io.llmrelay.gateway.responses.OutputItem.Kind;
import io.llmrelay.gateway.responses.OutputItem.Part;
import io.llmrelay.gateway.server.GatewayError;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Encodes one stream as the server-sent events of a response.
 *
 * <p>The events of a backend of the same API pass through, see {@link ReceivedEvents}. Those of any
 * other answer are made from its blocks: one item after the other, reasoning with the data that its
 * vendor needs back. The deltas of an item differ only in their text: what precedes it is encoded
 * once, and the text is escaped once, for its delta and for the events at the end that repeat it.
 */
final class ResponseEncoder implements EventEncoder {
  /** The most bytes of an answer, which the last event repeats. */
  static final int MAX_LENGTH = 16 << 20;

  /** The most bytes of data for the next turn. */
  private static final int MAX_DATA = 1 << 20;

  private static final byte[] COMMENT = ": keep-alive\n\n".getBytes(US_ASCII);
  private static final String BASE64 = ";base64,";
  private static final String EMPTY_OUTPUT = "\"output\":[]";
  private static final Pattern CALL_ID = Pattern.compile("[a-zA-Z0-9_-]{1,64}");

  private final ResponseJson response;
  private final ToolNames tools;
  private final EventWriter writer = new EventWriter();
  private final ReceivedEvents received = new ReceivedEvents(writer);
  private final DataLines data = new DataLines();

  private boolean started;

  /** Whether the backend's own events pass through. */
  private boolean passing;

  /** The items that have ended, as JSON, by their index; {@code null} for those that have not. */
  private final List<Buffer> output = new ArrayList<>();

  /** The item that is being made; {@code null} if there is none. */
  private OutputItem open;

  /** What precedes the text of a delta of the open item. */
  private Buffer beforeText;

  private RelayData next = new RelayData();
  private int dataLength;
  private int length;
  private Buffer last;

  /**
   * @param tools the client's names of the tools
   */
  ResponseEncoder(ResponseJson response, ToolNames tools) {
    this.response = response;
    this.tools = tools;
  }

  /** Appends nothing: the first event of the answer tells who makes the events. */
  @Override
  public void start(Buffer out) {}

  @Override
  public void append(Buffer out, ChatEvent event) {
    if (event instanceof ChatEvent.Chunk chunk) {
      if (passing) {
        pass(out, chunk);
      } else {
        chunk(out, chunk);
      }
    } else if (event instanceof ChatEvent.BlockStart start) {
      Block block = start.block();
      if (block.kind() == BlockKind.EVENT) {
        passing |= !started;
      } else if (block.kind() == BlockKind.TOOL_CALL && !passing) {
        call(out, block);
      }
    }
  }

  private void pass(Buffer out, ChatEvent.Chunk chunk) {
    switch (chunk.kind()) {
      case EVENT -> received.add(chunk, out);
      case TEXT, REFUSAL, REASONING, TOOL_CALL -> received.delta(chunk.data(), out);
      default -> {} // The events have it.
    }
  }

  private void chunk(Buffer out, ChatEvent.Chunk chunk) {
    switch (chunk.kind()) {
      case TEXT -> text(out, false, chunk.data());
      case REFUSAL -> text(out, true, chunk.data());
      case REASONING -> {
        if (open == null || open.kind != Kind.REASONING) {
          open(out, Kind.REASONING, null, null);
          startSummary(out);
        }
        delta(out, open.text, chunk.data());
      }
      case TOOL_CALL -> {
        if (open.wrapped != null) {
          open.wrapped.appendBuffer(chunk.data());
          length += chunk.data().length();
        } else {
          delta(out, open.text, chunk.data());
        }
      }
      case DATA -> data.add(chunk, value -> data(chunk.block().name(), value, out));
      default -> {} // This format has no equivalent.
    }
  }

  private void text(Buffer out, boolean refusal, Buffer text) {
    if (open == null || open.kind != Kind.MESSAGE) {
      open(out, Kind.MESSAGE, null, null);
    }
    if (open.part() == null || open.part().refusal != refusal) {
      endPart(out);
      open.parts.add(new Part(refusal));
      beforeText = null;
      JsonObject added = content();
      partEvent(out, "response.content_part.added", added, open.part().toJson());
    }
    delta(out, open.part().text, text);
  }

  private JsonObject content() {
    return open.address().put("content_index", open.parts.size() - 1);
  }

  private JsonObject summary() {
    return open.address().put("summary_index", 0);
  }

  private void partEvent(Buffer out, String type, JsonObject address, Buffer part) {
    EventWriter.begin(out, type);
    appendFields(out, address);
    out.appendString("\"part\":").appendBuffer(part).appendString(",");
    writer.end(out);
  }

  private static void appendFields(Buffer out, JsonObject fields) {
    Buffer json = fields.toBuffer();
    out.appendBuffer(json, 1, json.length() - 2).appendString(",");
  }

  /** Appends a delta, and keeps its text for the events at the end. */
  private void delta(Buffer out, Buffer kept, Buffer text) {
    if (beforeText == null) {
      beforeText = beforeText();
    }
    out.appendBuffer(beforeText);
    int from = out.length();
    JsonEscaper.append(out, text);
    kept.appendBuffer(out, from, out.length() - from);
    length += out.length() - from;
    out.appendString("\",");
    writer.end(out);
  }

  private Buffer beforeText() {
    Buffer before = Buffer.buffer();
    switch (open.kind) {
      case REASONING -> deltas(before, "response.reasoning_summary_text.delta", summary());
      case FUNCTION_CALL ->
          deltas(before, "response.function_call_arguments.delta", open.address());
      case CUSTOM_CALL -> deltas(before, "response.custom_tool_call_input.delta", open.address());
      case IMAGE -> throw new IllegalStateException("an image has no deltas");
      case MESSAGE -> {
        boolean refusal = open.part().refusal;
        JsonObject content = content();
        if (!refusal) {
          content.put("logprobs", new JsonArray());
        }
        deltas(before, refusal ? "response.refusal.delta" : "response.output_text.delta", content);
      }
    }
    return before.appendString("\"delta\":\"");
  }

  private static void deltas(Buffer out, String type, JsonObject address) {
    EventWriter.begin(out, type);
    appendFields(out, address);
  }

  private void startSummary(Buffer out) {
    Buffer part = Buffer.buffer("{\"type\":\"summary_text\",\"text\":\"\"}");
    partEvent(out, "response.reasoning_summary_part.added", summary(), part);
  }

  private void call(Buffer out, Block block) {
    String id = block.id();
    if (!CALL_ID.matcher(id).matches()) {
      id = response.id("call", output.size() + 1);
    }
    boolean custom = CustomCall.is(block.extra());
    JsonObject own = new JsonObject();
    if (!id.equals(block.id())) {
      own.put("id", block.id());
    }
    if (block.extra() != null && !custom) {
      own.put("extra", block.extra());
    }
    if (!own.isEmpty()) {
      next.calls().put(id, own);
      if (open == null || open.kind != Kind.REASONING) {
        open(out, Kind.REASONING, null, null); // Clients return its data before the call.
      }
    }
    boolean wraps = !custom && tools.isCustom(block.name());
    open(out, custom || wraps ? Kind.CUSTOM_CALL : Kind.FUNCTION_CALL, id, block.name());
    open.wrapped = wraps ? Buffer.buffer() : null;
  }

  /** Starts an item, which ends the one before it. */
  private void open(Buffer out, Kind kind, String callId, String name) {
    begin(out);
    close(out, ResponseJson.COMPLETED);
    int index = output.size();
    output.add(null);
    open = new OutputItem(kind, index, response.id(kind.prefix, index), callId, tools.of(name));
    item(out, "response.output_item.added", open.toJson(ResponseJson.IN_PROGRESS));
  }

  private void item(Buffer out, String type, Buffer item) {
    EventWriter.begin(out, type);
    out.appendString("\"output_index\":" + open.index + ",\"item\":").appendBuffer(item);
    out.appendString(",");
    writer.end(out);
  }

  /** Ends the open item, if any. */
  private void close(Buffer out, String status) {
    if (open == null) {
      return;
    }
    switch (open.kind) {
      case REASONING -> endReasoning(out);
      case MESSAGE -> endPart(out);
      case IMAGE -> {} // It has no parts.
      case FUNCTION_CALL ->
          done(out, "response.function_call_arguments.done", "arguments", open.address());
      case CUSTOM_CALL -> {
        unwrap(out);
        done(out, "response.custom_tool_call_input.done", "input", open.address());
      }
    }
    Buffer item = open.toJson(status);
    item(out, "response.output_item.done", item);
    output.set(open.index, item);
    open = null;
    beforeText = null;
  }

  private void endReasoning(Buffer out) {
    if (open.text.length() > 0) {
      done(out, "response.reasoning_summary_text.done", "text", summary());
      Buffer part = Buffer.buffer("{\"type\":\"summary_text\",");
      EventWriter.escaped(part, "text", open.text);
      partEvent(out, "response.reasoning_summary_part.done", summary(), part.appendString("}"));
    }
    open.encrypted = next.encode();
    next = new RelayData();
  }

  private void done(Buffer out, String type, String field, JsonObject address) {
    EventWriter.begin(out, type);
    appendFields(out, address);
    if (open.kind == Kind.FUNCTION_CALL) {
      out.appendString("\"name\":").appendString(open.encodedName()).appendString(",");
    }
    EventWriter.escaped(out, field, open.text);
    out.appendString(",");
    writer.end(out);
  }

  private void endPart(Buffer out) {
    Part part = open.part();
    if (part == null) {
      return;
    }
    EventWriter.begin(out, part.refusal ? "response.refusal.done" : "response.output_text.done");
    appendFields(out, content());
    if (!part.refusal) {
      out.appendString("\"logprobs\":").appendBuffer(part.logprobs.toBuffer()).appendString(",");
    }
    EventWriter.escaped(out, part.refusal ? "refusal" : "text", part.text);
    out.appendString(",");
    writer.end(out);
    partEvent(out, "response.content_part.done", content(), part.toJson());
  }

  /** Takes the text out of the arguments that stand for it. */
  private void unwrap(Buffer out) {
    if (open.wrapped != null) {
      delta(out, open.text, Buffer.buffer(CustomTools.input(open.wrapped.toString())));
      open.wrapped = null;
    }
  }

  private void data(String field, Buffer value, Buffer out) {
    Object json = Json.decodeValue(value);
    Part part = open == null ? null : open.part();
    switch (field) {
      case "reasoning_details" -> {
        dataLength += value.length();
        if (json instanceof JsonArray details && dataLength <= MAX_DATA) {
          next.details().addAll(details);
        }
      }
      case "annotations" -> {
        if (json instanceof JsonArray annotations && part != null) {
          annotations.forEach(each -> annotation(out, part, each));
        }
      }
      case "logprobs" -> {
        if (json instanceof JsonObject logprobs
            && logprobs.getValue("content") instanceof JsonArray content
            && part != null) {
          part.logprobs.addAll(content);
        }
      }
      case "images" -> {
        if (json instanceof JsonArray images) {
          images.forEach(each -> image(out, each));
        }
      }
      default -> {} // Nothing in this format stands for it.
    }
  }

  /** Appends an image that the model has written, an item of its own. */
  private void image(Buffer out, Object image) {
    if (image instanceof JsonObject part
        && part.getValue("image_url") instanceof JsonObject url
        && url.getValue("url") instanceof String data
        && data.contains(BASE64)) {
      open(out, Kind.IMAGE, null, null);
      open.text.appendString(data.substring(data.indexOf(BASE64) + BASE64.length()));
      length += open.text.length();
      close(out, ResponseJson.COMPLETED);
    }
  }

  private void annotation(Buffer out, Part part, Object annotation) {
    if (annotation instanceof JsonObject nested) {
      JsonObject flat = Annotations.flat(nested);
      length += flat.encode().length();
      JsonObject event = content().put("annotation_index", part.annotations.size());
      part.annotations.add(flat);
      writer.write(out, "response.output_text.annotation.added", event.put("annotation", flat));
    }
  }

  /** Appends the first events, unless the backend sends them. */
  private void begin(Buffer out) {
    if (!started) {
      started = true;
      Buffer json = response.toJson(ResponseJson.IN_PROGRESS).toBuffer();
      responseEvent(out, "response.created", json);
      responseEvent(out, "response.in_progress", json);
    }
  }

  @Override
  public void end(Buffer out, ChatEvent.End end, LlmStream stream) {
    end(
        out,
        end.finishReason(),
        end.usage(),
        RelayJson.relay(stream.backend(), end.usage(), end.costUsd(), stream.trail()));
  }

  /** Appends the last events. */
  void end(Buffer out, FinishReason reason, TokenUsage usage, JsonObject relay) {
    if (passing && received.last() != null) {
      return;
    }
    String status = ResponseJson.status(reason);
    if (!passing) {
      begin(out);
      close(out, status);
      if (!next.isEmpty()) {
        open(out, Kind.REASONING, null, null);
        close(out, status);
      }
    }
    last = withOutput(response.ended(reason, usage, relay));
    responseEvent(out, "response." + status, last);
  }

  private Buffer withOutput(JsonObject json) {
    String text = json.encode();
    int at = text.indexOf(EMPTY_OUTPUT) + EMPTY_OUTPUT.length() - 1;
    Buffer whole = Buffer.buffer(text.length() + length).appendString(text.substring(0, at));
    String separator = "";
    for (Buffer item : output) {
      if (item != null) {
        whole.appendString(separator).appendBuffer(item);
        separator = ",";
      }
    }
    return whole.appendString(text.substring(at));
  }

  private void responseEvent(Buffer out, String type, Buffer json) {
    EventWriter.begin(out, type);
    out.appendString("\"response\":").appendBuffer(json).appendString(",");
    writer.end(out);
  }

  /** Returns the response in its last form. */
  JsonObject last() {
    return last == null ? (JsonObject) received.last().value() : last.toJsonObject();
  }

  /** Appends the error in all forms that clients know, and the response that has failed. */
  @Override
  public void error(Buffer out, GatewayError error) {
    String code = OpenAiError.code(error);
    if (!passing) {
      begin(out);
    }
    JsonObject nested =
        new JsonObject()
            .put("type", OpenAiError.type(error.failure().kind()))
            .put("code", code)
            .put("message", error.getMessage());
    writer.write(
        out,
        "error",
        new JsonObject()
            .put("code", code)
            .put("message", error.getMessage())
            .putNull("param")
            .put("error", nested));
    JsonObject failed = response.toJson(ResponseJson.FAILED);
    if (received.id() != null) {
      failed.put("id", received.id());
    }
    failed.put(
        "error",
        new JsonObject()
            .put("code", ResponseJson.errorCode(error.failure().kind()))
            .put("message", error.getMessage()));
    responseEvent(out, "response.failed", withOutput(failed));
  }

  @Override
  public String problem() {
    return length > MAX_LENGTH ? "the answer has more than " + MAX_LENGTH + " bytes" : null;
  }

  /** Returns a comment, which clients ignore. */
  @Override
  public Buffer heartbeat() {
    return Buffer.buffer(COMMENT);
  }
}
