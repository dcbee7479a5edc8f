package io.llmrelay.provider.error;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromptRedactorTest {
  private static final PromptRedactor REDACTOR =
      PromptRedactor.of(
          ChatRequest.of(
              ChatMessage.system("Answer as a pirate would."),
              ChatMessage.user("Where is the treasure?"),
              ChatMessage.assistant("Arr!"),
              ChatMessage.user("hm")));

  @ParameterizedTest
  @CsvSource({
    "nothing of it, nothing of it",
    "'', ''",
    "Where is the treasure?, ***",
    "input 'Where is the treasure?' is bad, input '***' is bad",
    "cut: e is the treas…, cut: ***…",
    "Where is the trWhere is the tr, ***",
    "Answer as a pirate and where is the treasure, ***and w***",
    "a treasure of Sierra Madre, a treasure of Sierra Madre",
    "said Arr! and hm, said Arr! and hm"
  })
  void areMasked(String words, String masked) {
    assertThat(REDACTOR.redact(words)).isEqualTo(masked);
  }

  @Test
  void areFoundThoughTheirLinesWereJoined() {
    PromptRedactor redactor =
        PromptRedactor.of(
            ChatRequest.of(
                ChatMessage.system("be brief,\nand kind"),
                ChatMessage.user("PIN\n48151623\r\nIBAN\n\tDE89 3704\n")));
    assertThat(redactor.redact("bad input: PIN 48151623 IBAN DE89 3704, be brief, and kind"))
        .isEqualTo("bad input: ***, ***");
  }

  /** From twelve characters on; what is shorter is anybody's word. */
  @ParameterizedTest
  @CsvSource({
    "limit, Rate limit reached, Rate limit reached",
    "the model, the model does not exist, the model does not exist",
    "48151623, bad input: 48151623, bad input: 48151623",
    "abcdefghijk, bad abcdefghijk!, bad abcdefghijk!",
    "abcdefghijkl, bad abcdefghijkl!, bad ***!",
    "xabcdefghijklx, bad abcdefghijkl!, bad ***!",
    "xabcdefghijkx, bad abcdefghijk!, bad abcdefghijk!",
    "a b c d e f g, bad: a b c d e f g, bad: ***",
    "漢字漢字漢字漢字漢字漢字, bad 漢字漢字漢字漢字漢字漢字!, bad ***!",
  })
  void fromTwelveCharactersOn(String prompt, String words, String masked) {
    assertThat(PromptRedactor.of(ChatRequest.of(ChatMessage.user(prompt))).redact(words))
        .isEqualTo(masked);
  }

  @Test
  void manyShortMessagesAreNoQuotation() {
    ChatMessage[] messages =
        "Rate limit reached for the model"
            .lines()
            .flatMap(line -> java.util.Arrays.stream(line.split(" ")))
            .map(ChatMessage::user)
            .toArray(ChatMessage[]::new);
    assertThat(
            PromptRedactor.of(ChatRequest.of(messages)).redact("Rate limit reached for the model"))
        .isEqualTo("Rate limit reached for the model");
  }

  /** U+1F600 and U+1F601 share their first half, U+1F600 and U+1FA00 their second. */
  @Test
  void halfACharacterIsNeverLeftOver() {
    PromptRedactor redactor =
        PromptRedactor.of(ChatRequest.of(ChatMessage.user("\uD83D\uDE00hello world\uD83D\uDE00")));
    assertThat(redactor.redact("<\uD83E\uDE00hello world\uD83D\uDE01>")).isEqualTo("<***>");
  }

  /** A text within a text is escaped once more. */
  @ParameterizedTest
  @CsvSource({
    "'PIN 48151623\nIBAN DE89', raw: PIN 48151623\\nIBAN DE89, raw: ***",
    "geheim für Müller, raw: geheim f\\u00fcr M\\u00FCller, raw: ***",
    "'C:\\new\\table\\file', raw: C:\\new\\table\\file!, raw: ***!",
    "geheim für Müller, raw: a \\n b, raw: a \\n b",
  })
  void areFoundThoughTheyAreEscaped(String prompt, String words, String masked) {
    assertThat(PromptRedactor.of(ChatRequest.of(ChatMessage.user(prompt))).redact(words))
        .isEqualTo(masked);
  }

  @Test
  void nothingIsQuotedWithoutAPrompt() {
    assertThat(PromptRedactor.NONE.redact("Where is the treasure?"))
        .isEqualTo("Where is the treasure?");
  }

  @Test
  void areFoundInALongPromptInNoTime() {
    String prompt = "la ".repeat(700_000) + "the secret word is swordfish" + " la".repeat(700_000);
    PromptRedactor redactor = PromptRedactor.of(ChatRequest.of(ChatMessage.user(prompt)));
    String words = "x".repeat(270) + " word is swordfish";
    long start = System.nanoTime();
    assertThat(redactor.redact(words)).isEqualTo("x".repeat(270) + "***");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
  }
}
