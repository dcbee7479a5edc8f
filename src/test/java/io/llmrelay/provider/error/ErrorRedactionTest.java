package io.llmrelay.provider.error;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Failure;
import io.llmrelay.config.BackendOptions;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What of an error is shown to people. */
class ErrorRedactionTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"error":{"message":"from error"}}            | from error
          {"error":"a string"}                          | a string
          {"message":"at the top"}                      | at the top
          {"detail":"in detail"}                        | in detail
          {"detail":[{"msg":"in a list"}]}              | in a list
          {"errors":[{"message":"first"}]}              | first
          {"title":"Only a title"}                      | Only a title
          [{"error":{"message":"in an array"}}]         | in an array
          {"error":{"message":"first value"}} and more  | first value
          no JSON at all                                | no JSON at all
          """)
  void findsTheMessage(String body, String message) {
    assertThat(Errors.http(null, 500, body).message()).isEqualTo("HTTP 500: " + message);
  }

  @Test
  void saysNothingOfAPage() {
    assertThat(Errors.http(null, 502, "<html><body>Bad Gateway</body></html>").message())
        .isEqualTo("HTTP 502");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"error":{"code":"a","type":"b"}}                                    | a
          {"error":{"code":429,"type":"b"}}                                    | b
          {"error":{"code":429}}                                               | 429
          {"error":{"type":"overloaded_error"},"type":"error"}                 | overloaded_error
          {"errors":[{"code":4006}]}                                           | 4006
          {"error":{"code":502,"metadata":{"error_type":"provider_unavailable"}}} | provider_unavailable
          """)
  void findsTheCode(String body, String code) {
    assertThat(Errors.http(null, 500, body).providerCode()).isEqualTo(code);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Incorrect API key provided: sk-ab***yz. Find it   | sk-ab
          Incorrect API key provided: abcdef. Find it       | abcdef
          Invalid bearer ABCDEFGH12345678                   | ABCDEFGH
          key nvapi-abcdefgh is bad                         | nvapi-a
          gsk_abcdefghijkl is bad                           | gsk_a
          AIzaSyAbCdEfGhIjKlMn is bad                       | AIza
          the token eyJhbGciOi.eyJzdWIiOi.abc is bad        | eyJ
          your key sk-test-0123456789abcdef failed          | 0123456789abcdef
          GET /x?key=abcdefg failed                         | abcdefg
          0123456789012345678901234567890123456789 is it    | 0123456789
          """)
  void masksWhatLooksLikeAKey(String message, String secret) {
    Failure failure = Errors.http(null, 401, Errors.error(message, "x", "\"" + message + "\""));
    assertThat(failure.toJson().encode()).contains("***").doesNotContain(secret);
  }

  @Test
  void masksTheKeyOfAHeader() {
    ErrorClassifier errors =
        new ErrorClassifier(
            new BackendOptions().setHeaders(Map.of("api-key", "plainword", "x-team", "rockets")),
            Clock.systemUTC());
    Failure failure =
        errors.http(
            401, MultiMap.caseInsensitiveMultiMap(), Buffer.buffer("no plainword for rockets"));
    assertThat(failure.message()).isEqualTo("HTTP 401: no *** for rockets");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Missing Authentication header
          Invalid API Key
          Use basic authentication or a bearer token
          The model `meta/llama-3.3-70b-instruct` does not exist
          Function 'c0ffee00-0000-0000-0000-000000000000': Not found
          """)
  void keepsOrdinaryText(String message) {
    assertThat(Errors.http(null, 401, Errors.error(message, "x", "null")).message())
        .isEqualTo("HTTP 401: " + message);
  }

  @Test
  void limitsMessagesToOneShortLine() {
    assertThat(
            Errors.http(null, 500, Errors.error("a\\r\\n\\tb\\u0000\\u2028c", "x", "null"))
                .message())
        .isEqualTo("HTTP 500: a b c");
    String message =
        Errors.http(null, 500, Errors.error("long ".repeat(200), "x", "null")).message();
    assertThat(message).hasSize("HTTP 500: ".length() + SecretRedactor.MAX_TEXT).endsWith("…");
  }

  @Test
  void redactsLongMessagesInBoundedTime() {
    String words = "eyJ-".repeat(250_000);
    long start = System.nanoTime();
    Failure failure = Errors.http(null, 500, Errors.error(words, "x", "null"));
    assertThat(failure.message()).doesNotContain("eyJ-eyJ");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
  }
}
