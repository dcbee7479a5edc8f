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
 * Polls a file every second and reloads the configuration when it has changed. Unlike file system
 * events, polling detects editors that rename a new file into place and volumes that swap a
 * symlink.
 *
 * <p>A changed file is read once two successive polls find it unchanged, since a partly written
 * file may be valid. A configuration that is refused is read again every second, since the problem
 * may be in a file to which it refers.
 */
final class FileWatcher {
  private static final Logger LOG = System.getLogger(FileWatcher.class.getName());
  private static final long INTERVAL_MS = 1_000;

  private record FileState(FileTime time, long size, Path realPath) {}

  private final Path file;
  private FileState loaded;
  private FileState previous;
  private String lastProblem;
  private boolean polling;

  /** Creates a watcher. Must be called before the file is read for the first time. */
  FileWatcher(Path file) {
    this.file = file;
    loaded = readState();
  }

  void start(Vertx vertx, Supplier<Future<JsonObject>> reload) {
    vertx.runOnContext(v -> vertx.setPeriodic(INTERVAL_MS, id -> poll(vertx, reload)));
  }

  private void poll(Vertx vertx, Supplier<Future<JsonObject>> reload) {
    if (!polling) {
      polling = true;
      vertx
          .executeBlocking(this::readState)
          .compose(current -> isNew(current) ? reload(current, reload) : Future.succeededFuture())
          .onComplete(done -> polling = false);
    }
  }

  private boolean isNew(FileState current) {
    boolean settled = current != null && current.equals(previous);
    previous = current;
    return settled && !current.equals(loaded);
  }

  private Future<JsonObject> reload(FileState current, Supplier<Future<JsonObject>> reload) {
    return reload
        .get()
        .onSuccess(
            result -> {
              loaded = current;
              lastProblem = null;
              LOG.log(Level.INFO, "{0} was reloaded: {1}", file, result.encode());
            })
        .onFailure(error -> warn(error.getMessage()));
  }

  private void warn(String problem) {
    if (!Objects.equals(problem, lastProblem)) {
      lastProblem = problem;
      LOG.log(
          Level.WARNING,
          "{0} has changed but is refused; the previous configuration still applies: {1}",
          file,
          problem);
    }
  }

  /** Reads the state of the file; returns {@code null} if it is missing or empty. */
  private FileState readState() {
    try {
      long size = Files.size(file);
      return size == 0
          ? null
          : new FileState(Files.getLastModifiedTime(file), size, file.toRealPath());
    } catch (IOException e) {
      return null;
    }
  }
}
