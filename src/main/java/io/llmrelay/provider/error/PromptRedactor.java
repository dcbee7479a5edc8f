package io.llmrelay.provider.error;

import io.llmrelay.chat.LlmRequest;
import io.llmrelay.chat.RawJson;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A redactor for quotations of the prompt in messages of a provider: some providers quote the input
 * that they could not parse, in whole or in part.
 *
 * <p>A prompt may be a megabyte long, a message has a few hundred characters. So the prompt is
 * scanned once, with a rolling hash that filters the positions to compare.
 */
final class PromptRedactor {
  static final PromptRedactor NONE = new PromptRedactor(null);

  /** Length of a common substring that counts as a quotation; shorter ones are coincidence. */
  static final int RUN = 12;

  /** Escapes of JSON and Python. */
  private static final Pattern ESCAPE =
      Pattern.compile("\\\\(?:u([0-9a-fA-F]{4})|([nrt\"'\\\\/]))");

  /** The most bytes of a request whose texts are kept as long as its answer. */
  static final int MAX_KEPT = 16 * 1024;

  private static final Pattern CODE = Pattern.compile("[\\w.:/-]{1,100}");

  private static final String MASK = "***";
  private static final int FILTER_MASK = 0xFFFF;
  private static final int TOP = power(RUN - 1);

  private LlmRequest request;

  /** The texts of the request that is released. */
  private final List<RawJson> texts = new ArrayList<>(0);

  private boolean withheld;

  private PromptRedactor(LlmRequest request) {
    this.request = request;
  }

  static PromptRedactor of(LlmRequest request) {
    return new PromptRedactor(request);
  }

  /**
   * Lets go of the request, and keeps its texts only if they are small. Without them, nothing is
   * passed on that may quote them.
   */
  void release() {
    if (request != null) {
      withheld = request.size() > MAX_KEPT;
      if (!withheld) {
        request.forEachText(texts::add);
      }
      request = null;
    }
  }

  /**
   * Masks quotations. If the request has been released, they cannot be detected: then the result is
   * empty, unless the message is a single word such as a code.
   *
   * @param message the message, {@linkplain SecretRedactor#fold folded} as the prompt is
   */
  String redact(String message) {
    if (withheld) {
      return CODE.matcher(message).matches() ? message : "";
    }
    BitSet quoted = quoted(message);
    if (message.indexOf('\\') >= 0) {
      quoted.or(quotedInEscapes(message));
    }
    return quoted.isEmpty() ? message : masked(message, quoted);
  }

  private BitSet quoted(String message) {
    BitSet quoted = new BitSet();
    Set<String> runs = runs(message);
    if (request != null) {
      request.forEachText(text -> mark(message, runs, text, quoted));
    }
    texts.forEach(text -> mark(message, runs, text, quoted));
    return quoted;
  }

  /** Marks the runs of the message that occur in a text of the request. */
  private static void mark(String message, Set<String> runs, RawJson part, BitSet quoted) {
    String text = SecretRedactor.fold(part.string()).strip();
    if (text.length() >= RUN) {
      mark(message, common(runs, text), quoted);
    }
  }

  /** Marks quotations in the unescaped message; an escape is marked if its character is. */
  private BitSet quotedInEscapes(String message) {
    StringBuilder plain = new StringBuilder();
    int[] at = new int[message.length() + 1];
    Matcher escape = ESCAPE.matcher(message);
    for (int i = 0; i < message.length(); ) {
      boolean escaped = escape.region(i, message.length()).lookingAt();
      char c = escaped ? unescaped(escape) : message.charAt(i);
      if (c != ' ' || plain.isEmpty() || plain.charAt(plain.length() - 1) != ' ') {
        at[plain.length()] = i;
        plain.append(c);
      }
      i = escaped ? escape.end() : i + 1;
    }
    at[plain.length()] = message.length();
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

  /** Returns the runs that occur in the text. */
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

  private static void mark(String message, Set<String> runs, BitSet quoted) {
    for (int i = 0; i + RUN <= message.length() && !runs.isEmpty(); i++) {
      if (runs.contains(message.substring(i, i + RUN))) {
        quoted.set(start(message, i), end(message, i + RUN));
      }
    }
  }

  /** Extends a quotation so as not to split a surrogate pair. */
  private static int start(String message, int index) {
    return index > 0 && Character.isLowSurrogate(message.charAt(index)) ? index - 1 : index;
  }

  private static int end(String message, int index) {
    return index < message.length() && Character.isHighSurrogate(message.charAt(index - 1))
        ? index + 1
        : index;
  }

  private static String masked(String message, BitSet quoted) {
    StringBuilder masked = new StringBuilder();
    for (int i = 0; i < message.length(); ) {
      int from = quoted.nextSetBit(i);
      if (from < 0) {
        return masked.append(message, i, message.length()).toString();
      }
      masked.append(message, i, from).append(MASK);
      i = quoted.nextClearBit(from);
    }
    return masked.toString();
  }

  /** Returns a power of 31, the base of a string's hash code. */
  private static int power(int exponent) {
    int power = 1;
    for (int i = 0; i < exponent; i++) {
      power *= 31;
    }
    return power;
  }
}
