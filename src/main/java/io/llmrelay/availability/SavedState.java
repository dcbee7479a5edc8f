package io.llmrelay.availability;

import io.llmrelay.chat.CandidateName;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * The part of the availability that is kept across restarts: {@code {"exhausted": {"backend/model":
 * {"reason", "until"}}, "spend": {"backend": {"daily-usd": {"since", "used", "others"}}}}}.
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
              backend.exhaustion.save(name, exhausted, epochMs);
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
   * @return the names of the backends that had refused their keys
   * @throws RuntimeException if the JSON has another form
   */
  static List<String> restore(JsonObject saved, Backends backends, long epochMs, String node) {
    List<Runnable> changes = new ArrayList<>();
    List<String> refused = new ArrayList<>();
    JsonObject spend = saved.getJsonObject("spend", new JsonObject());
    JsonObject exhausted = saved.getJsonObject("exhausted", new JsonObject());
    for (String key : exhausted.fieldNames()) {
      JsonObject entry = exhausted.getJsonObject(key);
      FailureKind kind = FailureKind.of(entry.getString("reason"));
      CandidateName name = CandidateName.parse(key);
      BackendState backend = backends.all().get(name.backend());
      if (backend == null) {
        continue;
      }
      if (kind == FailureKind.AUTHENTICATION) {
        changes.add(backend.exhaustion::refuseKey);
        refused.add(backend.name);
      } else if (entry.getLong("until") > epochMs) {
        long forMs = entry.getLong("until") - epochMs;
        changes.add(() -> backend.exhaustion.extend(name.model(), kind, forMs));
      }
    }
    backends
        .all()
        .forEach(
            (name, backend) ->
                changes.add(
                    backend.budget.restoring(spend.getJsonObject(name, new JsonObject()), node)));
    changes.forEach(Runnable::run);
    return refused;
  }
}
