package io.llmrelay.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.bench.LoadPlan.Target;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The load generator with nothing between it and the mock. */
class BenchTest {
  private static final double BRIEFLY = 0.2;

  private Mock mock;

  @BeforeEach
  void start() throws IOException {
    mock = new Mock();
  }

  @AfterEach
  void stop() throws IOException {
    mock.close();
  }

  private LoadPlan plan(Target target, Script script, int streams) {
    return LoadPlan.of(mock.port(0), target, script, streams, BRIEFLY);
  }

  @Test
  void everyChunkOfEveryStreamArrives() throws IOException {
    for (Target target : List.of(Target.OPENAI, Target.ANTHROPIC)) {
      LoadResult result = Load.run(plan(target, Script.flatOut(50), 8));
      assertThat(result.errors).isEmpty();
      assertThat(result.requests).isGreaterThanOrEqualTo(8);
      assertThat(result.chunks).isEqualTo(50 * result.requests);
      assertThat(result.transit.size()).isEqualTo((int) result.chunks);
      assertThat(result.mostAtOnce).isEqualTo(8);
    }
  }

  @Test
  void fragmentsOfACallAreChunksToo() throws IOException {
    LoadResult result = Load.run(plan(Target.OPENAI, Script.flatOut(50).asCall(), 8));
    assertThat(result.errors).isEmpty();
    assertThat(result.chunks).isEqualTo(50 * result.requests);
  }

  @Test
  void toolsComeAfterThePrompt() throws IOException {
    for (Target plain : List.of(Target.OPENAI, Target.ANTHROPIC)) {
      Target target = plain.withTools(40, 60_000);
      String body = new String(plan(target, Script.flatOut(2), 1).request(), UTF_8);
      JsonObject json = new JsonObject(body.substring(body.indexOf("\r\n\r\n")));
      assertThat(json.getJsonArray("tools")).hasSize(40);
      assertThat(json.getJsonArray("tools").encode().length()).isBetween(58_000, 66_000);
      assertThat(Load.run(plan(target, Script.flatOut(2), 1)).errors).isEmpty();
    }
  }

  @Test
  void pacedStreamsTakeTheirTime() throws IOException {
    long begin = System.nanoTime();
    LoadResult result =
        Load.run(plan(Target.OPENAI, Script.paced(50, 5, 20), 40).ramp(2000).eachOnce());
    long millis = (System.nanoTime() - begin) / 1_000_000;
    assertThat(result.errors).isEmpty();
    assertThat(result.requests).isEqualTo(40);
    assertThat(result.chunks).isEqualTo(40 * 20);
    assertThat(millis).isGreaterThanOrEqualTo(50 + 19 * 5);
    assertThat(result.firstChunk.toJson().getDouble("p50")).isGreaterThanOrEqualTo(50);
  }

  @Test
  void theFirstPortRefusesWhereItIsAskedTo() throws IOException {
    Script script = Script.flatOut(3).refusedByFirst();
    LoadPlan plan = plan(Target.OPENAI, script, 2).eachOnce();
    assertThat(Load.run(plan).errors).containsOnlyKeys("status 503");
    assertThat(mock.refused).hasValue(2);
    LoadPlan second = LoadPlan.of(mock.port(1), Target.OPENAI, script, 2, BRIEFLY).eachOnce();
    assertThat(Load.run(second).errors).isEmpty();
  }

  @Test
  void anAnswerWithoutItsChunksIsAnError() throws IOException {
    // The mock goes by the first script it finds.
    String fewer = "\"user\":\"" + Script.flatOut(2).prompt() + "\",";
    Target target = new Target(Target.OPENAI.path(), "mock-model", fewer);
    LoadPlan plan = plan(target, Script.flatOut(3), 1).eachOnce();
    assertThat(Load.run(plan).errors).containsOnlyKeys("incomplete");
  }

  @ParameterizedTest
  @ValueSource(strings = {"transfer-encoding: chunked", "Content-Length: 27"})
  void aResponseIsReadHoweverItIsCut(String framing) {
    String body =
        framing.startsWith("C")
            ? "data: one\n\ndata: two\n\nlast\n"
            : "d\r\ndata: one\n\nda\r\n0E\r\nta: two\n\nlast\n\r\n0\r\n\r\n";
    byte[] bytes = Bytes.of("HTTP/1.1 200 OK\r\n" + framing + "\r\nx: y\r\n\r\n" + body);
    for (int cut = 0; cut <= bytes.length; cut++) {
      List<String> lines = new ArrayList<>();
      ResponseReader reader =
          new ResponseReader((b, from, to) -> lines.add(new String(b, from, to - from, UTF_8)));
      boolean first = reader.read(bytes, 0, cut);
      assertThat(first).isEqualTo(cut == bytes.length);
      assertThat(first || reader.read(bytes, cut, bytes.length)).isTrue();
      assertThat(reader.status()).isEqualTo(200);
      assertThat(lines).containsExactly("data: one", "", "data: two", "", "last");
    }
  }
}
