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
 * <p>A prompt may be megabytes long, an error has a few hundred characters. So the prompt is
 * scanned once for all texts of an error, with a rolling hash that filters the positions to
 * compare; what has been found is not looked for any longer. Nothing is scanned of a prompt above
 * {@value #MAX_SCANNED} characters: its texts are withheld instead.
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

  /** The most characters of a request that are scanned. */
  static final int MAX_SCANNED = 4 * 1024 * 1024;

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
   * Searches messages for quotations. If the request has been released, or is too large, they
   * cannot be detected: then every message is redacted to nothing, unless it is a single word such
   * as a code.
   *
   * @param messages {@linkplain SecretRedactor#fold folded} as the prompt is
   */
  Quotations in(String... messages) {
    if (withheld || isTooLarge()) {
      return new Quotations(null);
    }
    Runs runs = new Runs();
    for (String message : messages) {
      runs.add(message);
      if (message.indexOf('\\') >= 0) {
        runs.add(Unescaped.of(message).text);
      }
    }
    if (request != null) {
      request.forEachText(runs::search);
    }
    texts.forEach(runs::search);
    return new Quotations(runs.found);
  }

  private boolean isTooLarge() {
    long[] characters = {0};
    if (request != null) {
      request.forEachText(text -> characters[0] += text.characters());
    }
    return characters[0] > MAX_SCANNED;
  }

  /**
   * The quotations in the messages of an error.
   *
   * @param runs what messages and request have in common; {@code null} if that is unknown
   */
  record Quotations(Set<String> runs) {
    /** Masks the quotations in one of the messages. */
    String redact(String message) {
      if (runs == null) {
        return CODE.matcher(message).matches() ? message : "";
      }
      if (runs.isEmpty()) {
        return message;
      }
      BitSet quoted = new BitSet();
      mark(message, runs, quoted);
      if (message.indexOf('\\') >= 0) {
        Unescaped unescaped = Unescaped.of(message);
        BitSet plain = new BitSet();
        mark(unescaped.text, runs, plain);
        plain.stream().forEach(i -> quoted.set(unescaped.at[i], unescaped.at[i + 1]));
      }
      return quoted.isEmpty() ? message : masked(message, quoted);
    }
  }

  /** A message without escapes, and where each of its characters is in the message. */
  private static final class Unescaped {
    final String text;
    final int[] at;

    private Unescaped(String text, int[] at) {
      this.text = text;
      this.at = at;
    }

    static Unescaped of(String message) {
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
      return new Unescaped(plain.toString(), at);
    }
  }

  private static char unescaped(Matcher escape) {
    if (escape.group(1) != null) {
      return (char) Integer.parseInt(escape.group(1), 16);
    }
    char c = escape.group(2).charAt(0);
    return c == 'n' || c == 'r' || c == 't' ? ' ' : c;
  }

  /** The runs of an error that have not been found in the request, and those that have. */
  private static final class Runs {
    private final Set<String> missing = new HashSet<>();
    private final Set<String> found = new HashSet<>();

    /** The number of missing runs by the lower bits of their hash. */
    private final short[] filter = new short[FILTER_MASK + 1];

    void add(String text) {
      for (int i = 0; i + RUN <= text.length(); i++) {
        String run = text.substring(i, i + RUN);
        if (missing.add(run)) {
          filter[run.hashCode() & FILTER_MASK]++;
        }
      }
    }

    void search(RawJson part) {
      if (missing.isEmpty()) {
        return;
      }
      String text = SecretRedactor.fold(part.string()).strip();
      if (text.length() < RUN) {
        return;
      }
      int hash = text.substring(0, RUN).hashCode();
      for (int i = 0; ; i++) {
        if (filter[hash & FILTER_MASK] > 0) {
          find(text.substring(i, i + RUN));
        }
        if (i + RUN == text.length() || missing.isEmpty()) {
          return;
        }
        hash = (hash - text.charAt(i) * TOP) * 31 + text.charAt(i + RUN);
      }
    }

    private void find(String run) {
      if (missing.remove(run)) {
        found.add(run);
        filter[run.hashCode() & FILTER_MASK]--;
      }
    }
  }

  private static void mark(String message, Set<String> runs, BitSet quoted) {
    for (int i = 0; i + RUN <= message.length(); i++) {
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
