package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Embedding;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.provider.error.ErrorClassifier;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Clock;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Answers with embeddings in every dialect, however they are cut and whatever is in them. */
class VectorReaderTest {
  private static final List<String> DIALECTS =
      List.of("openai", "gemini", "cohere", "ollama", "cloudflare");

  /** An answer that is being read. */
  private static final class Read {
    final Answer answer =
        new Answer(new ErrorClassifier(Rig.options("openai", null), Clock.systemUTC()));
    final AnswerDecoder decoder;
    final Buffer lines = Buffer.buffer();

    Read(String dialect, int inputs) {
      EmbeddingFormat.Fields fields = Dialects.of(dialect).embeddings().fields();
      decoder = new AnswerDecoder(new VectorReader(answer, fields, inputs), answer);
    }

    void more(Buffer bytes) {
      decoder.read(bytes);
      answer.drain(chunks -> lines.appendBuffer(chunks.data()));
    }

    Read end() {
      decoder.end();
      answer.drain(chunks -> lines.appendBuffer(chunks.data()));
      return this;
    }
  }

  /** An answer, its vectors, and where it is cut. */
  record Body(String dialect, List<List<Float>> vectors, List<Integer> cuts) {
    Buffer bytes() {
      JsonArray all = new JsonArray(vectors);
      JsonObject json =
          switch (dialect) {
            case "openai" -> new JsonObject().put("data", objects("embedding"));
            case "gemini" -> new JsonObject().put("embeddings", objects("values"));
            case "cohere" -> new JsonObject().put("embeddings", new JsonObject().put("float", all));
            case "ollama" -> new JsonObject().put("embeddings", all).put("model", "m");
            default ->
                new JsonObject()
                    .put("result", new JsonObject().put("shape", List.of(1, 2)).put("data", all));
          };
      return json.put("x", new JsonArray().add(new JsonObject().put("y", 1))).toBuffer();
    }

    private JsonArray objects(String field) {
      JsonArray array = new JsonArray();
      for (List<Float> vector : vectors) {
        array.add(new JsonObject().put("index", array.size()).put(field, vector));
      }
      return array;
    }

    String lines() {
      StringBuilder lines = new StringBuilder();
      for (int i = 0; i < vectors.size(); i++) {
        float[] floats = new float[vectors.get(i).size()];
        for (int k = 0; k < floats.length; k++) {
          floats[k] = vectors.get(i).get(k);
        }
        lines.append(i).append(' ').append(Embedding.of(floats).base64()).append('\n');
      }
      return lines.toString();
    }
  }

  @Provide
  Arbitrary<Body> bodies() {
    return Arbitraries.integers()
        .between(1, 5)
        .flatMap(
            length ->
                Combinators.combine(
                        Arbitraries.of(DIALECTS),
                        Arbitraries.floats()
                            .between(-1e6f, 1e6f)
                            .list()
                            .ofSize(length)
                            .list()
                            .ofMinSize(1)
                            .ofMaxSize(5),
                        Arbitraries.integers().between(1, 40).list().ofMaxSize(20))
                    .as(Body::new));
  }

  private static Read read(Body body, Buffer bytes) {
    Read read = new Read(body.dialect, body.vectors.size());
    int from = 0;
    for (int i = 0; from < bytes.length(); i++) {
      int size = body.cuts.isEmpty() ? 1 : body.cuts.get(i % body.cuts.size());
      int to = Math.min(bytes.length(), from + size);
      read.more(bytes.slice(from, to));
      from = to;
    }
    return read.end();
  }

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void readsEveryVectorAtEveryCut(@ForAll("bodies") Body body) {
    Read read = read(body, body.bytes());
    assertThat(read.answer.failure()).isNull();
    assertThat(read.answer.complete()).isTrue();
    assertThat(read.lines.toString()).isEqualTo(body.lines());
  }

  @Property(tries = 1_000, edgeCases = EdgeCasesMode.NONE)
  void aWrongByteOrACutEndsInOneTerminal(
      @ForAll("bodies") Body body, @ForAll byte value, @ForAll int at, @ForAll boolean cut) {
    Buffer bytes = body.bytes();
    int position = Math.floorMod(at, bytes.length());
    Buffer broken = cut ? bytes.slice(0, position) : bytes.setByte(position, value);
    Read read = read(body, broken);
    assertThat(read.answer.over()).isTrue();
    if (cut) {
      assertThat(read.answer.failure().kind()).isIn(FailureKind.NETWORK, FailureKind.SERVER_ERROR);
    } else if (read.answer.complete()) {
      assertThat(read.lines.toString().lines().count()).isEqualTo(body.vectors.size());
    }
  }

  /** The memory for paths must not grow with depth and length of names. */
  @Test
  void deepObjectsWithLongNamesTakeLittleMemory() {
    Read read = new Read("openai", 1);
    Buffer level = Buffer.buffer("{\"" + "x".repeat(40_000) + "\":");
    for (int i = 0; i < 900; i++) {
      read.more(level);
    }
    read.more(Buffer.buffer("1" + "}".repeat(900)));
    read.end();
    assertThat(read.answer.failure().kind()).isEqualTo(FailureKind.SERVER_ERROR);
    assertThat(read.lines.length()).isZero();
  }
}
