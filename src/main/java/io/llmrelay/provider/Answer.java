package io.llmrelay.provider;

import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.CustomCall;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.provider.error.ErrorClassifier;
import io.llmrelay.provider.wire.EventDecoder;
import io.llmrelay.provider.wire.Json;
import io.llmrelay.provider.wire.JsonObjectCheck;
import io.llmrelay.provider.wire.Utf8Buffer;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The state of one answer while it arrives: a dialect's reader adds content, and the exchange takes
 * the new chunks after every read from the socket.
 *
 * <p>Text is encoded as UTF-8 here, char by char, because a server may split a surrogate pair: JSON
 * may escape an emoji as two chars, and some servers send them in different deltas. A high
 * surrogate at the end of a delta is kept, by kind of text, until the next delta of that kind.
 *
 * <p>A block ends when the kind of text changes. The chunks of a tool call follow each other: what
 * arrives while its arguments are incomplete is held back until they are complete, unless the
 * events of the backend are passed on, which must keep their order.
 *
 * <p>The first call of {@link #end}, {@link #error} or {@link #fail} is terminal.
 */
public final class Answer {
  private static final int MAX_MODEL = 200;

  /** The size in bytes above which further chunks are delivered separately. */
  private static final int TOGETHER = 4 * 1024;

  /**
   * The maximum bytes of text between two calls of {@link #drain}. A socket read is far smaller;
   * only a compressed body that expands excessively exceeds it.
   */
  static final int MAX_UNDELIVERED = 4 << 20;

  /** The most bytes that are held back while the arguments of a tool call are incomplete. */
  static final int MAX_HELD = 1 << 20;

  /** The bytes counted for each piece that is held back, beside its text. */
  private static final int HELD_OVERHEAD = 64;

  /** The longest event with images or a whole answer, in bytes. */
  static final int MAX_LONG_EVENT = 16 << 20;

  /** The most tool calls of an answer. */
  static final int MAX_CALLS = 512;

  /** The longest id of a tool call, in characters; some gateways put signatures into ids. */
  private static final int MAX_CALL_ID = 16 * 1024;

  private static final char REPLACEMENT = '\uFFFD';

  private final ErrorClassifier errors;
  private final List<Chunks> pieces = new ArrayList<>(0);

  /** First halves of characters, by kind of text. */
  private Map<BlockKind, Character> firstHalves = Map.of();

  private final Utf8Buffer text = new Utf8Buffer();

  /** The start of the current chunk in the text, and the lengths of the chunks before it. */
  private int begin;

  private int[] lengths = new int[4];
  private int count;

  /** The block of the current text, and the index of the block that started last. */
  private Block block;

  private int lastIndex;

  /** Whether the consumer has been notified of the block with the last index. */
  private boolean started;

  /** The blocks of data, by field; data does not end the current block of text. */
  private Map<String, Block> dataBlocks = Map.of();

  /** The API whose events are passed on as received; {@code null} for none. */
  private final String format;

  /** The block of the last event, unless content has followed it; otherwise {@code null}. */
  private Block events;

  /** The tool call that started last, and a pending high surrogate of its arguments; 0 if none. */
  private Block call;

  private char callHalf;
  private boolean freeText;
  private JsonObjectCheck arguments;
  private Set<String> callIds = Set.of();

  /** Whether the tool call that started last may have more arguments. */
  private boolean callOpen;

  /** What follows the tool call that started last once its arguments are complete. */
  private List<Runnable> held = List.of();

  private int heldBytes;
  private int undelivered;
  private boolean chunks;
  private FinishReason finish;
  private TokenUsage usage = TokenUsage.NONE;
  private String model;
  private int malformed;
  private int limit = Integer.MAX_VALUE;
  private boolean longEvents;
  private boolean complete;
  private Failure failure;

  Answer(ErrorClassifier errors) {
    this(errors, null);
  }

  /**
   * Creates an empty answer.
   *
   * @param format the API whose events are to be passed on as received; {@code null} for none
   */
  Answer(ErrorClassifier errors, String format) {
    this.errors = errors;
    this.format = format;
  }

  /** Returns whether events of the backend are to be passed on as received. */
  public boolean passesEvents() {
    return format != null;
  }

  /**
   * Adds an event as it was received, a JSON object. Does nothing unless {@link #passesEvents}.
   * Deltas of text, reasoning and arguments are not events.
   *
   * @param frames whether it only frames the content of other blocks
   */
  public void event(byte[] bytes, int from, int to, boolean frames) {
    if (format == null || over()) {
      return;
    }
    cut();
    if (events == null || events.isFrame() != frames) {
      events = new Block(nextIndex(), BlockKind.EVENT, null, format, frames ? Block.frame() : null);
      started = true;
    }
    block = null; // An event ends the block before it.
    accompany(events, oneLine(bytes, from, to));
  }

  /** Adds a chunk of this kind; empty text is ignored. */
  public void text(BlockKind kind, CharSequence more) {
    if (more.length() == 0) {
      return;
    }
    if (holdsBack()) {
      String copy = more.toString();
      hold(copy.length(), () -> text(kind, copy));
      return;
    }
    select(kind);
    char half = put(takeHalf(kind), more);
    if (half != 0) {
      firstHalves = firstHalves.isEmpty() ? new EnumMap<>(BlockKind.class) : firstHalves;
      firstHalves.put(kind, half);
    }
    mark();
  }

  /** Encodes text after a pending high surrogate, and returns the one it ends with; 0 for none. */
  private char put(char half, CharSequence more) {
    char high = half;
    for (int i = 0; i < more.length(); i++) {
      char c = more.charAt(i);
      if (high != 0 && Character.isLowSurrogate(c)) {
        text.put(Character.toCodePoint(high, c));
        high = 0;
      } else {
        if (high != 0) {
          text.put(REPLACEMENT);
        }
        high = Character.isHighSurrogate(c) ? c : 0;
        if (high == 0) {
          text.put(Character.isLowSurrogate(c) ? REPLACEMENT : c);
        }
      }
    }
    return high;
  }

  /**
   * Starts a tool call, which ends the one before it.
   *
   * @param id the provider's id; if it is {@code null}, empty or the id of another call of this
   *     answer, an id is generated
   * @param extra the provider's own data of the call, or {@code null}
   */
  public void call(String id, String name, JsonObject extra) {
    endCall();
    cut();
    if (callIds.size() == MAX_CALLS) {
      fail(FailureKind.SERVER_ERROR, "more than " + MAX_CALLS + " tool calls");
      return;
    }
    boolean usable =
        id != null && !id.isEmpty() && id.length() <= MAX_CALL_ID && !callIds.contains(id);
    events = null;
    String known = usable ? id : CallIds.next();
    callIds = callIds.isEmpty() ? new HashSet<>() : callIds;
    callIds.add(known);
    arguments = new JsonObjectCheck();
    callOpen = true;
    call = new Block(nextIndex(), BlockKind.TOOL_CALL, known, name, extra);
    started = true;
    block = call;
    pieces.add(Chunks.of(call, Buffer.buffer()));
  }

  /** Starts a call of one of OpenAI's custom tools, whose input is any text rather than JSON. */
  public void customCall(String id, String name) {
    call(id, name, CustomCall.extra());
    freeText = true;
  }

  /** Adds a chunk to the arguments of the tool call that started last. */
  public void arguments(CharSequence more) {
    if (call != null && !callOpen) {
      checkBlank(more);
    } else if (more.length() > 0 && call != null) {
      selectCall();
      callHalf = put(callHalf, more);
      markArguments();
    }
  }

  /** Adds a chunk in ASCII to the arguments of the tool call that started last. */
  public void arguments(byte[] bytes, int from, int to) {
    if (call != null && !callOpen) {
      checkBlank(new String(bytes, from, to - from, StandardCharsets.US_ASCII));
    } else if (from < to && call != null) {
      selectCall();
      if (callHalf != 0) {
        text.put(REPLACEMENT);
        callHalf = 0;
      }
      text.put(bytes, from, to);
      markArguments();
    }
  }

  /** Checks that no arguments follow a tool call that has ended. */
  private void checkBlank(CharSequence more) {
    if (!more.toString().isBlank()) {
      failCall();
    }
  }

  /** Ends the arguments of the tool call that started last, if any; they may be empty. */
  public void endArguments() {
    if (callOpen && !passesEvents()) {
      completeArguments();
      callOpen = false;
      release();
    }
  }

  /** Replaces empty arguments by those of a call without any. */
  private void completeArguments() {
    if (!freeText && arguments.isBlank()) {
      arguments("{}");
    }
  }

  /** Returns whether content is held back until the arguments of a tool call are complete. */
  private boolean holdsBack() {
    return callOpen && !arguments.isWhole() && !passesEvents();
  }

  private void hold(int bytes, Runnable content) {
    held = held.isEmpty() ? new ArrayList<>() : held;
    held.add(content);
    heldBytes += bytes + HELD_OVERHEAD;
    if (heldBytes > MAX_HELD) {
      fail(
          FailureKind.SERVER_ERROR,
          "more than " + MAX_HELD + " bytes of other content within a tool call");
    }
  }

  /** Adds what was held back. */
  private void release() {
    List<Runnable> content = held;
    held = List.of();
    heldBytes = 0;
    if (failure == null) {
      content.forEach(Runnable::run);
    }
  }

  /**
   * Returns whether the arguments of the tool call that started last are a complete JSON object.
   */
  public boolean isCallWhole() {
    return call != null && arguments.isWhole();
  }

  private void selectCall() {
    events = null;
    if (block == null || block.index() != call.index() || begin > TOGETHER) {
      cut();
      block = call;
    }
  }

  private void markArguments() {
    if (!freeText) {
      arguments.add(text.array(), begin, text.length());
      if (arguments.isBroken()) {
        failCall();
      }
    }
    mark();
    if (!held.isEmpty() && arguments.isWhole()) {
      release();
    }
  }

  /** Ends the tool call that started last, if any; its arguments must be a JSON object. */
  private void endCall() {
    if (call != null && !freeText) {
      completeArguments();
      if (!arguments.isWhole() || callHalf != 0) {
        failCall();
      }
    }
    call = null;
    callOpen = false;
    callHalf = 0;
    freeText = false;
    release();
  }

  private void failCall() {
    fail(
        FailureKind.MALFORMED_TOOL_CALL,
        "the arguments of the tool call " + call.name() + " are not a JSON object");
  }

  /**
   * Adds JSON that accompanies the answer.
   *
   * @param field the field that carries it, such as {@code reasoning_details}
   * @param value the field's value, a {@link JsonObject} or {@link JsonArray}; arrays of one field
   *     belong together
   */
  public void data(String field, Object value) {
    data(field, Buffer.buffer(Json.encode(value).getBytes(StandardCharsets.UTF_8)));
  }

  /** Adds JSON that accompanies the answer, as it was received: an object or an array. */
  public void data(String field, byte[] bytes, int from, int to) {
    data(field, oneLine(bytes, from, to));
  }

  /** Returns valid JSON without line breaks. */
  private static Buffer oneLine(byte[] bytes, int from, int to) {
    byte[] json = Arrays.copyOfRange(bytes, from, to);
    boolean ascii = true;
    for (int i = 0; i < json.length; i++) {
      ascii &= json[i] >= 0;
      if (json[i] == '\n' || json[i] == '\r') {
        json[i] = ' '; // JSON has line breaks between tokens only, and events end with one.
      }
    }
    // Decoding replaces invalid UTF-8.
    return ascii ? Buffer.buffer(json) : Buffer.buffer(new String(json, StandardCharsets.UTF_8));
  }

  /** Adds an image to the answer, by its URL. */
  public void image(String url) {
    data(
        Block.IMAGES,
        JsonArray.of(
            new JsonObject()
                .put("type", "image_url")
                .put("image_url", new JsonObject().put("url", url))));
  }

  private void data(String field, Buffer json) {
    if (holdsBack()) {
      hold(json.length(), () -> data(field, json));
      return;
    }
    leaveCall();
    cut();
    Block data = dataBlocks.get(field);
    if (data == null) {
      block = started ? block : null; // Reuses the index of a block that has not started.
      data = new Block(nextIndex(), BlockKind.DATA, null, field, null);
      started = true;
      dataBlocks = dataBlocks.isEmpty() ? new HashMap<>() : dataBlocks;
      dataBlocks.put(field, data);
    }
    chunks |= data.isImages();
    accompany(data, json);
  }

  private void accompany(Block data, Buffer json) {
    Chunks.of(data, json.appendByte((byte) '\n')).split(pieces::add);
    count(json.length());
  }

  /**
   * Adds a vector.
   *
   * @param index the index of its input
   * @param base64 its floats (32 bits, little-endian)
   */
  public void embedding(int index, String base64) {
    select(BlockKind.EMBEDDING);
    started = true;
    chunks = true;
    Buffer line = Buffer.buffer(index + " " + base64 + "\n");
    Chunks.of(block, line).split(pieces::add);
    count(line.length());
  }

  /** Adds a chunk of this kind in ASCII. */
  public void text(BlockKind kind, byte[] bytes, int from, int to) {
    if (from == to) {
      return;
    }
    if (holdsBack()) {
      byte[] copy = Arrays.copyOfRange(bytes, from, to);
      hold(copy.length, () -> text(kind, copy, 0, copy.length));
      return;
    }
    select(kind);
    endHalf(kind);
    text.put(bytes, from, to);
    mark();
  }

  /** Replaces a first half whose second has not followed. */
  private void endHalf(BlockKind kind) {
    if (takeHalf(kind) != 0) {
      text.put(REPLACEMENT);
    }
  }

  /** Takes out the first half that the last text of a kind ended with; 0 for none. */
  private char takeHalf(BlockKind kind) {
    Character half = firstHalves.isEmpty() ? null : firstHalves.remove(kind);
    return half == null ? 0 : half;
  }

  /** Ends a chunk: the text added since the last mark. */
  private void mark() {
    int length = text.length() - begin;
    if (length > 0) {
      if (count == lengths.length) {
        lengths = Arrays.copyOf(lengths, 2 * count);
      }
      lengths[count++] = length;
      begin += length;
      chunks = true;
      started |= block.index() == lastIndex;
      count(length);
    }
  }

  private void count(int bytes) {
    undelivered += bytes;
    int most = Math.max(MAX_UNDELIVERED, maxEvent());
    if (undelivered > most) {
      fail(
          Failure.of(
              FailureKind.SERVER_ERROR, "more than " + most + " bytes of text came at once"));
    }
  }

  /** Ends a complete tool call that other content follows. */
  private void leaveCall() {
    callOpen &= passesEvents();
  }

  private void select(BlockKind kind) {
    leaveCall();
    events = null;
    if (block == null || kind != block.kind()) {
      cut();
      block = Block.of(nextIndex(), kind);
    } else if (begin > TOGETHER) {
      cut();
    }
  }

  private int nextIndex() {
    lastIndex += started ? 1 : 0;
    started = false;
    return lastIndex;
  }

  private void cut() {
    if (begin > 0) {
      take().split(pieces::add);
    }
  }

  /** Takes out the text that has been marked. */
  private Chunks take() {
    int[] several = count > 1 ? Arrays.copyOf(lengths, count) : null;
    count = 0;
    begin = 0;
    return Chunks.of(block, text.take(), several);
  }

  /** Records the provider's name of the model. */
  public void model(String model) {
    if (model != null && !model.isBlank() && model.length() <= MAX_MODEL) {
      this.model = model;
    }
  }

  /**
   * Records the usage so far. Repeated counts are cumulative, so the maximum of each is kept; a
   * usage without tokens is ignored.
   */
  public void usage(TokenUsage usage) {
    if (!usage.isZero()) {
      this.usage = this.usage.max(usage);
    }
  }

  /** Records the finish reason; usage may still follow. */
  public void finish(FinishReason reason) {
    finish = reason;
  }

  /**
   * Records the requested maximum of tokens. If the provider sends no finish reason but this many
   * tokens, the finish reason is {@link FinishReason#LENGTH}.
   */
  public void limit(Integer tokens) {
    limit = tokens == null ? limit : tokens;
  }

  /** Permits longer events: with images, or with the whole answer. */
  public void expectLongEvents() {
    longEvents = true;
  }

  /** The longest event, and the longest whole answer, in bytes. */
  int maxEvent() {
    return longEvents ? MAX_LONG_EVENT : EventDecoder.MAX_EVENT;
  }

  /** Processes the dialect's end marker. */
  public void end() {
    if (finish == null && (chunks || !callIds.isEmpty())) {
      finish = usage.outputTokens() >= limit ? FinishReason.LENGTH : FinishReason.STOP;
    }
    ended("the stream ended without a finish reason");
  }

  /** Fails with the provider's error object, or a payload that contains one. */
  public void error(byte[] bytes, int from, int to) {
    fail(errors.inStream(bytes, from, to));
  }

  /** Fails with a message that contains text of the provider, which is redacted. */
  public void fail(FailureKind kind, String message) {
    fail(Failure.of(kind, errors.fit(message)));
  }

  public void fail(Failure failure) {
    if (!over()) {
      this.failure = failure;
      flushHalves();
    }
  }

  /** Processes the end of the body; without a finish reason, fails with this message. */
  void ended(String otherwise) {
    if (finish == null) {
      fail(Failure.of(FailureKind.NETWORK, otherwise));
    } else if (!over()) {
      endCall();
      flushHalves();
      complete = failure == null;
    }
  }

  /**
   * Processes a payload that is not JSON: fails before the first chunk, else skips and counts it.
   */
  void malformed() {
    malformed++;
    if (!chunks) {
      fail(Failure.of(FailureKind.SERVER_ERROR, "the stream carries malformed JSON"));
    }
  }

  /** Replaces high surrogates that were not followed by a low one. */
  private void flushHalves() {
    for (BlockKind each : List.copyOf(firstHalves.keySet())) {
      select(each);
      endHalf(each);
      mark();
    }
  }

  /**
   * Delivers the chunks since the last call; consecutive ones of a block are delivered together.
   */
  void drain(Consumer<Chunks> sink) {
    if (!pieces.isEmpty()) {
      pieces.forEach(sink);
      pieces.clear();
    }
    if (begin > 0) {
      take().split(sink);
    }
    undelivered = 0;
  }

  /** Returns the provider's name of the model, or {@code null} if it sent none. */
  String model() {
    return model;
  }

  boolean over() {
    return complete || failure != null;
  }

  boolean complete() {
    return complete;
  }

  boolean finished() {
    return finish != null;
  }

  /** Returns the failure, with the usage so far, or {@code null}. */
  Failure failure() {
    return failure == null ? null : failure.withUsage(usage, null);
  }

  /** Returns the end of a complete answer. */
  AnswerEnd result() {
    FinishReason reason =
        finish == FinishReason.STOP && !callIds.isEmpty() ? FinishReason.TOOL_CALLS : finish;
    return AnswerEnd.ofBackend(reason, usage, model, malformed);
  }
}
