package io.llmrelay.provider;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Asks a backend for its models, to see whether it is there and takes the key. */
final class Probe {
  static final long LIMIT_MS = 5_000;

  /** Longest list that is read, in bytes, and names of it that are passed on. */
  static final int MAX_BODY = 2 * 1024 * 1024;

  static final int MAX_MODELS = 1_000;

  private final Vertx vertx;
  private final Backend backend;
  private final long begin = System.nanoTime();
  private HttpClientRequest request;
  private boolean over;
  private int status;

  Probe(Vertx vertx, Backend backend) {
    this.vertx = vertx;
    this.backend = backend;
  }

  /** What the probe's reply says; never fails. */
  Future<JsonObject> run() {
    return backend
        .models(LIMIT_MS)
        .compose(this::send)
        .timeout(LIMIT_MS, TimeUnit.MILLISECONDS)
        .map(models -> reply().put("ok", true).put("models", new JsonArray(models)))
        .otherwise(cause -> reply().put("ok", false).put("failure", failure(cause).toJson()))
        .onComplete(done -> over());
  }

  private Future<List<String>> send(HttpClientRequest request) {
    this.request = request;
    request.exceptionHandler(e -> {}); // it fails the response too
    if (over) {
      request.reset();
      return Future.failedFuture(new TimeoutException());
    }
    backend.sign(request, Buffer.buffer());
    return request.send().compose(this::read);
  }

  private Future<List<String>> read(HttpClientResponse response) {
    status = response.statusCode();
    return BoundedBody.read(vertx, response, MAX_BODY, LIMIT_MS)
        .map(
            body -> {
              if (body.whole()) {
                request = null;
              }
              return models(response, body);
            });
  }

  private List<String> models(HttpClientResponse response, BoundedBody body) {
    if (status != 200) {
      throw backend.errors().http(status, response.headers(), body.bytes()).toException();
    }
    byte[] bytes = body.bytes().getBytes();
    JsonObject list = body.whole() ? Json.object(bytes, 0, bytes.length) : null;
    if (list == null) {
      throw Failure.of(FailureKind.SERVER_ERROR, "the list of models is no JSON, or is cut")
          .toException();
    }
    return backend.dialect().models(list).stream().limit(MAX_MODELS).toList();
  }

  private Failure failure(Throwable cause) {
    Failure failure =
        cause instanceof LlmException e
            ? e.failure()
            : cause instanceof TimeoutException
                ? Failure.of(FailureKind.TIMEOUT, "no answer within " + LIMIT_MS + " ms")
                : backend.unreachable(cause);
    return failure.withCandidate(backend.name(), null);
  }

  private JsonObject reply() {
    JsonObject reply = new JsonObject();
    if (status != 0) {
      reply.put("status", status);
    }
    return reply.put("latency_ms", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
  }

  private void over() {
    over = true;
    if (request != null) {
      request.reset();
    }
  }
}
