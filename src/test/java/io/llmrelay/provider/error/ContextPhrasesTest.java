package io.llmrelay.provider.error;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.FailureKind;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A prompt that is too long, in the words of each server. */
class ContextPhrasesTest {

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          OpenAI           | 400 | This model's maximum context length is 128000 tokens. However, your messages resulted in 204308 tokens. Please reduce the length of the messages.
          OpenAI Responses | 400 | Your input exceeds the context window of this model. Please adjust your input and try again.
          OpenAI gpt-5     | 400 | Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 509178 tokens. Please reduce the length of the messages.
          Azure            | 400 | This model's maximum context length is 128000 tokens. However, you requested 1124171 tokens (124171 in the messages, 1000000 in the completion). Please reduce the length of the messages or completion.
          DeepSeek         | 400 | This model's maximum context length is 131072 tokens. However, you requested 131134 tokens (122942 in the messages, 8192 in the completion). Please reduce the length of the messages or completion.
          vLLM 0.4         | 400 | This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 in the messages, 1000 in the completion).
          vLLM 0.6         | 400 | max_tokens must be at least 1, got -1234.
          vLLM 0.8         | 400 | 'max_tokens' or 'max_completion_tokens' is too large: 2000. This model's maximum context length is 4096 tokens and your request has 2104 input tokens (2000 > 4096 - 2104).
          vLLM 0.9         | 400 | The decoder prompt (length 40000) is longer than the maximum model length of 32768. Make sure that `max_model_len` is no smaller than the number of text tokens.
          vLLM 0.14        | 400 | You passed 9000 input tokens and requested 100 output tokens. However, the model's context length is only 8192 tokens, resulting in a maximum input length of 8092 tokens. Please reduce the length of the input prompt.
          vLLM 0.15        | 400 | This model's maximum context length is 262144 tokens. However, you requested 0 output tokens and your prompt contains at least 262145 input tokens, for a total of at least 262145 tokens.
          sglang           | 400 | The input (12345 tokens) is longer than the model's context length (8192 tokens).
          sglang total     | 400 | Requested token count exceeds the model's maximum context length of 131072 tokens. You requested a total of 140000 tokens.
          sglang memory    | 400 | Input length (160062 tokens) exceeds the maximum allowed length (59862 tokens). Use a shorter input or enable --allow-auto-truncate.
          TGI              | 422 | Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens and 1000 `max_new_tokens`
          TGI input        | 422 | Input validation error: `inputs` must have less than 4095 tokens. Given: 5000
          llama.cpp        | 400 | request (66202 tokens) exceeds the available context size (65536 tokens), try increasing it
          llama.cpp old    | 500 | the request exceeds the available context size. try increasing the context size or enable context shift
          llama-cpp-python | 400 | Requested tokens (11280) exceed context window of 2048
          Ollama           | 400 | prompt too long; exceeded max context length by 9 tokens
          Ollama runner    | 500 | the input length exceeds the context length
          LM Studio        | 400 | The number of tokens to keep from the initial prompt is greater than the context length.
          LM Studio new    | 400 | Trying to keep the first 5000 tokens when context overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.
          xAI              | 400 | This model's maximum prompt length is 131072 but the request contains 537812 tokens.
          Groq             | 400 | Please reduce the length of the messages or completion.
          Cerebras         | 400 | Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192
          Mistral          | 400 | Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length
          Together         | 400 | The input (516368 tokens) is longer than the model's context length (262144 tokens).
          Together old     | 422 | Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens and 100 `max_new_tokens`
          Fireworks        | 400 | The prompt is too long: 140000, model maximum context length: 131071
          OpenRouter       | 400 | This endpoint's maximum context length is 163840 tokens. However, you requested about 172900 tokens (4429 of text input, 4631 of tool input, 163840 in the output).
          Poolside         | 400 | Input length 131393 exceeds the maximum allowed input length of 131040 tokens.
          Bedrock          | 400 | Input is too long for requested model.
          Bedrock Nova     | 400 | Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.
          Bedrock Claude   | 400 | The model returned the following errors: prompt is too long: 200049 tokens > 200000 maximum
          Bedrock Llama    | 400 | This model's maximum context length is 8192 tokens. Please reduce the length of the prompt
          Bedrock Cohere   | 400 | Too many input tokens. Max input tokens: 8192, request input token count: 9000
          Gemini           | 400 | The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).
          Vertex AI        | 400 | Unable to submit request because the input token count is 1048577 but the model only supports up to 1048576.
          Cohere           | 400 | too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5000.
          Cohere size      | 400 | too many tokens: size limit exceeded by 11326 tokens.
          Anthropic        | 400 | prompt is too long: 213462 tokens > 200000 maximum
          Anthropic output | 400 | input length and `max_tokens` exceed context limit: 170636 + 34048 > 200000, decrease input length or `max_tokens` and try again
          Anthropic bytes  | 413 | Request exceeds the maximum size
          Copilot          | 400 | prompt token count of 146270 exceeds the limit of 128000
          Cloudflare       | 400 | AiError: The estimated number of input and maximum output tokens (9000) exceeded this model context window limit (8192).
          MiniMax          | 400 | invalid params, context window exceeds limit (2013)
          Moonshot         | 400 | Invalid request: Your request exceeded model token limit: 131072 (requested: 140000)
          Z.ai             | 400 | Prompt exceeds max length
          Qwen             | 400 | Range of input length should be [1, 129024]
          LiteLLM          | 500 | litellm.ContextWindowExceededError: litellm.BadRequestError: no
          """)
  void tooLong(String server, int status, String message) {
    JsonObject error = new JsonObject().put("message", message).put("type", "x");
    String body = new JsonObject().put("error", error).encode();
    assertThat(Errors.http("none", status, body).kind()).isEqualTo(FailureKind.CONTEXT_LENGTH);
    assertThat(Errors.inStream(body).kind()).isEqualTo(FailureKind.CONTEXT_LENGTH);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          Bedrock   | 429 | rate_limited    | ThrottlingException: Too many tokens, please wait before trying again.
          Anthropic | 429 | rate_limited    | This request would exceed your organization's rate limit of 50000 input tokens per minute. Please reduce the prompt length or the maximum tokens requested.
          Gemini    | 429 | rate_limited    | You exceeded your current quota, please check your plan and billing details.
          OpenAI    | 400 | invalid_request | max_tokens is too large: 200000. This model generates at most 16384 completion tokens.
          Anthropic | 400 | invalid_request | max_tokens: 200000 > 64000, which is the maximum allowed number of output tokens for this model
          vLLM      | 400 | invalid_request | max_tokens must be at least 1, got 0.
          """)
  void notTooLong(String server, int status, String kind, String message) {
    assertThat(Errors.http("none", status, Errors.error(message, "x", "null")).kind().code())
        .isEqualTo(kind);
  }
}
