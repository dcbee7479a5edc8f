package io.llmrelay.sandbox;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Errors of particular servers. Their bodies do not depend on the dialect of the request. */
final class ServerErrors {
  private static final Map<String, String> BODIES =
      new TreeMap<>(
          Map.ofEntries(
              // vLLM
              Map.entry(
                  "400-badrequest",
                  """
                  {"error":{"message":"temperature must be non-negative, got -1.0.",\
                  "type":"BadRequestError","param":null,"code":400}}"""),
              Map.entry(
                  "400-vllm",
                  """
                  {"error":{"message":"This model's maximum context length is 262144 tokens.\
                   However, you requested 0 output tokens and your prompt contains at least 262145\
                   input tokens, for a total of at least 262145 tokens.","type":"BadRequestError",\
                  "param":"input_tokens","code":400}}"""),
              Map.entry(
                  "400-sglang",
                  """
                  {"object":"error","message":"The input (12345 tokens) is longer than the model's\
                   context length (8192 tokens).","type":"BadRequestError","param":null,\
                  "code":400}"""),
              Map.entry(
                  "400-llamacpp",
                  """
                  {"error":{"code":400,"message":"request (2009 tokens) exceeds the available\
                   context size (512 tokens), try increasing it",\
                  "type":"exceed_context_size_error","n_prompt_tokens":2009,"n_ctx":512}}"""),
              // Anthropic
              Map.entry(
                  "400-outputlimit",
                  """
                  {"type":"error","error":{"type":"invalid_request_error","message":"input length\
                   and `max_tokens` exceed context limit: 170636 + 34048 > 200000, decrease input\
                   length or `max_tokens` and try again"}}"""),
              // OpenAI
              Map.entry(
                  "400-parameter",
                  """
                  {"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with\
                   this model. Use 'max_completion_tokens' instead.",\
                  "type":"invalid_request_error","param":"max_tokens",\
                  "code":"unsupported_parameter"}}"""),
              Map.entry(
                  "400-streamoptions",
                  """
                  {"error":{"message":"Unknown parameter: 'stream_options'.",\
                  "type":"invalid_request_error","param":"stream_options",\
                  "code":"unknown_parameter"}}"""),
              Map.entry(
                  "429-tpm",
                  """
                  {"error":{"message":"Request too large for gpt-4o on tokens per min (TPM): Limit\
                   30000, Requested 30601. The input or output tokens must be reduced in order to\
                   run successfully.","type":"tokens","param":null,\
                  "code":"rate_limit_exceeded"}}"""),
              // DeepSeek
              Map.entry(
                  "400-model",
                  """
                  {"error":{"message":"Model Not Exist","type":"invalid_request_error",\
                  "param":null,"code":"invalid_request_error"}}"""),
              // Groq
              Map.entry(
                  "400-tooluse",
                  """
                  {"error":{"message":"Failed to call a function. Please adjust your prompt. See\
                   'failed_generation' for more details.","type":"invalid_request_error",\
                  "code":"tool_use_failed","failed_generation":"<function=x>"}}"""),
              Map.entry(
                  "413-tpm",
                  """
                  {"error":{"message":"Request too large for model `openai/gpt-oss-20b` on tokens\
                   per minute (TPM): Limit 8000, Requested 22313, please reduce your message size\
                   and try again.","type":"tokens","code":"rate_limit_exceeded"}}"""),
              // Gemini's OpenAI-compatible endpoint, which wraps the error in an array
              Map.entry(
                  "429-retrydelay",
                  """
                  [{"error":{"code":429,"message":"You exceeded your current quota.",\
                  "status":"RESOURCE_EXHAUSTED","details":[{"@type":\
                  "type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.4s"}]}}]""")));

  private ServerErrors() {}

  /** Returns the names of the errors as used in scenarios; each begins with its HTTP status. */
  static List<String> names() {
    return List.copyOf(BODIES.keySet());
  }

  /** Returns the body of the error with this name, or null. */
  static String body(String name) {
    return BODIES.get(name);
  }
}
