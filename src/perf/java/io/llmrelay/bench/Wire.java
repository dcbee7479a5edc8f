package io.llmrelay.bench;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * The pieces of a dialect's streamed answer, made once: each is one chunk of the HTTP body and one
 * write. The text of every chunk is the time it is sent at, in {@link Bytes#HEX} digits; it is put
 * into the piece at that moment, so one thread only may use it.
 */
final class Wire {
  private static final String HEAD =
      "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
  private static final String LAST = "0\r\n\r\n";
  private static final String TIME = "################";

  private final ByteBuffer[] before;
  private final ByteBuffer content;
  private final int timeAt;
  private final ByteBuffer[] after;
  private final byte[] time = new byte[Bytes.HEX];

  private Wire(List<String> before, String content, List<String> after) {
    this.before = before.stream().map(Wire::piece).toArray(ByteBuffer[]::new);
    this.before[0] = direct(HEAD + chunk(before.get(0)));
    this.content = piece(content);
    this.timeAt = chunk(content).indexOf(TIME);
    this.after = after.stream().map(Wire::piece).toArray(ByteBuffer[]::new);
    int last = after.size() - 1;
    this.after[last] = direct(chunk(after.get(last)) + LAST);
  }

  static Wire openAi() {
    return new Wire(
        List.of(openAi("{\"role\":\"assistant\",\"content\":\"\"}", "null")),
        openAi("{\"content\":\"" + TIME + "\"}", "null"),
        List.of(
            openAi("{}", "\"stop\""),
            openAi(
                "\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":99,"
                    + "\"total_tokens\":108}"),
            "data: [DONE]\n\n"));
  }

  /** One tool call, whose arguments are one long string. */
  static Wire openAiCall() {
    return new Wire(
        List.of(
            openAi("{\"role\":\"assistant\",\"content\":null}", "null"),
            openAi(
                "{\"tool_calls\":[{\"index\":0,\"id\":\"call_0123456789\",\"type\":\"function\","
                    + "\"function\":{\"name\":\"tool_0\",\"arguments\":\"\"}}]}",
                "null"),
            arguments("{\\\"x\\\":\\\"")),
        arguments(TIME),
        List.of(
            arguments("\\\"}"),
            openAi("{}", "\"tool_calls\""),
            openAi(
                "\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":99,"
                    + "\"total_tokens\":108}"),
            "data: [DONE]\n\n"));
  }

  private static String arguments(String fragment) {
    return openAi(
        "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"" + fragment + "\"}}]}",
        "null");
  }

  /** One event with a delta, and a finish reason or {@code null}. */
  static String openAi(String delta, String finish) {
    return openAi(
        "\"choices\":[{\"index\":0,\"delta\":" + delta + ",\"finish_reason\":" + finish + "}]");
  }

  /** One event with these fields. */
  static String openAi(String rest) {
    return "data: {\"id\":\"chatcmpl-0123456789abcdef\",\"object\":\"chat.completion.chunk\","
        + ("\"created\":1767225600,\"model\":\"mock-model\"," + rest + "}\n\n");
  }

  static Wire anthropic() {
    return new Wire(
        List.of(
            anthropic(
                "message_start",
                "\"message\":{\"id\":\"msg_0123456789\",\"type\":\"message\",\"role\":\"assistant\","
                    + "\"model\":\"mock-model\",\"content\":[],\"stop_reason\":null,"
                    + "\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}"),
            anthropic(
                "content_block_start",
                "\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}")),
        anthropic(
            "content_block_delta",
            "\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"" + TIME + "\"}"),
        List.of(
            anthropic("content_block_stop", "\"index\":0"),
            anthropic(
                "message_delta",
                "\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":99}"),
            "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
  }

  private static String anthropic(String type, String rest) {
    return "event: " + type + "\ndata: {\"type\":\"" + type + "\"," + rest + "}\n\n";
  }

  private static String chunk(String events) {
    return Integer.toHexString(events.length()) + "\r\n" + events + "\r\n";
  }

  private static ByteBuffer piece(String events) {
    return direct(chunk(events));
  }

  private static ByteBuffer direct(String text) {
    return ByteBuffer.allocateDirect(text.length()).put(Bytes.of(text)).flip();
  }

  /** How many pieces an answer of so many chunks has. */
  int pieces(int chunks) {
    return before.length + chunks + after.length;
  }

  /** Whether that piece waits for its time. */
  boolean paced(int i, int chunks) {
    return i > before.length && i < before.length + chunks;
  }

  /** Piece number {@code i}, to be written at once: the next call may change it. */
  ByteBuffer piece(int i, int chunks) {
    if (i < before.length) {
      return before[i].rewind();
    }
    if (i >= before.length + chunks) {
      return after[i - before.length - chunks].rewind();
    }
    Bytes.putHex(time, System.nanoTime());
    return content.put(timeAt, time).rewind();
  }
}
