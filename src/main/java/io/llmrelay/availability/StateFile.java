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
 * A small JSON file that is read at the start and written {@value #DELAY_MS} ms after a change. A
 * write goes to a temporary file that then replaces the state file, so that the state file is
 * always complete; the event loop is not blocked. Failures to read or write are logged, and the
 * relay works without the file.
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
   * Creates a state file without touching the disk.
   *
   * @param content supplies the content to write; called on the context of the caller
   */
  StateFile(Vertx vertx, Path file, Supplier<JsonObject> content) {
    this.vertx = vertx;
    this.file = file;
    this.content = content;
  }

  /** Reads the file; returns {@code null} if it is missing or unusable. The future never fails. */
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
                logIgnored(cause);
              }
              return null;
            });
  }

  /** Logs that the file is ignored. */
  void logIgnored(Throwable cause) {
    LOG.log(
        Level.WARNING,
        "the state file {0} is ignored, cooldowns and spend start from zero: {1}",
        file,
        reason(cause));
  }

  /** Schedules a write after a change of the content. */
  void changed() {
    changed = true;
    if (timer < 0 && !writing && !closed) {
      timer = vertx.setTimer(DELAY_MS, fired -> write());
    }
  }

  /** Completes pending and running writes. The future never fails. */
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
                        reason(result.cause()));
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
    Path temporary = Files.createTempFile(folder, file.getFileName() + ".", ".tmp");
    try {
      try (FileChannel out = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        ByteBuffer rest = ByteBuffer.wrap(bytes);
        while (rest.hasRemaining()) {
          out.write(rest);
        }
        out.force(true);
      }
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
    return null;
  }

  /** Describes a failure in one line, without the message of a parser, which quotes the file. */
  private static String reason(Throwable cause) {
    boolean quotesNothing = cause instanceof IOException;
    return quotesNothing ? cause.toString() : cause.getClass().getSimpleName();
  }
}
