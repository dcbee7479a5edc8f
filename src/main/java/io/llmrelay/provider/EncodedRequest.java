package io.llmrelay.provider;

import io.vertx.core.buffer.Buffer;
import java.util.List;

/**
 * A request as it is sent to a backend.
 *
 * @param body its body
 * @param warnings what the body omits or changes of the request
 */
public record EncodedRequest(Buffer body, List<String> warnings) {
  public EncodedRequest {
    warnings = List.copyOf(warnings);
  }

  /** Returns all warnings in one line; {@code null} if there are none. */
  String warning() {
    return warnings.isEmpty() ? null : String.join("; ", warnings);
  }
}
