package io.llmrelay.availability;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.function.Supplier;

/**
 * A small JSON file that is written some time after a change and read at the next start. It is
 * written beside and renamed, so that there is always a whole one, and never on the event loop. A
 * file that cannot be read or written is reported, and that is all: the relay works without.
 */
final class StateFile {
  static final int VERSION = 1;
  static final long DELAY_MS = 1_000;

  private static final Logger LOG = System.getLogger(StateFile.class.getName());

  private final Vertx vertx;
  private final Path file;
  private final Supplier<JsonObject> content;
  private long timer = -1;
  private boolean changed;
  private boolean writing;
  private Future<Void> written = Future.succeededFuture();
  private boolean failed;
  private boolean closed;

  /**
   * A file that is not touched yet.
   *
   * @param content what is to be written, asked on the context of the caller
   */
  StateFile(Vertx vertx, Path file, Supplier<JsonObject> content) {
    this.vertx = vertx;
    this.file = file;
    this.content = content;
  }

  /** What was saved; {@code null} where there is nothing of use. Never fails. */
  Future<JsonObject> read() {
    return vertx
        .executeBlocking(
            () -> {
              JsonObject json = new JsonObject(Buffer.buffer(Files.readAllBytes(file)));
              Integer version = json.getInteger("version");
              if (version == null || version != VERSION) {
                throw new IOException("its version is " + version + ", not " + VERSION);
              }
              return json;
            })
        .otherwise(
            cause -> {
              if (!(cause instanceof NoSuchFileException)) {
                ignored(cause);
              }
              return null;
            });
  }

  /** Says that the file is of no use. */
  void ignored(Throwable cause) {
    LOG.log(
        Level.WARNING,
        "the state file {0} is ignored, exhaustion and spend start anew: {1}",
        file,
        why(cause));
  }

  /** The content changed; it is written soon. */
  void changed() {
    changed = true;
    if (timer < 0 && !writing && !closed) {
      timer = vertx.setTimer(DELAY_MS, fired -> write());
    }
  }

  /** Writes what is not written yet, and waits for a write that is under way. Never fails. */
  Future<Void> close() {
    closed = true;
    vertx.cancelTimer(timer);
    return written.compose(done -> changed ? write() : written);
  }

  private Future<Void> write() {
    timer = -1;
    changed = false;
    writing = true;
    byte[] bytes = content.get().put("version", VERSION).toBuffer().getBytes();
    written =
        vertx
            .executeBlocking(() -> write(bytes), true)
            .transform(
                result -> {
                  writing = false;
                  if (result.failed() && !failed) {
                    LOG.log(
                        Level.WARNING,
                        "the state file {0} cannot be written: {1}",
                        file,
                        why(result.cause()));
                  }
                  failed = result.failed();
                  if (changed) {
                    changed();
                  }
                  return Future.succeededFuture();
                });
    return written;
  }

  private Void write(byte[] bytes) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    Path beside = Files.createTempFile(folder, file.getFileName() + ".", ".tmp");
    try {
      try (FileChannel out = FileChannel.open(beside, StandardOpenOption.WRITE)) {
        ByteBuffer rest = ByteBuffer.wrap(bytes);
        while (rest.hasRemaining()) {
          out.write(rest);
        }
        out.force(true);
      }
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(beside);
    }
    return null;
  }

  /** In one line, and without what is in the file: a parser would quote it. */
  private static String why(Throwable cause) {
    boolean ours = cause instanceof IOException;
    return ours ? cause.toString() : cause.getClass().getSimpleName();
  }
}
