package io.llmrelay.gateway.openai;

import io.llmrelay.gateway.front.Front;
import io.llmrelay.gateway.front.FrontRequest;
import io.llmrelay.gateway.front.OpenAiError;
import io.llmrelay.gateway.server.GatewayError;
import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonObject;

/** OpenAI's completions API, by which editors complete code. */
public final class TextCompletionsFront implements Front {
  public static final Front INSTANCE = new TextCompletionsFront();

  private TextCompletionsFront() {}

  @Override
  public FrontRequest read(byte[] body, MultiMap headers) {
    return TextCompletionParams.of(body);
  }

  @Override
  public JsonObject toJson(GatewayError error) {
    return OpenAiError.toJson(error);
  }
}
