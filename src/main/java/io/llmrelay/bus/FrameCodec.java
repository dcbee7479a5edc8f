package io.llmrelay.bus;

import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.AnswerHead;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.LlmRequest;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.core.tracing.TracingPolicy;
import java.time.Duration;
import java.util.Arrays;

/**
 * Encodes and decodes every message of the protocol: the opening request and its reply, and the
 * frames of a stream. All headers and bodies are defined here.
 *
 * <p>Methods that encode return {@link DeliveryOptions}, which hold the headers; methods that
 * decode take a {@link Message}. Header names are constants with cached hashes, because every chunk
 * frame has several.
 */
public final class FrameCodec {
  private static final CharSequence PEER = HttpHeaders.createOptimized("peer");
  private static final CharSequence STREAM = HttpHeaders.createOptimized("stream");
  private static final CharSequence WINDOW = HttpHeaders.createOptimized("window");
  private static final CharSequence ACCEPT = HttpHeaders.createOptimized("accept");
  private static final CharSequence SERVICE = HttpHeaders.createOptimized("service");
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

  /** The value of the accept header: the version of the protocol, and the optional features. */
  private static final String VERSION_AND_FEATURES = "1,blocks";

  private static final String BLOCKS = "blocks";

  /** The largest window, in chunk frames. */
  static final int MAX_WINDOW = 99_999;

  private FrameCodec() {}

  /**
   * The headers of an opening request.
   *
   * @param stream the stream's id, chosen by the consumer
   * @param peer the consumer's private address
   * @param window the chunk frames that may be sent before the first credit
   * @param blocks whether the consumer understands block frames
   */
  record Opening(String stream, String peer, int window, boolean blocks) {}

  static DeliveryOptions openingOptions(Opening opening, BusSettings settings) {
    return new DeliveryOptions()
        .setSendTimeout(settings.pingTimeout().toMillis())
        .setCodecName(RequestCodec.NAME)
        .setHeaders(
            MultiMap.caseInsensitiveMultiMap()
                .add(STREAM, opening.stream())
                .add(PEER, opening.peer())
                .add(WINDOW, Integer.toString(opening.window()))
                .add(ACCEPT, VERSION_AND_FEATURES));
  }

  /** Names the service of a request that is sent to the private address of a producer. */
  static void addService(DeliveryOptions options, String service) {
    options.getHeaders().add(SERVICE, service);
  }

  /** Returns the service that a request names; {@code null} for none. */
  static String service(Message<?> message) {
    return message.headers().get(SERVICE);
  }

  /** Returns whether a request opens a stream of frames rather than expecting a whole answer. */
  static boolean requestsStream(Message<?> message) {
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
    return new Opening(id, peer, Integer.parseInt(window), acceptsBlocks(headers));
  }

  private static boolean acceptsBlocks(MultiMap headers) {
    String accept = headers.get(ACCEPT);
    return accept != null && Arrays.asList(accept.split("\\s*,\\s*")).contains(BLOCKS);
  }

  static LlmException badHeader(String problem) {
    return Failure.invalid(problem, "header " + problem).toException();
  }

  /**
   * Returns the body of a request.
   *
   * @throws LlmException if it is not a JSON object
   */
  public static JsonObject json(Message<?> message) {
    if (message.body() instanceof JsonObject body) {
      return body;
    }
    throw Failure.invalid("", "the body must be a JSON object").toException();
  }

  /** Reads a request: the object itself, its JSON, or the bytes of its JSON. */
  public static LlmRequest request(Message<?> message) {
    if (message.body() instanceof LlmRequest request) {
      return request.checked();
    }
    if (message.body() instanceof LlmException invalid) {
      throw invalid; // It could not be decoded.
    }
    if (message.body() instanceof Buffer bytes) {
      try {
        return LlmRequest.read(bytes);
      } catch (DecodeException e) {
        throw Failure.invalid("", e.getMessage()).toException();
      }
    }
    return LlmRequest.fromJson(json(message));
  }

  /** Returns the options of a request whose body is a {@link LlmRequest}, with one reply. */
  public static DeliveryOptions asking(Duration timeout) {
    return new DeliveryOptions().setSendTimeout(timeout.toMillis()).setCodecName(RequestCodec.NAME);
  }

  /** Accepts a stream by a reply with the producer's private address. */
  static void accept(Message<?> message, String producer) {
    message.reply(
        null,
        new DeliveryOptions()
            .setHeaders(
                MultiMap.caseInsensitiveMultiMap()
                    .add(PEER, producer)
                    .add(ACCEPT, VERSION_AND_FEATURES)));
  }

  /** Replies with a failure, whose status is the failure code and whose JSON is the message. */
  public static void refuse(Message<?> message, Failure failure) {
    message.fail(failure.kind().status(), failure.toJson().encode());
  }

  /** Returns the failure that a failed reply to a request stands for. */
  public static Failure refusal(Throwable cause) {
    if (cause instanceof ReplyException e) {
      if (e.failureType() == ReplyFailure.NO_HANDLERS) {
        return Failure.of(
            FailureKind.UNAVAILABLE, "no handler is registered at this address of the event bus");
      }
      if (e.failureType() == ReplyFailure.RECIPIENT_FAILURE) {
        try {
          return Failure.fromJson(new JsonObject(e.getMessage()));
        } catch (RuntimeException unknownFormat) {
          return Failure.of(FailureKind.INTERNAL, "the service on the event bus failed");
        }
      }
    }
    return Failure.of(FailureKind.UNAVAILABLE, "no reply on the event bus");
  }

  // Frames towards the consumer.

  /** Returns the options of a numbered frame. */
  static DeliveryOptions frameOptions(String type, String stream, String producer, long seq) {
    return options(
        MultiMap.caseInsensitiveMultiMap()
            .add(STREAM, stream)
            .add(FRAME, type)
            .add(SEQ, Long.toString(seq))
            .add(PEER, producer));
  }

  /**
   * Adds the headers of chunks: the block or, for a consumer without support for blocks, the kind.
   *
   * @param current the index of the block that started last, for which no header is needed
   */
  static void addChunkHeaders(Chunks chunks, boolean blocks, int current, MultiMap headers) {
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
   * Decodes the body of a frame: an {@link AnswerHead}, {@link Block}, {@link AnswerEnd} or {@link
   * Failure}; returns {@code null} for other types.
   *
   * @throws RuntimeException if the body is malformed
   */
  static Object decodeBody(String type, JsonObject body) {
    return switch (type) {
      case TYPE_OPEN -> AnswerHead.fromJson(body);
      case TYPE_BLOCK -> Block.fromJson(body);
      case TYPE_END -> AnswerEnd.fromJson(body);
      case TYPE_FAIL -> Failure.fromJson(body);
      default -> null;
    };
  }

  /** Returns the index of the block of the chunks; -1 if the frame has none. */
  static int blockIndex(Message<?> message) {
    return (int) number(message.headers().get(BLOCK), Integer.MAX_VALUE);
  }

  /** Returns the kind of chunks from a producer without support for blocks. */
  static BlockKind kind(Message<?> message) {
    return BlockKind.of(message.headers().get(KIND));
  }

  /** Returns the chunks of a frame; {@code null} if its lengths do not match its body. */
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

  static DeliveryOptions creditOptions(String stream, String consumer, long consumed) {
    DeliveryOptions options = cancelOptions(stream, consumer);
    options.getHeaders().set(FRAME, TYPE_CREDIT).add(CREDIT, Long.toString(consumed));
    return options;
  }

  /** Returns the options of a frame that cancels a stream or rejects a frame of an unknown one. */
  static DeliveryOptions cancelOptions(String stream, String sender) {
    return options(
        MultiMap.caseInsensitiveMultiMap()
            .add(STREAM, stream)
            .add(FRAME, TYPE_CANCEL)
            .add(PEER, sender));
  }

  /** Returns the number of chunk frames consumed since the start of the stream; -1 if malformed. */
  static long credit(Message<?> message) {
    return number(message.headers().get(CREDIT), Long.MAX_VALUE);
  }

  // Frames in both directions.

  static DeliveryOptions pingOptions(BusSettings settings) {
    return options(MultiMap.caseInsensitiveMultiMap().add(FRAME, TYPE_PING))
        .setSendTimeout(settings.pingTimeout().toMillis());
  }

  /** Returns the options of a ping that asks whether the peer knows a stream. */
  static DeliveryOptions pingOptions(String stream, String sender) {
    return options(
        MultiMap.caseInsensitiveMultiMap()
            .add(STREAM, stream)
            .add(FRAME, TYPE_PING)
            .add(PEER, sender));
  }

  /** Returns the type of a frame; {@code null} if the message is not a frame. */
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

  /** Parses a number in canonical form; returns -1 for anything else. */
  private static long number(String text, long max) {
    if (text == null) {
      return -1;
    }
    try {
      long number = Long.parseLong(text);
      boolean canonical = number >= 0 && number <= max && Long.toString(number).equals(text);
      return canonical ? number : -1;
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
