package io.llmrelay.provider;

import io.llmrelay.chat.BodyBuilder;
import io.llmrelay.chat.RawJson;

/** A {@code data:} URL in base64. Its data, which may be long, is decoded on demand. */
public final class DataUrl {
  private static final String SCHEME = "data:";
  private static final String BASE64 = ";base64";
  private static final int MAX_HEAD = 200;

  private final RawJson url;
  private final String type;

  private DataUrl(RawJson url, String type) {
    this.url = url;
    this.type = type;
  }

  /** Returns a URL of this form; {@code null} if it is of another form. */
  public static DataUrl of(RawJson url) {
    String head = url.asciiHead(MAX_HEAD);
    int comma = head.indexOf(',');
    if (!head.startsWith(SCHEME) || comma < 0) {
      return null;
    }
    String type = head.substring(SCHEME.length(), comma);
    return type.endsWith(BASE64) ? new DataUrl(url, type) : null;
  }

  /** Returns the media type, such as {@code image/png}; empty if the URL has none. */
  public String mediaType() {
    return type.substring(0, type.indexOf(';'));
  }

  /** Returns the base64 text. */
  public String data() {
    return url.string().substring(head());
  }

  /** Appends the base64 text as a JSON string, without decoding it. */
  void appendData(BodyBuilder out) {
    url.appendAfter(head(), out);
  }

  private int head() {
    return SCHEME.length() + type.length() + 1;
  }
}
