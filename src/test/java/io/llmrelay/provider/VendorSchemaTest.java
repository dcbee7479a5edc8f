package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The vendors' schemas tell a right request from a wrong one. */
class VendorSchemaTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          openai    | CreateChatCompletionRequest | {"model":"m","messages":[{"role":"user","content":"Hi"}]}
          mistral   | ChatCompletionRequest       | {"model":"m","messages":[{"role":"user","content":"Hi"}]}
          openrouter| ChatRequest                 | {"model":"m","messages":[{"role":"user","content":"Hi"}]}
          cohere    | ChatRequestV2               | {"model":"m","stream":true,"messages":[{"role":"user","content":"Hi"}]}
          anthropic | MessagesRequest             | {"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}
          gemini    | GenerateContentRequest      | {"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}
          bedrock   | ConverseStreamRequestBody   | {"messages":[{"role":"user","content":[{"text":"Hi"}]}]}
          """)
  void tellsRightFromWrong(String vendor, String root, String request) {
    VendorSchema schema = VendorSchema.of(vendor, root);
    schema.assertValid(Buffer.buffer(request));
    for (String wrong :
        List.of(request.replace("\"Hi\"", "7"), request.replaceAll("\\[.*", "{\"a\":1}}"))) {
      assertThat(schema.problems(Buffer.buffer(wrong))).as(wrong).isNotEmpty();
    }
  }
}
