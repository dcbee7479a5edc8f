package io.llmrelay.gateway;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/** The content codings in which a request's body may come. */
final class ContentCoding {
  private static final Set<String> NONE = Set.of("", "identity");
  private static final Set<String> GZIP = Set.of("gzip", "x-gzip");
  private static final String DEFLATE = "deflate";

  /** Decoded at a time, in bytes: a body that outgrows its bound does so by no more. */
  private static final int PIECE = 8 * 1024;

  private ContentCoding() {}

  static boolean isNone(String coding) {
    return NONE.contains(coding);
  }

  static boolean isKnown(String coding) {
    return isNone(coding) || GZIP.contains(coding) || coding.equals(DEFLATE);
  }

  /**
   * Decodes a body.
   *
   * @param coding a known one
   * @param to takes the pieces, and says whether it wants more
   * @throws IOException where the body is not in this coding, or cut off
   */
  static void decode(String coding, Buffer body, Predicate<Buffer> to) throws IOException {
    byte[] bytes = body.getBytes();
    Inflater inflater = new Inflater(!isZlib(bytes));
    try (InputStream in = stream(coding, new ByteArrayInputStream(bytes), inflater)) {
      byte[] piece = new byte[PIECE];
      for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
        if (!to.test(Buffer.buffer(Arrays.copyOf(piece, n)))) {
          return;
        }
      }
    } finally {
      inflater.end();
    }
  }

  private static InputStream stream(String coding, InputStream bytes, Inflater inflater)
      throws IOException {
    return coding.equals(DEFLATE)
        ? new InflaterInputStream(bytes, inflater)
        : new GZIPInputStream(bytes, PIECE);
  }

  /** RFC 9110's {@code deflate} has zlib's head; some clients leave it out. */
  private static boolean isZlib(byte[] bytes) {
    return bytes.length >= 2
        && (bytes[0] & 0x0f) == 8
        && (((bytes[0] & 0xff) << 8) | (bytes[1] & 0xff)) % 31 == 0;
  }
}
