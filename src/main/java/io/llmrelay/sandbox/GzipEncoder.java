package io.llmrelay.sandbox;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.GZIPOutputStream;

/** Compresses a stream in pieces, each flushed so that the client can decode it at once. */
final class GzipEncoder {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final GZIPOutputStream gzip;

  GzipEncoder() {
    try {
      gzip = new GZIPOutputStream(out, 512, true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Buffer encode(Buffer piece) {
    try {
      gzip.write(piece.getBytes());
      gzip.flush();
      return drain();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Buffer finish() {
    try {
      gzip.close();
      return drain();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Buffer drain() {
    Buffer bytes = Buffer.buffer(out.toByteArray());
    out.reset();
    return bytes;
  }
}
