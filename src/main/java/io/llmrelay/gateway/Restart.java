package io.llmrelay.gateway;

import io.llmrelay.config.AdminOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.TlsOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Which settings of a gateway that runs cannot be changed. */
final class Restart {
  static final String KEYS = "gateway.keys";
  static final String TLS = "gateway.tls";

  private Restart() {}

  /**
   * The keys of what differs and takes a restart. To open a gateway to everybody does, unless that
   * is said in so many words: half a file, or a slip, is not to be enough for it.
   *
   * @param guarded whether keys are asked for now
   */
  static List<String> needed(GatewayOptions now, GatewayOptions next, boolean guarded) {
    List<String> needed = new ArrayList<>();
    add(needed, "gateway.host", now.getHost(), next.getHost());
    add(needed, "gateway.port", now.getPort(), next.getPort());
    add(needed, TLS, files(now.getTls()), files(next.getTls()));
    add(needed, "gateway.admin", place(now.getAdmin()), place(next.getAdmin()));
    if (guarded && next.getKeys().isEmpty() && !next.isAllowAnonymous()) {
      needed.add(KEYS);
    }
    return needed;
  }

  private static void add(List<String> needed, String key, Object now, Object next) {
    if (!Objects.equals(now, next)) {
      needed.add(key);
    }
  }

  private static List<Object> files(TlsOptions tls) {
    return tls == null ? null : List.of(tls.getCertificate(), tls.getKey());
  }

  private static List<Object> place(AdminOptions admin) {
    return admin == null ? null : List.of(admin.getHost(), admin.getPort());
  }
}
