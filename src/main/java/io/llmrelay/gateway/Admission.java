package io.llmrelay.gateway;

import io.llmrelay.config.GatewayKeyOptions;
import io.llmrelay.config.GatewayOptions;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Who may come in, and how many. One object for all gateways of a relay, whichever event loop they
 * are on, so that a limit holds for all of them together. Safe from any thread.
 *
 * <p>A key is compared by its hash, with every hash there is and each in constant time: how long it
 * takes tells nothing about the keys.
 */
public final class Admission {
  private static final String SCHEME = "Bearer ";
  private static final ThreadLocal<MessageDigest> SHA_256 =
      ThreadLocal.withInitial(Admission::sha256);

  /** What all requests that are here may have brought; the heap holds some copies of it. */
  private static final long MAX_BODIES = Runtime.getRuntime().maxMemory() / 8;

  private final Bound connections = new Bound(0);
  private final Bound bodies;
  private volatile List<Key> keys = List.of();

  private static final class Key {
    private final byte[] hash;
    private final Allowance allowance;

    Key(byte[] hash, Allowance allowance) {
      this.hash = hash;
      this.allowance = allowance;
    }
  }

  /** Admits as these options say. */
  public Admission(GatewayOptions options) {
    this(options, MAX_BODIES);
  }

  Admission(GatewayOptions options, long maxBodies) {
    bodies = new Bound(maxBodies);
    update(options);
  }

  /**
   * Takes over other keys and limits. A key whose name stays keeps what it has used, and requests
   * that are in stay in.
   */
  public synchronized void update(GatewayOptions options) {
    Map<String, Allowance> known = new HashMap<>();
    keys.forEach(key -> known.put(key.allowance.name(), key.allowance));
    List<Key> next = new ArrayList<>();
    options
        .getKeys()
        .forEach(
            (name, key) -> next.add(new Key(hash(key), allowance(known.get(name), name, key))));
    keys = List.copyOf(next);
    connections.limit(options.getMaxConnections());
  }

  private static byte[] hash(GatewayKeyOptions key) {
    return HexFormat.of().parseHex(key.getSha256());
  }

  private static Allowance allowance(Allowance known, String name, GatewayKeyOptions options) {
    long now = System.nanoTime();
    if (known == null) {
      return new Allowance(name, options, now);
    }
    known.update(options, now);
    return known;
  }

  /** Whether there are no keys: everybody may come in. */
  boolean isOpen() {
    return keys.isEmpty();
  }

  /** What the bearer of this {@code Authorization} header may do; {@code null} for nothing. */
  Allowance find(String authorization) {
    if (authorization == null
        || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return null;
    }
    String token = authorization.substring(SCHEME.length()).strip();
    byte[] presented = SHA_256.get().digest(token.getBytes(StandardCharsets.UTF_8));
    Allowance found = null;
    for (Key key : keys) {
      if (MessageDigest.isEqual(key.hash, presented)) {
        found = key.allowance;
      }
    }
    return found;
  }

  Bound connections() {
    return connections;
  }

  /** The bytes of all requests that are here. */
  Bound bodies() {
    return bodies;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
