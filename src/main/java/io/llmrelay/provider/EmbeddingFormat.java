package io.llmrelay.provider;

import io.llmrelay.chat.EmbeddingRequest;
import io.llmrelay.config.BackendOptions;

/** A dialect's format of embeddings: encodes requests, and tells where answers have what. */
public interface EmbeddingFormat {
  /**
   * The location of values in an answer, as paths of field names; {@code []} stands for the
   * elements of an array, such as {@code data[].embedding}.
   *
   * @param vector an array of numbers, or a string in base64
   * @param index the index of the vector's input; {@code null} where vectors are in order
   * @param model the model's name, or {@code null}
   * @param inputTokens the tokens of the input, or {@code null}
   */
  record Fields(String vector, String index, String model, String inputTokens) {}

  /**
   * Returns the path of requests. It is appended to the path of the base URL, which does not end
   * with a slash.
   */
  String path(String model, BackendOptions options);

  /** Returns why a backend cannot serve a request, or {@code null} if it can. */
  default String problem(EmbeddingRequest request, BackendOptions options) {
    return null;
  }

  /** Encodes the body of a request. */
  EncodedRequest encode(EmbeddingRequest request, String model, BackendOptions options);

  /** Returns the location of values in answers. */
  Fields fields();

  /** Returns a problem if a request has more inputs than a dialect takes at once. */
  static String tooMany(EmbeddingRequest request, int max) {
    int inputs = request.inputs().size();
    return inputs > max ? inputs + " inputs are more than the " + max + " it takes at once" : null;
  }
}
