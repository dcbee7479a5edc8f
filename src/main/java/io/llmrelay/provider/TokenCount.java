package io.llmrelay.provider;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.provider.error.ErrorClassifier;
import io.llmrelay.provider.wire.BoundedBody;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Asks one backend for the tokens of one prompt. */
final class TokenCount {
  /** Time limit of the request. */
  static final long LIMIT_MS = 10_000;

  private final Vertx vertx;
  private final BackendClient backend;
  private HttpClientRequest request;
  private Future<Void> sent;
  private boolean received;
  private boolean done;

  TokenCount(Vertx vertx, BackendClient backend) {
    this.vertx = vertx;
    this.backend = backend;
  }

  /** Returns the tokens; fails if the backend does not count, or not in time. */
  Future<Long> of(ChatRequest chat) {
    TokenCounter counter = backend.dialect().tokenCounter();
    if (counter == null || Dialects.cannotServe(backend.options(), chat) != null) {
      return failed(FailureKind.UNSUPPORTED, "the backend does not count tokens");
    }
    EncodedRequest encoded = counter.encode(chat, chat.model(), backend.options());
    ErrorClassifier errors = backend.errors().about(chat);
    return backend
        .count(chat.model(), LIMIT_MS)
        .compose(connected -> send(connected, encoded))
        .compose(response -> read(response, counter, errors))
        .timeout(LIMIT_MS, TimeUnit.MILLISECONDS)
        .onComplete(result -> reset());
  }

  private Future<HttpClientResponse> send(HttpClientRequest connected, EncodedRequest encoded) {
    connected.exceptionHandler(e -> {}); // The response fails with the same exception.
    if (done) {
      connected.reset(Exchange.CANCEL);
      return Future.failedFuture(new TimeoutException());
    }
    request = connected;
    encoded.headers().forEach(request::putHeader);
    request.putHeader("accept", "application/json");
    backend.sign(request, encoded.body());
    sent = request.end(encoded.body());
    return request.response();
  }

  private Future<Long> read(
      HttpClientResponse response, TokenCounter counter, ErrorClassifier errors) {
    return BoundedBody.read(vertx, response, Exchange.MAX_ERROR_BODY, LIMIT_MS)
        .compose(
            body -> {
              received = body.whole();
              if (response.statusCode() != 200) {
                throw errors
                    .http(response.statusCode(), response.headers(), body.bytes())
                    .toException();
              }
              byte[] bytes = body.bytes().getBytes();
              JsonObject json = body.whole() ? Json.object(bytes, 0, bytes.length) : null;
              long tokens = json == null ? -1 : counter.tokens(json);
              return tokens < 0
                  ? failed(FailureKind.SERVER_ERROR, "the answer has no number of tokens")
                  : Future.succeededFuture(tokens);
            });
  }

  private static <T> Future<T> failed(FailureKind kind, String message) {
    return Future.failedFuture(Failure.of(kind, message).toException());
  }

  /**
   * Resets the request unless it was sent, and its response read to the end. Over HTTP/1.1 that is
   * no reset after the response: the next request on the connection would wait behind this one,
   * which a backend that has answered early may never read.
   */
  private void reset() {
    done = true;
    if (request == null || (received && sent.isComplete())) {
      return;
    }
    request.reset(Exchange.CANCEL);
    if (request.version() != HttpVersion.HTTP_2) {
      request.connection().close();
    }
  }
}
