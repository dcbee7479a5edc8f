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
 * Runs rows of the fault wall, as a verticle: all of it is on one context and ends when it is
 * undeployed.
 */
public final class Chaos extends VerticleBase {
  private final Profile profile;
  private final Deque<RowRunner> waiting = new ArrayDeque<>();
  private final Map<Integer, List<Result>> unreported = new HashMap<>();
  private final List<Row> rows;
  private final List<String> dialects;
  private final Consumer<List<Result>> each;
  private final List<Result> results = new ArrayList<>();
  private int nextToReport;
  private final Promise<List<Result>> done = Promise.promise();

  private Chaos(
      Profile profile, List<Row> rows, List<String> dialects, Consumer<List<Result>> each) {
    this.profile = profile;
    this.rows = rows;
    this.dialects = dialects;
    this.each = each;
  }

  /**
   * Runs rows, several at a time.
   *
   * @param rows of {@link FaultWall#rows}
   * @param dialects of {@link FaultWall#DIALECTS}
   * @param each receives the results of each row in one dialect, in the order of the rows, on an
   *     event loop
   * @return a future of all results
   */
  public static Future<List<Result>> run(
      Vertx vertx,
      Profile profile,
      List<Row> rows,
      List<String> dialects,
      Consumer<List<Result>> each) {
    Chaos chaos = new Chaos(profile, rows, dialects, each);
    return vertx
        .deployVerticle(chaos)
        .compose(id -> chaos.done.future().eventually(() -> vertx.undeploy(id)));
  }

  @Override
  public Future<?> start() {
    return Fixture.open(vertx)
        .onSuccess(
            fixture -> {
              for (Row row : rows) {
                for (String dialect : row.dialects(dialects)) {
                  waiting.add(new RowRunner(fixture, profile, row, dialect, waiting.size()));
                }
              }
              List<Future<Void>> workers = new ArrayList<>();
              for (int i = 0; i < profile.concurrency(); i++) {
                workers.add(work());
              }
              Future.join(workers).map(results).onComplete(done);
            });
  }

  private Future<Void> work() {
    RowRunner runner = waiting.poll();
    if (runner == null) {
      return Future.succeededFuture();
    }
    return runner
        .run()
        .compose(
            ofRow -> {
              results.addAll(ofRow);
              unreported.put(runner.number(), ofRow);
              report();
              return work();
            });
  }

  /** Passes on the results in the order of the wall. */
  private void report() {
    List<Result> next = unreported.remove(nextToReport);
    while (next != null) {
      each.accept(next);
      next = unreported.remove(++nextToReport);
    }
  }
}
