package io.llmrelay.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.Random;

/**
 * What the load generator does.
 *
 * @param port where
 * @param target whom it asks, and how
 * @param script how the mock answers
 * @param streams how many at a time
 * @param rampPerSecond how many of them begin each second; 0: all at once
 * @param seconds how long new requests are started, from the end of the warm-up on
 * @param warmSeconds what begins in these first seconds counts for no latency
 * @param once whether each stream is one request; otherwise the next follows at once
 */
record LoadPlan(
    int port,
    Target target,
    Script script,
    int streams,
    int rampPerSecond,
    double seconds,
    double warmSeconds,
    boolean once) {
  private static final int HISTORY = 40;

  /**
   * The request, but for the prompt.
   *
   * @param path the path of the URL
   * @param model the model's name
   * @param extra more fields of the body, with a comma behind them
   * @param history more messages, with a comma before each
   * @param tools the field after the messages, with a comma before it; may be empty
   */
  record Target(String path, String model, String extra, String history, String tools) {
    static final Target OPENAI = new Target("/v1/chat/completions", "mock-model", "");
    static final Target ANTHROPIC = new Target("/v1/messages", "mock-model", "\"max_tokens\":999,");
    static final Target RESPONSES = new Target("/v1/responses", "mock-model", "");

    private static final String[] WORDS = {
      "if (",
      "return ",
      "final ",
      "value",
      "request",
      "= ",
      "stream.",
      "null",
      ");",
      "{ ",
      "} else ",
      "\\\"name\\\"",
      "0x7f, ",
      "// the ",
      "%s: %d, ",
      "index",
      "size() "
    };

    Target(String path, String model, String extra) {
      this(path, model, extra, "", "");
    }

    /** Returns the same target, asked for another model. */
    Target withModel(String other) {
      return new Target(path, other, extra, history, tools);
    }

    /** Returns the same target, asked with 40 more messages that look like source code. */
    Target withHistory(int bytes) {
      Random random = new Random(bytes);
      StringBuilder messages = new StringBuilder(bytes + 200);
      for (int message = 1; message <= HISTORY; message++) {
        messages
            .append(",{\"role\":\"")
            .append(message % 2 == 0 ? "user" : "assistant")
            .append("\",\"content\":\"");
        while (messages.length() < (long) bytes * message / HISTORY) {
          messages.append("  ".repeat(random.nextInt(5)));
          for (int words = 2 + random.nextInt(8); words > 0; words--) {
            messages.append(WORDS[random.nextInt(WORDS.length)]);
          }
          messages.append(random.nextInt(50) == 0 ? "…\\n" : "\\n");
        }
        messages.append("\"}");
      }
      return new Target(path, model, extra, messages.toString(), tools);
    }

    /** Returns the same target, asked with so many tools whose schemas make so many bytes. */
    Target withTools(int count, int bytes) {
      boolean messages = path.endsWith("/messages");
      StringBuilder json = new StringBuilder(bytes + 2_000).append(",\"tools\":[");
      for (int tool = 0; tool < count; tool++) {
        json.append(tool == 0 ? "{" : ",{")
            .append(messages ? "" : "\"type\":\"function\",\"function\":{")
            .append("\"name\":\"tool_" + tool + "\",\"description\":\"Edits a part of a file.\",")
            .append(messages ? "\"input_schema\":" : "\"parameters\":")
            .append("{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"}");
        for (int i = 0; json.length() < (long) bytes * (tool + 1) / count; i++) {
          json.append(",\"field_" + i + "\":{\"type\":[\"string\",\"null\"],\"description\":")
              .append("\"The text of field " + i + ", or null to leave it as it is.\"}");
        }
        json.append("},\"required\":[\"id\"],\"additionalProperties\":false}")
            .append(messages ? "}" : "}}");
      }
      return new Target(path, model, extra, history, json.append("]").toString());
    }
  }

  /** As many streams as that, one after the other, for some seconds. */
  static LoadPlan of(int port, Target target, Script script, int streams, double seconds) {
    return new LoadPlan(port, target, script, streams, 0, seconds, 0, false);
  }

  LoadPlan warm(double warm) {
    return new LoadPlan(port, target, script, streams, rampPerSecond, seconds, warm, once);
  }

  LoadPlan ramp(int perSecond) {
    return new LoadPlan(port, target, script, streams, perSecond, seconds, warmSeconds, once);
  }

  /** Each stream is one request, however long all of them take. */
  LoadPlan eachOnce() {
    return new LoadPlan(
        port, target, script, streams, rampPerSecond, Double.MAX_VALUE, warmSeconds, true);
  }

  byte[] request() {
    String body =
        "{\"model\":\""
            + target.model()
            + "\",\"stream\":true,"
            + target.extra()
            + (target.path().equals(Target.RESPONSES.path()) ? "\"input\"" : "\"messages\"")
            + ":[{\"role\":\"user\",\"content\":\""
            + script.prompt()
            + "\"}"
            + target.history()
            + "]"
            + target.tools()
            + "}";
    byte[] bytes = body.getBytes(UTF_8);
    byte[] head =
        Bytes.of(
            "POST "
                + target.path()
                + " HTTP/1.1\r\nhost: 127.0.0.1:"
                + port
                + "\r\ncontent-type: application/json\r\naccept: text/event-stream\r\n"
                + "content-length: "
                + bytes.length
                + "\r\n\r\n");
    return ByteBuffer.allocate(head.length + bytes.length).put(head).put(bytes).array();
  }
}
