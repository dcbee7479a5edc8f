package io.llmrelay.chaos;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Resume;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Runs the whole wall with short timers, on the event bus and at the gateway. Each request is a
 * test.
 */
class FaultWallTest {
  private static final List<String> DIALECTS = List.of("openai", "anthropic");
  private static final List<Throwable> THROWN = new CopyOnWriteArrayList<>();
  private static Vertx vertx;

  @BeforeAll
  static void open() {
    vertx = Vertx.vertx();
    vertx.exceptionHandler(THROWN::add);
  }

  @AfterAll
  static void close() throws Exception {
    get(vertx.close());
    assertThat(THROWN).as("uncaught exceptions").isEmpty();
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(240, SECONDS);
  }

  @TestFactory
  Stream<DynamicTest> everyFault() throws Exception {
    List<Row> rows = FaultWall.rows();
    List<Result> results = get(Chaos.run(vertx, Profile.fast(), rows, DIALECTS, result -> {}));
    int requests =
        rows.stream()
            .flatMapToInt(
                row ->
                    row.dialects(DIALECTS).stream()
                        .mapToInt(dialect -> Case.of(row, dialect).size()))
            .sum();
    assertThat(results).hasSize(requests);
    return results.stream()
        .map(
            result ->
                DynamicTest.dynamicTest(
                    result.title(), () -> assertThat(result.deviations()).isEmpty()));
  }

  /** Every stream that breaks off is continued by a backend with the same answer, to its end. */
  @TestFactory
  Stream<DynamicTest> everyBrokenStreamIsResumed() throws Exception {
    List<Row> rows = FaultWall.rows().stream().filter(Row::breaksOff).toList();
    assertThat(rows).hasSizeGreaterThan(15);
    Profile verify = Profile.fast().resuming(Resume.VERIFY);
    Profile proceed = Profile.fast().resuming(Resume.CONTINUE);
    List<Result> verified = get(Chaos.run(vertx, verify, rows, FaultWall.DIALECTS, r -> {}));
    List<Result> continued = get(Chaos.run(vertx, proceed, rows, DIALECTS, r -> {}));
    assertThat(verified).hasSizeGreaterThan(100);
    assertThat(continued).hasSizeGreaterThan(40);
    return Stream.concat(verified.stream(), continued.stream())
        .map(
            result ->
                DynamicTest.dynamicTest(
                    result.title() + ", resumed", () -> assertThat(result.deviations()).isEmpty()));
  }

  @Test
  void rowsNameTheirDialects() {
    Row only = Row.parse("gemini,ollama: die | a | b | c | d | primary | open | -");
    Row without = Row.parse("-openai,cohere: die | a | b | c | d | primary | open | -");
    assertThat(only.dialects(FaultWall.DIALECTS)).containsExactly("gemini", "ollama");
    assertThat(without.dialects(FaultWall.DIALECTS))
        .containsExactly("anthropic", "gemini", "ollama", "bedrock", "cloudflare");
    assertThat(only.dialects(DIALECTS)).isEmpty();
  }

  /** The wall reports an outcome that differs from its table. */
  @Test
  void aWrongOutcomeIsFound() throws Exception {
    Row row =
        Row.parse(
            "die-after-3 | fallback | fallback | 3 + network | network | fallback | open | model"
                + " 7");
    List<Result> results =
        get(Chaos.run(vertx, Profile.fast(), List.of(row), DIALECTS, result -> {}));
    assertThat(results).hasSize(14).noneMatch(Result::right);
    assertThat(results)
        .filteredOn(result -> result.streaming() && !result.alone() && !result.strict())
        .extracting(Result::deviations)
        .allSatisfy(
            deviations ->
                assertThat(deviations)
                    .containsSubsequence(
                        "3 + network instead of fallback",
                        "the cooldown is - instead of model 7",
                        "a healthy request afterwards: primary"));
  }
}
