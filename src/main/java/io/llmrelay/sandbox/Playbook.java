package io.llmrelay.sandbox;

import io.llmrelay.sandbox.Step.Act;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Turns a scenario into steps: the healthy answer in its natural order, with the fault put in where
 * the scenario wants it. What a fault cuts off stays in the list; the player never gets there.
 */
final class Playbook {

  /** Sound as JSON text, so the frame it stands in can be encoded and then split there. */
  private static final String MARK = "@@here@@";

  private static final String CUT_CHARACTER = "漢";

  /** What servers and proxies send as data to keep a connection alive. */
  private static final String[] NOISE = {
    "data: : keepalive\n\n", "data: ping\n\n", "data: null\n\n", "data: \"\"\n\n"
  };

  private static final int PIECE = 64 * 1024;
  private static final int FLOOD_TOKEN = 4 * 1024;
  private static final int MEGABYTE = 1024 * 1024;
  private static final int KEEP_ALIVE_MILLIS = 20;

  private final Scenario scenario;
  private final Answer answer;
  private final WireFormat format;
  private final SandboxOptions pace;
  private final boolean streaming;
  private final List<Step> steps = new ArrayList<>();

  private Playbook(
      Scenario scenario, Answer answer, WireFormat format, SandboxOptions pace, boolean streaming) {
    this.scenario = scenario;
    this.answer = answer;
    this.format = format;
    this.pace = pace;
    this.streaming = streaming;
  }

  static List<Step> stream(
      Scenario scenario, Answer answer, WireFormat format, SandboxOptions pace) {
    return new Playbook(scenario, answer, format, pace, true).stream();
  }

  static List<Step> whole(
      Scenario scenario, Answer answer, WireFormat format, SandboxOptions pace) {
    return new Playbook(scenario, answer, format, pace, false).whole();
  }

  /**
   * A healthy stream under a head no HTTP library would write: header values with a bare carriage
   * return, a bare line feed and a folded line in them, each followed by a header of its own.
   */
  static List<Step> splitHead(Answer answer, WireFormat format) {
    StringBuilder out = new StringBuilder("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n");
    out.append("x-request-id: req_1\rset-cookie: cr=1\r\n");
    out.append("retry-after: 7\nset-cookie: lf=1\r\n");
    out.append("x-note: a\r\n set-cookie: folded=1\r\n");
    out.append("connection: close\r\n\r\n").append(format.opening());
    for (int i = 0; i < answer.tokenCount(); i++) {
      out.append(format.token(answer.token(i)));
    }
    out.append(format.finish()).append(format.terminator());
    return List.of(Step.raw(out.toString()), Step.of(Act.DROP));
  }

  /** A body that is known beforehand, after a delay. */
  static List<Step> fixed(int delay, String body) {
    return List.of(Step.pause(delay), Step.of(Act.HEAD), Step.write(body), Step.of(Act.END));
  }

  private List<Step> stream() {
    int position = scenario.position();
    strike(Scenario.BEFORE_HEAD);
    steps.add(Step.of(Act.HEAD));
    strike(Scenario.HEAD);
    if (position == Scenario.COMMENTS) {
      write(WireFormat.comment().repeat(3));
      strike(Scenario.COMMENTS);
    }
    if (scenario.kind() == Kind.USAGE_ONLY) {
      write(format.usage());
    } else {
      write(format.opening());
      strike(Scenario.ROLE);
      content(Math.max(0, Math.min(position, answer.tokenCount())));
      write(format.finish());
      strike(Scenario.FINISH);
    }
    if (answer.terminator()) {
      write(format.terminator());
    }
    steps.add(Step.of(Act.END));
    return steps;
  }

  private void content(int cut) {
    int first = scenario.option(Option.FIRST, pace.getFirstTokenDelay());
    int every = scenario.option(Option.EVERY, pace.getChunkDelay());
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
      strike(scenario.position());
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

  /** A token's frame; a number stands in it as one, digit for digit. */
  private String frame(String token) {
    String frame = format.token(token);
    return scenario.kind() == Kind.NUMBERS ? frame.replace('"' + token + '"', token) : frame;
  }

  private List<Step> whole() {
    String[] halves = halves();
    strike(Scenario.BEFORE_HEAD);
    steps.add(Step.pause(generation(scenario, answer, pace)));
    steps.add(Step.of(Act.HEAD));
    strike(Scenario.HEAD);
    write(halves[0]);
    int position = scenario.position();
    if (position != Scenario.BEFORE_HEAD && position != Scenario.HEAD) {
      strike(position);
    }
    write(halves[1]);
    steps.add(Step.of(Act.END));
    return steps;
  }

  /** How long the whole answer takes at the pace of its chunks, in milliseconds. */
  static int generation(Scenario scenario, Answer answer, SandboxOptions pace) {
    int first = scenario.option(Option.FIRST, pace.getFirstTokenDelay());
    long every = scenario.option(Option.EVERY, pace.getChunkDelay());
    return (int) Math.min(Integer.MAX_VALUE, first + every * answer.tokenCount());
  }

  private String[] halves() {
    String text = answer.text();
    int middle = text.offsetByCodePoints(0, text.codePointCount(0, text.length()) / 2);
    String marked = text.substring(0, middle) + MARK + text.substring(middle);
    return split(format.whole(marked).encode());
  }

  /** At the mark, or in the middle where the frame has no content to mark. */
  private static String[] split(String marked) {
    int mark = marked.indexOf(MARK);
    int middle = marked.length() / 2;
    return mark < 0
        ? new String[] {marked.substring(0, middle), marked.substring(middle)}
        : new String[] {marked.substring(0, mark), marked.substring(mark + MARK.length())};
  }

  private void strike(int position) {
    if (scenario.kind().isFault() && scenario.position() == position) {
      fault();
    }
  }

  private void fault() {
    int every = Math.max(1, scenario.option(Option.EVERY, KEEP_ALIVE_MILLIS));
    switch (scenario.kind()) {
      case DIE -> steps.add(Step.of(Act.DROP));
      case RESET -> steps.add(Step.of(Act.RESET));
      case END -> steps.add(Step.of(Act.END));
      case DIE_IN_FRAME -> cut(0, Act.DROP);
      case DIE_IN_CHAR -> cut(1, Act.DROP);
      case RESET_IN_FRAME -> cut(0, Act.RESET);
      case RESET_IN_CHAR -> cut(1, Act.RESET);
      case END_IN_FRAME -> cut(0, Act.END);
      case END_IN_CHAR -> cut(1, Act.END);
      case STALL -> {
        int millis = scenario.option(Option.FOR, 0);
        steps.add(millis == 0 ? Step.of(Act.HANG) : Step.pause(millis));
      }
      case SSE_ERROR, SSE_ERROR_DONE -> {
        write(error(scenario.error()));
        write(scenario.kind() == Kind.SSE_ERROR_DONE ? format.terminator() : "");
        steps.add(Step.of(Act.END));
      }
      case MALFORMED -> write(streaming ? "data: {\"id\":\"broken\",\"choices\":[{\n\n" : "\"}{");
      case COMMENTS -> keepAlive(i -> WireFormat.comment(), every);
      case PINGS -> keepAlive(i -> format.ping(), every);
      case NOISE -> keepAlive(i -> NOISE[i % NOISE.length], every);
      case ENDLESS_FRAME -> huge(Integer.MAX_VALUE);
      case HUGE_FRAME -> huge(pieces());
      case FLOOD -> {
        if (!streaming) {
          huge(pieces());
          return;
        }
        Buffer frame = Buffer.buffer(format.token("flood ".repeat(FLOOD_TOKEN / 6)));
        int times = scenario.option(Option.MEGABYTES, 1) * (MEGABYTE / FLOOD_TOKEN);
        steps.add(Step.repeat(i -> frame, times, 0, 0));
      }
      default -> throw new IllegalStateException(scenario.kind() + " is not a fault");
    }
  }

  /** Repeats frames for ever or for so long. There are none in an answer that is not streamed. */
  private void keepAlive(IntFunction<String> frame, int every) {
    int millis = scenario.option(Option.FOR, 0);
    if (millis > 0 && !streaming) {
      steps.add(Step.pause(millis));
      return;
    }
    int times = millis == 0 ? Integer.MAX_VALUE : Math.max(1, millis / every);
    steps.add(Step.repeat(i -> Buffer.buffer(streaming ? frame.apply(i) : "\n"), times, 0, every));
  }

  /** An error as the dialect words it, or as the one server does whose error it is. */
  private String error(ErrorReply reply) {
    boolean vendors = reply.body() != null && reply.contentType() == null;
    return vendors ? "data: " + reply.body() + "\n\n" : format.error(reply.error());
  }

  /** Writes a frame up to its text, and so many bytes of a three-byte character there. */
  private void cut(int bytes, Act end) {
    if (streaming) {
      write(split(format.token(MARK))[0]);
    }
    if (bytes > 0) {
      byte[] character = CUT_CHARACTER.getBytes(StandardCharsets.UTF_8);
      steps.add(Step.write(Buffer.buffer(Arrays.copyOf(character, bytes))));
    }
    steps.add(Step.of(end));
  }

  private int pieces() {
    return scenario.option(Option.MEGABYTES, 1) * (MEGABYTE / PIECE);
  }

  private void huge(int pieces) {
    String[] frame = streaming ? split(format.token(MARK)) : new String[] {"", ""};
    byte[] bytes = new byte[PIECE];
    Arrays.fill(bytes, (byte) 'x');
    Buffer piece = Buffer.buffer(bytes);
    write(frame[0]);
    steps.add(Step.repeat(i -> piece, pieces, 0, scenario.option(Option.EVERY, 0)));
    write(frame[1]);
  }

  private void write(String text) {
    if (!text.isEmpty()) {
      steps.add(Step.write(text));
    }
  }
}
