package io.llmrelay.gateway.anthropic;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Base64;
import java.util.regex.Pattern;

/**
 * What other vendors need back with the next turn, in the places where clients of this API return
 * what they do not understand: the ids of tool calls, and the signatures and encrypted texts of
 * thinking. It is JSON in base64 after a prefix that no value of Anthropic's has.
 */
final class RelayData {
  private static final String CALL = "toolu_relay_";
  private static final String REASONING = "relay_";

  /** The alphabet of ids in this API. */
  private static final Pattern ID = Pattern.compile("[a-zA-Z0-9_-]{1,128}");

  private RelayData() {}

  /** The id of a tool call, and the provider's own data of it, or {@code null}. */
  record Call(String id, JsonObject extra) {}

  /** Returns an id in the alphabet of this API: the same if it fits and there is nothing else. */
  static String encode(Call call) {
    if (call.extra() == null && ID.matcher(call.id()).matches()) {
      return call.id();
    }
    JsonObject json = new JsonObject().put("id", call.id());
    return CALL + base64((call.extra() == null ? json : json.put("extra", call.extra())).encode());
  }

  /** Returns what an id stands for: itself, if it is not one of the relay. */
  static Call call(String id) {
    if (id.startsWith(CALL)
        && json(id.substring(CALL.length())) instanceof JsonObject json
        && json.getValue("id") instanceof String original) {
      return new Call(original, json.getValue("extra") instanceof JsonObject e ? e : null);
    }
    return new Call(id, null);
  }

  /** Returns a signature, or an encrypted text, that stands for details of another vendor. */
  static String encode(JsonArray details) {
    return REASONING + base64(details.encode());
  }

  /** Returns the details of another vendor; {@code null} if the text is Anthropic's. */
  static JsonArray details(String signature) {
    return signature.startsWith(REASONING)
            && json(signature.substring(REASONING.length())) instanceof JsonArray details
        ? details
        : null;
  }

  private static String base64(String json) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(json.getBytes(UTF_8));
  }

  private static Object json(String base64) {
    try {
      return io.vertx.core.json.Json.decodeValue(
          new String(Base64.getUrlDecoder().decode(base64), UTF_8));
    } catch (IllegalArgumentException | DecodeException notOurs) {
      return null;
    }
  }
}
