package io.llmrelay.sandbox;

import io.llmrelay.sandbox.dialect.SandboxDialect;
import io.llmrelay.sandbox.dialect.SandboxError;
import io.llmrelay.sandbox.openai.OpenAiDialect;

/**
 * The error response of a backend in a scenario.
 *
 * @param word its name in the text form of scenarios; empty if it has none
 * @param name the name by which a dialect knows the error, such as {@code 429} or {@code 429-quota}
 * @param fixed an error that is used instead of the named one; {@code null} if there is none
 * @param splitting whether the texts of the error contain line breaks and forged headers, as in an
 *     attack by response splitting
 * @param contentType the content type; {@code null} for JSON
 * @param body the body; {@code null} for the format of the dialect
 */
record ErrorResponse(
    String word,
    String name,
    SandboxError fixed,
    boolean splitting,
    String contentType,
    String body) {

  /** Returns a response with an error in the format of the dialect. */
  static ErrorResponse named(String word, String name) {
    return new ErrorResponse(word, name, null, false, null, null);
  }

  /** Returns a response with a specific error of the request's dialect. */
  static ErrorResponse of(SandboxError error) {
    return new ErrorResponse("", Integer.toString(error.status()), error, false, null, null);
  }

  /** Returns a response with a given body. */
  static ErrorResponse of(int status, String contentType, String body) {
    return new ErrorResponse("", Integer.toString(status), null, false, contentType, body);
  }

  /**
   * Returns the response with a status and a variant of its body; {@code null} for an unknown
   * variant.
   */
  static ErrorResponse of(int status, String variant) {
    String name = Integer.toString(status);
    String word = variant.isEmpty() ? name : name + "-" + variant;
    return switch (variant) {
      case "", "error" -> named(word, name);
      case "html" -> new ErrorResponse(word, name, null, false, "text/html", html(status));
      case "splitting" -> new ErrorResponse(word, name, null, true, null, null);
      case "empty" -> new ErrorResponse(word, name, null, false, "text/plain", "");
      default -> {
        if (ServerErrors.body(word) != null) {
          yield new ErrorResponse(word, name, null, false, null, ServerErrors.body(word));
        }
        yield OpenAiDialect.errorNames().contains(word) ? named(word, word) : null;
      }
    };
  }

  /** Returns the HTTP status. */
  int status() {
    return Integer.parseInt(name.substring(0, 3));
  }

  /** Returns the error in the form of a dialect's vendor. */
  SandboxError error(SandboxDialect dialect) {
    SandboxError error = fixed == null ? dialect.error(name) : fixed;
    return splitting ? error.splitting() : error;
  }

  private static String html(int status) {
    return "<html>\n<body><center><h1>" + status + "</h1></center><hr>nginx</body>\n</html>\n";
  }
}
