package io.llmrelay.provider.error;

import io.llmrelay.config.BackendOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A redactor for messages of a provider: masks keys and texts that look like keys, removes control
 * characters and limits the length. Providers quote the keys that they reject.
 */
final class SecretRedactor {
  static final int MAX_TEXT = 300;

  /** Bounds the input of the patterns; a message may be a megabyte long. */
  private static final int MAX_INPUT = 4_000;

  private static final String MASK = "***";

  /** Shorter header values may be ordinary words and are not masked. */
  private static final int MIN_SECRET = 6;

  private static final Pattern SECRET_HEADER =
      Pattern.compile(".*(auth|key|token|secret|cookie).*", Pattern.CASE_INSENSITIVE);

  private static final List<Pattern> SECRET_PATTERNS =
      List.of(
          Pattern.compile("(?i)\\b(bearer|basic)\\s+((?=\\S*\\d)\\S{8,}|\\S{16,})"),
          Pattern.compile("(?i)(?<=api key provided: ?|api key: ?)[^\\s\"',;]+"),
          Pattern.compile("(?i)(?<=api[-_]?key=|access_token=|[?&]key=)[^\\s\"',;&]+"),
          Pattern.compile("\\b(sk|gsk|csk|nvapi|xai|hf|pplx)[-_][\\w*.-]{4,}"),
          Pattern.compile("\\bAIza[\\w-]{10,}"),
          Pattern.compile("\\b(AKIA|ASIA)[A-Z0-9]{12,}"),
          Pattern.compile("(?i)(?<=x-amz-security-token:)\\S+"),
          Pattern.compile("\\beyJ[\\w-]+\\.[\\w.-]+"),
          Pattern.compile("\\b[\\w-]{40,}"));

  private final List<String> known = new ArrayList<>();

  SecretRedactor(BackendOptions options) {
    if (options.getApiKey() != null) {
      addSecret(options.getApiKey());
    }
    options
        .getHeaders()
        .forEach(
            (name, value) -> {
              if (SECRET_HEADER.matcher(name).matches()) {
                addSecret(value);
              }
            });
  }

  private void addSecret(String secret) {
    if (secret != null && secret.length() >= MIN_SECRET) {
      known.add(secret);
    }
  }

  String redact(String text) {
    String masked = text;
    for (String secret : known) {
      masked = masked.replace(secret, MASK);
    }
    masked = cut(masked, MAX_INPUT);
    for (Pattern pattern : SECRET_PATTERNS) {
      masked = pattern.matcher(masked).replaceAll(MASK);
    }
    return cut(fold(masked).strip(), MAX_TEXT);
  }

  /** Replaces each run of white space and control characters by a single space. */
  static String fold(String text) {
    StringBuilder folded = new StringBuilder(text.length());
    boolean space = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean blank = Character.isWhitespace(c) || Character.isISOControl(c);
      if (!blank) {
        folded.append(c);
      } else if (!space) {
        folded.append(' ');
      }
      space = blank;
    }
    return folded.toString();
  }

  private static String cut(String text, int length) {
    if (text.length() <= length) {
      return text;
    }
    int end = length - 1;
    return text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end) + "…";
  }
}
