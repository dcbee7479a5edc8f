package io.llmrelay.provider;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** A provider's answer as it was recorded (or written by hand), and what is to come of it. */
record Recording(String name, String vendor, Buffer body, JsonObject meta, JsonObject expected) {
  /** The dialect of each API there are recordings of. */
  private static final Map<String, String> DIALECTS =
      Map.of(
          "openai-chat", "openai",
          "openai-chat-nonstream", "openai",
          "anthropic-messages", "anthropic",
          "gemini-native", "gemini",
          "ollama-native", "ollama",
          "cohere-v2", "cohere",
          "bedrock-converse-stream", "bedrock");

  /** Vendors with a dialect of their own; hand-made recordings name no API. */
  private static final Set<String> VENDORS =
      Set.of("anthropic", "gemini", "ollama", "cloudflare", "cohere", "bedrock");

  /** The folder with the recordings, or {@code null}. */
  static Path folder() {
    String folder = System.getProperty("llmrelay.fixtures");
    return folder != null && Files.isDirectory(Path.of(folder)) ? Path.of(folder) : null;
  }

  /** Every stream and whole answer of the dialects there are, and every error of any. */
  static List<Recording> all() {
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

  boolean isError() {
    return name.endsWith(".error.json");
  }

  private boolean isOurs() {
    return isError() || dialect() != null;
  }

  /** What the backend speaks, or {@code null} if we do not. */
  String dialect() {
    String api = meta.getString("api");
    if (api != null && !isError()) {
      return DIALECTS.get(api);
    }
    return VENDORS.contains(vendor) ? vendor : "openai";
  }

  int status() {
    return meta.getJsonObject("response").getInteger("status");
  }

  JsonObject headers() {
    return meta.getJsonObject("response").getJsonObject("headers", new JsonObject());
  }

  /** The body in pieces of a size; 0 is in one, -1 as the socket had delivered them. */
  List<Buffer> pieces(int size) {
    List<Integer> lengths = new ArrayList<>();
    if (size < 0) {
      meta.getJsonArray("tcp_chunk_lengths", new JsonArray())
          .forEach(length -> lengths.add((Integer) length));
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

  boolean hasSocketPieces() {
    return meta.containsKey("tcp_chunk_lengths");
  }

  @Override
  public String toString() {
    return name;
  }
}
