package io.llmrelay.gateway.front;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.gateway.server.RelayHeaders;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Renders what only a relay knows of an answer, for the fields {@code relay} of OpenAI's APIs. */
public final class RelayJson {
  private static final Pattern CODE = Pattern.compile("[A-Za-z0-9_.:/-]{1,100}");

  private RelayJson() {}

  /**
   * Returns the {@code relay} object, which OpenAI's clients ignore: backend, number of attempts,
   * cost, source of the token counts, and trail.
   */
  public static JsonObject relay(
      String backend, TokenUsage usage, Double costUsd, List<Attempt> trail) {
    return new JsonObject()
        .put("backend", backend)
        .put("attempts", RelayHeaders.attempts(trail))
        .put("cost_usd", costUsd)
        .put("usage_source", usage.source().name().toLowerCase(Locale.ROOT))
        .put("trail", trail(trail));
  }

  /** Returns whether a provider's error code is an identifier, not a sentence. */
  static boolean isCode(String code) {
    return code != null && CODE.matcher(code).matches();
  }

  /**
   * Returns a trail for callers, with kinds, statuses and codes. Messages are left out: a
   * provider's message may describe the operator's account, and is for hooks and logs only.
   */
  static JsonArray trail(List<Attempt> trail) {
    JsonArray array = new JsonArray();
    for (Attempt attempt : trail) {
      JsonObject json = attempt.toJson();
      json.remove("message");
      if (!isCode(attempt.providerCode())) {
        json.remove("provider_code");
      }
      array.add(json);
    }
    return array;
  }
}
