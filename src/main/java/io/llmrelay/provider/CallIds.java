package io.llmrelay.provider;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/** Generates ids of tool calls in OpenAI's form. */
public final class CallIds {
  private static final String ALPHABET =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final int LENGTH = 24;
  private static final Pattern PLAIN = Pattern.compile("[a-zA-Z0-9_-]{1,64}");

  private CallIds() {}

  static String next() {
    StringBuilder id = new StringBuilder("call_");
    for (int i = 0; i < LENGTH; i++) {
      id.append(ALPHABET.charAt(ThreadLocalRandom.current().nextInt(ALPHABET.length())));
    }
    return id.toString();
  }

  /**
   * Returns an id for providers that accept up to 64 letters, digits, underscores and hyphens: the
   * id itself if it is valid, else one derived from it deterministically.
   */
  public static String plain(String id) {
    if (PLAIN.matcher(id).matches()) {
      return id;
    }
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(id.getBytes(UTF_8));
      String text = Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
      return "call_" + text.substring(0, LENGTH);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
