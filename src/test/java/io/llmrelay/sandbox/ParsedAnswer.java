package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import software.amazon.eventstream.Message;

/** An answer as a client of the vendor reads it: text, reasoning, tool calls and finish reason. */
final class ParsedAnswer {

  /** A tool call; the arguments are JSON text. */
  static final class Call {
    String id;
    String name;
    final StringBuilder arguments = new StringBuilder();

    @Override
    public String toString() {
      return name + arguments;
    }
  }

  final StringBuilder text = new StringBuilder();
  final StringBuilder reasoning = new StringBuilder();
  final Map<Integer, Call> calls = new TreeMap<>();
  final List<JsonObject> events = new ArrayList<>();
  final List<String> signatures = new ArrayList<>();
  String finish;
  long outputTokens = -1;

  private ParsedAnswer() {}

  List<Call> calls() {
    return List.copyOf(calls.values());
  }

  /** Reads the rest of a response and parses it. */
  static ParsedAnswer of(Vendor vendor, Wire wire) throws Exception {
    wire.read();
    ParsedAnswer answer = new ParsedAnswer();
    String type = wire.header("content-type");
    if (type.startsWith("application/json")) {
      answer.events.add(wire.json());
    } else if (vendor == Vendor.BEDROCK) {
      answer.frames(wire.bytes());
    } else {
      answer.lines(wire.body());
    }
    answer.events.forEach(event -> answer.read(vendor, event));
    return answer;
  }

  private void lines(String body) {
    for (String line : body.split("\r?\n")) {
      String json = line.startsWith("data: ") ? line.substring(6) : line;
      if (json.startsWith("{")) {
        events.add(new JsonObject(json));
      }
    }
  }

  /** AWS's library verifies the checksums. */
  private void frames(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      int length = buffer.getInt(buffer.position());
      Message message = Message.decode(buffer.slice(buffer.position(), length));
      buffer.position(buffer.position() + length);
      JsonObject payload = new JsonObject(new String(message.getPayload(), StandardCharsets.UTF_8));
      String type = message.getHeaders().get(":event-type").getString();
      events.add(new JsonObject().put(type, payload));
    }
  }

  private void read(Vendor vendor, JsonObject event) {
    switch (vendor) {
      case OPENAI -> openAi(event);
      case OPENAI_RESPONSES -> responses(event);
      case ANTHROPIC -> anthropic(event);
      case GEMINI -> gemini(event);
      case OLLAMA -> ollama(event);
      case BEDROCK -> bedrock(event);
      case COHERE -> cohere(event);
      case CLOUDFLARE -> cloudflare(event);
    }
  }

  private Call call(int index) {
    return calls.computeIfAbsent(index, i -> new Call());
  }

  private void call(int index, JsonObject call, JsonObject function) {
    Call known = call(index);
    known.id = call.getString("id", known.id);
    known.name = function.getString("name", known.name);
    Object arguments = function.getValue("arguments", "");
    known.arguments.append(arguments instanceof JsonObject json ? json.encode() : arguments);
  }

  private void openAi(JsonObject event) {
    for (JsonObject choice : JsonNodes.objects(event, "choices")) {
      JsonObject delta = choice.getJsonObject("delta", choice.getJsonObject("message"));
      text.append(JsonNodes.text(delta, "content")).append(JsonNodes.text(delta, "refusal"));
      for (JsonObject part : JsonNodes.objects(delta, "content")) {
        text.append(JsonNodes.text(part, "text"));
        reasoning.append(JsonNodes.content(part.getValue("thinking")));
      }
      reasoning.append(JsonNodes.text(delta, "reasoning_content"));
      reasoning.append(JsonNodes.text(delta, "reasoning"));
      int position = 0;
      for (JsonObject call : JsonNodes.objects(delta, "tool_calls")) {
        int index = call.getInteger("index", position++);
        call(index, call, JsonNodes.object(call, "function"));
      }
      finish = choice.getString("finish_reason", finish);
    }
    outputTokens = JsonNodes.object(event, "usage").getLong("completion_tokens", outputTokens);
  }

  private void responses(JsonObject event) {
    boolean whole = "response".equals(event.getValue("object"));
    switch (event.getString("type", "")) {
      case "response.output_text.delta", "response.refusal.delta" ->
          text.append(event.getValue("delta"));
      case "response.reasoning_summary_text.delta" -> reasoning.append(event.getString("delta"));
      case "response.output_item.added" ->
          responsesItem(event.getInteger("output_index"), event.getJsonObject("item"));
      case "response.function_call_arguments.delta" ->
          call(event.getInteger("output_index")).arguments.append(event.getString("delta"));
      case "response.function_call_arguments.done" -> {
        Call call = call(event.getInteger("output_index"));
        if (call.arguments.isEmpty()) {
          call.arguments.append(event.getString("arguments"));
        }
        assertThat(call.arguments).hasToString(event.getString("arguments"));
      }
      default -> {}
    }
    JsonObject response = whole ? event : JsonNodes.object(event, "response");
    finish = response.getString("status", finish);
    outputTokens = JsonNodes.object(response, "usage").getLong("output_tokens", outputTokens);
    if (whole) {
      List<JsonObject> output = JsonNodes.objects(event, "output");
      for (int i = 0; i < output.size(); i++) {
        responsesItem(i, output.get(i));
      }
    }
  }

  private void responsesItem(int index, JsonObject item) {
    text.append(JsonNodes.content(item.getValue("content")));
    for (JsonObject part : JsonNodes.objects(item, "content")) {
      text.append(JsonNodes.text(part, "refusal"));
    }
    reasoning.append(JsonNodes.content(item.getValue("summary")));
    if ("function_call".equals(item.getValue("type"))) {
      Call call = call(index);
      call.id = item.getString("call_id");
      call.name = item.getString("name");
      call.arguments.append(item.getString("arguments"));
    }
  }

  private void anthropic(JsonObject event) {
    List<JsonObject> blocks = JsonNodes.objects(event, "content");
    for (int i = 0; i < blocks.size(); i++) {
      block(i, blocks.get(i), true);
    }
    if (event.containsKey("content_block")) {
      block(event.getInteger("index"), event.getJsonObject("content_block"), false);
    }
    JsonObject delta = JsonNodes.object(event, "delta");
    text.append(JsonNodes.text(delta, "text"));
    reasoning.append(JsonNodes.text(delta, "thinking"));
    if (delta.containsKey("signature")) {
      signatures.add(delta.getString("signature"));
    }
    if (delta.containsKey("partial_json")) {
      call(event.getInteger("index")).arguments.append(delta.getString("partial_json"));
    }
    finish = event.getString("stop_reason", delta.getString("stop_reason", finish));
    outputTokens = JsonNodes.object(event, "usage").getLong("output_tokens", outputTokens);
  }

  private void block(int index, JsonObject block, boolean whole) {
    text.append(JsonNodes.text(block, "text"));
    reasoning.append(JsonNodes.text(block, "thinking"));
    if (!JsonNodes.text(block, "signature").isEmpty()) {
      signatures.add(block.getString("signature"));
    }
    if ("tool_use".equals(block.getValue("type"))) {
      Call call = call(index);
      call.id = block.getString("id");
      call.name = block.getString("name");
      call.arguments.append(whole ? block.getValue("input") : "");
    }
  }

  private void gemini(JsonObject event) {
    for (JsonObject candidate : JsonNodes.objects(event, "candidates")) {
      for (JsonObject part : JsonNodes.objects(JsonNodes.object(candidate, "content"), "parts")) {
        boolean thought = Boolean.TRUE.equals(part.getValue("thought"));
        (thought ? reasoning : text).append(JsonNodes.text(part, "text"));
        if (part.containsKey("thoughtSignature")) {
          signatures.add(part.getString("thoughtSignature"));
        }
        if (part.getValue("functionCall") instanceof JsonObject call) {
          Call known = call(calls.size());
          known.id = call.getString("id");
          known.name = call.getString("name");
          known.arguments.append(call.getJsonObject("args").encode());
        }
      }
      finish = candidate.getString("finishReason", finish);
    }
    JsonObject usage = JsonNodes.object(event, "usageMetadata");
    if (!usage.isEmpty()) {
      outputTokens =
          usage.getLong("candidatesTokenCount") + usage.getLong("thoughtsTokenCount", 0L);
    }
  }

  private void ollama(JsonObject event) {
    JsonObject message = JsonNodes.object(event, "message");
    text.append(JsonNodes.text(message, "content"));
    reasoning.append(JsonNodes.text(message, "thinking"));
    for (JsonObject call : JsonNodes.objects(message, "tool_calls")) {
      call(calls.size(), call, JsonNodes.object(call, "function"));
    }
    finish = event.getString("done_reason", finish);
    outputTokens = event.getLong("eval_count", outputTokens);
  }

  private void bedrock(JsonObject event) {
    List<JsonObject> blocks =
        JsonNodes.objects(
            JsonNodes.object(JsonNodes.object(event, "output"), "message"), "content");
    for (int i = 0; i < blocks.size(); i++) {
      bedrockBlock(i, blocks.get(i));
    }
    for (String type : List.of("contentBlockStart", "contentBlockDelta")) {
      JsonObject content = JsonNodes.object(event, type);
      JsonObject block = content.getJsonObject("start", JsonNodes.object(content, "delta"));
      bedrockBlock(content.getInteger("contentBlockIndex", 0), block);
    }
    finish = JsonNodes.object(event, "messageStop").getString("stopReason", finish);
    finish = event.getString("stopReason", finish);
    JsonObject usage = event.getJsonObject("metadata", event);
    outputTokens = JsonNodes.object(usage, "usage").getLong("outputTokens", outputTokens);
  }

  private void bedrockBlock(int index, JsonObject block) {
    text.append(JsonNodes.text(block, "text"));
    JsonObject content = JsonNodes.object(block, "reasoningContent");
    JsonObject thought = content.getJsonObject("reasoningText", content);
    reasoning.append(JsonNodes.text(thought, "text"));
    if (thought.containsKey("signature")) {
      signatures.add(thought.getString("signature"));
    }
    if (block.getValue("toolUse") instanceof JsonObject use) {
      Call call = call(index);
      call.id = use.getString("toolUseId", call.id);
      call.name = use.getString("name", call.name);
      call.arguments.append(use.getValue("input", ""));
    }
  }

  private void cohere(JsonObject event) {
    JsonObject delta = event.getJsonObject("delta", event);
    JsonObject message = JsonNodes.object(delta, "message");
    text.append(JsonNodes.text(message, "tool_plan"));
    List<JsonObject> contents = JsonNodes.objects(message, "content");
    for (JsonObject content :
        contents.isEmpty() ? List.of(JsonNodes.object(message, "content")) : contents) {
      text.append(JsonNodes.text(content, "text"));
      reasoning.append(JsonNodes.text(content, "thinking"));
    }
    Object toolCalls = message.getValue("tool_calls");
    if (toolCalls instanceof JsonObject call) {
      call(event.getInteger("index"), call, JsonNodes.object(call, "function"));
    } else if (toolCalls instanceof JsonArray array) {
      for (JsonObject call : JsonNodes.objects(array)) {
        call(calls.size(), call, JsonNodes.object(call, "function"));
      }
    }
    finish = delta.getString("finish_reason", finish);
    JsonObject tokens = JsonNodes.object(JsonNodes.object(delta, "usage"), "tokens");
    outputTokens = tokens.getLong("output_tokens", outputTokens);
  }

  private void cloudflare(JsonObject event) {
    JsonObject chunk = event.getJsonObject("result", event);
    text.append(JsonNodes.text(chunk, "response"));
    for (JsonObject call : JsonNodes.objects(chunk, "tool_calls")) {
      call(calls.size(), new JsonObject(), call);
    }
    outputTokens = JsonNodes.object(chunk, "usage").getLong("completion_tokens", outputTokens);
  }
}
