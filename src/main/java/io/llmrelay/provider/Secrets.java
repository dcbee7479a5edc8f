package io.llmrelay.provider;

import io.llmrelay.config.BackendOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Makes a provider's words fit to be shown: what is a key, or looks like one, is masked, control
 * characters go, and the length is limited. Providers do quote the key they refuse.
 */
final class Secrets {
  static final int MAX_TEXT = 300;
  private static final String MASK = "***";

  /** Shorter values of headers are no secrets, and may be words of a sentence. */
  private static final int MIN_SECRET = 6;

  private static final Pattern SECRET_HEADER =
      Pattern.compile(".*(auth|key|token|secret|cookie).*", Pattern.CASE_INSENSITIVE);

  private static final List<Pattern> LOOKS =
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

  Secrets(BackendOptions options) {
    if (options.getApiKey() != null) {
      know(options.getApiKey());
    }
    options
        .getHeaders()
        .forEach(
            (name, value) -> {
              if (SECRET_HEADER.matcher(name).matches()) {
                know(value);
              }
            });
  }

  private void know(String secret) {
    if (secret != null && secret.length() >= MIN_SECRET) {
      known.add(secret);
    }
  }

  String mask(String text) {
    String masked = text;
    for (String secret : known) {
      masked = masked.replace(secret, MASK);
    }
    for (Pattern look : LOOKS) {
      masked = look.matcher(masked).replaceAll(MASK);
    }
    masked = masked.replaceAll("[\\p{Cntrl}\\p{Zl}\\p{Zp}\\s]+", " ").strip();
    return masked.length() <= MAX_TEXT ? masked : cut(masked);
  }

  private static String cut(String text) {
    int end = MAX_TEXT - 1;
    return text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end) + "…";
  }
}
