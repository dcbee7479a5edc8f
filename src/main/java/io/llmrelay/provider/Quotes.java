package io.llmrelay.provider;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

  /** How JSON and Python write what is not ASCII, or would end the line. */
  private static final Pattern ESCAPE =
      Pattern.compile("\\\\(?:u([0-9a-fA-F]{4})|([nrt\"'\\\\/]))");

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
    BitSet quoted = quoted(words);
    if (words.indexOf('\\') >= 0) {
      quoted.or(quotedInEscapes(words));
    }
    return quoted.isEmpty() ? words : masked(words, quoted);
  }

  private BitSet quoted(String words) {
    BitSet quoted = new BitSet();
    Set<String> runs = runs(words);
    for (ChatMessage message : messages) {
      for (String part : message.parts()) {
        String text = Secrets.fold(part).strip();
        if (text.length() >= RUN) {
          mark(words, common(runs, text), quoted);
        }
      }
    }
    return quoted;
  }

  /** What is quoted once the escapes are read; an escape is quoted if its character is. */
  private BitSet quotedInEscapes(String words) {
    StringBuilder plain = new StringBuilder();
    int[] at = new int[words.length() + 1];
    Matcher escape = ESCAPE.matcher(words);
    for (int i = 0; i < words.length(); ) {
      boolean escaped = escape.region(i, words.length()).lookingAt();
      char c = escaped ? unescaped(escape) : words.charAt(i);
      if (c != ' ' || plain.isEmpty() || plain.charAt(plain.length() - 1) != ' ') {
        at[plain.length()] = i;
        plain.append(c);
      }
      i = escaped ? escape.end() : i + 1;
    }
    at[plain.length()] = words.length();
    BitSet quoted = new BitSet();
    quoted(plain.toString()).stream().forEach(i -> quoted.set(at[i], at[i + 1]));
    return quoted;
  }

  private static char unescaped(Matcher escape) {
    if (escape.group(1) != null) {
      return (char) Integer.parseInt(escape.group(1), 16);
    }
    char c = escape.group(2).charAt(0);
    return c == 'n' || c == 'r' || c == 't' ? ' ' : c;
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
        quoted.set(start(words, i), end(words, i + RUN));
      }
    }
  }

  /** Half a character is never left over: it would be shown as another one. */
  private static int start(String words, int index) {
    return index > 0 && Character.isLowSurrogate(words.charAt(index)) ? index - 1 : index;
  }

  private static int end(String words, int index) {
    return index < words.length() && Character.isHighSurrogate(words.charAt(index - 1))
        ? index + 1
        : index;
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
