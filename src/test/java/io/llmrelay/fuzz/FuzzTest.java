package io.llmrelay.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.gateway.openai.RequestsFuzz;
import io.llmrelay.provider.AnswersFuzz;
import io.llmrelay.provider.TextFuzz;
import io.llmrelay.provider.error.ErrorsFuzz;
import io.llmrelay.provider.wire.NdjsonFuzz;
import io.llmrelay.provider.wire.SseFuzz;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What {@code scripts/fuzz} does for minutes with coverage to guide it, for seconds and without:
 * every input that was kept, and many made from them, the same ones each time.
 */
class FuzzTest {
  private static final int RUNS = 4_000;
  private static final int MAX_INPUT = 2_000;

  interface Input {
    void take(byte[] input) throws Exception;
  }

  /** The names are those of the classes, and of the folders with the kept inputs. */
  enum Target {
    SSE("SseFuzz", SseFuzz::fuzzerTestOneInput),
    LINES("NdjsonFuzz", NdjsonFuzz::fuzzerTestOneInput),
    ANSWERS("AnswersFuzz", AnswersFuzz::fuzzerTestOneInput),
    TEXT("TextFuzz", TextFuzz::fuzzerTestOneInput),
    ERRORS("ErrorsFuzz", ErrorsFuzz::fuzzerTestOneInput),
    REQUESTS("RequestsFuzz", RequestsFuzz::fuzzerTestOneInput);

    private final String folder;
    private final Input input;

    Target(String folder, Input input) {
      this.folder = folder;
      this.input = input;
    }

    List<byte[]> kept() throws IOException, URISyntaxException {
      Path at = Path.of(FuzzTest.class.getResource("/fuzz/" + folder).toURI());
      List<byte[]> kept = new ArrayList<>();
      try (Stream<Path> files = Files.list(at)) {
        for (Path file : files.sorted().toList()) {
          kept.add(Files.readAllBytes(file));
        }
      }
      return kept;
    }

    void take(byte[] bytes) {
      try {
        input.take(bytes);
      } catch (Throwable e) {
        throw new AssertionError(folder + " " + Base64.getEncoder().encodeToString(bytes), e);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void holdsForWhatWasKeptAndForMore(Target target) throws Exception {
    List<byte[]> kept = target.kept();
    assertThat(kept).isNotEmpty();
    kept.forEach(target::take);
    Random random = new Random(1);
    for (int run = 0; run < RUNS; run++) {
      target.take(changed(kept, random));
    }
  }

  /** One of the inputs with some of its bytes changed, doubled, left out, or taken from another. */
  private static byte[] changed(List<byte[]> kept, Random random) {
    byte[] input = pick(kept, random).clone();
    for (int changes = 1 + random.nextInt(4); changes > 0 && input.length > 0; changes--) {
      int from = random.nextInt(input.length);
      int to = Math.min(input.length, from + 1 + random.nextInt(40));
      byte[] other = pick(kept, random);
      switch (random.nextInt(4)) {
        case 0 -> input[from] = (byte) random.nextInt(256);
        case 1 -> input = splice(input, from, Arrays.copyOfRange(input, from, to), from);
        case 2 -> input = splice(input, from, new byte[0], to);
        default -> {
          int at = random.nextInt(other.length + 1);
          byte[] piece = Arrays.copyOfRange(other, at, Math.min(other.length, at + 40));
          input = splice(input, from, piece, from);
        }
      }
    }
    return Arrays.copyOf(input, Math.min(input.length, MAX_INPUT));
  }

  private static byte[] splice(byte[] input, int from, byte[] piece, int to) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(input, 0, from);
    out.writeBytes(piece);
    out.write(input, to, input.length - to);
    return out.toByteArray();
  }

  private static byte[] pick(List<byte[]> from, Random random) {
    return from.get(random.nextInt(from.size()));
  }
}
