package io.llmrelay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApiErrorTest extends GatewayFixture {

  @ParameterizedTest
  @CsvSource({
    "INVALID_REQUEST,400,invalid_request_error,",
    "CONTENT_FILTER,400,invalid_request_error,content_filter",
    "CONTEXT_LENGTH,400,invalid_request_error,context_length_exceeded",
    "UNSUPPORTED,400,invalid_request_error,unsupported",
    "AUTHENTICATION,502,server_error,backend_authentication",
    "PERMISSION,502,server_error,backend_permission",
    "MODEL_NOT_FOUND,404,invalid_request_error,model_not_found",
    "RATE_LIMITED,429,rate_limit_error,rate_limit_exceeded",
    "QUOTA_EXHAUSTED,429,insufficient_quota,insufficient_quota",
    "OVERLOADED,503,server_error,overloaded",
    "SATURATED,503,server_error,saturated",
    "SERVER_ERROR,502,server_error,server_error",
    "TIMEOUT,504,server_error,timeout",
    "NETWORK,502,server_error,network",
    "EMPTY_ANSWER,502,server_error,empty_answer",
    "TOO_LARGE,502,server_error,too_large",
    "UNAVAILABLE,503,server_error,unavailable",
    "INTERNAL,500,server_error,internal",
  })
  void everyKindHasStatusTypeAndCode(FailureKind kind, int status, String type, String code)
      throws Exception {
    Failure failure = Failure.of(kind, "what happened");
    relay.instead = request -> Future.failedFuture(failure.toException());
    relay.generate = request -> Future.failedFuture(failure.toException());

    for (JsonObject body : new JsonObject[] {ask(), askStream()}) {
      HttpResponse<String> response = post(body);

      assertThat(response.statusCode()).isEqualTo(status);
      assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
      assertThat(new JsonObject(response.body()))
          .isEqualTo(
              new JsonObject()
                  .put(
                      "error",
                      new JsonObject()
                          .put("message", "what happened")
                          .put("type", type)
                          .put("param", null)
                          .put("code", code)));
      boolean hopeless = status >= 500 && !kind.retryable();
      assertThat(response.headers().firstValue("x-should-retry").isPresent()).isEqualTo(hopeless);
    }
  }

  @Test
  void tellsWhoFailedAndWhenToComeBack() throws Exception {
    Failure failure =
        Failure.of(FailureKind.RATE_LIMITED, "slow down")
            .withRequestId("r1")
            .withCandidate("primary", "mock-model")
            .withStatus(429, "requests")
            .withRetryAfterMs(1_001)
            .withTrail(FakeRelay.trail("mock-model"));
    relay.instead = request -> Future.failedFuture(failure.toException());

    HttpResponse<String> response = post(askStream());

    assertThat(response.statusCode()).isEqualTo(429);
    assertThat(response.headers().firstValue("retry-after")).hasValue("2");
    assertThat(response.headers().firstValue("x-request-id")).hasValue("r1");
    assertThat(response.headers().firstValue("x-relay-backend")).hasValue("primary");
    assertThat(response.headers().firstValue("x-relay-model")).hasValue("mock-model");
    assertThat(response.headers().firstValue("x-relay-attempts")).hasValue("2");
    JsonObject extra = new JsonObject(response.body()).getJsonObject("relay");
    assertThat(extra.getString("kind")).isEqualTo("rate_limited");
    assertThat(extra.getInteger("status")).isEqualTo(429);
    assertThat(extra.getInteger("retry_after_ms")).isEqualTo(1001);
    assertThat(extra.getJsonArray("trail")).hasSize(3);
  }

  @Test
  void aDefectTellsNothing() throws Exception {
    relay.instead =
        request -> {
          throw new IllegalStateException("the prompt was: secret");
        };
    relay.generate = request -> Future.failedFuture(new IllegalStateException("secret"));

    for (JsonObject body : new JsonObject[] {ask(), askStream()}) {
      HttpResponse<String> response = post(body);

      assertThat(response.statusCode()).isEqualTo(500);
      assertThat(error(response).getString("code")).isEqualTo("internal");
      assertThat(response.body()).doesNotContain("secret");
    }
    assertThat(relay.cancelled).hasSize(2);
  }
}
