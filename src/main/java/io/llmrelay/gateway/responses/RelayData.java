package io.llmrelay.gateway.responses;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Base64;
import java.util.Map;

/**
 * What other vendors need back with the next turn: the details of reasoning, and the provider's own
 * data of tool calls. It is the encrypted content of a reasoning item, which clients return as it
 * is: JSON in base64 after a prefix that no value of OpenAI's has.
 *
 * @param details entries of {@code reasoning_details}
 * @param calls the data of calls by their ids in this API: an {@code id} if the provider has
 *     another one, and its {@code extra} data
 */
record RelayData(JsonArray details, JsonObject calls) {
  private static final String PREFIX = "relay_";

  RelayData() {
    this(new JsonArray(), new JsonObject());
  }

  boolean isEmpty() {
    return details.isEmpty() && calls.isEmpty();
  }

  /** Returns the encrypted content. */
  String encode() {
    JsonObject json = new JsonObject().put("details", details).put("calls", calls);
    return PREFIX
        + Base64.getUrlEncoder().withoutPadding().encodeToString(json.encode().getBytes(UTF_8));
  }

  /** Returns what an encrypted content stands for; {@code null} if it is a vendor's own. */
  static RelayData of(String encrypted) {
    if (encrypted == null || !encrypted.startsWith(PREFIX)) {
      return null;
    }
    try {
      byte[] json = Base64.getUrlDecoder().decode(encrypted.substring(PREFIX.length()));
      return Json.decodeValue(new String(json, UTF_8)) instanceof JsonObject data
              && data.getValue("details") instanceof JsonArray details
              && data.getValue("calls") instanceof JsonObject calls
          ? new RelayData(details, calls)
          : null;
    } catch (IllegalArgumentException | DecodeException notOurs) {
      return null;
    }
  }

  /** Returns the provider's own data of a call; empty if there is none. */
  static JsonObject call(Map<String, JsonObject> calls, String id) {
    return calls.getOrDefault(id, new JsonObject());
  }
}
