package io.llmrelay.gateway.responses;

import io.llmrelay.chat.RawJson;
import io.llmrelay.gateway.front.Front;
import io.llmrelay.gateway.front.FrontRequest;
import io.llmrelay.gateway.front.OpenAiError;
import io.llmrelay.gateway.server.GatewayError;
import io.vertx.core.MultiMap;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;

/** OpenAI's Responses API. */
public final class ResponsesFront implements Front {
  public static final Front INSTANCE = new ResponsesFront();

  private ResponsesFront() {}

  @Override
  public FrontRequest read(byte[] body, MultiMap headers) {
    RawJson json;
    try {
      json = RawJson.read(body);
    } catch (DecodeException e) {
      throw GatewayError.rejected(400, "invalid_json", e.getMessage());
    }
    if (!json.isObject()) {
      throw GatewayError.rejected(400, "invalid_json", "the body must be a JSON object");
    }
    return RequestReader.read(json);
  }

  @Override
  public JsonObject toJson(GatewayError error) {
    return OpenAiError.toJson(error);
  }
}
