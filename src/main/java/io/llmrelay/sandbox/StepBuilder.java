package io.llmrelay.sandbox;

import io.llmrelay.sandbox.Step.Action;
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

  /** Valid JSON text without escapes, so that an encoded frame can be split at it. */
  private static final String SPLIT_MARK = "@@split@@";

  private static final String THREE_BYTES = "漢";

  /** Data of servers and proxies that keep a connection alive. */
  private static final String[] NOISE = {
    "data: : keepalive\n\n", "data: ping\n\n", "data: null\n\n", "data: \"\"\n\n"
  };

  private static final int PIECE_BYTES = 64 * 1024;
  private static final int FLOOD_FRAME_BYTES = 4 * 1024;
  private static final int MEGABYTE = 1024 * 1024;
  private static final int KEEP_ALIVE_MS = 20;

  private final Scenario scenario;
  private final ScriptedAnswer answer;
  private final WireFormat format;
  private final SandboxOptions options;
  private final boolean streaming;
  private final List<Step> steps = new ArrayList<>();

  private StepBuilder(
      Scenario scenario,
      ScriptedAnswer answer,
      WireFormat format,
      SandboxOptions options,
      boolean streaming) {
    this.scenario = scenario;
    this.answer = answer;
    this.format = format;
    this.options = options;
    this.streaming = streaming;
  }

  static List<Step> stream(
      Scenario scenario, ScriptedAnswer answer, WireFormat format, SandboxOptions options) {
    return new StepBuilder(scenario, answer, format, options, true).stream();
  }

  static List<Step> whole(
      Scenario scenario, ScriptedAnswer answer, WireFormat format, SandboxOptions options) {
    return new StepBuilder(scenario, answer, format, options, false).whole();
  }

  /**
   * Builds a healthy stream whose head no HTTP library would write: header values with a bare
   * carriage return, a bare line feed and a folded line, each followed by another header.
   */
  static List<Step> splitHead(ScriptedAnswer answer, WireFormat format) {
    StringBuilder out = new StringBuilder("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n");
    out.append("x-request-id: req_1\rset-cookie: cr=1\r\n");
    out.append("retry-after: 7\nset-cookie: lf=1\r\n");
    out.append("x-note: a\r\n set-cookie: folded=1\r\n");
    out.append("connection: close\r\n\r\n").append(format.opening());
    for (int i = 0; i < answer.tokenCount(); i++) {
      out.append(format.token(answer.token(i)));
    }
    out.append(format.finish()).append(format.terminator());
    return List.of(Step.raw(out.toString()), Step.of(Action.DROP));
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
      write(WireFormat.comment().repeat(3));
      inject(Scenario.COMMENTS);
    }
    if (scenario.kind() == ScenarioKind.USAGE_ONLY) {
      write(format.usage());
    } else {
      write(format.opening());
      inject(Scenario.ROLE);
      content(Math.max(0, Math.min(position, answer.tokenCount())));
      write(format.finish());
      inject(Scenario.FINISH);
    }
    if (answer.terminator()) {
      write(format.terminator());
    }
    steps.add(Step.of(Action.END));
    return steps;
  }

  private void content(int cut) {
    int first = scenario.option(ScenarioOption.FIRST, options.getFirstTokenDelay());
    int every = scenario.option(ScenarioOption.EVERY, options.getChunkDelay());
    if (!answer.reasoning().isEmpty()) {
      List<String> parts = answer.reasoning();
      steps.add(
          Step.repeat(
              i -> Buffer.buffer(format.reasoning(parts.get(i))), parts.size(), first, every));
      write(format.afterReasoning());
      first = every;
    }
    tokens(0, cut, first, every);
    if (scenario.position() >= 0) {
      inject(scenario.position());
    }
    tokens(cut, answer.tokenCount(), cut == 0 ? first : every, every);
    if (answer.toolCall()) {
      steps.add(Step.pause(first));
      write(format.toolCall());
    }
  }

  private void tokens(int from, int to, int first, int every) {
    if (from < to) {
      steps.add(
          Step.repeat(i -> Buffer.buffer(frame(answer.token(from + i))), to - from, first, every));
    }
  }

  /** Returns the frame of a token; a number is written without quotes, digit for digit. */
  private String frame(String token) {
    String frame = format.token(token);
    return scenario.kind() == ScenarioKind.NUMBERS
        ? frame.replace('"' + token + '"', token)
        : frame;
  }

  private List<Step> whole() {
    String[] halves = wholeInHalves();
    inject(Scenario.BEFORE_HEAD);
    steps.add(Step.pause(generationMs(scenario, answer, options)));
    steps.add(Step.of(Action.HEAD));
    inject(Scenario.HEAD);
    write(halves[0]);
    int position = scenario.position();
    if (position != Scenario.BEFORE_HEAD && position != Scenario.HEAD) {
      inject(position);
    }
    write(halves[1]);
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

  private String[] wholeInHalves() {
    String text = answer.text();
    int middle = text.offsetByCodePoints(0, text.codePointCount(0, text.length()) / 2);
    String marked = text.substring(0, middle) + SPLIT_MARK + text.substring(middle);
    return split(format.whole(marked).encode());
  }

  /** Splits at the mark, or in the middle if the frame has no content with the mark. */
  private static String[] split(String marked) {
    int mark = marked.indexOf(SPLIT_MARK);
    int middle = marked.length() / 2;
    return mark < 0
        ? new String[] {marked.substring(0, middle), marked.substring(middle)}
        : new String[] {marked.substring(0, mark), marked.substring(mark + SPLIT_MARK.length())};
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
        write(scenario.kind() == ScenarioKind.SSE_ERROR_DONE ? format.terminator() : "");
        steps.add(Step.of(Action.END));
      }
      case MALFORMED -> write(streaming ? "data: {\"id\":\"broken\",\"choices\":[{\n\n" : "\"}{");
      case COMMENTS -> keepAlive(i -> WireFormat.comment(), every);
      case PINGS -> keepAlive(i -> format.ping(), every);
      case NOISE -> keepAlive(i -> NOISE[i % NOISE.length], every);
      case ENDLESS_FRAME -> hugeFrame(Integer.MAX_VALUE);
      case HUGE_FRAME -> hugeFrame(pieceCount());
      case FLOOD -> {
        if (!streaming) {
          hugeFrame(pieceCount());
          return;
        }
        Buffer frame = Buffer.buffer(format.token("flood ".repeat(FLOOD_FRAME_BYTES / 6)));
        int times = scenario.option(ScenarioOption.MEGABYTES, 1) * (MEGABYTE / FLOOD_FRAME_BYTES);
        steps.add(Step.repeat(i -> frame, times, 0, 0));
      }
      default -> throw new IllegalStateException(scenario.kind() + " is not a fault");
    }
  }

  /** Repeats frames without end or for the configured time. A whole answer has none. */
  private void keepAlive(IntFunction<String> frame, int every) {
    int millis = scenario.option(ScenarioOption.FOR, 0);
    if (millis > 0 && !streaming) {
      steps.add(Step.pause(millis));
      return;
    }
    int times = millis == 0 ? Integer.MAX_VALUE : Math.max(1, millis / every);
    steps.add(Step.repeat(i -> Buffer.buffer(streaming ? frame.apply(i) : "\n"), times, 0, every));
  }

  /**
   * Returns an error event in the format of the dialect, or of the server that the error is from.
   */
  private String errorEvent(ErrorResponse response) {
    boolean fixed = response.body() != null && response.contentType() == null;
    return fixed ? "data: " + response.body() + "\n\n" : format.error(response.error());
  }

  /** Writes a frame up to its text, then some bytes of a three-byte character. */
  private void cut(int bytes, Action end) {
    if (streaming) {
      write(split(format.token(SPLIT_MARK))[0]);
    }
    if (bytes > 0) {
      byte[] character = THREE_BYTES.getBytes(StandardCharsets.UTF_8);
      steps.add(Step.write(Buffer.buffer(Arrays.copyOf(character, bytes))));
    }
    steps.add(Step.of(end));
  }

  private int pieceCount() {
    return scenario.option(ScenarioOption.MEGABYTES, 1) * (MEGABYTE / PIECE_BYTES);
  }

  private void hugeFrame(int pieces) {
    String[] frame = streaming ? split(format.token(SPLIT_MARK)) : new String[] {"", ""};
    byte[] bytes = new byte[PIECE_BYTES];
    Arrays.fill(bytes, (byte) 'x');
    Buffer piece = Buffer.buffer(bytes);
    write(frame[0]);
    steps.add(Step.repeat(i -> piece, pieces, 0, scenario.option(ScenarioOption.EVERY, 0)));
    write(frame[1]);
  }

  private void write(String text) {
    if (!text.isEmpty()) {
      steps.add(Step.write(text));
    }
  }
}
