package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuotesTest {
  private static final Quotes QUOTES =
      Quotes.of(
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
    "said Arr! and hm, said *** and hm"
  })
  void areMasked(String words, String masked) {
    assertThat(QUOTES.mask(words)).isEqualTo(masked);
  }

  @Test
  void areFoundThoughTheirLinesWereJoined() {
    Quotes quotes =
        Quotes.of(
            ChatRequest.of(
                ChatMessage.system("a\nb c"),
                ChatMessage.user("PIN\n48151623\r\nIBAN\n\tDE89 3704\n")));
    assertThat(quotes.mask("bad input: PIN 48151623 IBAN DE89 3704, a b c"))
        .isEqualTo("bad input: ***, ***");
  }

  @Test
  void nothingIsQuotedWithoutAPrompt() {
    assertThat(Quotes.NONE.mask("Where is the treasure?")).isEqualTo("Where is the treasure?");
  }

  @Test
  void areFoundInALongPromptInNoTime() {
    String prompt = "la ".repeat(700_000) + "the secret word is swordfish" + " la".repeat(700_000);
    Quotes quotes = Quotes.of(ChatRequest.of(ChatMessage.user(prompt)));
    String words = "x".repeat(270) + " word is swordfish";
    long start = System.nanoTime();
    assertThat(quotes.mask(words)).isEqualTo("x".repeat(270) + "***");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
  }
}
