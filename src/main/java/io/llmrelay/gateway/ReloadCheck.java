package io.llmrelay.gateway;

import io.llmrelay.config.AdminOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.TlsOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Finds the settings of a running gateway that require a restart. */
final class ReloadCheck {
  static final String KEYS = "gateway.keys";
  static final String TLS = "gateway.tls";
  static final String ADMIN_KEY = "gateway.admin.key";

  private ReloadCheck() {}

  /**
   * Returns the keys of settings that differ and require a restart. Removing the operators' key is
   * one of them, and removing all other keys unless anonymous access is allowed explicitly, so that
   * a truncated file cannot open a gateway.
   *
   * @param hasKeys whether the running gateway requires keys
   * @param hasAdminKey whether its admin address requires a key for actions
   */
  static List<String> restartKeys(
      GatewayOptions current, GatewayOptions next, boolean hasKeys, boolean hasAdminKey) {
    List<String> keys = new ArrayList<>();
    addIfChanged(keys, "gateway.host", current.getHost(), next.getHost());
    addIfChanged(keys, "gateway.port", current.getPort(), next.getPort());
    addIfChanged(keys, TLS, files(current.getTls()), files(next.getTls()));
    addIfChanged(keys, "gateway.admin", address(current.getAdmin()), address(next.getAdmin()));
    if (hasAdminKey && (next.getAdmin() == null || next.getAdmin().getSha256() == null)) {
      keys.add(ADMIN_KEY);
    }
    if (hasKeys && next.getKeys().isEmpty() && !next.isAllowAnonymous()) {
      keys.add(KEYS);
    }
    return keys;
  }

  private static void addIfChanged(List<String> keys, String key, Object current, Object next) {
    if (!Objects.equals(current, next)) {
      keys.add(key);
    }
  }

  private static List<Object> files(TlsOptions tls) {
    return tls == null ? null : List.of(tls.getCertificate(), tls.getKey());
  }

  private static List<Object> address(AdminOptions admin) {
    return admin == null ? null : List.of(admin.getHost(), admin.getPort());
  }
}
