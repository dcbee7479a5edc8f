package io.llmrelay.gateway.anthropic;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Base64;
import java.util.regex.Pattern;

/**
 * Data that other vendors need back in the next turn. It is stored in opaque values that clients of
 * this API return unchanged: the ids of tool calls, and the signatures and encrypted texts of
 * thinking. The form is JSON in base64 after a prefix that Anthropic's values do not have.
 */
final class RelayData {
  private static final String CALL = "toolu_relay_";
  private static final String REASONING = "relay_";

  /** The alphabet of ids in this API. */
  private static final Pattern ID = Pattern.compile("[a-zA-Z0-9_-]{1,128}");

  private RelayData() {}

  /** The id of a tool call, and the provider's own data of it, or {@code null}. */
  record Call(String id, JsonObject extra) {}

  /**
   * Encodes a call as an id in the alphabet of this API: its own id if that fits and has no data.
   */
  static String encode(Call call) {
    if (call.extra() == null && ID.matcher(call.id()).matches()) {
      return call.id();
    }
    JsonObject json = new JsonObject().put("id", call.id());
    return CALL + base64((call.extra() == null ? json : json.put("extra", call.extra())).encode());
  }

  /** Decodes an id; one that the relay has not encoded is returned as it is. */
  static Call call(String id) {
    if (id.startsWith(CALL)
        && json(id.substring(CALL.length())) instanceof JsonObject json
        && json.getValue("id") instanceof String original) {
      return new Call(original, json.getValue("extra") instanceof JsonObject e ? e : null);
    }
    return new Call(id, null);
  }

  /** Encodes details of another vendor as a signature or an encrypted text. */
  static String encode(JsonArray details) {
    return REASONING + base64(details.encode());
  }

  /** Decodes the details of another vendor; returns {@code null} if the text is Anthropic's. */
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
