package io.llmrelay.availability;

import io.llmrelay.chat.CandidateName;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The part of the availability that is kept across restarts: {@code {"exhausted": {"backend/model":
 * {"reason", "until"}}, "spend": {"backend": {"daily-usd": {"since", "used", "others"}}}}}. One of
 * several keys has entries of its own, as {@code backend.key}.
 */
final class SavedState {
  private SavedState() {}

  static JsonObject of(Backends backends, long epochMs) {
    JsonObject exhausted = new JsonObject();
    JsonObject spend = new JsonObject();
    backends
        .all()
        .forEach(
            (name, backend) -> {
              for (Account account : backend.keys()) {
                account.exhaustion.save(account.name, exhausted, epochMs);
                if (account.budget.isLimited()) {
                  spend.put(account.name, account.budget.toJson());
                }
              }
              if (backend.budget.isLimited()) {
                spend.put(name, backend.budget.toJson());
              }
            });
    return new JsonObject().put("exhausted", exhausted).put("spend", spend);
  }

  /**
   * Restores everything that has not expired and whose backend is still configured, or nothing if
   * the JSON is malformed.
   *
   * @param node the node that has spent; {@code null} if this one goes on under the same id
   * @return the names of the accounts whose keys were refused
   * @throws RuntimeException if the JSON has another form
   */
  static List<String> restore(JsonObject saved, Backends backends, long epochMs, String node) {
    Map<String, Account> accounts = new HashMap<>();
    backends
        .all()
        .values()
        .forEach(backend -> backend.keys().forEach(account -> accounts.put(account.name, account)));
    List<Runnable> changes = new ArrayList<>();
    List<String> refused = new ArrayList<>();
    JsonObject spend = saved.getJsonObject("spend", new JsonObject());
    JsonObject exhausted = saved.getJsonObject("exhausted", new JsonObject());
    for (String key : exhausted.fieldNames()) {
      JsonObject entry = exhausted.getJsonObject(key);
      FailureKind kind = FailureKind.of(entry.getString("reason"));
      CandidateName name = CandidateName.parse(key);
      Account account = accounts.get(name.backend());
      if (account == null) {
        continue;
      }
      if (kind == FailureKind.AUTHENTICATION) {
        changes.add(account.exhaustion::refuseKey);
        refused.add(account.name);
      } else if (entry.getLong("until") > epochMs) {
        long forMs = entry.getLong("until") - epochMs;
        changes.add(() -> account.exhaustion.extend(name.model(), kind, forMs));
      }
    }
    backends
        .all()
        .forEach((name, backend) -> changes.add(restoring(backend.budget, spend, name, node)));
    accounts.forEach(
        (name, account) -> {
          if (account.key != null) {
            changes.add(restoring(account.budget, spend, name, node));
          }
        });
    changes.forEach(Runnable::run);
    return refused;
  }

  private static Runnable restoring(Budget budget, JsonObject spend, String name, String node) {
    return budget.restoring(spend.getJsonObject(name, new JsonObject()), node);
  }
}
