package io.llmrelay.config;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Checks the options of a gateway. */
final class GatewayCheck {
  private static final Pattern KEY_NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-fA-F]{64}");
  private static final Pattern HOST =
      Pattern.compile("[A-Za-z0-9._-]{1,253}|\\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\\]?");
  private static final int MAX_KEYS = 1_000;
  private static final int MAX_LIMIT = 1_000_000;

  private final OptionsCheck values;
  private final Problems problems;
  private final Map<String, String> hashes = new HashMap<>();

  GatewayCheck(OptionsCheck values, Problems problems) {
    this.values = values;
    this.problems = problems;
  }

  void check(GatewayOptions gateway) {
    values.notBlank("gateway.host", gateway.getHost());
    values.range("gateway.port", gateway.getPort(), 0, 65_535);
    values.positiveSize("gateway.max-body", gateway.getMaxBody());
    values.range("gateway.max-connections", gateway.getMaxConnections(), 1, MAX_LIMIT);
    values.positive("gateway.idle-timeout", gateway.getIdleTimeout());
    values.positive("gateway.write-idle-timeout", gateway.getWriteIdleTimeout());
    if (gateway.getHeartbeat().isNegative()) {
      problems.add("gateway.heartbeat", "must not be negative");
    }
    for (int i = 0; i < gateway.getHosts().size(); i++) {
      host("gateway.hosts[" + i + "]", gateway.getHosts().get(i));
    }
    if (gateway.getKeys().size() > MAX_KEYS) {
      problems.add("gateway.keys", "must be at most " + MAX_KEYS);
    }
    gateway.getKeys().forEach(this::key);
    if (gateway.getTls() != null) {
      TlsFiles.check("gateway.tls", gateway.getTls(), problems);
    }
    AdminOptions admin = gateway.getAdmin();
    if (admin != null) {
      values.notBlank("gateway.admin.host", admin.getHost());
      values.range("gateway.admin.port", admin.getPort(), 0, 65_535);
      if (admin.getPort() != 0 && admin.getPort() == gateway.getPort()) {
        problems.add("gateway.admin.port", "must differ from gateway.port");
      }
      if (admin.keyProblem() != null) {
        problems.add("gateway.admin.key", admin.keyProblem());
      } else if (admin.getSha256() != null && !SHA256.matcher(admin.getSha256()).matches()) {
        problems.add("gateway.admin.sha256", "must be the key's SHA-256: 64 hex digits");
      }
    }
  }

  private void key(String name, GatewayKeyOptions key) {
    String path = "gateway.keys." + name;
    if (!KEY_NAME.matcher(name).matches()) {
      problems.add(path, "is not a valid name: letters, digits, - and _ are allowed, at most 64");
    }
    String hash = key.getSha256();
    if (key.keyProblem() != null) {
      problems.add(path + ".key", key.keyProblem());
    } else if (hash == null) {
      problems.add(path, "needs sha256 (or key): \"llm-relay key\" generates one");
    } else if (!SHA256.matcher(hash).matches()) {
      problems.add(path + ".sha256", "must be the key's SHA-256: 64 hex digits");
    } else {
      String other = hashes.putIfAbsent(hash.toLowerCase(Locale.ROOT), name);
      if (other != null) {
        problems.add(path, "is the same key as " + other);
      }
    }
    limit(path + ".requests-per-minute", key.getRequestsPerMinute());
    limit(path + ".burst", key.getBurst());
    limit(path + ".max-concurrent", key.getMaxConcurrent());
    values.range(path + ".weight", key.getWeight(), 1, GatewayKeyOptions.MAX_WEIGHT);
    if (key.getBudget() != null) {
      values.budget(path + ".budget", key.getBudget());
    }
    List<String> overrides = key.getMayOverride() == null ? List.of() : key.getMayOverride();
    for (int i = 0; i < overrides.size(); i++) {
      values.oneOf(
          path + ".may-override[" + i + "]", overrides.get(i), GatewayKeyOptions.OVERRIDES);
    }
    if (key.getBurst() != null && key.getRequestsPerMinute() == null) {
      problems.add(path + ".burst", "has no effect without requests-per-minute");
    }
  }

  private void host(String path, String host) {
    if (!HOST.matcher(host).matches()) {
      problems.add(path, "must be a host name or an address, without a port");
    }
  }

  private void limit(String path, Integer limit) {
    if (limit != null) {
      values.range(path, limit, 1, MAX_LIMIT);
    }
  }

  /** Requires keys, or explicit permission, for a gateway that other machines can reach. */
  static void checkAccess(GatewayOptions gateway, Problems problems) {
    if (gateway != null
        && gateway.getKeys().isEmpty()
        && !gateway.isAllowAnonymous()
        && !gateway.isLocal()) {
      problems.add(
          "gateway.keys",
          ("is empty, and other machines can reach gateway.host %s: name a key (\"llm-relay key\""
                  + " generates one), or listen at 127.0.0.1, or set gateway.allow-anonymous: true")
              .formatted(gateway.getHost()));
    }
  }
}
