package io.llmrelay.cli.litellm;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Settings of the whole file that are settings of each backend here. */
final class BackendDefaults {
  /** The most requests that a backend may be configured for. */
  static final long MAX_CONNECTIONS = 65_536;

  private final List<Account> accounts;
  private final Notes notes;

  BackendDefaults(List<Account> accounts, Notes notes) {
    this.accounts = accounts;
    this.notes = notes;
  }

  void apply(Section litellm, Section router, Section general) {
    connections(router, general);
    budgets(router.section("provider_budget_config"));
    probes(general);
    authorities(litellm);
  }

  /** Returns the limit of a budget in dollars by its period; {@code null} if there is none. */
  static String limit(String period) {
    if (period == null) {
      return null;
    }
    return period.matches("1d|24h")
        ? "daily-usd"
        : period.matches("30d|31d|1mo") ? "monthly-usd" : null;
  }

  private void connections(Section router, Section general) {
    Long ofRouter = router.integer("default_max_parallel_requests", 1);
    Long ofGeneral = general.integer("max_parallel_requests", 1);
    if (ofRouter != null && ofGeneral != null) {
      notes.lost(
          "general_settings.max_parallel_requests",
          "router_settings.default_max_parallel_requests comes before it");
    }
    Long each = ofRouter == null ? ofGeneral : ofRouter;
    if (each != null) {
      accounts.forEach(
          account -> account.putIfAbsent("max-connections", Math.min(each, MAX_CONNECTIONS)));
      notes.changed(
          ofRouter == null
              ? "general_settings.max_parallel_requests"
              : "router_settings.default_max_parallel_requests",
          "backends.*.max-connections, which the models of a backend share");
    }
  }

  private void budgets(Section providers) {
    for (String provider : providers.keys()) {
      Section budget = providers.section(provider);
      String path = providers.path(provider);
      Double first = budget.number("budget_limit", 0.01);
      Double second = budget.number("max_budget", 0.01);
      String period = budget.text("time_period");
      String duration = budget.text("budget_duration");
      budget.close();
      String limit = limit(period == null ? duration : period);
      Upstream upstream = Upstream.of(provider + "/any", null, true);
      List<Account> backends =
          accounts.stream()
              .filter(account -> upstream != null && account.isNamed(upstream.name()))
              .toList();
      if (first == null && second == null) {
        continue;
      }
      if (limit == null) {
        notes.lost(path, "is neither of a day nor of a month");
      } else if (backends.isEmpty()) {
        notes.lost(path, "no deployment is at this provider");
      } else {
        double dollars = first == null ? second : first;
        backends.forEach(account -> account.limit(limit, dollars));
        notes.changed(
            path,
            limit
                + (backends.size() == 1
                    ? ", of the calendar's day or month in UTC"
                    : " of each of its backends, which spend several times as much together"));
      }
    }
  }

  private void probes(Section general) {
    String interval = general.seconds("health_check_interval");
    if (!general.flag("background_health_checks")) {
      if (interval != null) {
        notes.lost("general_settings.health_check_interval", "background_health_checks is off");
      }
      return;
    }
    String probed = interval == null ? "5m" : interval;
    accounts.forEach(account -> account.putIfAbsent("probe", Map.of("interval", probed)));
    notes.changed(
        "general_settings.background_health_checks",
        "backends.*.probe, which asks a backend at rest for its list of models; kind: completion"
            + " asks for an answer as LiteLLM does, and costs as much");
  }

  private void authorities(Section litellm) {
    Object verify = litellm.value("ssl_verify");
    if (verify == null || "true".equalsIgnoreCase(verify.toString())) {
      return;
    }
    String file = litellm.text("ssl_verify");
    if (file == null || "false".equalsIgnoreCase(file)) {
      notes.lost(
          "litellm_settings.ssl_verify",
          "certificates are always verified; backends.*.tls.ca trusts an authority of your own");
      return;
    }
    accounts.stream()
        .filter(account -> !account.isPlain())
        .forEach(account -> account.putIfAbsent("tls", new LinkedHashMap<>(Map.of("ca", file))));
  }
}
