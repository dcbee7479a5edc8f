package io.llmrelay.provider.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.regex.Pattern;

/**
 * Generates ids of tool calls for servers that require nine letters and digits, such as Mistral's.
 */
final class ShortCallIds {
  private static final String ALPHABET =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final int LENGTH = 9;
  private static final Pattern SHORT = Pattern.compile("[0-9A-Za-z]{" + LENGTH + "}");

  private ShortCallIds() {}

  /** Returns the id itself if it is valid, else one derived from it deterministically. */
  static String of(String id) {
    if (SHORT.matcher(id).matches()) {
      return id;
    }
    BigInteger hash;
    try {
      hash = new BigInteger(1, MessageDigest.getInstance("SHA-256").digest(id.getBytes(UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < LENGTH; i++) {
      BigInteger[] split = hash.divideAndRemainder(BigInteger.valueOf(ALPHABET.length()));
      text.append(ALPHABET.charAt(split[1].intValue()));
      hash = split[0];
    }
    return text.toString();
  }
}
