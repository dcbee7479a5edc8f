package io.llmrelay.provider;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Takes out of a provider's words what they quote of the prompt: some print the input they could
 * not read, whole or in part.
 *
 * <p>A prompt may be a megabyte long, the words are a few hundred characters: so the prompt is gone
 * through once, with a rolling hash that says where a look is worth it.
 */
final class Quotes {
  static final Quotes NONE = new Quotes(List.of());

  /** So many characters in common are a quotation; fewer turn up in any two texts. */
  static final int RUN = 12;

  /** A shorter prompt is a word that anybody may use. */
  private static final int SHORTEST = 4;

  private static final String MASK = "***";
  private static final int FILTER_MASK = 0xFFFF;
  private static final int TOP = power(RUN - 1);

  private final List<ChatMessage> messages;

  private Quotes(List<ChatMessage> messages) {
    this.messages = messages;
  }

  static Quotes of(ChatRequest request) {
    return new Quotes(request.messages());
  }

  /**
   * Takes them out.
   *
   * @param words {@linkplain Secrets#fold folded}, as the prompt is for the comparison
   */
  String mask(String words) {
    String masked = words;
    BitSet quoted = new BitSet();
    Set<String> runs = runs(words);
    List<String> parts =
        messages.stream()
            .flatMap(message -> message.parts().stream())
            .map(part -> Secrets.fold(part).strip())
            .toList();
    for (String part : parts) {
      if (part.length() >= RUN) {
        mark(words, common(runs, part), quoted);
      }
    }
    if (!quoted.isEmpty()) {
      masked = masked(words, quoted);
    }
    for (String part : parts) {
      if (part.length() >= SHORTEST && part.length() < RUN) {
        masked = masked.replace(part, MASK);
      }
    }
    return masked;
  }

  private static Set<String> runs(String text) {
    Set<String> runs = new HashSet<>();
    for (int i = 0; i + RUN <= text.length(); i++) {
      runs.add(text.substring(i, i + RUN));
    }
    return runs;
  }

  /** Those of the runs that stand in the text. */
  private static Set<String> common(Set<String> runs, String text) {
    BitSet filter = new BitSet();
    runs.forEach(run -> filter.set(run.hashCode() & FILTER_MASK));
    Set<String> common = new HashSet<>();
    int hash = text.substring(0, RUN).hashCode();
    for (int i = 0; ; i++) {
      if (filter.get(hash & FILTER_MASK)) {
        String run = text.substring(i, i + RUN);
        if (runs.contains(run)) {
          common.add(run);
        }
      }
      if (i + RUN == text.length()) {
        return common;
      }
      hash = (hash - text.charAt(i) * TOP) * 31 + text.charAt(i + RUN);
    }
  }

  private static void mark(String words, Set<String> runs, BitSet quoted) {
    for (int i = 0; i + RUN <= words.length() && !runs.isEmpty(); i++) {
      if (runs.contains(words.substring(i, i + RUN))) {
        quoted.set(i, i + RUN);
      }
    }
  }

  private static String masked(String words, BitSet quoted) {
    StringBuilder masked = new StringBuilder();
    for (int i = 0; i < words.length(); ) {
      int from = quoted.nextSetBit(i);
      if (from < 0) {
        return masked.append(words, i, words.length()).toString();
      }
      masked.append(words, i, from).append(MASK);
      i = quoted.nextClearBit(from);
    }
    return masked.toString();
  }

  /** Of 31, the base of a string's hash code. */
  private static int power(int exponent) {
    int power = 1;
    for (int i = 0; i < exponent; i++) {
      power *= 31;
    }
    return power;
  }
}
