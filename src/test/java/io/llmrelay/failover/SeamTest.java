package io.llmrelay.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where a continuation begins, whatever the model makes of the text it was given. */
class SeamTest {
  private static final String LONG =
      "The capital of France is Paris, which lies on the Seine and has two million inhabitants";

  /** Returns the text with its continuation, which arrives in pieces of a length. */
  private static String joined(String text, String continuation, int length) {
    Seam seam = new Seam(Buffer.buffer(text).getBytes());
    Buffer whole = Buffer.buffer(text);
    Buffer rest = null;
    Buffer sent = Buffer.buffer(continuation);
    for (int i = 0; i < sent.length(); i += length) {
      Buffer piece = sent.slice(i, Math.min(sent.length(), i + length));
      if (rest != null) {
        whole.appendBuffer(piece);
        continue;
      }
      rest = seam.add(piece);
      if (rest != null) {
        whole.appendBuffer(rest);
      }
    }
    return (rest == null ? whole.appendBuffer(seam.end()) : whole).toString();
  }

  private static String joined(String text, String continuation) {
    String whole = joined(text, continuation, 1);
    assertThat(joined(text, continuation, 5)).isEqualTo(whole);
    assertThat(joined(text, continuation, 10_000)).isEqualTo(whole);
    return whole;
  }

  /** An underscore is a space, and a pilcrow a line feed. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "The_quick_bro|wn_fox|The_quick_brown_fox",
        "The_quick_|brown_fox|The_quick_brown_fox",
        "The_quick_|_brown_fox|The_quick_brown_fox",
        "a¶|¶¶b|a¶¶b",
        "a¶|¶b|a¶b",
        "a¶|b|a¶b",
        "a__|_|a__",
        "déj|à_vu_漢字|déjà_vu_漢字",
      })
  void whiteSpaceAndHalfWords(String text, String continuation, String whole) {
    assertThat(joined(plain(text), plain(continuation))).isEqualTo(plain(whole));
  }

  private static String plain(String shown) {
    return shown.replace('_', ' ').replace('¶', '\n');
  }

  @Test
  void aFenceThatIsOpenStaysOpen() {
    String code = "Here:\n```java\nint a = 1;\n";
    assertThat(joined(code, "\nint b = 2;\n```\n")).isEqualTo(code + "int b = 2;\n```\n");
  }

  @Test
  void theWholeTextSentAgainIsDropped() {
    assertThat(joined(LONG, LONG + ".")).isEqualTo(LONG + ".");
    assertThat(joined(LONG + "\n", LONG + "\n\nMore")).isEqualTo(LONG + "\n\nMore");
    assertThat(joined(LONG, LONG)).isEqualTo(LONG);
  }

  @Test
  void itsEndSentAgainIsDroppedIfThatIsCertain() {
    String end = LONG.substring(LONG.length() - Seam.MIN_END);
    assertThat(joined(LONG, end + ".")).isEqualTo(LONG + ".");
    String shorter = end.substring(1);
    assertThat(joined(LONG, shorter + ".")).as("too short").isEqualTo(LONG + shorter + ".");
    String twice = LONG + "; " + LONG;
    assertThat(joined(twice, end + ".")).as("it had said that").isEqualTo(twice + end + ".");
  }

  @Test
  void aPatternGoesOn() {
    String zeros = "0, ".repeat(40).strip();
    assertThat(joined(zeros, " " + zeros)).isEqualTo(zeros + " " + zeros);
    String ha = "ha ".repeat(10).strip();
    assertThat(joined(ha, ha)).isEqualTo(ha + ha);
  }

  @Test
  void anExactContinuationIsNeverChanged() {
    for (int seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      String whole = text(random);
      int cut =
          whole.offsetByCodePoints(0, random.nextInt(whole.codePointCount(0, whole.length())));
      String text = whole.substring(0, cut);
      String asked = Seam.prefix(Buffer.buffer(text));
      // A server continues what it was given: without the white space at the end.
      String rest = whole.substring(asked.length());
      assertThat(joined(text, rest, 1 + random.nextInt(9))).as("seed %d", seed).isEqualTo(whole);
    }
  }

  private static String text(Random random) {
    String[] words = {"the ", "a ", "漢字", "🙂 ", "\n", "\n\n", "```", "x=1;", "  ", "né", "0, "};
    StringBuilder text = new StringBuilder();
    int length = 1 + random.nextInt(80);
    for (int i = 0; i < length; i++) {
      text.append(words[random.nextInt(words.length)]);
    }
    return text.toString();
  }

  /** What a model sends that repeats a pattern is compared in time that grows with its length. */
  @Test
  @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void patternsAreComparedQuickly() {
    String dashes = "-".repeat(256_000);
    String text = dashes + "End";
    assertThat(joined(text, dashes, 10_000)).hasSize(text.length() + dashes.length());
    assertThat(joined(text, text, 10_000)).hasSize(text.length());
  }
}
