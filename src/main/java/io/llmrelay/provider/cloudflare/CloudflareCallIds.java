package io.llmrelay.provider.cloudflare;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Maps ids of tool calls to ids that the models' schemas accept: an id contains nine letters or
 * digits in a row, and for Mistral's models consists of exactly these. Ids that fit are kept;
 * others are hashed, so that a call and its result have the same id in every request.
 */
final class CloudflareCallIds {
  private static final Pattern ACCEPTED = Pattern.compile("[a-zA-Z0-9]{9}");
  private static final int LENGTH = 9;

  private final boolean exact;

  CloudflareCallIds(String model) {
    exact = model.toLowerCase(Locale.ROOT).contains("mistral");
  }

  String of(String id) {
    boolean fits = exact ? ACCEPTED.matcher(id).matches() : ACCEPTED.matcher(id).find();
    return fits ? id : hash(id);
  }

  private static String hash(String id) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(id.getBytes(UTF_8));
      return new BigInteger(1, digest).toString(Character.MAX_RADIX).substring(0, LENGTH);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
