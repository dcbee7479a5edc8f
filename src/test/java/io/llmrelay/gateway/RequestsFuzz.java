package io.llmrelay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.vertx.core.buffer.Buffer;

/**
 * Any body as a request: it is read, and reads the same when it is written again, or it is refused
 * with the name of the field or as no JSON.
 */
public final class RequestsFuzz {
  private RequestsFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    try {
      ChatCall call = ChatCall.of(JsonBody.parse(Buffer.buffer(input)));
      ChatRequest again = ChatRequest.fromJson(call.request().toJson());
      assertThat(again.toJson()).isEqualTo(call.request().toJson());
      assertThat(again.characters()).isEqualTo(call.request().characters());
    } catch (LlmException refused) {
      assertThat(refused.failure().kind()).isEqualTo(FailureKind.INVALID_REQUEST);
      assertThat(refused.failure().field()).isNotBlank();
      said(refused.failure().field());
      said(refused.failure().message());
    } catch (ApiError refused) {
      assertThat(refused.toJson().getJsonObject("error").getString("code"))
          .isEqualTo("invalid_json");
      said(refused.toJson().encode());
    }
  }

  private static void said(String words) {
    assertThat(words).isNotBlank().doesNotContain("\n", "\r");
    assertThat(words.length()).isLessThan(1_000);
  }
}
