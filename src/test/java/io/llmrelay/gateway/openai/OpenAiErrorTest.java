package io.llmrelay.gateway.openai;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.gateway.FakeRelay;
import io.llmrelay.gateway.GatewayFixture;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class OpenAiErrorTest extends GatewayFixture {

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
    relay.streamResult = request -> Future.failedFuture(failure.toException());
    relay.generate = request -> Future.failedFuture(failure.toException());

    for (JsonObject body : new JsonObject[] {completionRequest(), streamRequest()}) {
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
  void hasBackendTrailAndRetryDelay() throws Exception {
    Failure failure =
        Failure.of(FailureKind.RATE_LIMITED, "slow down")
            .withRequestId("r1")
            .withCandidate("primary", "mock-model")
            .withStatus(429, "requests")
            .withRetryAfterMs(1_001)
            .withTrail(FakeRelay.trail("mock-model"));
    relay.streamResult = request -> Future.failedFuture(failure.toException());

    HttpResponse<String> response = post(streamRequest());

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

  private HttpResponse<String> refusal(Failure failure) throws Exception {
    relay.streamResult = request -> Future.failedFuture(failure.toException());
    return post(streamRequest());
  }

  private static List<String> waits(HttpResponse<String> response) {
    return Stream.of("retry-after", "retry-after-ms", "x-should-retry")
        .map(name -> response.headers().firstValue(name).orElse("-"))
        .toList();
  }

  /** Status for clients that retry by the status, headers for those that use them. */
  @ParameterizedTest
  @CsvSource({
    // all candidates failed, without a retry delay
    "SERVER_ERROR,tried,-1,502,-,-,false",
    "OVERLOADED,tried,-1,502,-,-,false",
    "UNAVAILABLE,tried,-1,502,-,-,false",
    "NETWORK,tried,-1,502,-,-,false",
    "TIMEOUT,tried,-1,504,-,-,false",
    "RATE_LIMITED,tried,-1,429,-,-,false",
    // all candidates failed, with a retry delay
    "RATE_LIMITED,tried,7000,429,7,7000,-",
    "OVERLOADED,tried,50,502,1,50,-",
    "QUOTA_EXHAUSTED,tried,3600000,429,59,59000,false",
    // a skipped candidate may serve it later
    "NETWORK,skipped,-1,503,1,1000,-",
    "UNAVAILABLE,skipped,1001,503,2,1001,-",
    "UNAVAILABLE,skipped,59001,503,59,59000,-",
    "QUOTA_EXHAUSTED,skipped,3600000,429,59,59000,-",
    // a candidate without the capability will not serve it later
    "OVERLOADED,incapable,-1,502,-,-,false",
    // the relay shut down while it waited for the candidate
    "UNAVAILABLE,interrupted,-1,503,1,1000,-",
    // the relay's own limits
    "OVERLOADED,none,-1,503,1,1000,-",
    "RATE_LIMITED,none,120000,429,59,59000,-",
    // not retryable
    "AUTHENTICATION,tried,-1,502,-,-,false",
    "INTERNAL,none,-1,500,-,-,false",
    "INVALID_REQUEST,tried,-1,400,-,-,-",
    "MODEL_NOT_FOUND,skipped,-1,404,-,-,-",
  })
  void retryHeadersOfEachFailure(
      FailureKind kind,
      String trail,
      long waitMs,
      int status,
      String seconds,
      String millis,
      String should)
      throws Exception {
    boolean interrupted = trail.equals("interrupted");
    Attempt.Result result = interrupted ? Attempt.Result.CANCELLED : Attempt.Result.FAILED;
    List<Attempt> tried = List.of(FakeRelay.attempt("primary", "m", result));
    SkipReason reason = trail.equals("incapable") ? SkipReason.CAPABILITY : SkipReason.CIRCUIT_OPEN;
    List<Attempt> some = List.of(tried.get(0), Attempt.skipped("secondary", "m", reason, null, 0));
    Failure failure =
        Failure.of(kind, "what happened")
            .withRetryAfterMs(waitMs)
            .withTrail(
                trail.equals("none")
                    ? List.of()
                    : trail.equals("tried") || interrupted ? tried : some);

    HttpResponse<String> response = refusal(failure);

    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(waits(response)).containsExactly(seconds, millis, should);
    assertThat(error(response).getLong("retry_after_ms", -1L)).isEqualTo(waitMs);
  }

  @ParameterizedTest
  @EnumSource(
      value = FailureKind.class,
      names = {
        "AUTHENTICATION",
        "PERMISSION",
        "QUOTA_EXHAUSTED",
        "RATE_LIMITED",
        "OVERLOADED",
        "SERVER_ERROR",
        "TIMEOUT"
      })
  void providerMessagesAreNotForwarded(FailureKind kind) throws Exception {
    String words = "your credit card was declined";
    Attempt attempt =
        new Attempt(
            "primary",
            "m",
            Attempt.Result.FAILED,
            kind.code(),
            words,
            402,
            "billing_hard_limit",
            1,
            2,
            -1,
            TokenUsage.NONE,
            null,
            -1,
            null,
            null);
    Failure failure =
        Failure.of(kind, words)
            .withRequestId("r1")
            .withCandidate("primary", "m")
            .withStatus(402, words)
            .withTrail(List.of(attempt));

    HttpResponse<String> response = refusal(failure);

    assertThat(response.body()).doesNotContain("credit card");
    assertThat(response.headers().map().toString()).doesNotContain("credit card");
    JsonObject first =
        new JsonObject(response.body())
            .getJsonObject("relay")
            .getJsonArray("trail")
            .getJsonObject(0);
    assertThat(first)
        .isEqualTo(
            new JsonObject()
                .put("backend", "primary")
                .put("model", "m")
                .put("result", "failed")
                .put("reason", kind.code())
                .put("status", 402)
                .put("provider_code", "billing_hard_limit")
                .put("start_ms", 1)
                .put("duration_ms", 2));
    relay.streamResult = null;
    relay.script = stream -> stream.text("Hello").fail(failure);
    try (Socket socket = open(streamRequest())) {
      String broken = new String(socket.getInputStream().readAllBytes(), US_ASCII);
      assertThat(broken).contains("\"error\":").doesNotContain("credit card");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = FailureKind.class,
      names = {"INVALID_REQUEST", "CONTENT_FILTER", "CONTEXT_LENGTH"})
  void requestProblemsAreForwarded(FailureKind kind) throws Exception {
    Failure failure =
        Failure.of(kind, "temperature is for other models").withCandidate("primary", "m");

    assertThat(error(refusal(failure)).getString("message"))
        .isEqualTo("temperature is for other models");
  }

  /** Providers name accounts and organizations in these. */
  @ParameterizedTest
  @EnumSource(
      value = FailureKind.class,
      names = {"UNSUPPORTED", "MODEL_NOT_FOUND"})
  void whatABackendCannotDoNamesNoAccount(FailureKind kind) throws Exception {
    Failure failure =
        Failure.of(kind, "Your organization org-1 must be verified").withCandidate("primary", "m");

    assertThat(error(refusal(failure)).getString("message"))
        .startsWith("the backend does not s")
        .doesNotContain("org-1");
  }

  @Test
  void unexpectedErrorsHaveNoDetails() throws Exception {
    relay.streamResult =
        request -> {
          throw new IllegalStateException("the prompt was: secret");
        };
    relay.generate = request -> Future.failedFuture(new IllegalStateException("secret"));

    for (JsonObject body : new JsonObject[] {completionRequest(), streamRequest()}) {
      HttpResponse<String> response = post(body);

      assertThat(response.statusCode()).isEqualTo(500);
      assertThat(error(response).getString("code")).isEqualTo("internal");
      assertThat(response.body()).doesNotContain("secret");
    }
    assertThat(relay.cancelled).hasSize(2);
  }
}
