package io.llmrelay.chaos;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Plays rows of the fault wall. It is a verticle so that everything of it is on one context, and
 * gone when it is undeployed.
 */
public final class Chaos extends VerticleBase {
  private final Profile profile;
  private final Deque<Scene> waiting = new ArrayDeque<>();
  private final Map<Integer, List<Result>> early = new HashMap<>();
  private final List<Row> rows;
  private final Consumer<List<Result>> each;
  private final List<Result> results = new ArrayList<>();
  private int reported;
  private final Promise<List<Result>> done = Promise.promise();

  private Chaos(Profile profile, List<Row> rows, Consumer<List<Result>> each) {
    this.profile = profile;
    this.rows = rows;
    this.each = each;
  }

  /**
   * Plays rows, some of them at a time.
   *
   * @param rows of {@link FaultWall#rows}
   * @param each receives the results of a row in one dialect as soon as they are there, in the
   *     order of the rows, on an event-loop thread
   * @return all of them
   */
  public static Future<List<Result>> play(
      Vertx vertx, Profile profile, List<Row> rows, Consumer<List<Result>> each) {
    Chaos chaos = new Chaos(profile, rows, each);
    return vertx
        .deployVerticle(chaos)
        .compose(id -> chaos.done.future().eventually(() -> vertx.undeploy(id)));
  }

  @Override
  public Future<?> start() {
    return Stage.open(vertx)
        .onSuccess(
            stage -> {
              for (Row row : rows) {
                for (String dialect : row.dialects()) {
                  waiting.add(new Scene(stage, profile, row, dialect, waiting.size()));
                }
              }
              List<Future<Void>> workers = new ArrayList<>();
              for (int i = 0; i < profile.scenes(); i++) {
                workers.add(work());
              }
              Future.join(workers).map(results).onComplete(done);
            });
  }

  private Future<Void> work() {
    Scene scene = waiting.poll();
    if (scene == null) {
      return Future.succeededFuture();
    }
    return scene
        .play()
        .compose(
            played -> {
              results.addAll(played);
              early.put(scene.number(), played);
              reportInOrder();
              return work();
            });
  }

  /** In the order of the wall, whoever is ready first. */
  private void reportInOrder() {
    List<Result> next = early.remove(reported);
    while (next != null) {
      each.accept(next);
      next = early.remove(++reported);
    }
  }
}
