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
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Looks at a file every second, and has it read again when it is another one. That finds editors
 * that write beside and rename, and volumes that swap a link, where watching would not.
 *
 * <p>It is read once two looks found it alike, for half a file may be a valid one; and again every
 * second as long as it is refused, for what is wrong may be a file that it names.
 */
final class FileWatch {
  private static final Logger LOG = System.getLogger(FileWatch.class.getName());
  private static final long INTERVAL_MS = 1_000;

  private record Stamp(FileTime time, long size, Path real) {}

  private final Path file;
  private Stamp taken;
  private Stamp seen;
  private String complaint;
  private boolean busy;

  /** To be made before the file is read for the first time. */
  FileWatch(Path file) {
    this.file = file;
    taken = stamp();
  }

  void start(Vertx vertx, Supplier<Future<JsonObject>> reload) {
    vertx.runOnContext(v -> vertx.setPeriodic(INTERVAL_MS, id -> look(vertx, reload)));
  }

  private void look(Vertx vertx, Supplier<Future<JsonObject>> reload) {
    if (!busy) {
      busy = true;
      vertx
          .executeBlocking(this::stamp)
          .compose(now -> isNew(now) ? read(now, reload) : Future.succeededFuture())
          .onComplete(done -> busy = false);
    }
  }

  private boolean isNew(Stamp now) {
    boolean settled = now != null && now.equals(seen);
    seen = now;
    return settled && !now.equals(taken);
  }

  private Future<JsonObject> read(Stamp now, Supplier<Future<JsonObject>> reload) {
    return reload
        .get()
        .onSuccess(
            result -> {
              taken = now;
              complaint = null;
              LOG.log(Level.INFO, "{0} was read again: {1}", file, result.encode());
            })
        .onFailure(error -> complain(error.getMessage()));
  }

  private void complain(String why) {
    if (!Objects.equals(why, complaint)) {
      complaint = why;
      LOG.log(
          Level.WARNING,
          "{0} changed and is refused; what was configured before still holds: {1}",
          file,
          why);
    }
  }

  /** {@code null} while there is no such file, or nothing in it. */
  private Stamp stamp() {
    try {
      long size = Files.size(file);
      return size == 0 ? null : new Stamp(Files.getLastModifiedTime(file), size, file.toRealPath());
    } catch (IOException e) {
      return null;
    }
  }
}
