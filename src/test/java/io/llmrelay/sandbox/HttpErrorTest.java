package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.sandbox.Wire.Stop;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpErrorTest extends SandboxTestBase {

  @ParameterizedTest
  @CsvSource({
    "400, 400, invalid_request_error, invalid_value, invalid_request_error",
    "400-context, 400, invalid_request_error, context_length_exceeded, invalid_request_error",
    "400-policy, 400, invalid_request_error, content_policy_violation, invalid_request_error",
    "401, 401, invalid_request_error, invalid_api_key, authentication_error",
    "402, 402, unknown_error, invalid_request_error, billing_error",
    "403, 403, invalid_request_error, , permission_error",
    "404, 404, invalid_request_error, model_not_found, not_found_error",
    "408, 408, timeout, , timeout_error",
    "413, 413, invalid_request_error, , request_too_large",
    "418, 418, invalid_request_error, , invalid_request_error",
    "429, 429, tokens, rate_limit_exceeded, rate_limit_error",
    "429-quota, 429, insufficient_quota, insufficient_quota, rate_limit_error",
    "500, 500, server_error, , api_error",
    "502, 502, server_error, , api_error",
    "503, 503, service_unavailable_error, server_is_overloaded, api_error",
    "504, 504, server_error, , timeout_error",
    "529, 529, service_unavailable_error, server_is_overloaded, overloaded_error",
    "200-error, 200, service_unavailable_error, server_is_overloaded, api_error",
    "599, 599, server_error, , api_error"
  })
  void errorsHaveTheFormatOfTheVendor(
      String scenario, int status, String type, String code, String anthropicType)
      throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-" + scenario)) {
      assertThat(wire.read()).isEqualTo(Stop.CONTENT_LENGTH);
      assertThat(wire.status()).isEqualTo(status);
      assertThat(wire.header("content-type")).isEqualTo("application/json");
      assertThat(wire.header("retry-after")).isNull();
      JsonObject error = wire.json().getJsonObject("error");
      assertThat(error.getString("type")).isEqualTo(type);
      assertThat(error.getString("code")).isEqualTo(code);
      assertThat(error.getString("message")).isNotBlank();
    }
    try (Wire wire = Wire.anthropic(sandbox, "mock-" + scenario)) {
      wire.read();
      assertThat(wire.status()).isEqualTo(status);
      assertThat(wire.json().getString("type")).isEqualTo("error");
      assertThat(wire.json().getString("request_id")).isEqualTo("req_2");
      JsonObject error = wire.json().getJsonObject("error");
      assertThat(error.getString("type")).isEqualTo(anthropicType);
      assertThat(error.getString("message")).isNotBlank();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "400-badrequest, BadRequestError, 400, non-negative",
    "400-vllm, BadRequestError, 400, maximum context length is 262144 tokens. However",
    "400-llamacpp, exceed_context_size_error, 400, the available context size (512",
    "400-outputlimit, invalid_request_error, , and `max_tokens` exceed context limit",
    "400-parameter, invalid_request_error, unsupported_parameter, with this model",
    "400-streamoptions, invalid_request_error, unknown_parameter, stream_options",
    "400-model, invalid_request_error, invalid_request_error, Model Not Exist",
    "400-tooluse, invalid_request_error, tool_use_failed, See 'failed_generation'",
    "413-tpm, tokens, rate_limit_exceeded, on tokens per minute (TPM): Limit 8000",
    "429-tpm, tokens, rate_limit_exceeded, Limit 30000"
  })
  void errorsOfParticularServers(String scenario, String type, String code, String message)
      throws Exception {
    for (boolean anthropic : new boolean[] {false, true}) {
      String model = "mock-" + scenario;
      try (Wire wire = anthropic ? Wire.anthropic(sandbox, model) : Wire.openAi(sandbox, model)) {
        wire.read();
        assertThat(scenario).startsWith(Integer.toString(wire.status()));
        JsonObject error = wire.json().getJsonObject("error");
        assertThat(error.getString("type")).isEqualTo(type);
        assertThat(String.valueOf(error.getValue("code"))).isEqualTo(String.valueOf(code));
        assertThat(error.getString("message")).contains(message);
      }
    }
  }

  @Test
  void sglangHasItsErrorAtTheTopLevel() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-400-sglang")) {
      wire.read();
      assertThat(wire.json().getString("object")).isEqualTo("error");
      assertThat(wire.json().getString("message")).contains("longer than the model's context");
    }
  }

  @Test
  void googlesRetryDelay() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-429-retrydelay")) {
      wire.read();
      assertThat(wire.status()).isEqualTo(429);
      assertThat(wire.header("retry-after")).isNull();
      assertThat(wire.body()).startsWith("[{\"error\":").contains("\"retryDelay\":\"34.4s\"");
    }
  }

  @Test
  void resetTimeOfALimit() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-429-reset-7")) {
      wire.read();
      assertThat(wire.header("x-ratelimit-reset-requests")).isEqualTo("7s");
      assertThat(wire.header("x-ratelimit-remaining-requests")).isNull();
    }
    try (Wire wire = Wire.anthropic(sandbox, "mock-429-reset-7")) {
      wire.read();
      assertThat(Instant.parse(wire.header("anthropic-ratelimit-requests-reset")))
          .isBetween(Instant.now(), Instant.now().plusSeconds(8));
    }
  }

  @Test
  void anthropicReportsSpentQuotaInTheDetails() throws Exception {
    try (Wire wire = Wire.anthropic(sandbox, "mock-429-quota")) {
      wire.read();
      JsonObject details = wire.json().getJsonObject("error").getJsonObject("details");
      assertThat(details.getString("error_code")).isEqualTo("enforced_spend_limit_reached");
    }
  }

  @ParameterizedTest
  @CsvSource({"429-retry-after-7, 7", "503-retry-after-0, 0", "429-quota-retry-after-86400, 86400"})
  void retryAfter(String scenario, String seconds) throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-" + scenario)) {
      wire.read();
      assertThat(wire.header("retry-after")).isEqualTo(seconds);
    }
  }

  @ParameterizedTest
  @CsvSource({"200, html", "502, html", "200, empty", "503, empty"})
  void bodiesThatAreNoJson(int status, String variant) throws Exception {
    try (Wire wire = Wire.anthropic(sandbox, "mock-" + status + "-" + variant)) {
      assertThat(wire.read()).isEqualTo(Stop.CONTENT_LENGTH);
      assertThat(wire.status()).isEqualTo(status);
      if (variant.equals("html")) {
        assertThat(wire.header("content-type")).isEqualTo("text/html");
        assertThat(wire.body()).startsWith("<html>").contains("<h1>" + status + "</h1>");
      } else {
        assertThat(wire.bytes()).isEmpty();
      }
    }
  }

  @Test
  void anyStatusBodyAndHeader() throws Exception {
    Scenario scenario =
        Scenario.http(498, "application/octet-stream", "{é").header("X-Should-Retry", "false");
    sandbox.script("primary", scenario);
    try (Wire wire = Wire.openAi(sandbox, "/primary", Wire.request("gpt-x"))) {
      wire.read();
      assertThat(wire.status()).isEqualTo(498);
      assertThat(wire.header("content-type")).isEqualTo("application/octet-stream");
      assertThat(wire.header("x-should-retry")).isEqualTo("false");
      assertThat(wire.body()).isEqualTo("{é");
    }
  }

  @Test
  void redirectToAnotherBackend() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-redirect")) {
      wire.read();
      assertThat(wire.status()).isEqualTo(307);
      assertThat(wire.header("location")).isEqualTo("/redirected/v1/chat/completions");
    }
  }

  @Test
  void anErrorEventIsAStatusInAWholeAnswer() throws Exception {
    JsonObject request = Wire.request("mock-sse-error-429-quota-after-3").put("stream", false);
    try (Wire wire = Wire.openAi(sandbox, "", request)) {
      wire.read();
      assertThat(wire.status()).isEqualTo(429);
      assertThat(wire.json().getJsonObject("error").getString("code"))
          .isEqualTo("insufficient_quota");
    }
  }
}
