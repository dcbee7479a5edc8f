package io.llmrelay.chat;

import static com.fasterxml.jackson.core.JsonToken.END_OBJECT;
import static com.fasterxml.jackson.core.JsonToken.START_OBJECT;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A request that a relay serves: for a chat completion or for embeddings. Both choose candidates,
 * fail over and are accounted for in the same way. Immutable.
 */
public sealed interface LlmRequest permits ChatRequest, EmbeddingRequest {
  /**
   * Reads and checks a request: with {@code input} and without {@code messages} one for embeddings,
   * otherwise one for a chat completion.
   *
   * @throws LlmException of kind {@link FailureKind#INVALID_REQUEST}, naming the field
   */
  static LlmRequest fromJson(JsonObject json) {
    return json.containsKey("input") && !json.containsKey("messages")
        ? EmbeddingRequest.fromJson(json)
        : ChatRequest.fromJson(json);
  }

  /**
   * Reads and checks a request as {@link #fromJson} does.
   *
   * @throws DecodeException if the body is not a JSON object; the message does not quote the body
   * @throws LlmException of kind {@link FailureKind#INVALID_REQUEST}, naming the field
   */
  static LlmRequest read(Buffer body) {
    byte[] bytes = body.getBytes();
    JsonCursor in = new JsonCursor(bytes, 0, bytes.length);
    boolean input = false;
    boolean messages = false;
    if (in.at(START_OBJECT)) {
      in.next();
      while (!in.at(END_OBJECT)) {
        String field = in.field();
        input |= field.equals("input");
        messages |= field.equals("messages");
        in.raw();
      }
    }
    return input && !messages
        ? EmbeddingRequest.read(bytes, (field, value) -> false)
        : ChatRequest.read(bytes, (field, value) -> false);
  }

  /**
   * Returns a model id, an alias, or {@code backend/model}; {@code null} is the default backend's
   * default.
   */
  String model();

  /** Returns labels for hooks and events; never sent to a backend. */
  Map<String, String> metadata();

  /** Returns the hints for the relay itself. */
  RelayHints relay();

  /** Returns the most tokens of the answer; {@code null} if not limited. */
  Integer maxTokens();

  /** Returns what a candidate must be capable of. */
  Set<RequestFeature> features();

  /** Returns the paths of fields that this version does not know. */
  List<String> unknownPaths();

  /** Returns the characters of the whole input; the base of token estimates. */
  long characters();

  /** Returns the characters that must fit a context window together. */
  long windowCharacters();

  /** Returns the memory that this request takes, in bytes. */
  long size();

  /** Passes on every text of the input, a string, so that quotations of it can be redacted. */
  void forEachText(Consumer<RawJson> to);

  /** Returns a copy with another model name; {@code null} for the default. */
  LlmRequest withModel(String model);

  /** Returns a copy with other labels for hooks and events. */
  LlmRequest withMetadata(Map<String, String> metadata);

  /** Returns a copy with other hints. */
  LlmRequest withRelay(RelayHints relay);

  /**
   * Returns this request with the hint of its conversation; it stays validated.
   *
   * @param affinity cut to {@link RelayHints#MAX_AFFINITY} characters
   */
  LlmRequest withAffinity(String affinity);

  /**
   * Returns this request, in order: with values that {@link #fromJson} would accept.
   *
   * @throws LlmException of kind {@link FailureKind#INVALID_REQUEST}, naming the field
   */
  LlmRequest checked();

  /**
   * Returns this request for one model of one backend, which was chosen for it.
   *
   * @param timeouts what holds for this one attempt
   */
  LlmRequest forCandidate(String model, Timeouts timeouts);

  /** Returns the JSON form; {@link #fromJson} reads it back. */
  JsonObject toJson();

  /** Encodes the JSON form; {@link #read} reads it back. */
  Buffer toBuffer();
}
