package io.llmrelay.bus;

import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.AnswerHead;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.core.tracing.TracingPolicy;
import java.util.Arrays;

/**
 * Encodes and decodes every message of the protocol: the opening request and its reply, and the
 * frames of a stream. No other class knows a header or the form of a body.
 *
 * <p>Header names are hashed once, as every chunk frame carries some.
 */
public final class FrameCodec {
  private static final CharSequence PEER = HttpHeaders.createOptimized("peer");
  private static final CharSequence STREAM = HttpHeaders.createOptimized("stream");
  private static final CharSequence WINDOW = HttpHeaders.createOptimized("window");
  private static final CharSequence ACCEPT = HttpHeaders.createOptimized("accept");
  private static final CharSequence FRAME = HttpHeaders.createOptimized("frame");
  private static final CharSequence SEQ = HttpHeaders.createOptimized("seq");
  private static final CharSequence BLOCK = HttpHeaders.createOptimized("block");
  private static final CharSequence KIND = HttpHeaders.createOptimized("kind");
  private static final CharSequence LENGTHS = HttpHeaders.createOptimized("lengths");
  private static final CharSequence CREDIT = HttpHeaders.createOptimized("credit");

  static final String TYPE_OPEN = "open";
  static final String TYPE_BLOCK = "block";
  static final String TYPE_CHUNK = "chunk";
  static final String TYPE_END = "end";
  static final String TYPE_FAIL = "fail";
  static final String TYPE_CREDIT = "credit";
  static final String TYPE_CANCEL = "cancel";
  static final String TYPE_PING = "ping";

  /** The protocol's version, and the features beyond it that this side understands. */
  private static final String VERSION_AND_FEATURES = "1,blocks";

  private static final String BLOCKS = "blocks";

  /** Most chunk frames a consumer may let its producer be ahead. */
  static final int MAX_WINDOW = 99_999;

  private FrameCodec() {}

  /**
   * The headers of an opening request.
   *
   * @param stream the stream's id, chosen by the consumer
   * @param peer the consumer's private address
   * @param window chunk frames that may be sent before the first credit
   * @param blocks whether the consumer understands block frames
   */
  record Opening(String stream, String peer, int window, boolean blocks) {}

  static DeliveryOptions opening(Opening opening, BusSettings settings) {
    return new DeliveryOptions()
        .setSendTimeout(settings.pingTimeout().toMillis())
        .setHeaders(
            MultiMap.caseInsensitiveMultiMap()
                .add(STREAM, opening.stream())
                .add(PEER, opening.peer())
                .add(WINDOW, Integer.toString(opening.window()))
                .add(ACCEPT, VERSION_AND_FEATURES));
  }

  /** Whether the request wants its answer as a stream of frames. */
  static boolean wantsFrames(Message<?> message) {
    return message.headers().contains(PEER);
  }

  /** Reads the headers of an opening request. */
  static Opening opening(Message<?> message) {
    MultiMap headers = message.headers();
    String id = headers.get(STREAM);
    String peer = headers.get(PEER);
    String window = headers.get(WINDOW);
    if (id == null || id.isEmpty() || id.length() > 100) {
      throw badHeader(STREAM + " must be the stream's id, of at most 100 characters");
    }
    if (peer == null || peer.isEmpty() || peer.length() > 200) {
      throw badHeader(PEER + " must be the consumer's private address");
    }
    if (window == null || !window.matches("[1-9]\\d{0,4}")) {
      throw badHeader(WINDOW + " must be a number of chunks from 1 to " + MAX_WINDOW);
    }
    return new Opening(id, peer, Integer.parseInt(window), accepts(headers));
  }

  private static boolean accepts(MultiMap headers) {
    String accept = headers.get(ACCEPT);
    return accept != null && Arrays.asList(accept.split("\\s*,\\s*")).contains(BLOCKS);
  }

  static LlmException badHeader(String complaint) {
    return Failure.invalid(complaint, "header " + complaint).toException();
  }

  /** The body of a request, which must be a JSON object. */
  public static JsonObject json(Message<?> message) {
    if (message.body() instanceof JsonObject body) {
      return body;
    }
    throw Failure.invalid("", "the body must be a JSON object").toException();
  }

  static ChatRequest request(Message<?> message) {
    return ChatRequest.fromJson(json(message));
  }

  /** Accepts a stream; the reply names the producer's private address. */
  static void accept(Message<?> message, String producer) {
    message.reply(
        null,
        new DeliveryOptions()
            .setHeaders(
                MultiMap.caseInsensitiveMultiMap()
                    .add(PEER, producer)
                    .add(ACCEPT, VERSION_AND_FEATURES)));
  }

  /** Refuses the request in {@code message}: the failure's status as code, its JSON as message. */
  public static void refuse(Message<?> message, Failure failure) {
    message.fail(failure.kind().status(), failure.toJson().encode());
  }

  /** The failure that the failed reply to a request stands for. */
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

  // Frames towards the consumer.

  /** The options of a numbered frame. */
  static DeliveryOptions frame(String type, String stream, String producer, long seq) {
    return options(
        MultiMap.caseInsensitiveMultiMap()
            .add(STREAM, stream)
            .add(FRAME, type)
            .add(SEQ, Long.toString(seq))
            .add(PEER, producer));
  }

  /**
   * Adds the headers of chunks; a consumer that knows no blocks gets the kind instead.
   *
   * @param current the index of the block that started last, which need not be named
   */
  static void describe(Chunks chunks, boolean blocks, int current, MultiMap headers) {
    if (!blocks && chunks.kind() != BlockKind.TEXT) {
      headers.add(KIND, chunks.kind().code());
    } else if (blocks && chunks.block().index() != current) {
      headers.add(BLOCK, Integer.toString(chunks.block().index()));
    }
    if (chunks.count() > 1) {
      StringBuilder lengths = new StringBuilder();
      for (int i = 0; i < chunks.count(); i++) {
        lengths.append(i == 0 ? "" : ",").append(chunks.length(i));
      }
      headers.add(LENGTHS, lengths);
    }
  }

  /**
   * What a frame's body stands for: a head, a block, an end or a failure; {@code null} where the
   * type has no such body.
   *
   * @throws RuntimeException if the body is not in order
   */
  static Object body(String type, JsonObject body) {
    return switch (type) {
      case TYPE_OPEN -> AnswerHead.fromJson(body);
      case TYPE_BLOCK -> Block.fromJson(body);
      case TYPE_END -> AnswerEnd.fromJson(body);
      case TYPE_FAIL -> Failure.fromJson(body);
      default -> null;
    };
  }

  /** The index of the chunks' block, -1 where the frame names none. */
  static int blockIndex(Message<?> message) {
    return (int) number(message.headers().get(BLOCK), Integer.MAX_VALUE);
  }

  /** The kind of chunks whose producer knows no blocks. */
  static BlockKind kind(Message<?> message) {
    return BlockKind.of(message.headers().get(KIND));
  }

  /** The chunks of a frame, {@code null} where its lengths are not those of its body. */
  static Chunks chunks(Block block, Buffer data, Message<?> message) {
    String text = message.headers().get(LENGTHS);
    if (text == null) {
      return Chunks.of(block, data);
    }
    int[] lengths = lengths(text, data.length());
    return lengths == null ? null : Chunks.of(block, data, lengths);
  }

  private static int[] lengths(String text, int total) {
    int[] lengths = new int[(text.length() + 1) / 2];
    int count = 0;
    int sum = 0;
    int length = 0;
    for (int i = 0; i <= text.length(); i++) {
      char c = i == text.length() ? ',' : text.charAt(i);
      if (c >= '0' && c <= '9' && length <= total) {
        length = 10 * length + c - '0';
      } else if (c == ',' && length > 0) {
        sum += length;
        lengths[count++] = length;
        length = 0;
      } else {
        return null;
      }
      if (sum > total) {
        return null;
      }
    }
    return sum == total ? Arrays.copyOf(lengths, count) : null;
  }

  static long seq(Message<?> message) {
    return number(message.headers().get(SEQ), Long.MAX_VALUE);
  }

  // Frames towards the producer.

  static DeliveryOptions credit(String stream, String consumer, long consumed) {
    DeliveryOptions options = cancel(stream, consumer);
    options.getHeaders().set(FRAME, TYPE_CREDIT).add(CREDIT, Long.toString(consumed));
    return options;
  }

  /** The frame that ends a stream, or answers a frame of one that is not known. */
  static DeliveryOptions cancel(String stream, String sender) {
    return options(
        MultiMap.caseInsensitiveMultiMap()
            .add(STREAM, stream)
            .add(FRAME, TYPE_CANCEL)
            .add(PEER, sender));
  }

  /** How many chunk frames the consumer has consumed since the stream began, -1 for nonsense. */
  static long credit(Message<?> message) {
    return number(message.headers().get(CREDIT), Long.MAX_VALUE);
  }

  // Frames in both directions.

  static DeliveryOptions ping(BusSettings settings) {
    return options(MultiMap.caseInsensitiveMultiMap().add(FRAME, TYPE_PING))
        .setSendTimeout(settings.pingTimeout().toMillis());
  }

  /** The type of a frame, {@code null} where the message is none. */
  static String type(Message<?> message) {
    return message.headers().get(FRAME);
  }

  static String stream(Message<?> message) {
    return message.headers().get(STREAM);
  }

  static String peer(Message<?> message) {
    return message.headers().get(PEER);
  }

  private static DeliveryOptions options(MultiMap headers) {
    return new DeliveryOptions().setTracingPolicy(TracingPolicy.IGNORE).setHeaders(headers);
  }

  /** A number that is written as we would write it, otherwise -1. */
  private static long number(String text, long max) {
    if (text == null) {
      return -1;
    }
    try {
      long number = Long.parseLong(text);
      boolean ours = number >= 0 && number <= max && Long.toString(number).equals(text);
      return ours ? number : -1;
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
