package io.llmrelay.gateway;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.Locale;
import java.util.function.LongPredicate;

/**
 * Reads a request's body as a JSON object, whatever its content type says, within bounds of size
 * and time. The bound of size holds for what is sent and for what is decoded of it.
 *
 * <p>A body that announces too many bytes is refused before one of them is read; one that does not
 * announce them, when they come. Either way the rest is read and dropped for a while rather than
 * cut off, for a client that is still sending when its connection is reset never sees the answer. A
 * client that asked first ({@code Expect: 100-continue}) sends nothing.
 */
final class JsonBody {
  /** How long a client may take to send its body. */
  static final long TIMEOUT_MS = 60_000;

  /** What a request is told to wait where nobody knows when there is room. */
  private static final long BUSY_MS = 1_000;

  /** HTTP/2's code for a stream that is not needed any more. */
  private static final long NO_ERROR = 0;

  private final HttpServerRequest request;
  private final int maxBytes;
  private final LongPredicate room;
  private final Promise<Buffer> promise = Promise.promise();
  private Buffer body = Buffer.buffer();
  private long timer = -1;
  private boolean over;
  private String coding = "";

  private JsonBody(HttpServerRequest request, int maxBytes, LongPredicate room) {
    this.request = request;
    this.maxBytes = maxBytes;
    this.room = room;
  }

  /**
   * The body, or an {@link ApiError}; never completes where the client leaves.
   *
   * @param room whether there is any for so many more bytes, beside those of other requests
   */
  static Future<JsonObject> read(
      Vertx vertx, HttpServerRequest request, int maxBytes, LongPredicate room, long timeoutMs) {
    return new JsonBody(request, maxBytes, room).read(vertx, timeoutMs).map(JsonBody::parse);
  }

  private Future<Buffer> read(Vertx vertx, long timeoutMs) {
    HttpServerResponse response = request.response();
    boolean asks = "100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT));
    ApiError refusal = announced();
    if (refusal != null) {
      fail(refusal);
      if (asks && request.version() != HttpVersion.HTTP_2) {
        response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        response.bodyEndHandler(sent -> request.connection().close());
      }
    } else if (asks) {
      response.writeContinue();
    }
    request
        .exceptionHandler(gone -> over(vertx))
        .handler(this::append)
        .endHandler(
            end -> {
              over(vertx);
              complete();
            });
    // Most bodies come with their head.
    vertx.runOnContext(v -> await(vertx, timeoutMs));
    return promise.future();
  }

  private void await(Vertx vertx, long timeoutMs) {
    if (!over) {
      timer =
          vertx.setTimer(
              timeoutMs,
              id -> {
                fail(tooLate());
                hangUp();
              });
    }
  }

  private void over(Vertx vertx) {
    over = true;
    vertx.cancelTimer(timer);
  }

  /** An HTTP/2 connection has other streams that did nothing wrong. */
  private void hangUp() {
    if (request.version() == HttpVersion.HTTP_2) {
      request.response().reset(NO_ERROR);
    } else {
      request.connection().close();
    }
  }

  /** What is wrong with the body by its head, or {@code null}. */
  private ApiError announced() {
    String encoding = request.getHeader(HttpHeaders.CONTENT_ENCODING);
    coding = encoding == null ? "" : encoding.strip().toLowerCase(Locale.ROOT);
    if (!ContentCoding.isKnown(coding)) {
      request.response().putHeader(HttpHeaders.ACCEPT_ENCODING, "gzip, deflate");
      return ApiError.unsupportedCoding();
    }
    return announcesTooMuch() ? tooLarge() : null;
  }

  private boolean announcesTooMuch() {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    try {
      return length != null && Long.parseLong(length) > maxBytes;
    } catch (NumberFormatException notANumberOfThisWorld) {
      return true;
    }
  }

  private void append(Buffer chunk) {
    if (body == null) {
      return;
    }
    if (body.length() + chunk.length() > maxBytes) {
      fail(tooLarge());
    } else if (!room.test(chunk.length())) {
      fail(noRoom());
    } else {
      body.appendBuffer(chunk);
    }
  }

  private void complete() {
    if (body == null || ContentCoding.isNone(coding)) {
      promise.tryComplete(body);
      return;
    }
    Buffer encoded = body;
    body = Buffer.buffer();
    try {
      ContentCoding.decode(
          coding,
          encoded,
          piece -> {
            append(piece);
            return body != null;
          });
      promise.tryComplete(body);
    } catch (IOException e) {
      fail(notInItsCoding());
    }
  }

  private void fail(ApiError error) {
    body = null;
    promise.tryFail(error);
  }

  static JsonObject parse(Buffer body) {
    if (body.length() == 0) {
      throw notJson("the body is empty; it must be a JSON object");
    }
    try {
      if (Json.decodeValue(body) instanceof JsonObject json) {
        return json;
      }
    } catch (DecodeException e) {
      throw notJson("the body is not valid JSON" + where(e));
    }
    throw notJson("the body must be a JSON object");
  }

  /** Line and column only: the parser's own message quotes the body. */
  private static String where(DecodeException error) {
    if (error.getCause() instanceof JsonProcessingException e && e.getLocation() != null) {
      JsonLocation at = e.getLocation();
      return ": line " + at.getLineNr() + ", column " + at.getColumnNr();
    }
    return "";
  }

  private static ApiError notJson(String message) {
    return ApiError.badRequest(400, "invalid_json", message);
  }

  private static ApiError notInItsCoding() {
    return ApiError.badRequest(
        400, "invalid_content_encoding", "the body is not what its Content-Encoding says");
  }

  private static ApiError tooLate() {
    return ApiError.badRequest(408, "request_timeout", "the body did not arrive in time");
  }

  private static ApiError noRoom() {
    return ApiError.of(
        Failure.of(FailureKind.OVERLOADED, "the requests that are here take up all the memory")
            .withRetryAfterMs(BUSY_MS));
  }

  private ApiError tooLarge() {
    return ApiError.badRequest(
        413, "request_too_large", "the body has more than " + maxBytes + " bytes");
  }
}
