package io.llmrelay.sandbox;

/**
 * The response of a failing backend.
 *
 * @param word the name in the grammar; empty if it has none
 * @param contentType null for JSON
 * @param body null for the format of the dialect
 */
record ErrorResponse(String word, SandboxError error, String contentType, String body) {

  static ErrorResponse of(String word, SandboxError error) {
    return new ErrorResponse(word, error, null, null);
  }

  /**
   * Returns the response with a status and a variant of its body; null if there is no such variant.
   */
  static ErrorResponse of(int status, String variant) {
    String word = variant.isEmpty() ? "" + status : status + "-" + variant;
    SandboxError error = SandboxError.ofStatus(status);
    return switch (variant) {
      case "" -> of(word, error);
      case "error" -> of(word, error);
      case "html" -> new ErrorResponse(word, error, "text/html", html(status));
      case "splitting" -> of(word, error.splitting());
      case "empty" -> new ErrorResponse(word, error, "text/plain", "");
      default -> {
        if (ServerErrors.body(word) != null) {
          yield new ErrorResponse(word, error, null, ServerErrors.body(word));
        }
        yield SandboxError.named(word) == null ? null : of(word, SandboxError.named(word));
      }
    };
  }

  private static String html(int status) {
    return "<html>\n<body><center><h1>" + status + "</h1></center><hr>nginx</body>\n</html>\n";
  }
}
