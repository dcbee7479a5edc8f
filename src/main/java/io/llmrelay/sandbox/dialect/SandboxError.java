package io.llmrelay.sandbox.dialect;

/**
 * An error of a vendor's API.
 *
 * @param status the HTTP status if the error is the response; in a stream the status is 200
 * @param type the vendor's type or name of the status; {@code null} if it has none
 * @param code the vendor's code; {@code null} if it has none
 * @param param the field that the error concerns; {@code null} if unknown
 */
public record SandboxError(int status, String type, String code, String param, String message) {

  /** A text that becomes a header, a page and an event if it is forwarded without escaping. */
  public static final String SPLIT =
      "\r\nset-cookie: split=1\r\n\r\n<html>\r\n\r\ndata: {\"split\":1}\n\ndata: [DONE]\n\n";

  /** Returns this error with {@link #SPLIT} appended to its texts. */
  public SandboxError splitting() {
    return new SandboxError(
        status, type, (code == null ? "code" : code) + SPLIT, param, message + SPLIT);
  }

  /** Returns this error with another message. */
  public SandboxError withMessage(String other) {
    return new SandboxError(status, type, code, param, other);
  }

  /** Returns this error with another status. */
  public SandboxError withStatus(int other) {
    return new SandboxError(other, type, code, param, message);
  }
}
