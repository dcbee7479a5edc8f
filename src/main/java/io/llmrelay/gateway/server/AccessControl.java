package io.llmrelay.gateway.server;

import io.llmrelay.cluster.Sharing;
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
 * The keys of a gateway and its limits. One object is shared by all gateway instances of a relay,
 * whichever event loop they run on, so that a limit holds for all of them together. Thread-safe.
 *
 * <p>A presented key is hashed and compared in constant time with the hash of every configured key,
 * so the response time reveals nothing about the keys.
 */
public final class AccessControl {
  private static final String SCHEME = "Bearer ";
  private static final ThreadLocal<MessageDigest> SHA_256 =
      ThreadLocal.withInitial(AccessControl::sha256);

  /**
   * Default limit for the request bodies held at a time. Until a backend answers, each is held
   * twice: as it was received and as it is sent.
   */
  private static final long MAX_BODY_BYTES = Runtime.getRuntime().maxMemory() / 8;

  private final Quota connections = new Quota(0);
  private final BodyMemory bodyMemory;
  private final Sharing shared;
  private volatile List<Key> keys = List.of();

  private static final class Key {
    private final byte[] hash;
    private final KeyLimiter limiter;

    Key(byte[] hash, KeyLimiter limiter) {
      this.hash = hash;
      this.limiter = limiter;
    }
  }

  public AccessControl(GatewayOptions options) {
    this(options, MAX_BODY_BYTES, null);
  }

  /**
   * @param shared the limits that all nodes keep to together
   */
  public AccessControl(GatewayOptions options, Sharing shared) {
    this(options, MAX_BODY_BYTES, shared);
  }

  /**
   * @param maxBodyBytes the most bytes of request bodies held at a time
   * @param shared the limits that all nodes keep to together; {@code null} without other nodes
   */
  public AccessControl(GatewayOptions options, long maxBodyBytes, Sharing shared) {
    bodyMemory = new BodyMemory(maxBodyBytes);
    this.shared = shared;
    update(options);
  }

  /**
   * Replaces the keys and limits. A key that keeps its name keeps its usage, and requests that have
   * been admitted are not affected.
   */
  public synchronized void update(GatewayOptions options) {
    Map<String, KeyLimiter> current = new HashMap<>();
    keys.forEach(key -> current.put(key.limiter.name(), key.limiter));
    List<Key> next = new ArrayList<>();
    options
        .getKeys()
        .forEach(
            (name, key) -> next.add(new Key(hash(key), limiter(current.get(name), name, key))));
    keys = List.copyOf(next);
    if (shared != null) {
      share(current);
    }
    connections.setLimit(options.getMaxConnections());
  }

  /**
   * @param before the limiters that have been shared until now
   */
  private void share(Map<String, KeyLimiter> before) {
    for (Key key : keys) {
      before.remove(key.limiter.name());
      key.limiter.share(shared);
    }
    before.values().forEach(removed -> removed.unshare(shared));
  }

  private static byte[] hash(GatewayKeyOptions key) {
    return HexFormat.of().parseHex(key.getSha256());
  }

  private static KeyLimiter limiter(KeyLimiter current, String name, GatewayKeyOptions options) {
    if (current == null) {
      return new KeyLimiter(name, options, System::nanoTime);
    }
    current.update(options);
    return current;
  }

  /** Returns whether no keys are configured, so that requests need none. */
  public boolean isAnonymous() {
    return keys.isEmpty();
  }

  /**
   * Returns the limiter of the key of a request; {@code null} without a valid key.
   *
   * @param authorization the header {@code Authorization}, whose scheme must be Bearer
   * @param apiKey the header {@code x-api-key}, which counts if the other one has no valid key
   */
  KeyLimiter find(String authorization, String apiKey) {
    boolean bearer =
        authorization != null && authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
    KeyLimiter found = bearer ? find(authorization.substring(SCHEME.length()).strip()) : null;
    return found == null && apiKey != null ? find(apiKey.strip()) : found;
  }

  private KeyLimiter find(String token) {
    byte[] presented = SHA_256.get().digest(token.getBytes(StandardCharsets.UTF_8));
    KeyLimiter found = null;
    for (Key key : keys) {
      if (MessageDigest.isEqual(key.hash, presented)) {
        found = key.limiter;
      }
    }
    return found;
  }

  /** Returns the quota of open client connections. */
  public Quota connections() {
    return connections;
  }

  /** Returns the memory for request bodies. */
  BodyMemory bodyMemory() {
    return bodyMemory;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
