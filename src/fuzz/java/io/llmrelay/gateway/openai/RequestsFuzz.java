package io.llmrelay.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.llmrelay.gateway.front.OpenAiError;
import io.llmrelay.gateway.server.GatewayError;

/**
 * Fuzzes request bodies: each is read, and is the same after a round trip through JSON, or it is
 * refused with the name of the invalid field or as invalid JSON.
 */
public final class RequestsFuzz {
  private RequestsFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    try {
      ChatCompletionParams params = ChatCompletionParams.of(input);
      ChatRequest again = ChatRequest.fromJson(params.request().toJson());
      assertThat(again.toJson()).isEqualTo(params.request().toJson());
      assertThat(again.characters()).isEqualTo(params.request().characters());
    } catch (LlmException refused) {
      assertThat(refused.failure().kind()).isEqualTo(FailureKind.INVALID_REQUEST);
      assertThat(refused.failure().field()).isNotBlank();
      checkMessage(refused.failure().field());
      checkMessage(refused.failure().message());
    } catch (GatewayError refused) {
      assertThat(refused.code()).isEqualTo("invalid_json");
      checkMessage(OpenAiError.toJson(refused).encode());
    }
  }

  private static void checkMessage(String text) {
    assertThat(text).isNotBlank().doesNotContain("\n", "\r");
    assertThat(text.length()).isLessThan(1_000);
  }
}
