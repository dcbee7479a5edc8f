package io.llmrelay.sandbox;

/**
 * What a failing backend answers.
 *
 * @param word its name in the grammar; empty if it has none
 * @param contentType null for JSON
 * @param body null for the vendor's own
 */
record ErrorReply(String word, ApiError error, String contentType, String body) {

  static ErrorReply of(String word, ApiError error) {
    return new ErrorReply(word, error, null, null);
  }

  /** The reply of a status with one of the bodies every status can have, or null. */
  static ErrorReply of(int status, String variant) {
    String word = variant.isEmpty() ? "" + status : status + "-" + variant;
    ApiError error = ApiError.ofStatus(status);
    return switch (variant) {
      case "" -> of(word, error);
      case "error" -> of(word, error);
      case "html" -> new ErrorReply(word, error, "text/html", html(status));
      case "splitting" -> of(word, error.splitting());
      case "empty" -> new ErrorReply(word, error, "text/plain", "");
      default -> {
        if (ServerErrors.body(word) != null) {
          yield new ErrorReply(word, error, null, ServerErrors.body(word));
        }
        yield ApiError.named(word) == null ? null : of(word, ApiError.named(word));
      }
    };
  }

  private static String html(int status) {
    return "<html>\n<body><center><h1>" + status + "</h1></center><hr>nginx</body>\n</html>\n";
  }
}
