package io.llmrelay.gateway;

import io.llmrelay.chat.Attempt;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;

/**
 * The response headers that tell who answered: {@code x-request-id} (the run's, unless the caller
 * brought one), {@code x-relay-backend}, {@code x-relay-model}, {@code x-relay-attempts} (tries,
 * the serving one included; candidates that were skipped do not count), and {@code x-relay-warning}
 * where the model's end is near, or a wish was cut to a limit or ignored.
 */
final class AnswerHeaders {
  private static final String WARNING = "x-relay-warning";
  private static final int MAX_LENGTH = 200;

  /** Several may be joined. */
  private static final int MAX_WARNING = 600;

  private AnswerHeaders() {}

  /** Sets what is known; a {@code null} is not. */
  static void put(
      HttpServerResponse response,
      String id,
      String backend,
      String model,
      String warning,
      List<Attempt> trail) {
    if (!response.headers().contains(RequestIds.HEADER)) {
      put(response, RequestIds.HEADER, id);
    }
    put(response, "x-relay-backend", backend);
    put(response, "x-relay-model", model);
    if (warning != null) {
      warn(response, warning);
    }
    if (!trail.isEmpty()) {
      response.putHeader("x-relay-attempts", Long.toString(attempts(trail)));
    }
  }

  /** Adds a warning to those that are there. */
  static void warn(HttpServerResponse response, String warning) {
    String others = response.headers().get(WARNING);
    String clean = clean(warning, MAX_WARNING);
    response.putHeader(WARNING, others == null ? clean : others + "; " + clean);
  }

  /** How many candidates were tried. */
  static long attempts(List<Attempt> trail) {
    return trail.stream().filter(attempt -> attempt.result() != Attempt.Result.SKIPPED).count();
  }

  private static void put(HttpServerResponse response, String name, String value) {
    if (value != null) {
      response.putHeader(name, clean(value, MAX_LENGTH));
    }
  }

  /** A model's name is the caller's input: what a header may not carry becomes a question mark. */
  private static String clean(String value, int maxLength) {
    StringBuilder clean = new StringBuilder(Math.min(value.length(), maxLength));
    for (int i = 0; i < value.length() && i < maxLength; i++) {
      char c = value.charAt(i);
      clean.append(c < ' ' || c > '~' ? '?' : c);
    }
    return clean.toString();
  }
}
