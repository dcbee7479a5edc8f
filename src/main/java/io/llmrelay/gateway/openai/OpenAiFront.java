package io.llmrelay.gateway.openai;

import io.llmrelay.gateway.front.Front;
import io.llmrelay.gateway.front.FrontRequest;
import io.llmrelay.gateway.front.OpenAiError;
import io.llmrelay.gateway.server.GatewayError;
import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonObject;

/** OpenAI's chat completions API. */
public final class OpenAiFront implements Front {
  public static final Front INSTANCE = new OpenAiFront();

  private OpenAiFront() {}

  @Override
  public FrontRequest read(byte[] body, MultiMap headers) {
    return ChatCompletionParams.of(body);
  }

  @Override
  public JsonObject toJson(GatewayError error) {
    return OpenAiError.toJson(error);
  }
}
