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
 * What is known of one answer: a dialect's reader writes it, the exchange takes the text out after
 * every read.
 *
 * <p>Text is turned into UTF-8 here, char by char, because a dialect may cut a character in two:
 * JSON writes an emoji as two escapes, and servers have put them into different deltas. The first
 * half waits, by kind of text, for the next delta of that kind.
 *
 * <p>A block ends where the kind of text changes.
 *
 * <p>It is over at the first of {@link #end}, {@link #error} and {@link #fail}.
 */
public final class Answer {
  private static final int MAX_MODEL = 200;

  /** Above this, in bytes, the next chunk does not go into the same message any more. */
  private static final int TOGETHER = 4 * 1024;

  /**
   * How much text may come between two calls of {@link #drain}, in bytes. No network brings as much
   * at once; a small compressed body that expands without end does.
   */
  static final int MAX_UNDELIVERED = 4 << 20;

  /** The longest event with images, in bytes. */
  static final int MAX_IMAGES = 16 << 20;

  /** The most tool calls of an answer. */
  static final int MAX_CALLS = 512;

  /** The longest id of a tool call, in characters; some gateways put signatures into them. */
  private static final int MAX_CALL_ID = 16 * 1024;

  private static final char REPLACEMENT = '\uFFFD';

  private final ErrorClassifier errors;
  private final List<Chunks> pieces = new ArrayList<>();
  private final Map<BlockKind, Character> firstHalves = new EnumMap<>(BlockKind.class);
  private final Utf8Buffer text = new Utf8Buffer();

  /** Where in the text a chunk begins, and the lengths of those before it. */
  private int begin;

  private int[] lengths = new int[16];
  private int count;

  /** The block of the text that is being put, and the last one that has started. */
  private Block block;

  private int lastIndex;

  /** Whether the block with the last index has started for the consumer too. */
  private boolean started;

  /** The blocks of data, by field; text goes on after data as if there were none. */
  private final Map<String, Block> dataBlocks = new HashMap<>();

  /** The API whose events are passed on as received; {@code null} for none. */
  private final String format;

  /** The block of the last event, unless content has followed it; otherwise {@code null}. */
  private Block events;

  /** The tool call that has started last, and a first half in its arguments; 0 if there is none. */
  private Block call;

  private char callHalf;
  private boolean freeText;
  private final JsonObjectCheck arguments = new JsonObjectCheck();
  private final Set<String> callIds = new HashSet<>();
  private int undelivered;
  private boolean chunks;
  private FinishReason finish;
  private TokenUsage usage = TokenUsage.NONE;
  private String model;
  private int malformed;
  private int limit = Integer.MAX_VALUE;
  private boolean images;
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
   */
  public void event(byte[] bytes, int from, int to) {
    if (format == null || over()) {
      return;
    }
    cut();
    if (events == null) {
      events = new Block(nextIndex(), BlockKind.EVENT, null, format, null);
      started = true;
    }
    block = null; // An event ends the block before it.
    accompany(events, oneLine(bytes, from, to));
  }

  /** A chunk of a kind; empty text is nothing. */
  public void text(BlockKind kind, CharSequence more) {
    if (more.length() == 0) {
      return;
    }
    select(kind);
    Character high = firstHalves.remove(kind);
    char half = put(high == null ? 0 : high, more);
    if (half != 0) {
      firstHalves.put(kind, half);
    }
    mark();
  }

  /** Puts text after a first half, and returns the first half that it ends with; 0 for none. */
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
   * @param id the provider's id; {@code null}, empty or that of another call of this answer if it
   *     has none, which generates one
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
    callIds.add(known);
    call = new Block(nextIndex(), BlockKind.TOOL_CALL, known, name, extra);
    started = true;
    block = call;
    pieces.add(Chunks.of(call, Buffer.buffer()));
  }

  /** Starts a call of a custom tool of OpenAI's, whose input is any text and not JSON. */
  public void customCall(String id, String name) {
    call(id, name, CustomCall.extra());
    freeText = true;
  }

  /** A chunk of the arguments of the tool call that has started last. */
  public void arguments(CharSequence more) {
    if (more.length() > 0 && call != null) {
      selectCall();
      callHalf = put(callHalf, more);
      markArguments();
    }
  }

  /** A chunk of the arguments of the tool call that has started last, as ASCII. */
  public void arguments(byte[] bytes, int from, int to) {
    if (from < to && call != null) {
      selectCall();
      if (callHalf != 0) {
        text.put(REPLACEMENT);
        callHalf = 0;
      }
      text.put(bytes, from, to);
      markArguments();
    }
  }

  /** Returns whether the arguments of the tool call that has started last are a JSON object. */
  public boolean isCallWhole() {
    return arguments.isWhole();
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
  }

  /** Ends the tool call that has started last, if any; its arguments must be a JSON object. */
  private void endCall() {
    if (call != null && !freeText) {
      if (arguments.isBlank()) {
        arguments("{}");
      } else if (!arguments.isWhole() || callHalf != 0) {
        failCall();
      }
    }
    call = null;
    callHalf = 0;
    freeText = false;
    arguments.reset();
  }

  private void failCall() {
    fail(
        FailureKind.MALFORMED_TOOL_CALL,
        "the arguments of the tool call " + call.name() + " are no JSON object");
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
    // Decoding replaces what is no UTF-8.
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
    cut();
    Block data = dataBlocks.get(field);
    if (data == null) {
      block = started ? block : null; // The index of a block that has not started is taken.
      data = new Block(nextIndex(), BlockKind.DATA, null, field, null);
      started = true;
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

  /** A chunk of a kind, as ASCII. */
  public void text(BlockKind kind, byte[] bytes, int from, int to) {
    if (from == to) {
      return;
    }
    select(kind);
    if (firstHalves.remove(kind) != null) {
      text.put(REPLACEMENT);
    }
    text.put(bytes, from, to);
    mark();
  }

  /** What was put since the last mark is a chunk. */
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

  private void select(BlockKind kind) {
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
      int[] several = count > 1 ? Arrays.copyOf(lengths, count) : null;
      Chunks.of(block, text.take(), several).split(pieces::add);
      count = 0;
      begin = 0;
    }
  }

  /** The model as the provider names it. */
  public void model(String model) {
    if (model != null && !model.isBlank() && model.length() <= MAX_MODEL) {
      this.model = model;
    }
  }

  /**
   * The usage so far. Counts are cumulative wherever they are repeated, so of each the greatest
   * stands; a usage without any token is none.
   */
  public void usage(TokenUsage usage) {
    if (!usage.isZero()) {
      this.usage = this.usage.max(usage);
    }
  }

  /** Why the answer ended; usage may still follow. */
  public void finish(FinishReason reason) {
    finish = reason;
  }

  /**
   * The most tokens that were asked for. Where a provider names no reason for the end, having
   * reached them is the reason.
   */
  public void limit(Integer tokens) {
    limit = tokens == null ? limit : tokens;
  }

  /** Permits the longer events that images need. */
  public void expectImages() {
    images = true;
  }

  /** The longest event, and the longest whole answer, in bytes. */
  int maxEvent() {
    return images ? MAX_IMAGES : EventDecoder.MAX_EVENT;
  }

  /** The dialect's end marker. */
  public void end() {
    if (finish == null && (chunks || !callIds.isEmpty())) {
      finish = usage.outputTokens() >= limit ? FinishReason.LENGTH : FinishReason.STOP;
    }
    ended("the stream ended without a finish reason");
  }

  /** The provider's error object, or a payload that has one. */
  public void error(byte[] bytes, int from, int to) {
    fail(errors.inStream(bytes, from, to));
  }

  /** A failure whose words are the provider's, at least in part. */
  public void fail(FailureKind kind, String message) {
    fail(Failure.of(kind, errors.fit(message)));
  }

  public void fail(Failure failure) {
    if (!over()) {
      this.failure = failure;
      flushHalves();
    }
  }

  /** Nothing more comes; without a finish reason that is a failure with this message. */
  void ended(String otherwise) {
    if (finish == null) {
      fail(Failure.of(FailureKind.NETWORK, otherwise));
    } else if (!over()) {
      flushHalves();
      endCall();
      complete = failure == null;
    }
  }

  /** A payload that is no JSON: fatal at the beginning, skipped and counted after a chunk. */
  void malformed() {
    malformed++;
    if (!chunks) {
      fail(Failure.of(FailureKind.SERVER_ERROR, "the stream carries malformed JSON"));
    }
  }

  /** A first half whose second never came. */
  private void flushHalves() {
    for (BlockKind each : firstHalves.keySet()) {
      select(each);
      text.put(REPLACEMENT);
      mark();
    }
    firstHalves.clear();
  }

  /** Takes out the chunks that came since the last call, those of one block in a row together. */
  void drain(Consumer<Chunks> sink) {
    cut();
    pieces.forEach(sink);
    pieces.clear();
    undelivered = 0;
  }

  /** The model as the provider named it, or {@code null} if it has not. */
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

  /** What went wrong, with the usage so far, or {@code null}. */
  Failure failure() {
    return failure == null ? null : failure.withUsage(usage, null);
  }

  /** The end of a complete answer. */
  AnswerEnd result() {
    FinishReason reason =
        finish == FinishReason.STOP && !callIds.isEmpty() ? FinishReason.TOOL_CALLS : finish;
    return AnswerEnd.ofBackend(reason, usage, model, malformed);
  }
}
