package io.llmrelay.sandbox;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.GZIPOutputStream;

/** Compresses a stream piece by piece, each flushed so that the client can read it at once. */
final class Gzip {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final GZIPOutputStream gzip;

  Gzip() {
    try {
      gzip = new GZIPOutputStream(out, 512, true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Buffer add(Buffer piece) {
    try {
      gzip.write(piece.getBytes());
      gzip.flush();
      return take();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Buffer finish() {
    try {
      gzip.close();
      return take();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Buffer take() {
    Buffer taken = Buffer.buffer(out.toByteArray());
    out.reset();
    return taken;
  }
}
