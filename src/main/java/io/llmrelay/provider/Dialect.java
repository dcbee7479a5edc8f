package io.llmrelay.provider;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.LlmRequest;
import io.llmrelay.chat.ReceivedForm;
import io.llmrelay.chat.RequestFeature;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.wire.EventDecoder;
import io.llmrelay.provider.wire.Json;
import io.llmrelay.provider.wire.SseDecoder;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A wire format: encodes requests and reads responses. Stateless; settings of a backend come from
 * its options. Differences between the servers of one dialect are data within the dialect.
 */
public interface Dialect {

  /** A reader of one response. Reports a payload that is not JSON by any {@link IOException}. */
  interface Reader {
    /** Returns the decoder of the stream's events. */
    default EventDecoder decoder(EventDecoder.Handler handler) {
      return new SseDecoder(handler);
    }

    /**
     * Reads one event of the stream.
     *
     * @param name the name of the event, or {@code null}
     */
    void event(String name, byte[] bytes, int from, int to) throws IOException;

    /**
     * Reads a whole response in one JSON object, from a server that does not stream.
     *
     * @return false if the object is not a response
     */
    boolean whole(JsonObject json);

    /** Processes the end of the body, for a dialect without an end marker. */
    default void end() {}
  }

  /**
   * The location of reasoning and usage in a stream, for documentation.
   *
   * @param reasoning the fields that hold reasoning; none if it is hidden
   * @param usage the part of the stream that holds the usage
   */
  record Extras(List<String> reasoning, String usage) {}

  /** Returns the name in a configuration. */
  String name();

  /** Returns why a backend with these options cannot work, or {@code null}. */
  default String problem(BackendOptions options) {
    return null;
  }

  /**
   * Returns the API whose requests are sent on in the form in which they were received, such as
   * {@link ReceivedForm#ANTHROPIC_MESSAGES}; {@code null} for none.
   */
  default String receivedFormat() {
    return null;
  }

  /** Returns whether a request is sent on in the form in which it was received. */
  default boolean sendsAsReceived(ChatRequest request) {
    return request.received() != null && request.received().format().equals(receivedFormat());
  }

  /** Returns what requests of this dialect can express. */
  Set<RequestFeature> features();

  /**
   * Returns why a backend of this dialect cannot express the meaning of a request, or {@code null}
   * if it can. A request has no {@linkplain #features() feature} that the dialect lacks, and names
   * the model that is to serve it.
   */
  default String cannotExpress(ChatRequest request, BackendOptions options) {
    return null;
  }

  /**
   * Returns why a backend of this dialect cannot serve a request, or {@code null} if it can, as
   * with one that is {@linkplain #sendsAsReceived sent on as received}.
   */
  default String cannotServe(LlmRequest request, BackendOptions options) {
    if (request instanceof ChatRequest chat && sendsAsReceived(chat)) {
      return null;
    }
    ReceivedForm received = request instanceof ChatRequest chat ? chat.received() : null;
    if (received != null && !received.untranslated().essential().isEmpty()) {
      String field = received.untranslated().essential().get(0);
      return field + " cannot be expressed in the " + name() + " dialect";
    }
    for (RequestFeature feature : request.features()) {
      if (!features().contains(feature) || received != null && feature.isOfOneApi()) {
        return feature + " cannot be expressed in the " + name() + " dialect";
      }
    }
    return request instanceof ChatRequest chat ? cannotExpress(chat, options) : null;
  }

  /**
   * Returns whether a backend is known to continue the text of the assistant with which a request
   * ends, instead of answering it with a message of its own.
   */
  default boolean continues(ChatRequest request, BackendOptions options) {
    return false;
  }

  /** Returns the dialect's format of embeddings; {@code null} if it has none. */
  default EmbeddingFormat embeddings() {
    return null;
  }

  /** Returns the headers with the key and those that the provider requires. */
  Map<String, String> headers(BackendOptions options);

  /**
   * Returns the path of chat requests, possibly with a query. It is appended to the path of the
   * base URL, which does not end with a slash.
   */
  String chatPath(String model, BackendOptions options);

  /** Returns the path of a chat request, which names its model. */
  default String path(ChatRequest request, BackendOptions options) {
    return chatPath(request.model(), options);
  }

  /** Encodes the body of a request for a stream. */
  EncodedRequest encode(ChatRequest request, String model, BackendOptions options);

  /**
   * Encodes the body without {@code stream_options}, which a server may reject; {@code null} if
   * {@link #encode} adds none.
   */
  default EncodedRequest encodeWithoutStreamOptions(
      ChatRequest request, String model, BackendOptions options) {
    return null;
  }

  /** Returns headers that depend on the whole request, such as its signature. */
  default Map<String, String> sign(String method, String url, Buffer body, BackendOptions options) {
    return Map.of();
  }

  /** Returns how tokens are counted; {@code null} if the dialect has no such requests. */
  default TokenCounter tokenCounter() {
    return null;
  }

  /** Creates a reader for one response. */
  Reader reader(Answer answer, BackendOptions options);

  /** Returns the location of reasoning and usage in the backend's streams. */
  Extras extras(BackendOptions options);

  /** Returns the path of the list of models, to be appended to the base URL, or a whole URL. */
  String modelsPath(BackendOptions options);

  /** Returns the model names in such a list; by default in the format of OpenAI. */
  default List<String> models(JsonObject list) {
    return Json.strings(list, "data", "id");
  }
}
