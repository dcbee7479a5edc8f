package io.llmrelay.gateway.server;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/** Decodes the content codings in which a request body may be sent. */
final class ContentCoding {
  private static final Set<String> IDENTITY = Set.of("", "identity");
  private static final Set<String> GZIP = Set.of("gzip", "x-gzip");
  private static final String DEFLATE = "deflate";

  /** Bytes read at a time. */
  private static final int PIECE_BYTES = 8 * 1024;

  /** Most empty members of a gzip body in a row. */
  private static final int MAX_EMPTY_MEMBERS = 100;

  private ContentCoding() {}

  static boolean isIdentity(String coding) {
    return IDENTITY.contains(coding);
  }

  static boolean isSupported(String coding) {
    return isIdentity(coding) || GZIP.contains(coding) || coding.equals(DEFLATE);
  }

  /**
   * Decodes a body.
   *
   * @param coding a supported coding other than identity
   * @return {@code null} if the decoded body is larger than {@code maxBytes}
   * @throws IOException if the body is not in this coding, or truncated
   */
  static byte[] decode(String coding, byte[] body, int maxBytes) throws IOException {
    Inflater inflater = new Inflater(!isZlib(body));
    try (InputStream in = stream(coding, new ByteArrayInputStream(body), inflater)) {
      byte[] decoded = in.readNBytes(maxBytes + 1);
      return decoded.length > maxBytes ? null : decoded;
    } finally {
      inflater.end();
    }
  }

  private static InputStream stream(String coding, InputStream bytes, Inflater inflater)
      throws IOException {
    return coding.equals(DEFLATE) ? new InflaterInputStream(bytes, inflater) : new Members(bytes);
  }

  /** The members of a gzip body. For each empty one the JDK calls {@code read} from within it. */
  private static final class Members extends GZIPInputStream {
    private int depth;

    Members(InputStream bytes) throws IOException {
      super(bytes, PIECE_BYTES);
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      if (depth > MAX_EMPTY_MEMBERS) {
        throw new IOException("too many empty members");
      }
      depth++;
      try {
        return super.read(to, offset, length);
      } finally {
        depth--;
      }
    }
  }

  /**
   * Returns whether data starts with a zlib header, which RFC 9110 requires and some clients omit.
   */
  private static boolean isZlib(byte[] bytes) {
    return bytes.length >= 2
        && (bytes[0] & 0x0f) == 8
        && (((bytes[0] & 0xff) << 8) | (bytes[1] & 0xff)) % 31 == 0;
  }
}
