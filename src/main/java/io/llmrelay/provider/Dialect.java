package io.llmrelay.provider;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.BackendOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * A wire format: how a request is written and how an answer is read. Stateless; what it needs to
 * know of a backend it takes from its options. What differs between the servers of one dialect is
 * data within the dialect.
 */
public interface Dialect {

  /** Reads one answer. A payload that is no JSON may be reported by any {@link IOException}. */
  interface Reader {
    /** How a stream is cut into events. */
    default EventDecoder decoder(EventDecoder.Handler handler) {
      return new SseDecoder(handler);
    }

    /**
     * One event of the stream.
     *
     * @param name its name, or {@code null}
     */
    void event(String name, byte[] bytes, int from, int to) throws IOException;

    /**
     * A whole answer in one JSON object, from a server that does not stream.
     *
     * @return false if it is no answer
     */
    boolean whole(JsonObject json);

    /** The body is complete: for a dialect that has no end marker of its own. */
    default void end() {}
  }

  /**
   * What a stream carries beside its text.
   *
   * @param reasoning the fields that hold reasoning, apart from the text; none where it is hidden
   * @param usage where the usage stands
   */
  record Extras(List<String> reasoning, String usage) {}

  /** The name in a configuration. */
  String name();

  /** Why a backend with these options could never work, or {@code null}. */
  default String problem(BackendOptions options) {
    return null;
  }

  /** Why this dialect cannot say all of the request, or {@code null} if it can. */
  String cannotServe(ChatRequest request);

  /** The headers that carry the key, and those the provider demands. */
  Map<String, String> headers(BackendOptions options);

  /**
   * Where chats with a model go, to be appended to the base URL's path (which has no slash at its
   * end); it may have a query.
   */
  String chatPath(String model, BackendOptions options);

  /** The body of a request for a stream. */
  Buffer encode(ChatRequest request, String model, BackendOptions options);

  /** What of the request the body leaves out, in words for the caller; {@code null} if nothing. */
  default String leftOut(ChatRequest request, String model) {
    return null;
  }

  /**
   * The same body without {@code stream_options}, which a server may refuse; {@code null} where
   * {@link #encode} adds none.
   */
  default Buffer encodeWithoutStreamOptions(
      ChatRequest request, String model, BackendOptions options) {
    return null;
  }

  /** Headers that depend on the whole request, such as its signature. */
  default Map<String, String> sign(String method, String url, Buffer body, BackendOptions options) {
    return Map.of();
  }

  /** A reader for one answer. */
  Reader reader(Answer answer, BackendOptions options);

  /** What the backend's streams carry beside their text; for people who choose one. */
  Extras extras(BackendOptions options);

  /** Where the models are listed: to be appended to the base URL's path, or a whole URL. */
  String modelsPath(BackendOptions options);

  /** The model names in such a list; by default in the form OpenAI gave it. */
  default List<String> models(JsonObject list) {
    return Json.strings(list, "data", "id");
  }
}
