package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ContentBlock;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** A provider's answer as it was recorded (or written by hand), and what is to come of it. */
public record Recording(
    String name, String vendor, Buffer body, JsonObject meta, JsonObject expected) {
  /** The dialect of each API there are recordings of. */
  private static final Map<String, String> DIALECTS =
      Map.of(
          "openai-chat", "openai",
          "openai-chat-nonstream", "openai",
          "openai-responses", "openai-responses",
          "anthropic-messages", "anthropic",
          "gemini-native", "gemini",
          "ollama-native", "ollama",
          "cohere-v2", "cohere",
          "bedrock-converse-stream", "bedrock");

  /** Vendors with a dialect of their own; hand-made recordings name no API. */
  private static final Set<String> VENDORS =
      Set.of("anthropic", "gemini", "ollama", "cloudflare", "cohere", "bedrock");

  /** The folder with the recordings, or {@code null}. */
  public static Path folder() {
    String folder = System.getProperty("llmrelay.fixtures");
    return folder != null && Files.isDirectory(Path.of(folder)) ? Path.of(folder) : null;
  }

  /** The kinds of blocks that are text to be read. */
  public static final List<BlockKind> TEXTS =
      List.of(BlockKind.TEXT, BlockKind.REASONING, BlockKind.REFUSAL);

  /** Every stream and whole answer of the dialects there are, and every error of any. */
  public static List<Recording> all() {
    try (Stream<Path> files = Files.walk(folder())) {
      return files
          .filter(file -> file.toString().endsWith(".meta.json"))
          .sorted()
          .map(Recording::of)
          .filter(Recording::isOurs)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Recording of(Path metaFile) {
    String stem = metaFile.getFileName().toString().replace(".meta.json", "");
    JsonObject meta = json(metaFile);
    try (Stream<Path> siblings = Files.list(metaFile.getParent())) {
      Path body =
          siblings
              .filter(file -> file.getFileName().toString().startsWith(stem + "."))
              .filter(file -> !file.toString().endsWith(".meta.json"))
              .filter(file -> !file.toString().endsWith(".expected.json"))
              .findFirst()
              .orElseThrow();
      return new Recording(
          folder().relativize(body).toString(),
          meta.getString("vendor"),
          Buffer.buffer(Files.readAllBytes(body)),
          meta,
          json(metaFile.resolveSibling(stem + ".expected.json")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonObject json(Path file) {
    try {
      return new JsonObject(Buffer.buffer(Files.readAllBytes(file)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public boolean isError() {
    return name.endsWith(".error.json");
  }

  private boolean isOurs() {
    return isError() || dialect() != null;
  }

  /** What the backend speaks, or {@code null} if we do not. */
  public String dialect() {
    String api = meta.getString("api");
    if (api != null && !isError()) {
      return DIALECTS.get(api);
    }
    return VENDORS.contains(vendor) ? vendor : "openai";
  }

  public int status() {
    return meta.getJsonObject("response").getInteger("status");
  }

  private JsonObject headers() {
    return meta.getJsonObject("response").getJsonObject("headers", new JsonObject());
  }

  /**
   * Answers as the provider did, with the body in pieces of a size; 0 is in one, -1 as the socket
   * had delivered them, or where that is not known in two, cut within a character if there is one
   * to cut.
   */
  public void replay(HttpServerRequest request, int size) {
    request.response().setStatusCode(status()).setChunked(true);
    for (Map.Entry<String, Object> header : headers()) {
      if (!header.getKey().equalsIgnoreCase("transfer-encoding")) {
        request.response().putHeader(header.getKey(), header.getValue().toString());
      }
    }
    Future<Void> written = Future.succeededFuture();
    for (Buffer piece : pieces(size)) {
      written = written.compose(v -> request.response().write(piece));
    }
    written.onSuccess(v -> request.response().end());
  }

  private List<Buffer> pieces(int size) {
    List<Integer> lengths = new ArrayList<>();
    if (size < 0 && meta.containsKey("tcp_chunk_lengths")) {
      meta.getJsonArray("tcp_chunk_lengths").forEach(length -> lengths.add((Integer) length));
    } else if (size < 0) {
      lengths.add(withinCharacter());
    }
    List<Buffer> pieces = new ArrayList<>();
    for (int from = 0; from < body.length(); ) {
      int length = size > 0 ? size : lengths.isEmpty() ? body.length() - from : lengths.remove(0);
      int to = Math.min(body.length(), from + length);
      pieces.add(body.slice(from, to));
      from = to;
    }
    return pieces;
  }

  private int withinCharacter() {
    for (int i = 0; i < body.length(); i++) {
      if ((body.getByte(i) & 0xC0) == 0x80) {
        return i;
      }
    }
    return Math.max(1, body.length() / 2);
  }

  /** What must come as text of a kind. */
  public String text(BlockKind kind) {
    String text = expected.getString(kind.code());
    return text == null ? "" : text;
  }

  /** Demands that blocks are the tool calls of this recording: names, ids and arguments. */
  public void assertToolCalls(List<ContentBlock> calls) {
    JsonArray recorded = expected.getJsonArray("tool_calls", new JsonArray());
    assertThat(calls).hasSize(recorded.size());
    for (int i = 0; i < calls.size(); i++) {
      JsonObject call = recorded.getJsonObject(i);
      Block block = calls.get(i).block();
      assertThat(block.name()).isEqualTo(call.getString("name"));
      String id = call.getString("id");
      if (id == null) {
        assertThat(block.id()).isNotBlank();
      } else {
        assertThat(block.id()).isEqualTo(id);
      }
      String arguments = calls.get(i).content();
      if (call.getValue("arguments") instanceof JsonObject object) {
        assertThat(new JsonObject(arguments)).isEqualTo(object);
      } else {
        assertThat(arguments).isEqualTo(call.getString("arguments"));
      }
    }
    assertThat(calls.stream().map(call -> call.block().id())).doesNotHaveDuplicates();
  }

  /** Whether it ends in a failure. */
  public boolean fails() {
    return expected.containsKey("class");
  }

  /** Whether another backend may serve the request. */
  public boolean fallsBack() {
    return Boolean.TRUE.equals(expected.getBoolean("fall_back"));
  }

  /** What kinds of failure are right; a request that is wrong for this backend is unsupported. */
  public List<String> kinds() {
    return Stream.concat(
            Stream.of(expected.getString("class")),
            expected.getJsonArray("class_also_accepted", new JsonArray()).stream())
        .map(kind -> kind.toString().toLowerCase(Locale.ROOT))
        .map(kind -> fallsBack() && kind.equals("invalid_request") ? narrowed() : kind)
        .toList();
  }

  private String narrowed() {
    return body.toString().contains("tool_use_failed") ? "malformed_tool_call" : "unsupported";
  }

  /** How long the provider asks to be left alone; -1 if it does not say. */
  public long retryAfterMs() {
    Double seconds = expected.getDouble("retry_after_seconds");
    return seconds == null ? -1 : Math.round(seconds * 1000);
  }

  /** Whether a calendar says how long it is to be left alone. */
  public boolean waitsForCalendar() {
    return expected.getString("note", "").startsWith("until ");
  }

  /** Whether the provider says how many tokens it took. */
  public boolean hasUsage() {
    return expected.getJsonObject("usage") != null;
  }

  /** The usage is what the provider said, with what it leaves out of a count counted in. */
  public void assertUsage(TokenUsage usage) {
    JsonObject said = expected.getJsonObject("usage");
    boolean anthropic = dialect().equals("anthropic");
    boolean apart = vendor.equals("xai");
    assertThat(usage.source()).isEqualTo(TokenUsage.Source.PROVIDER);
    assertThat(
            usage.inputTokens()
                - (anthropic ? usage.cachedInputTokens() + usage.cacheWriteTokens() : 0))
        .isEqualTo(said.getLong("input"));
    assertThat(usage.outputTokens() - (apart ? usage.reasoningTokens() : 0))
        .isEqualTo(said.getLong("output"));
    assertThat(usage.cachedInputTokens()).isEqualTo(Json.count(said, "cached_input"));
    assertThat(usage.cacheWriteTokens()).isEqualTo(Json.count(said, "cache_write"));
    assertThat(usage.reasoningTokens()).isEqualTo(Json.count(said, "reasoning"));
  }

  @Override
  public String toString() {
    return name;
  }
}
