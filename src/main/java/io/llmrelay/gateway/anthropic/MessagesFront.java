package io.llmrelay.gateway.anthropic;

import io.llmrelay.chat.RawJson;
import io.llmrelay.gateway.front.Front;
import io.llmrelay.gateway.front.FrontRequest;
import io.llmrelay.gateway.server.GatewayError;
import io.vertx.core.MultiMap;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Anthropic's Messages API. */
public final class MessagesFront implements Front {
  public static final MessagesFront INSTANCE = new MessagesFront();

  /** The headers that are passed unchanged to backends of this API. */
  private static final List<String> HEADERS = List.of("anthropic-version", "anthropic-beta");

  /** Fields whose parts are the caller's. */
  private static final Set<String> OPAQUE = Set.of("input_schema", "input", "schema");

  private static final int MAX_HEADER = 4_096;

  private MessagesFront() {}

  @Override
  public FrontRequest read(byte[] body, MultiMap headers) {
    return read(body, headers, false);
  }

  static MessagesRequest read(byte[] body, MultiMap headers, boolean counted) {
    RawJson json;
    try {
      json = RawJson.read(body, OPAQUE);
    } catch (DecodeException e) {
      throw GatewayError.rejected(400, "invalid_json", e.getMessage());
    }
    if (!json.isObject()) {
      throw GatewayError.rejected(400, "invalid_json", "the body must be a JSON object");
    }
    return MessagesReader.read(json, known(headers), counted);
  }

  /** Returns the headers of this API; repeated headers are joined into one list. */
  private static Map<String, String> known(MultiMap headers) {
    Map<String, String> known = new LinkedHashMap<>();
    for (String name : HEADERS) {
      String value = String.join(",", headers.getAll(name));
      if (value.length() > MAX_HEADER) {
        throw GatewayError.rejected(400, "bad_request", name + " is too long");
      }
      if (!value.isBlank()) {
        known.put(name, value);
      }
    }
    return known;
  }

  @Override
  public JsonObject toJson(GatewayError error) {
    return MessagesError.toJson(error, error.failure().requestId());
  }
}
