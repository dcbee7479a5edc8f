package examples;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;

/** OpenAI's own Java client, with the gateway as its base URL. */
public final class GatewayClient {
  private GatewayClient() {}

  /** Prints an answer as it comes. */
  public static void print(String prompt, String baseUrl, Appendable out) throws Exception {
    // tag::gateway
    OpenAIClient client =
        OpenAIOkHttpClient.builder().baseUrl(baseUrl + "/v1").apiKey("unused").build();
    ChatCompletionCreateParams params =
        ChatCompletionCreateParams.builder().model("gpt-4o-mini").addUserMessage(prompt).build();
    try (StreamResponse<ChatCompletionChunk> chunks =
        client.chat().completions().createStreaming(params)) {
      for (ChatCompletionChunk chunk : (Iterable<ChatCompletionChunk>) chunks.stream()::iterator) {
        out.append(chunk.choices().get(0).delta().content().orElse(""));
      }
    }
    // end::gateway
    client.close();
  }
}
