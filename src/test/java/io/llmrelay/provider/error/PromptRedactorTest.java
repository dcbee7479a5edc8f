package io.llmrelay.provider.error;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import java.lang.management.ManagementFactory;
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

  private static String redact(PromptRedactor redactor, String message) {
    return redactor.in(message).redact(message);
  }

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
    assertThat(redact(REDACTOR, words)).isEqualTo(masked);
  }

  @Test
  void areFoundThoughTheirLinesWereJoined() {
    PromptRedactor redactor =
        PromptRedactor.of(
            ChatRequest.of(
                ChatMessage.system("be brief,\nand kind"),
                ChatMessage.user("PIN\n48151623\r\nIBAN\n\tDE89 3704\n")));
    assertThat(redact(redactor, "bad input: PIN 48151623 IBAN DE89 3704, be brief, and kind"))
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
    assertThat(redact(PromptRedactor.of(ChatRequest.of(ChatMessage.user(prompt))), words))
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
            redact(PromptRedactor.of(ChatRequest.of(messages)), "Rate limit reached for the model"))
        .isEqualTo("Rate limit reached for the model");
  }

  /** U+1F600 and U+1F601 share their first half, U+1F600 and U+1FA00 their second. */
  @Test
  void halfACharacterIsNeverLeftOver() {
    PromptRedactor redactor =
        PromptRedactor.of(ChatRequest.of(ChatMessage.user("\uD83D\uDE00hello world\uD83D\uDE00")));
    assertThat(redact(redactor, "<\uD83E\uDE00hello world\uD83D\uDE01>")).isEqualTo("<***>");
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
    assertThat(redact(PromptRedactor.of(ChatRequest.of(ChatMessage.user(prompt))), words))
        .isEqualTo(masked);
  }

  @Test
  void nothingIsQuotedWithoutAPrompt() {
    assertThat(redact(PromptRedactor.NONE, "Where is the treasure?"))
        .isEqualTo("Where is the treasure?");
  }

  @Test
  void areFoundInALongPrompt() {
    String prompt = "la ".repeat(600_000) + "the secret word is swordfish" + " la".repeat(600_000);
    PromptRedactor redactor = PromptRedactor.of(ChatRequest.of(ChatMessage.user(prompt)));
    String words = "x".repeat(270) + " word is swordfish";
    assertThat(redact(redactor, words)).isEqualTo("x".repeat(270) + "***");
  }

  @Test
  void oneScanServesAllMessagesOfAnError() {
    PromptRedactor.Quotations quotations = REDACTOR.in("is the treasure", "Answer as a pirate");
    assertThat(quotations.redact("is the treasure")).isEqualTo("***");
    assertThat(quotations.redact("Answer as a pirate")).isEqualTo("***");
  }

  /** Returns the bytes that a scan of a prompt for this message allocates. */
  private static long allocated(String prompt, String message) {
    PromptRedactor redactor = PromptRedactor.of(ChatRequest.of(ChatMessage.user(prompt)));
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    redact(redactor, message);
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  /** Each run of the message is compared once, however often it occurs in the prompt. */
  @Test
  void aPromptOfOneRepeatedCharacterIsNoMoreWorkThanAnother() {
    String prompt = "a".repeat(1_000_000);
    String varied = "never of it ".repeat(83_000);
    String message = "bad input: " + "a".repeat(100) + "b";
    assertThat(redact(PromptRedactor.of(ChatRequest.of(ChatMessage.user(prompt))), message))
        .isEqualTo("bad input: ***b");
    assertThat(allocated(prompt, message))
        .isLessThan(allocated(varied, message) + 1_000_000)
        .isLessThan(10L * prompt.length());
  }

  @Test
  void aPromptThatIsTooLargeIsNotReadAndNothingIsPassedOnThatMayQuoteIt() {
    String prompt = "a".repeat(PromptRedactor.MAX_SCANNED + 1);
    PromptRedactor redactor = PromptRedactor.of(ChatRequest.of(ChatMessage.user(prompt)));
    assertThat(redact(redactor, "bad input: the plan")).isEmpty();
    assertThat(redact(redactor, "context_length_exceeded")).isEqualTo("context_length_exceeded");
    assertThat(allocated(prompt, "bad input: the plan")).isLessThan(100_000);
    String fits = prompt.substring(1);
    assertThat(redact(PromptRedactor.of(ChatRequest.of(ChatMessage.user(fits))), "bad input"))
        .isEqualTo("bad input");
  }
}
