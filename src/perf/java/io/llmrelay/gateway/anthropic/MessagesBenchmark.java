package io.llmrelay.gateway.anthropic;

import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatEvent;
import io.llmrelay.chat.ChatRequest;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a chunk costs as an event of a message, and what a long request costs to read. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MessagesBenchmark {
  private static final int TOOLS = 40;
  private static final int TURNS = 60;

  private final MessageEncoder encoder = new MessageEncoder("msg_1", "gpt-4o-mini", 10);
  private final ChatEvent.Chunk plain = chunk(" sixteen letters");
  private final ChatEvent.Chunk escaped = chunk("say \"hi\"\n\tagain");
  private final byte[] request = request().toBuffer().getBytes();
  private final byte[] openAi = openAiRequest().toBuffer().getBytes();

  private static ChatEvent.Chunk chunk(String text) {
    return new ChatEvent.Chunk(Block.of(0, BlockKind.TEXT), Buffer.buffer(text));
  }

  private static JsonObject request() {
    JsonArray tools = new JsonArray();
    for (int i = 0; i < TOOLS; i++) {
      tools.add(
          new JsonObject()
              .put("name", "tool_" + i)
              .put("description", "It does something.\n".repeat(50))
              .put("input_schema", schema()));
    }
    JsonArray messages = new JsonArray();
    for (int i = 0; i < TURNS; i++) {
      JsonObject call =
          new JsonObject().put("type", "tool_use").put("id", "toolu_" + i).put("name", "tool_1");
      call.put("input", new JsonObject().put("path", "src/main/java/A" + i + ".java"));
      messages.add(message("user", i == 0 ? text("Begin.") : result("toolu_" + (i - 1))));
      messages.add(message("assistant", new JsonArray().add(call)));
    }
    messages.add(message("user", result("toolu_" + (TURNS - 1))));
    return new JsonObject()
        .put("model", "claude-sonnet-4-5")
        .put("max_tokens", 8000)
        .put("stream", true)
        .put("system", text("You are an agent.\n".repeat(500)))
        .put("tools", tools)
        .put("messages", messages);
  }

  private static JsonObject schema() {
    return new JsonObject()
        .put("type", "object")
        .put(
            "properties",
            new JsonObject()
                .put(
                    "path",
                    new JsonObject().put("type", "string").put("description", "x".repeat(200))));
  }

  private static JsonObject message(String role, JsonArray content) {
    return new JsonObject().put("role", role).put("content", content);
  }

  private static JsonArray text(String text) {
    return new JsonArray().add(new JsonObject().put("type", "text").put("text", text));
  }

  private static JsonArray result(String id) {
    return new JsonArray()
        .add(
            new JsonObject()
                .put("type", "tool_result")
                .put("tool_use_id", id)
                .put("content", text("public class A {\n  // \"quoted\"\n}\n".repeat(60))));
  }

  /** The same conversation in OpenAI's form. */
  private static JsonObject openAiRequest() {
    ChatRequest read =
        MessagesFront.read(
                request().toBuffer().getBytes(), MultiMap.caseInsensitiveMultiMap(), false)
            .request();
    JsonObject json = read.toJson();
    json.remove("relay");
    return json;
  }

  private Buffer encode(ChatEvent.Chunk chunk) {
    Buffer out = Buffer.buffer(256);
    encoder.append(out, chunk);
    return out;
  }

  @Benchmark
  public Buffer plainChunk() {
    return encode(plain);
  }

  @Benchmark
  public Buffer chunkWithEscapes() {
    return encode(escaped);
  }

  @Benchmark
  public ChatRequest longRequest() {
    return MessagesFront.read(request, MultiMap.caseInsensitiveMultiMap(), false)
        .request()
        .checked();
  }

  @Benchmark
  public ChatRequest longRequestInOpenAisForm() {
    return ChatRequest.read(Buffer.buffer(openAi));
  }
}
