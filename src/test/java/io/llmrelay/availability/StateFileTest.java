package io.llmrelay.availability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A file that is whole or not there, and whose loss is not the end. */
@ExtendWith(VertxExtension.class)
class StateFileTest {
  @TempDir Path folder;

  private final AtomicInteger written = new AtomicInteger();

  private StateFile state(Vertx vertx, Path file) {
    return new StateFile(vertx, file, () -> new JsonObject().put("n", written.incrementAndGet()));
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  @Test
  void readsWhatItWrote(Vertx vertx) throws Exception {
    Path file = folder.resolve("state.json");
    StateFile state = state(vertx, file);
    assertThat(get(state.read())).as("nothing there yet").isNull();
    state.changed();
    get(state.close());
    assertThat(get(state(vertx, file).read()))
        .isEqualTo(new JsonObject().put("n", 1).put("version", 1));
    assertThat(files()).containsExactly(file);
  }

  @Test
  void writesManyChangesOnce(Vertx vertx) throws Exception {
    StateFile state = state(vertx, folder.resolve("state.json"));
    for (int i = 0; i < 100; i++) {
      state.changed();
    }
    assertThat(files()).isEmpty();
    await().until(() -> files().equals(List.of(folder.resolve("state.json"))));
    get(state.close());
    assertThat(written).as("nothing new since").hasValue(1);
    state.changed();
    get(state.close());
    assertThat(written).hasValue(2);
    assertThat(get(state.read()).getInteger("n")).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "null",
        "sk-secret",
        "{\"version\": 2}",
        "{\"version\": \"1\"}",
        "{\"exhausted\": {}}"
      })
  void aFileThatMakesNoSenseIsIgnoredAndReplaced(String text, Vertx vertx) throws Exception {
    Path file = Files.writeString(folder.resolve("state.json"), text);
    StateFile state = state(vertx, file);
    assertThat(get(state.read())).isNull();
    state.changed();
    get(state.close());
    assertThat(get(state.read()).getInteger("n")).isEqualTo(1);
  }

  @Test
  void closingWaitsForAWriteThatIsUnderWay(Vertx vertx) throws Exception {
    Path file = folder.resolve("state.json");
    StateFile state = state(vertx, file);
    state.changed();
    Future<Void> first = state.close();
    get(state.close());
    assertThat(first.isComplete()).isTrue();
    assertThat(files()).containsExactly(file);
    assertThat(written).hasValue(1);
  }

  @Test
  void doesWithoutAFileThatCannotBeWritten(Vertx vertx) throws Exception {
    StateFile state = state(vertx, folder.resolve("nowhere/state.json"));
    state.changed();
    get(state.close());
    Files.createDirectory(folder.resolve("nowhere"));
    state.changed();
    get(state.close());
    assertThat(get(state.read())).isNotNull();
  }
}
