package io.llmrelay.provider;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
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
import java.util.function.Function;

/** Asks a backend for its models, to see whether it is there, or whether it takes the key. */
final class Probe {
  /** How long one request may take. */
  static final long LIMIT_MS = 5_000;

  /** Longest list that is read, in bytes, and names of it that are passed on. */
  static final int MAX_BODY = 2 * 1024 * 1024;

  static final int MAX_MODELS = 1_000;

  /** A chat that costs next to nothing. */
  private static final ChatRequest PING = ChatRequest.of(ChatMessage.user("ping")).withMaxTokens(1);

  /** Asked for where no model is known; that there is none by this name is an answer as well. */
  private static final String UNKNOWN_MODEL = "unknown";

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

  /** Asks for the models. Never fails: the future has the reply. */
  Future<JsonObject> models() {
    return askForModels()
        .map(models -> reply(true).put("models", new JsonArray(models)))
        .otherwise(cause -> reply(false).put("failure", failure(cause).toJson()));
  }

  /**
   * Finds out whether the backend takes the key: by its models or, where it does not show them, by
   * a chat of one token. Never fails: the future has the reply.
   */
  Future<JsonObject> key() {
    return askForModels()
        .<Void>mapEmpty()
        .recover(
            cause -> showsNoModels(failure(cause)) ? askForAChat() : Future.failedFuture(cause))
        .map(taken -> reply(true))
        .otherwise(
            cause -> {
              Failure failure = failure(cause);
              return takesKey(failure)
                  ? reply(true)
                  : reply(false).put("failure", failure.toJson());
            });
  }

  private Future<List<String>> askForModels() {
    return ask(backend.models(LIMIT_MS), Buffer.buffer(), this::readModels);
  }

  private Future<Void> askForAChat() {
    String known = backend.options().getDefaultModel();
    String model = known == null ? UNKNOWN_MODEL : known;
    Buffer body;
    try {
      body = backend.encode(PING, model);
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
    return ask(backend.cheapChat(model, LIMIT_MS), body, this::readChat);
  }

  /** Whether the answer is none about the key, and none of a server that is in trouble. */
  private boolean showsNoModels(Failure failure) {
    return switch (failure.kind()) {
      case PERMISSION, MODEL_NOT_FOUND, UNSUPPORTED, INVALID_REQUEST -> true;
      case SERVER_ERROR -> status != 0 && (status < 500 || status == 501);
      default -> false;
    };
  }

  /** Whether an answer that is no success was given to somebody whose key is good. */
  private static boolean takesKey(Failure failure) {
    return switch (failure.kind()) {
      case MODEL_NOT_FOUND, UNSUPPORTED, INVALID_REQUEST, CONTEXT_LENGTH, CONTENT_FILTER -> true;
      case RATE_LIMITED, QUOTA_EXHAUSTED -> true;
      default -> false;
    };
  }

  private <T> Future<T> ask(
      Future<HttpClientRequest> connected,
      Buffer body,
      Function<HttpClientResponse, Future<T>> reader) {
    status = 0;
    over = false;
    return connected
        .compose(request -> send(request, body, reader))
        .timeout(LIMIT_MS, TimeUnit.MILLISECONDS)
        .onComplete(done -> over());
  }

  private <T> Future<T> send(
      HttpClientRequest request, Buffer body, Function<HttpClientResponse, Future<T>> reader) {
    request.exceptionHandler(e -> {}); // it fails the response too
    if (over) {
      request.reset();
      return Future.failedFuture(new TimeoutException());
    }
    this.request = request;
    backend.sign(request, body);
    return request
        .send(body)
        .compose(
            response -> {
              status = response.statusCode();
              return reader.apply(response);
            });
  }

  private Future<List<String>> readModels(HttpClientResponse response) {
    return read(response, MAX_BODY).map(body -> models(response, body));
  }

  /** A success is known by its head; what it says is not waited for. */
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

  private JsonObject reply(boolean ok) {
    JsonObject reply = new JsonObject().put("ok", ok);
    if (status != 0) {
      reply.put("status", status);
    }
    return reply.put("latency_ms", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
  }

  private void over() {
    over = true;
    if (request != null) {
      request.reset();
      request = null;
    }
  }
}
