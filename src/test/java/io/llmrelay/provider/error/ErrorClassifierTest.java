package io.llmrelay.provider.error;

import static io.llmrelay.chat.FailureKind.AUTHENTICATION;
import static io.llmrelay.chat.FailureKind.CONTEXT_LENGTH;
import static io.llmrelay.chat.FailureKind.INVALID_REQUEST;
import static io.llmrelay.chat.FailureKind.MALFORMED_TOOL_CALL;
import static io.llmrelay.chat.FailureKind.OVERLOADED;
import static io.llmrelay.chat.FailureKind.QUOTA_EXHAUSTED;
import static io.llmrelay.chat.FailureKind.RATE_LIMITED;
import static io.llmrelay.chat.FailureKind.SERVER_ERROR;
import static io.llmrelay.chat.FailureKind.UNSUPPORTED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What errors mean: a line for each, then those within a stream. */
class ErrorClassifierTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      ignoreLeadingAndTrailingWhitespace = true,
      emptyValue = "",
      textBlock =
          """
          openai | 401 | authentication | {"error":{"message":"no","type":"invalid_request_error","code":"invalid_api_key"}}
          openai | 403 | permission | {"error":{"message":"Country not supported","type":"invalid_request_error","code":null}}
          openai | 404 | model_not_found | {"error":{"message":"no","type":"invalid_request_error","code":"model_not_found"}}
          openai | 404 | model_not_found | {"error":{"message":"This is not a chat model","type":"invalid_request_error","code":null}}
          openai | 400 | context_length | {"error":{"message":"x","type":"invalid_request_error","code":"context_length_exceeded"}}
          openai | 400 | context_length | {"error":{"message":"This model's maximum context length is 8 tokens.","type":"invalid_request_error","code":null}}
          openai | 400 | unsupported | {"error":{"message":"Unsupported parameter: 'max_tokens'","type":"invalid_request_error","code":"unsupported_parameter"}}
          openai | 400 | invalid_request | {"error":{"message":"x","type":"invalid_request_error","code":"decimal_above_max_value"}}
          openai | 400 | content_filter | {"error":{"message":"x","type":"invalid_request_error","code":"content_policy_violation"}}
          openai | 429 | quota_exhausted | {"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}
          openai | 429 | quota_exhausted | {"error":{"message":"x","type":"insufficient_quota","code":"project_spend_limit_exceeded"}}
          openai | 429 | quota_exhausted | {"error":{"message":"x","type":"y","code":"organization_usage_limit_exceeded"}}
          openai | 429 | rate_limited | {"error":{"message":"Rate limit reached for gpt","type":"tokens","code":"rate_limit_exceeded"}}
          openai | 429 | overloaded | {"error":{"message":"Slow down","type":"requests","code":"slow_down"}}
          openai | 429 | unsupported | {"error":{"message":"Request too large for gpt: Limit 30000, Requested 40000","type":"tokens","code":"rate_limit_exceeded"}}
          openai | 500 | server_error | {"error":{"message":"x","type":"server_error","code":null}}
          openai | 503 | overloaded | {"error":{"message":"x","type":"service_unavailable_error","code":"server_is_overloaded"}}
          anthropic | 401 | authentication | {"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"},"request_id":null}
          anthropic | 403 | permission | {"type":"error","error":{"type":"permission_error","message":"no"},"request_id":null}
          anthropic | 404 | model_not_found | {"type":"error","error":{"type":"not_found_error","message":"model: x"},"request_id":null}
          anthropic | 400 | context_length | {"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 3 tokens > 2 maximum"},"request_id":null}
          anthropic | 400 | quota_exhausted | {"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access"},"request_id":null}
          anthropic | 400 | quota_exhausted | {"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified workspace API usage limits."},"request_id":null}
          anthropic | 400 | invalid_request | {"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: field required"},"request_id":null}
          anthropic | 402 | quota_exhausted | {"type":"error","error":{"type":"billing_error","message":"x"},"request_id":null}
          anthropic | 413 | context_length | {"type":"error","error":{"type":"request_too_large","message":"x"},"request_id":null}
          anthropic | 429 | rate_limited | {"type":"error","error":{"type":"rate_limit_error","message":"your organization's rate limit of 50,000 input tokens per minute"},"request_id":null}
          anthropic | 500 | server_error | {"type":"error","error":{"type":"api_error","message":"Internal server error"},"request_id":null}
          anthropic | 504 | timeout | {"type":"error","error":{"type":"timeout_error","message":"x"},"request_id":null}
          anthropic | 529 | overloaded | {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":null}
          groq | 400 | malformed_tool_call | {"error":{"message":"Failed to call a function","type":"invalid_request_error","code":"tool_use_failed"}}
          groq | 413 | unsupported | {"error":{"message":"Request too large for model `m` on tokens per minute (TPM): Limit 8000","type":"tokens","code":"rate_limit_exceeded"}}
          groq | 429 | rate_limited | {"error":{"message":"Rate limit reached on tokens per minute (TPM)","type":"tokens","code":"rate_limit_exceeded"}}
          groq | 429 | rate_limited | {"error":{"message":"Rate limit reached on tokens per day (TPD)","type":"tokens","code":"rate_limit_exceeded"}}
          groq | 498 | overloaded | {"error":{"message":"flex tier capacity exceeded","type":"x","code":null}}
          cerebras | 429 | rate_limited | {"message":"Requests per minute limit exceeded","type":"too_many_requests_error","param":null,"code":"request_quota_exceeded"}
          cerebras | 429 | quota_exhausted | {"message":"Tokens per day limit exceeded","type":"too_many_tokens_error","param":null,"code":"token_quota_exceeded"}
          cerebras | 429 | overloaded | {"message":"We're experiencing high traffic","type":"too_many_requests_error","param":null,"code":"queue_exceeded"}
          cerebras | 402 | quota_exhausted | {"message":"Payment required","type":"payment_required_error","param":null,"code":"x"}
          cerebras | 404 | model_not_found | {"message":"Model foo does not exist","type":"not_found_error","param":null,"code":"model_not_found"}
          nvidia | 401 | authentication | {"status":401,"title":"Unauthorized"}
          nvidia | 403 | authentication | {"status":403,"title":"Forbidden","detail":"Authorization failed"}
          nvidia | 402 | quota_exhausted | {"detail":"credits"}
          nvidia | 404 | model_not_found | 404 page not found
          nvidia | 410 | model_not_found | {"status":410,"title":"Gone"}
          nvidia | 400 | overloaded | {"detail":"Function id 'x': DEGRADED function cannot be invoked"}
          nvidia | 202 | overloaded |
          nvidia | 422 | invalid_request | {"detail":[{"loc":["body"],"msg":"field required"}]}
          nvidia | 429 | rate_limited | {"status":429,"title":"Too Many Requests"}
          cloudflare | 403 | authentication | {"success":false,"errors":[{"code":10000,"message":"Authentication error"}],"result":null}
          cloudflare | 403 | permission | {"success":false,"errors":[{"code":5018,"message":"no access"}],"result":null}
          cloudflare | 400 | model_not_found | {"success":false,"errors":[{"code":5007,"message":"No such model @cf/x or task"}],"result":null}
          cloudflare | 400 | invalid_request | {"success":false,"errors":[{"code":5004,"message":"bad input"}],"result":null}
          cloudflare | 429 | quota_exhausted | {"success":false,"errors":[{"code":3036,"message":"used up"}],"result":null}
          cloudflare | 429 | overloaded | {"success":false,"errors":[{"code":3040,"message":"busy"}],"result":null}
          cloudflare | 429 | rate_limited | {"success":false,"errors":[{"code":971,"message":"slow"}],"result":null}
          cloudflare | 408 | timeout | {"success":false,"errors":[{"code":3007,"message":"x"}],"result":null}
          openai | 429 | rate_limited | {"success":false,"errors":[{"code":3040,"message":"numbers are each vendor's own"}],"result":null}
          none | 400 | authentication | {"error":{"code":400,"message":"API key expired. Please renew.","status":"INVALID_ARGUMENT","details":[]}}
          none | 400 | context_length | {"error":{"code":400,"message":"The input token count (9) exceeds the maximum number of tokens allowed (8).","status":"INVALID_ARGUMENT","details":[]}}
          none | 400 | permission | {"error":{"code":400,"message":"not in your region","status":"FAILED_PRECONDITION","details":[]}}
          none | 402 | quota_exhausted | {"error":{"code":402,"message":"Your prepayment credits are depleted.","status":"RESOURCE_EXHAUSTED","details":[]}}
          none | 429 | quota_exhausted | {"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"RequestsPerDayPerModel"}]}]}}
          none | 429 | rate_limited | {"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"RequestsPerMinute"}]}]}}
          none | 503 | overloaded | {"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE","details":[]}}
          none | 504 | timeout | {"error":{"code":504,"message":"x","status":"DEADLINE_EXCEEDED","details":[]}}
          mistral | 400 | model_not_found | {"message":"Invalid model: x","type":"invalid_model","param":null,"code":"1500"}
          mistral | 429 | rate_limited | {"message":"Rate limit exceeded","type":"rate_limited","param":null,"code":"1300"}
          mistral | 429 | overloaded | {"message":"Service tier capacity exceeded for this model.","type":"invalid_request_error","param":null,"code":"x"}
          mistral | 422 | unsupported | {"detail":[{"msg":"Extra inputs are not permitted"}]}
          deepseek | 401 | authentication | {"error":{"message":"Authentication Fails","type":"authentication_error","code":"invalid_request_error"}}
          deepseek | 400 | model_not_found | {"error":{"message":"The supported API model names are a, b, but you passed c.","type":"invalid_request_error","code":"invalid_request_error"}}
          deepseek | 402 | quota_exhausted | {"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}}
          openrouter | 402 | quota_exhausted | {"error":{"code":402,"message":"Insufficient credits","metadata":null}}
          openrouter | 402 | rate_limited | {"error":{"code":402,"message":"busy","metadata":{"error_type":"in_flight_budget_exhausted"}}}
          openrouter | 403 | content_filter | {"error":{"code":403,"message":"flagged","metadata":{"reasons":["violence"]}}}
          openrouter | 403 | quota_exhausted | {"error":{"code":403,"message":"limit","metadata":{"limit_source":"key_limit"}}}
          openrouter | 429 | rate_limited | {"error":{"code":429,"message":"Rate limit exceeded: free-models-per-day.","metadata":{"limit_source":"openrouter_free_tier_daily"}}}
          openai | 429 | quota_exhausted | {"error":{"message":"no","type":"billing_not_active","code":"billing_not_active"}}
          none | 400 | permission | {"error":{"message":"This organization has been disabled.","type":"invalid_request_error","code":null}}
          none | 400 | permission | {"error":{"message":"no","type":"x","code":"account_deactivated"}}
          none | 403 | quota_exhausted | {"code":"The caller does not have permission","error":"Your team 1 has either used all available credits or reached its monthly spending limit."}
          none | 429 | rate_limited | {"code":"Throttling.RateQuota","message":"Requests rate limit exceeded"}
          none | 400 | quota_exhausted | {"code":"Arrearage","message":"Access denied, please make sure your account is in good standing."}
          none | 400 | content_filter | {"code":"DataInspectionFailed","message":"Input data may contain inappropriate content."}
          none | 429 | rate_limited | {"error":{"message":"x","type":"RateLimitError"}}
          openrouter | 404 | model_not_found | {"error":{"code":404,"message":"No endpoints found that support tool use","metadata":{}}}
          openrouter | 400 | model_not_found | {"error":{"code":400,"message":"x is not a valid model ID","metadata":{}}}
          openrouter | 400 | context_length | {"error":{"code":400,"message":"Provider returned error","metadata":{"raw":"{\\"error\\":\\"prompt is too long\\"}"}}}
          openrouter | 502 | overloaded | {"error":{"code":502,"message":"Provider returned error","metadata":{"error_type":"provider_overloaded"}}}
          azure | 404 | model_not_found | {"error":{"message":"x","type":"y","code":"DeploymentNotFound"}}
          azure | 400 | content_filter | {"error":{"code":"x","innererror":{"code":"ResponsibleAIPolicyViolation"}}}
          azure | 429 | rate_limited | {"error":{"message":"x","type":"y","code":"RateLimitReached"}}
          none | 404 | model_not_found | {"error":"model 'x' not found"}
          none | 503 | overloaded | {"error":"server busy, please try again.  maximum pending requests exceeded"}
          none | 401 | authentication | {"error":{"message":"Unauthorized","type":"api_error","code":null}}
          none | 400 | context_length | {"error":{"message":"request (9 tokens) exceeds the available context size (8 tokens)","type":"x","code":400}}
          none | 501 | unsupported | {"error":{"message":"x","type":"not_supported_error","code":501}}
          xai | 400 | authentication | {"code":"invalid-argument","error":"Incorrect API key provided."}
          xai | 400 | model_not_found | {"code":"x","error":"The model grok-9 does not exist or your team has no access"}
          none | 400 | context_length | {"message":"x","error_type":"TOO_MANY_TOKENS"}
          none | 400 | invalid_request |
          none | 400 | invalid_request | {"error":{"message":"Invalid token in the limit of your quota","type":"x","code":null}}
          none | 408 | timeout |
          none | 409 | server_error |
          none | 413 | context_length |
          none | 429 | rate_limited | <html>slow</html>
          none | 500 | server_error |
          none | 502 | server_error | <html>Bad Gateway</html>
          none | 503 | overloaded |
          none | 504 | timeout |
          none | 524 | server_error |
          none | 302 | server_error |
          none | 405 | server_error |
          """)
  void httpErrors(String provider, int status, String kind, String body) {
    Failure failure = Errors.http(provider, status, body == null ? "" : body);
    assertThat(failure.kind().code()).isEqualTo(kind);
    assertThat(failure.status()).isEqualTo(status);
  }

  /** What this backend, model or account cannot do says nothing against the request. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          400 | unsupported_value     | Your organization must be verified to stream this model.
          400 | null                  | Your organization must be verified to generate reasoning summaries.
          400 | unsupported_value     | Unsupported value: 'temperature' does not support 0.0 with this model.
          400 | unknown_parameter     | Unknown parameter: 'reasoning_effort'.
          400 | null                  | Unrecognized request argument supplied: reasoning_effort
          400 | UnsupportedParamsError | no
          400 | json_validate_failed  | Failed to generate JSON.
          400 | output_parse_failed   | Parsing failed.
          400 | null                  | property 'logprobs' is unsupported
          400 | null                  | registry.ollama.ai/library/gemma:2b does not support tools
          400 | null                  | deepseek-reasoner does not support this tool_choice
          400 | null                  | This response_format type is unavailable now
          400 | null                  | tools is not supported in this model
          400 | null                  | This model only support stream mode
          400 | null                  | Function calling is not enabled for models/gemma-3
          400 | null                  | Unknown name 'x' at 'generation_config': Cannot find field.
          400 | null                  | 'auto' tool choice requires --enable-auto-tool-choice to be set
          400 | null                  | At most 0 image(s) may be provided in one prompt.
          400 | null                  | `temperature` and `top_p` cannot both be specified for this model.
          400 | null                  | `temperature` is deprecated for this model.
          400 | null                  | Conversation roles must alternate user/assistant
          400 | null                  | The model is not available for this API key
          403 | null                  | gpt-9 is not available for this API key
          404 | null                  | not available for your account
          422 | extra_forbidden       | no
          400 | invalid_encrypted_content | The encrypted content gAAA could not be verified.
          501 | not_supported_error   | This server does not support tools.
          413 | rate_limit_exceeded   | Request too large for model `m` in organization `o` service tier `on_demand` on tokens per minute (TPM): Limit 8000, Requested 22313
          429 | rate_limit_exceeded   | Request too large for gpt-4o in organization o on tokens per min (TPM): Limit 30000, Requested 30601. The input or output tokens must be reduced.
          413 | tokens_limit_reached  | Request body too large for gpt-4o model. Max size: 8000 tokens.
          402 | 402                   | This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only afford 1234.
          402 | 402                   | Prompt tokens limit exceeded: 9000 > 3000.
          """)
  void whatABackendCannotDoIsUnsupported(int status, String code, String message) {
    String json = code.matches("null|\\d+") ? code : '"' + code + '"';
    Failure failure = Errors.http("none", status, Errors.error(message, "x", json));
    assertThat(failure.kind()).isEqualTo(UNSUPPORTED);
    assertThat(failure.retryAfterMs()).as("a smaller request is welcome at once").isEqualTo(-1);
    assertThat(failure.retryable()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          400 | model_not_found | Model Not Exist
          400 | model_not_found | The requested model is not supported.
          404 | model_not_found | The model `x` has been decommissioned and is no longer supported.
          400 | quota_exhausted | Your account is not active, please check your billing details on our website.
          400 | quota_exhausted | Add a payment method to use this model.
          400 | permission      | User location is not supported for the API use.
          402 | quota_exhausted | This request requires more credits. You can only afford 0.
          403 | quota_exhausted | Your team 1 has either used all available credits or reached its monthly spending limit.
          400 | invalid_request | We could not parse the JSON body of your request.
          400 | invalid_request | Missing required parameter: 'messages'.
          400 | invalid_request | Invalid value: 'x'. Supported values are: 'system' and 'user'.
          429 | rate_limited    | Rate limit reached on tokens per min (TPM): Limit 10000, Used 8554, Requested 3082.
          429 | rate_limited    | This request would exceed the rate limit for your organization of 20000 input tokens per minute. Please reduce the prompt length.
          """)
  void whatLooksLikeItIsNot(int status, String kind, String message) {
    String type = kind.equals("permission") ? "FAILED_PRECONDITION" : "x";
    assertThat(Errors.http("none", status, Errors.error(message, type, "null")).kind().code())
        .isEqualTo(kind);
  }

  /** A prompt that is repeated must not shut a backend for everybody. */
  @Test
  void aPromptDoesNotBlameABackend() {
    String prompt = "What does 'Incorrect API key provided' mean? Please try again in 20 hours.";
    ErrorClassifier errors =
        Errors.classifier("openai").about(ChatRequest.of(ChatMessage.user(prompt)));
    String body = Errors.error("[{'type': 'missing', 'input': " + prompt + "}]", "x", "null");
    MultiMap none = MultiMap.caseInsensitiveMultiMap();
    assertThat(errors.http(400, none, Buffer.buffer(body)).kind()).isEqualTo(INVALID_REQUEST);
    Failure limited = errors.http(429, none, Buffer.buffer(body));
    assertThat(limited.kind()).isEqualTo(RATE_LIMITED);
    assertThat(limited.retryAfterMs()).isEqualTo(-1);
  }

  /** One who asks about an error may get the same one. */
  @Test
  void aPromptDoesNotHideThatItIsTooLong() {
    String words = "This model's maximum context length is 8192 tokens.";
    Failure failure =
        Errors.classifier("none")
            .about(ChatRequest.of(ChatMessage.user("Why do I get: " + words)))
            .http(
                400,
                MultiMap.caseInsensitiveMultiMap(),
                Buffer.buffer(Errors.error(words, "x", "null")));
    assertThat(failure.kind()).isEqualTo(CONTEXT_LENGTH);
  }

  /** Some vendors write a sentence where others have a code, and it may be about the account. */
  @Test
  void aSentenceIsNoCode() {
    String body = "{\"code\":\"Some resource has been exhausted\",\"error\":\"no\"}";
    assertThat(Errors.http("xai", 429, body).providerCode()).isNull();
    assertThat(Errors.http("xai", 429, Errors.error("no", "tokens", "\"a b\"")).providerCode())
        .isEqualTo("tokens");
  }

  @Test
  void anAmazonHeaderNamesTheError() {
    Map<String, String> type =
        Map.of("x-amzn-errortype", "UnrecognizedClientException:http://internal.amazon.com/");
    assertThat(Errors.http(null, 403, type, "{}").kind()).isEqualTo(AUTHENTICATION);
  }

  @Test
  void paymentRequiredThatSaysWhenToComeBackIsTemporary() {
    Map<String, String> wait = Map.of("Retry-After", "3");
    assertThat(Errors.http("openrouter", 402, wait, "{}").kind()).isEqualTo(RATE_LIMITED);
    assertThat(Errors.http("openrouter", 402, wait, "{}").retryAfterMs()).isEqualTo(3000);
  }

  static Stream<Arguments> inStream() {
    return Stream.of(
        arguments(
            "{\"error\":{\"message\":\"x\",\"code\":\"tool_use_failed\",\"status_code\":400}}",
            MALFORMED_TOOL_CALL,
            400),
        arguments(
            "{\"error\":{\"message\":\"x\",\"code\":\"y\"},\"status_code\":429}",
            RATE_LIMITED,
            429),
        arguments(
            "{\"error\":{\"code\":502,\"metadata\":{\"error_type\":\"provider_unavailable\"}}}",
            SERVER_ERROR,
            502),
        arguments(
            "{\"error\":{\"code\":400,\"message\":\"maximum context length\"}}",
            CONTEXT_LENGTH,
            400),
        arguments("{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}", OVERLOADED, 0),
        arguments(
            "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\"}}",
            INVALID_REQUEST,
            0),
        arguments("{\"type\":\"error\",\"error\":{\"type\":\"api_error\"}}", SERVER_ERROR, 0),
        arguments("{\"error\":{\"code\":\"rate_limit_exceeded\"}}", RATE_LIMITED, 0),
        arguments("{\"error\":{\"code\":\"insufficient_quota\"}}", QUOTA_EXHAUSTED, 0),
        arguments("{\"error\":\"unexpected EOF\"}", SERVER_ERROR, 0),
        arguments("[{\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\"}}]", OVERLOADED, 503),
        arguments("the model went away", SERVER_ERROR, 0));
  }

  @ParameterizedTest
  @MethodSource
  void inStream(String body, FailureKind kind, int status) {
    Failure failure = Errors.inStream(body);
    assertThat(failure.kind()).isEqualTo(kind);
    assertThat(failure.status()).isEqualTo(status);
  }

  /** Whose type names the client's fault, however it is spelled, has a client to blame. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          {"error":{"message":"x","type":"BadRequestError","code":400}}
          {"error":{"message":"x","type":"BadRequestError","code":"400"}}
          {"error":{"message":"x","type":"BadRequestError"}}
          {"object":"error","message":"x","type":"BadRequestError","code":400}
          {"object":"error","message":"x","type":"BadRequest","param":null}
          {"error":{"message":"x","type":"bad_request_error","http_code":"400"}}
          {"error":{"message":"x","type":"invalid_request_error"}}
          {"error":{"message":"x","type":"InvalidRequestError"}}
          {"error":{"message":"x","code":"invalid_parameter_error"}}
          {"error":{"message":"x","code":"InvalidParameter"}}
          {"error":{"message":"x","type":"UnprocessableEntityError"}}
          {"error":{"message":"x","type":"unprocessable_entity"}}
          {"error":{"message":"x","code":422}}
          {"error":{"message":"x","code":"422"}}
          {"error":{"message":"x","status":"INVALID_ARGUMENT"}}
          {"code":"invalid-argument","error":"x"}
          {"code":"Client specified an invalid argument","error":"x"}
          {"error":{"message":"x","type":"ValidationException"}}
          {"error":{"message":"x","type":"validation_error"}}
          {"error":{"message":"x","type":"RequestValidationError"}}
          {"error":"x","error_type":"validation"}
          """)
  void theClientsFaultInAnySpelling(String body) {
    assertThat(Errors.inStream(body).kind()).isEqualTo(INVALID_REQUEST);
    assertThat(Errors.inStream(body.replace("\"x\"", "\"prompt is too long\"")).kind())
        .isEqualTo(CONTEXT_LENGTH);
  }
}
