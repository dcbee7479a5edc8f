package io.llmrelay.cli;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.function.Supplier;

/**
 * Looks at a file every second, and has it read again when it is another one. That finds editors
 * that write beside and rename, and volumes that swap a link, where watching would not.
 */
final class FileWatch {
  private static final Logger LOG = System.getLogger(FileWatch.class.getName());
  private static final long INTERVAL_MS = 1_000;

  private record Stamp(FileTime time, long size, Path real) {}

  private final Vertx vertx;
  private final Path file;
  private final Supplier<Future<JsonObject>> reload;
  private Stamp last;
  private boolean busy;

  FileWatch(Vertx vertx, Path file, Supplier<Future<JsonObject>> reload) {
    this.vertx = vertx;
    this.file = file;
    this.reload = reload;
    last = stamp();
  }

  void start() {
    vertx.runOnContext(v -> vertx.setPeriodic(INTERVAL_MS, id -> look()));
  }

  private void look() {
    if (!busy) {
      busy = true;
      vertx
          .executeBlocking(this::stamp)
          .compose(now -> now == null || now.equals(last) ? Future.succeededFuture() : read(now))
          .onComplete(done -> busy = false);
    }
  }

  private Future<Void> read(Stamp now) {
    last = now;
    return reload
        .get()
        .onSuccess(result -> LOG.log(Level.INFO, "{0} was read again: {1}", file, result.encode()))
        .onFailure(
            error ->
                LOG.log(
                    Level.WARNING,
                    "{0} changed and is refused; what was configured before still holds: {1}",
                    file,
                    error.getMessage()))
        .mapEmpty();
  }

  /** {@code null} while there is no such file. */
  private Stamp stamp() {
    try {
      return new Stamp(Files.getLastModifiedTime(file), Files.size(file), file.toRealPath());
    } catch (IOException e) {
      return null;
    }
  }
}
