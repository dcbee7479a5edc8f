package io.llmrelay.provider;

import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Map;

/**
 * A request as it is sent to a backend.
 *
 * @param body its body
 * @param warnings the parts of the request that the body omits or changes
 * @param headers headers in addition to those of all requests to the backend
 */
public record EncodedRequest(Buffer body, List<String> warnings, Map<String, String> headers) {
  public EncodedRequest {
    warnings = List.copyOf(warnings);
    headers = Map.copyOf(headers);
  }

  /** Creates a request without headers of its own. */
  public EncodedRequest(Buffer body, List<String> warnings) {
    this(body, warnings, Map.of());
  }

  /** Returns all warnings in one line; {@code null} if there are none. */
  String warning() {
    return warnings.isEmpty() ? null : String.join("; ", warnings);
  }
}
