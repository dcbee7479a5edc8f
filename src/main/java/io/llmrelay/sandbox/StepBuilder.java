package io.llmrelay.sandbox;

import io.llmrelay.sandbox.Step.Action;
import io.llmrelay.sandbox.dialect.SandboxDialect;
import io.llmrelay.sandbox.dialect.SandboxRequest;
import io.llmrelay.sandbox.dialect.ScriptedAnswer;
import io.llmrelay.sandbox.dialect.WireFormat;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Builds the steps of a scenario: those of the healthy answer in order, with the fault inserted at
 * its position. Steps after a fault that ends the response stay in the list, but are not reached.
 */
final class StepBuilder {

  /** What follows an answer and is none of its events. */
  static final String NO_EVENT = "\n\0<!-- served in 12 ms -->\n";

  private static final String THREE_BYTES = "漢";

  /** Neither a block of a compressed body nor the size of a chunk of HTTP/1.1. */
  private static final Buffer NO_BLOCK = Buffer.buffer("\u0007\u0007no block, no size\r\n");

  private static final int PIECE_BYTES = 64 * 1024;
  private static final int FLOOD_FRAME_BYTES = 4 * 1024;
  private static final int MEGABYTE = 1024 * 1024;
  private static final int KEEP_ALIVE_MS = 20;

  private final Scenario scenario;
  private final ScriptedAnswer answer;
  private final WireFormat format;
  private final SandboxDialect dialect;
  private final SandboxOptions options;
  private final boolean streaming;
  private final List<Step> steps = new ArrayList<>();

  private StepBuilder(
      Scenario scenario,
      ScriptedAnswer answer,
      WireFormat format,
      SandboxDialect dialect,
      SandboxOptions options,
      boolean streaming) {
    this.scenario = scenario;
    this.answer = answer;
    this.format = format;
    this.dialect = dialect;
    this.options = options;
    this.streaming = streaming;
  }

  /** Builds the steps of a stream or of a whole answer. */
  static List<Step> build(
      Scenario scenario,
      ScriptedAnswer answer,
      WireFormat format,
      SandboxRequest request,
      SandboxOptions options) {
    boolean streaming = request.streaming();
    StepBuilder builder =
        new StepBuilder(scenario, answer, format, request.dialect(), options, streaming);
    List<Step> steps = streaming ? builder.stream() : builder.whole();
    return scenario.kind() == ScenarioKind.DRIP
        ? steps.stream().flatMap(Step::drip).toList()
        : steps;
  }

  /**
   * Builds a healthy stream with an invalid head, which is written without the HTTP encoder: header
   * values with a bare carriage return, a bare line feed and a folded line, each followed by
   * another header.
   */
  static List<Step> splitHead(ScriptedAnswer answer, WireFormat format) {
    Buffer out = Buffer.buffer("HTTP/1.1 200 OK\r\n");
    out.appendString("content-type: " + format.contentType() + "\r\n");
    out.appendString("x-request-id: req_1\rset-cookie: cr=1\r\n");
    out.appendString("retry-after: 7\nset-cookie: lf=1\r\n");
    out.appendString("x-note: a\r\n set-cookie: folded=1\r\n");
    out.appendString("connection: close\r\n\r\n").appendBuffer(format.opening());
    for (int i = 0; i < answer.tokenCount(); i++) {
      out.appendBuffer(format.token(answer.token(i)));
    }
    out.appendBuffer(format.finish()).appendBuffer(format.terminator());
    return List.of(Step.raw(out), Step.of(Action.DROP));
  }

  /** Builds a response with a complete body, after a delay. */
  static List<Step> fixed(int delay, String body) {
    return List.of(Step.pause(delay), Step.of(Action.HEAD), Step.write(body), Step.of(Action.END));
  }

  private List<Step> stream() {
    int position = scenario.position();
    inject(Scenario.BEFORE_HEAD);
    steps.add(Step.of(Action.HEAD));
    inject(Scenario.HEAD);
    if (position == Scenario.COMMENTS) {
      steps.add(Step.repeat(i -> format.comment(), 3, 0, 0));
      inject(Scenario.COMMENTS);
    }
    if (scenario.kind() == ScenarioKind.USAGE_ONLY) {
      write(format.usage());
    } else {
      boolean repeated = scenario.kind() == ScenarioKind.REPEATED;
      write(format.opening());
      write(repeated ? format.opening() : WireFormat.NONE);
      inject(Scenario.ROLE);
      content();
      write(scenario.kind() == ScenarioKind.EARLY_FINISH ? WireFormat.NONE : format.finish());
      inject(Scenario.FINISH);
      write(repeated ? format.finish() : WireFormat.NONE);
      write(repeated ? format.terminator() : WireFormat.NONE);
    }
    if (answer.terminator()) {
      write(format.terminator());
    }
    if (scenario.kind() == ScenarioKind.TRAILING) {
      write(Buffer.buffer(NO_EVENT));
    }
    steps.add(Step.of(Action.END));
    return steps;
  }

  /** Adds reasoning, text and tool calls, with the fault at its position among the latter two. */
  private void content() {
    int first = scenario.option(ScenarioOption.FIRST, options.getFirstTokenDelay());
    int every = scenario.option(ScenarioOption.EVERY, options.getChunkDelay());
    if (answer.hasReasoning()) {
      List<String> parts = answer.reasoning();
      steps.add(Step.repeat(i -> format.reasoning(parts.get(i)), parts.size(), first, every));
      write(format.afterReasoning());
      first = every;
    }
    List<Buffer> others = new ArrayList<>(format.images());
    others.addAll(format.toolCalls());
    int tokens = answer.tokenCount();
    int count = tokens + others.size();
    IntFunction<Buffer> frame =
        i -> i < tokens ? format.token(answer.token(i)) : others.get(i - tokens);
    int cut = Math.max(0, Math.min(scenario.position(), count));
    frames(frame, 0, cut, first, every);
    if (scenario.position() >= 0) {
      inject(scenario.position());
    }
    boolean early = scenario.kind() == ScenarioKind.EARLY_FINISH && cut < count;
    frames(frame, cut, early ? count - 1 : count, cut == 0 ? first : every, every);
    if (early) {
      write(format.finish());
      frames(frame, count - 1, count, every, every);
    }
  }

  private void frames(IntFunction<Buffer> frame, int from, int to, int first, int every) {
    if (from < to) {
      steps.add(Step.repeat(i -> frame.apply(from + i), to - from, first, every));
    }
  }

  private List<Step> whole() {
    List<Buffer> halves = wholeInHalves();
    inject(Scenario.BEFORE_HEAD);
    steps.add(Step.pause(generationMs(scenario, answer, options)));
    steps.add(Step.of(Action.HEAD));
    inject(Scenario.HEAD);
    write(halves.get(0));
    int position = scenario.position();
    if (position != Scenario.BEFORE_HEAD && position != Scenario.HEAD) {
      inject(position);
    }
    write(halves.get(1));
    steps.add(Step.of(Action.END));
    return steps;
  }

  /**
   * Returns the time to generate the whole answer with the delays of its chunks, in milliseconds.
   */
  static int generationMs(Scenario scenario, ScriptedAnswer answer, SandboxOptions options) {
    int first = scenario.option(ScenarioOption.FIRST, options.getFirstTokenDelay());
    long every = scenario.option(ScenarioOption.EVERY, options.getChunkDelay());
    return (int) Math.min(Integer.MAX_VALUE, first + every * answer.tokenCount());
  }

  private List<Buffer> wholeInHalves() {
    String text = answer.text();
    int middle = text.offsetByCodePoints(0, text.codePointCount(0, text.length()) / 2);
    String marked = text.substring(0, middle) + WireFormat.SPLIT_MARK + text.substring(middle);
    return WireFormat.split(Buffer.buffer(format.whole(marked)));
  }

  private void inject(int position) {
    if (scenario.kind().isFault() && scenario.position() == position) {
      addFault();
    }
  }

  private void addFault() {
    int every = Math.max(1, scenario.option(ScenarioOption.EVERY, KEEP_ALIVE_MS));
    switch (scenario.kind()) {
      case DIE -> steps.add(Step.of(Action.DROP));
      case RESET -> steps.add(Step.of(Action.RESET));
      case REFUSE_STREAM -> steps.add(Step.of(Action.REFUSE_STREAM));
      case RESET_STREAM -> steps.add(Step.of(Action.RESET_STREAM));
      case GOAWAY -> steps.add(Step.of(Action.GOAWAY));
      case GOAWAY_REFUSE -> steps.add(Step.of(Action.GOAWAY_REFUSE));
      case END -> steps.add(Step.of(Action.END));
      case DIE_IN_FRAME -> cut(0, Action.DROP);
      case DIE_IN_CHAR -> cut(1, Action.DROP);
      case RESET_IN_FRAME -> cut(0, Action.RESET);
      case RESET_IN_CHAR -> cut(1, Action.RESET);
      case END_IN_FRAME -> cut(0, Action.END);
      case END_IN_CHAR -> cut(1, Action.END);
      case STALL -> {
        int millis = scenario.option(ScenarioOption.FOR, 0);
        steps.add(millis == 0 ? Step.of(Action.HANG) : Step.pause(millis));
      }
      case SSE_ERROR, SSE_ERROR_DONE -> {
        write(errorEvent(scenario.error()));
        if (scenario.kind() == ScenarioKind.SSE_ERROR_DONE) {
          write(format.terminator());
        }
        steps.add(Step.of(Action.END));
      }
      case MALFORMED -> write(streaming ? format.malformed() : Buffer.buffer("\"}{"));
      case BROKEN_GZIP -> unencoded(Action.PLAIN);
      case BROKEN_CHUNKING -> unencoded(Action.RAW);
      case COMMENTS -> keepAlive(i -> format.comment(), every);
      case PINGS -> keepAlive(i -> format.ping(), every);
      case NOISE -> {
        List<Buffer> noise = format.noise();
        keepAlive(i -> noise.get(i % noise.size()), every);
      }
      case ENDLESS_FRAME -> hugeFrame(Integer.MAX_VALUE);
      case HUGE_FRAME -> hugeFrame(pieceCount());
      case FLOOD -> {
        if (!streaming) {
          hugeFrame(pieceCount());
          return;
        }
        Buffer frame = format.token("flood ".repeat(FLOOD_FRAME_BYTES / 6));
        int times = scenario.option(ScenarioOption.MEGABYTES, 1) * (MEGABYTE / FLOOD_FRAME_BYTES);
        steps.add(Step.repeat(i -> frame, times, 0, 0));
      }
      default -> throw new IllegalStateException(scenario.kind() + " is not a fault");
    }
  }

  /** Repeats frames without end or for the configured time. A whole answer has none. */
  private void keepAlive(IntFunction<Buffer> frame, int every) {
    int millis = scenario.option(ScenarioOption.FOR, 0);
    if (millis > 0 && !streaming) {
      steps.add(Step.pause(millis));
      return;
    }
    int times = millis == 0 ? Integer.MAX_VALUE : Math.max(1, millis / every);
    Buffer space = Buffer.buffer("\n");
    steps.add(Step.repeat(i -> streaming ? frame.apply(i) : space, times, 0, every));
  }

  /**
   * Returns an error event in the format of the dialect, or of the server that the error is from.
   */
  private Buffer errorEvent(ErrorResponse response) {
    boolean fixed = response.body() != null && response.contentType() == null;
    return fixed ? format.rawError(response.body()) : format.error(response.error(dialect));
  }

  /** Writes a frame up to its text, then some bytes of a three-byte character. */
  private void cut(int bytes, Action end) {
    if (streaming) {
      write(WireFormat.split(format.token(WireFormat.SPLIT_MARK)).get(0));
    }
    if (bytes > 0) {
      byte[] character = THREE_BYTES.getBytes(StandardCharsets.UTF_8);
      steps.add(Step.write(Buffer.buffer(Arrays.copyOf(character, bytes))));
    }
    steps.add(Step.of(end));
  }

  private void unencoded(Action action) {
    steps.add(new Step(action, i -> NO_BLOCK, 1, 0, 0));
    steps.add(Step.of(Action.END));
  }

  private int pieceCount() {
    return scenario.option(ScenarioOption.MEGABYTES, 1) * (MEGABYTE / PIECE_BYTES);
  }

  private void hugeFrame(int pieces) {
    List<Buffer> frame =
        streaming
            ? format.around((long) pieces * PIECE_BYTES)
            : List.of(WireFormat.NONE, WireFormat.NONE);
    byte[] bytes = new byte[PIECE_BYTES];
    Arrays.fill(bytes, (byte) 'x');
    Buffer piece = Buffer.buffer(bytes);
    write(frame.get(0));
    steps.add(Step.repeat(i -> piece, pieces, 0, scenario.option(ScenarioOption.EVERY, 0)));
    write(frame.get(1));
  }

  private void write(Buffer bytes) {
    if (bytes.length() > 0) {
      steps.add(Step.write(bytes));
    }
  }
}
