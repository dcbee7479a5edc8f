package io.llmrelay.provider;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.BackendOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A wire format: how a request is written and how an answer is read. Stateless; what it needs to
 * know of a backend it takes from its options. What differs between the servers of one dialect is
 * data within the dialect.
 */
public interface Dialect {

  /** Reads one answer. A payload that is no JSON may be reported by any {@link IOException}. */
  interface Reader {
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
  }

  /** The name in a configuration. */
  String name();

  /** Why this dialect cannot say all of the request, or {@code null} if it can. */
  String cannotServe(ChatRequest request);

  /** The headers that carry the key, and those the provider demands. */
  Map<String, String> headers(BackendOptions options);

  /** Where chats go, to be appended to the base URL's path (which has no slash at its end). */
  String chatPath(BackendOptions options);

  /** The body of a request for a stream. */
  Buffer encode(ChatRequest request, String model, BackendOptions options);

  /** A reader for one answer. */
  Reader reader(Answer answer, BackendOptions options);

  /** Where the models are listed, to be appended to the base URL's path. */
  String modelsPath(BackendOptions options);

  /** The model names in such a list; by default in the form OpenAI gave it. */
  default List<String> models(JsonObject list) {
    return Json.array(list, "data").stream()
        .map(model -> model instanceof JsonObject object ? Json.string(object, "id") : null)
        .filter(Objects::nonNull)
        .toList();
  }
}
