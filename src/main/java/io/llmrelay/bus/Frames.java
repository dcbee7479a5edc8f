package io.llmrelay.bus;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.core.tracing.TracingPolicy;

/**
 * The names of the protocol: message headers and the values of the {@link #FRAME} header. Header
 * names are made once, hash and all, for every chunk carries some.
 */
public final class Frames {
  /** Header of an opening request and its reply: the sender's private address. */
  public static final CharSequence PEER = HttpHeaders.createOptimized("peer");

  /** Header: the stream's id, chosen by the consumer. */
  public static final CharSequence STREAM = HttpHeaders.createOptimized("stream");

  /** Header of an opening request: how many chunks may be sent before the first credit. */
  public static final CharSequence WINDOW = HttpHeaders.createOptimized("window");

  /** Header: what kind of frame a message is. */
  public static final CharSequence FRAME = HttpHeaders.createOptimized("frame");

  /** Header of frames towards the consumer: their number, from 0. */
  public static final CharSequence SEQ = HttpHeaders.createOptimized("seq");

  /** Header of a chunk that is not text: {@code reasoning} or {@code refusal}. */
  public static final CharSequence KIND = HttpHeaders.createOptimized("kind");

  /**
   * Header of a chunk frame with more than one chunk in it: how many bytes each has, with commas
   * between them. They add up to the length of the body.
   */
  public static final CharSequence LENGTHS = HttpHeaders.createOptimized("lengths");

  /** Header of a credit frame: how many more chunks may be sent. */
  public static final CharSequence CREDIT = HttpHeaders.createOptimized("credit");

  static final String TYPE_OPEN = "open";
  static final String TYPE_CHUNK = "chunk";
  static final String TYPE_END = "end";
  static final String TYPE_FAIL = "fail";
  static final String TYPE_CREDIT = "credit";
  static final String TYPE_CANCEL = "cancel";
  static final String TYPE_PING = "ping";

  /** Longest text one chunk frame carries, in bytes; a longer one is cut between characters. */
  static final int MAX_CHUNK = 8 * 1024;

  private Frames() {}

  /** Refuses the request in {@code message}: the failure's status as code, its JSON as message. */
  public static void refuse(Message<?> message, Failure failure) {
    message.fail(failure.kind().status(), failure.toJson().encode());
  }

  /** What the failed reply to a request says. */
  public static Failure refusal(Throwable cause) {
    if (cause instanceof ReplyException e) {
      if (e.failureType() == ReplyFailure.NO_HANDLERS) {
        return Failure.of(FailureKind.UNAVAILABLE, "nobody serves this address on the event bus");
      }
      if (e.failureType() == ReplyFailure.RECIPIENT_FAILURE) {
        try {
          return Failure.fromJson(new JsonObject(e.getMessage()));
        } catch (RuntimeException notOurs) {
          return Failure.of(FailureKind.INTERNAL, "the service on the event bus failed");
        }
      }
    }
    return Failure.of(FailureKind.UNAVAILABLE, "no reply on the event bus");
  }

  static DeliveryOptions options(MultiMap headers) {
    return new DeliveryOptions().setTracingPolicy(TracingPolicy.IGNORE).setHeaders(headers);
  }

  /** The end of the longest piece from {@code from} that fits a frame and cuts no character. */
  static int cut(Buffer text, int from) {
    int end = from + MAX_CHUNK;
    if (end >= text.length()) {
      return text.length();
    }
    for (int back = 0; back <= 3; back++) {
      if ((text.getByte(end - back) & 0xC0) != 0x80) {
        return end - back;
      }
    }
    return end; // No character is that long: this is no UTF-8.
  }
}
