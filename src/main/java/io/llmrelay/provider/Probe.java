package io.llmrelay.provider;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.llmrelay.config.ProbeOptions;
import io.llmrelay.provider.wire.BoundedBody;
import io.llmrelay.provider.wire.Json;
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
import java.util.function.Function;

/**
 * A probe of one backend: whether it responds, or whether it accepts its key.
 *
 * <p>Uses the core client, since a request of the Web Client cannot be reset once its response has
 * begun: an endless list of models would be read forever.
 */
final class Probe {
  /** The time limit of one request. */
  static final long LIMIT_MS = 5_000;

  /** The longest list of models that is read, in bytes. */
  static final int MAX_BODY = 2 * 1024 * 1024;

  /** The most model names in a reply. */
  static final int MAX_MODELS = 1_000;

  /** A chat request of minimal cost. */
  private static final ChatRequest PING = ChatRequest.of(ChatMessage.user("ping")).withMaxTokens(1);

  /** The model of the chat if none is configured; "model not found" proves the key as well. */
  private static final String UNKNOWN_MODEL = "unknown";

  private final Vertx vertx;
  private final BackendClient backend;
  private final long begin = System.nanoTime();
  private HttpClientRequest request;
  private boolean done;
  private int status;

  Probe(Vertx vertx, BackendClient backend) {
    this.vertx = vertx;
    this.backend = backend;
  }

  /** Requests the list of models. The future never fails; it holds the reply. */
  Future<JsonObject> models() {
    return requestModels()
        .map(models -> reply(true).put("models", new JsonArray(models)))
        .otherwise(cause -> reply(false).put("failure", failure(cause).toJson()));
  }

  /**
   * Checks whether the backend accepts the key: by its list of models or, if it offers none, by a
   * chat of one token. The future never fails; it holds the reply.
   */
  Future<JsonObject> key() {
    return requestModels()
        .<Void>mapEmpty()
        .recover(
            cause -> offersNoModels(failure(cause)) ? requestChat() : Future.failedFuture(cause))
        .map(accepted -> reply(true))
        .otherwise(
            cause -> {
              Failure failure = failure(cause);
              return provesKey(failure)
                  ? reply(true)
                  : reply(false).put("failure", failure.toJson());
            });
  }

  /**
   * Checks whether the backend works. The future never fails; it holds the reply.
   *
   * @param path the path for {@link ProbeOptions.Kind#PATH}
   */
  Future<JsonObject> health(ProbeOptions.Kind kind, String path) {
    Future<?> answered =
        switch (kind) {
          case MODELS ->
              requestModels()
                  .<Void>mapEmpty()
                  .recover(
                      cause ->
                          offersNoModels(failure(cause))
                              ? Future.succeededFuture()
                              : Future.failedFuture(cause));
          case COMPLETION -> requestChat();
          case PATH -> send(backend.path(path, LIMIT_MS), Buffer.buffer(), this::readChat);
        };
    return answered
        .map(answer -> reply(true))
        .otherwise(cause -> reply(false).put("failure", failure(cause).toJson()));
  }

  private Future<List<String>> requestModels() {
    return send(backend.models(LIMIT_MS), Buffer.buffer(), this::readModels);
  }

  private Future<Void> requestChat() {
    String known = backend.options().getDefaultModel();
    String model = known == null ? UNKNOWN_MODEL : known;
    Buffer body;
    try {
      body = backend.encode(PING, model).body();
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
    return send(backend.cheapChat(model, LIMIT_MS), body, this::readChat);
  }

  /**
   * Sends a request once it is connected, and resets it unless its response was read to the end.
   */
  private <T> Future<T> send(
      Future<HttpClientRequest> connected,
      Buffer body,
      Function<HttpClientResponse, Future<T>> reader) {
    status = 0;
    done = false;
    return connected
        .compose(request -> send(request, body, reader))
        .timeout(LIMIT_MS, TimeUnit.MILLISECONDS)
        .onComplete(result -> reset());
  }

  private <T> Future<T> send(
      HttpClientRequest request, Buffer body, Function<HttpClientResponse, Future<T>> reader) {
    request.exceptionHandler(e -> {}); // The response fails with the same exception.
    if (done) {
      request.reset(Exchange.CANCEL);
      return Future.failedFuture(new TimeoutException());
    }
    this.request = request;
    backend.sign(request, body);
    return request
        .send(body)
        .compose(
            response -> {
              status = response.statusCode();
              response.exceptionHandler(e -> {}); // A success is reset at its head.
              return reader.apply(response);
            });
  }

  private Future<List<String>> readModels(HttpClientResponse response) {
    return read(response, MAX_BODY).map(body -> models(response, body));
  }

  /** Reads the status; the body of a success is not needed. */
  private Future<Void> readChat(HttpClientResponse response) {
    if (status / 100 == 2) {
      return Future.succeededFuture();
    }
    return read(response, Exchange.MAX_ERROR_BODY)
        .map(
            body -> {
              throw backend.errors().http(status, response.headers(), body.bytes()).toException();
            });
  }

  private Future<BoundedBody> read(HttpClientResponse response, int max) {
    return BoundedBody.read(vertx, response, max, LIMIT_MS)
        .onSuccess(
            body -> {
              if (body.whole()) {
                request = null;
              }
            });
  }

  private List<String> models(HttpClientResponse response, BoundedBody body) {
    if (status != 200) {
      throw backend.errors().http(status, response.headers(), body.bytes()).toException();
    }
    byte[] bytes = body.bytes().getBytes();
    JsonObject list = body.whole() ? Json.object(bytes, 0, bytes.length) : null;
    if (list == null) {
      throw Failure.of(FailureKind.SERVER_ERROR, "the list of models is not JSON or too long")
          .toException();
    }
    return backend.dialect().models(list).stream().limit(MAX_MODELS).toList();
  }

  private void reset() {
    done = true;
    if (request != null) {
      request.reset(Exchange.CANCEL);
      request = null;
    }
  }

  /**
   * Returns whether the failure concerns the list alone: neither the key nor the backend's health.
   */
  private boolean offersNoModels(Failure failure) {
    return switch (failure.kind()) {
      case PERMISSION, MODEL_NOT_FOUND, UNSUPPORTED, INVALID_REQUEST -> true;
      case SERVER_ERROR -> status != 0 && (status < 500 || status == 501);
      default -> false;
    };
  }

  /** Returns whether a backend fails in this way only after it has accepted the key. */
  private static boolean provesKey(Failure failure) {
    return switch (failure.kind()) {
      case MODEL_NOT_FOUND, UNSUPPORTED, INVALID_REQUEST, CONTEXT_LENGTH, CONTENT_FILTER -> true;
      case RATE_LIMITED, QUOTA_EXHAUSTED -> true;
      default -> false;
    };
  }

  private Failure failure(Throwable cause) {
    Failure failure;
    if (cause instanceof LlmException e) {
      failure = e.failure();
    } else if (cause instanceof TimeoutException) {
      failure = Failure.of(FailureKind.TIMEOUT, "no answer within " + LIMIT_MS + " ms");
    } else {
      failure = backend.unreachable(cause);
    }
    return failure.withCandidate(backend.name(), null);
  }

  private JsonObject reply(boolean ok) {
    JsonObject reply = new JsonObject().put("ok", ok);
    if (status != 0) {
      reply.put("status", status);
    }
    return reply.put("latency_ms", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
  }
}
