package io.llmrelay.chat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Reading a request of 1.2 MB in 41 messages: all of it, and passing its tokens alone, with the
 * cursor and with Jackson's parser, which decodes no string either unless it is asked for it.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Thread)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RequestReadBenchmark {
  private static final int BYTES = 1_200_000;
  private static final int MESSAGES = 41;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
          .build();

  /** The text of the messages: words in lines, the source code of a program, or another script. */
  @Param({"prose", "code", "japanese"})
  private String text;

  private byte[] body;

  /** Creates the request. */
  @Setup
  public void create() {
    Random random = new Random(1);
    String[] words =
        switch (text) {
          case "prose" ->
              new String[] {"the ", "request ", "of ", "a ", "backend ", "is ", "sent "};
          case "code" ->
              new String[] {"\\\"name\\\", ", "if (x) {", "\\t", "return y;", "\\\\d+ ", "} "};
          default -> new String[] {"要求", "を", "送る。", "バックエンド", "は", "、"};
        };
    StringBuilder json = new StringBuilder(2 * BYTES).append("{\"model\":\"m\",\"messages\":[");
    int length = 0;
    for (int i = 0; i < MESSAGES; i++) {
      json.append(i == 0 ? "{" : ",{").append("\"role\":\"user\",\"content\":\"");
      while (length < (long) BYTES * (i + 1) / MESSAGES) {
        int from = json.length();
        for (int n = 2 + random.nextInt(8); n > 0; n--) {
          json.append(words[random.nextInt(words.length)]);
        }
        json.append("\\n");
        length += json.substring(from).getBytes(StandardCharsets.UTF_8).length;
      }
      json.append("\"}");
    }
    body = json.append("]}").toString().getBytes(StandardCharsets.UTF_8);
  }

  /** Reads the request. */
  @Benchmark
  public ChatRequest request() {
    return ChatRequest.read(body, (field, value) -> false);
  }

  /** Passes all tokens. */
  @Benchmark
  public int cursor() {
    JsonCursor in = new JsonCursor(body, 0, body.length);
    int tokens = 0;
    while (!in.atEnd()) {
      in.next();
      tokens++;
    }
    return tokens;
  }

  /** Passes all tokens with Jackson. */
  @Benchmark
  public int jackson() throws IOException {
    int tokens = 0;
    try (JsonParser in = FACTORY.createParser(body)) {
      while (in.nextToken() != null) {
        tokens++;
      }
    }
    return tokens;
  }
}
