package io.llmrelay.provider;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.provider.wire.EventDecoder;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;

/**
 * A decoder of the body of a successful response into an {@link Answer}.
 *
 * <p>The first byte of the body determines its form, not the content type: servers send streams as
 * plain text, and error pages as streams. JSON is an error or the whole answer of a server that
 * does not stream, unless the streams of the dialect are JSON; markup is the error page of a proxy;
 * everything else is a stream of events.
 */
final class AnswerDecoder implements EventDecoder.Handler {
  private enum Form {
    UNKNOWN,
    EVENTS,
    JSON,
    MARKUP
  }

  /**
   * The most bytes that are decoded at once. A compressed body may expand to any size in one read,
   * and decoders copy their input.
   */
  static final int MAX_READ = 64 * 1024;

  private final Dialect.Reader reader;
  private final Answer answer;
  private final EventDecoder events;
  private Buffer json;
  private Form form = Form.UNKNOWN;
  private boolean anyEvent;

  AnswerDecoder(Dialect.Reader reader, Answer answer) {
    this.reader = reader;
    this.answer = answer;
    this.events = reader.decoder(this);
    events.limit(answer.maxEvent());
  }

  /** Returns whether the body is an event stream. */
  boolean stream() {
    return form == Form.EVENTS;
  }

  void read(Buffer bytes) {
    Buffer rest = form == Form.UNKNOWN ? sniff(bytes) : bytes;
    switch (form) {
      case EVENTS -> events(rest);
      case JSON -> {
        if (json.length() + rest.length() > answer.maxEvent()) {
          fail("answered with more than " + answer.maxEvent() + " bytes of JSON");
        } else {
          json.appendBuffer(rest);
        }
      }
      case MARKUP -> fail("answered with a page of markup");
      case UNKNOWN -> {}
    }
  }

  private void events(Buffer bytes) {
    try {
      for (int from = 0; from < bytes.length() && !answer.over(); from += MAX_READ) {
        int to = Math.min(bytes.length(), from + MAX_READ);
        if (!events.read(to - from == bytes.length() ? bytes : bytes.slice(from, to))) {
          fail("an event of the stream is too long: more than " + answer.maxEvent() + " bytes");
        }
      }
    } catch (IOException e) {
      fail("the stream is broken: " + e.getMessage());
    }
  }

  /** Determines the form, and returns the bytes from the first that is not blank. */
  private Buffer sniff(Buffer bytes) {
    int i = 0;
    while (i < bytes.length() && blank(bytes.getByte(i))) {
      i++;
    }
    if (i == bytes.length()) {
      return bytes;
    }
    form =
        switch (bytes.getByte(i)) {
          case '{', '[' -> events.beginsAsJson() ? Form.EVENTS : Form.JSON;
          case '<' -> Form.MARKUP;
          default -> Form.EVENTS;
        };
    if (form == Form.JSON) {
      json = Buffer.buffer();
    }
    return bytes.slice(i, bytes.length());
  }

  private static boolean blank(byte b) {
    return space(b) || b == (byte) 0xEF || b == (byte) 0xBB || b == (byte) 0xBF;
  }

  /** Processes the end of the body. */
  void end() {
    finish();
    if (!answer.over()) {
      reader.end();
    }
    if (form == Form.UNKNOWN) {
      fail("answered with an empty body");
    } else if (form == Form.EVENTS && !anyEvent && events.comments() == 0) {
      fail("answered with something other than an event stream");
    }
    answer.ended("the stream ended without a finish reason");
  }

  /** Processes the loss of the connection. */
  void lost() {
    finish();
    answer.ended("the connection was lost before the answer was complete");
  }

  private void finish() {
    if (answer.over()) {
      return;
    }
    if (form == Form.JSON) {
      whole(json.getBytes());
    } else {
      events.end();
    }
  }

  private void whole(byte[] bytes) {
    JsonObject object = Json.object(bytes, 0, bytes.length);
    if (object == null) {
      fail("answered with malformed JSON");
    } else if (reader.whole(object)) {
      answer.end();
    } else {
      answer.error(bytes, 0, bytes.length);
    }
  }

  /**
   * Reads an event. Ignores data that is not a JSON object or array: some servers send comments,
   * bare words, {@code null} or empty strings as keep-alives.
   */
  @Override
  public void event(String name, byte[] bytes, int from, int to) {
    if (answer.over()) {
      return;
    }
    anyEvent = true;
    if ("error".equals(name)) {
      answer.error(bytes, from, to);
      return;
    }
    int begin = skipComments(bytes, from, to);
    if (begin == to || bytes[begin] != '{' && bytes[begin] != '[') {
      return;
    }
    int end = to;
    while (space(bytes[end - 1])) {
      end--;
    }
    try {
      reader.event(name, bytes, begin, end);
    } catch (IOException e) {
      answer.malformed();
    }
  }

  /** Returns the index of the first byte that is neither blank nor in a comment line. */
  private static int skipComments(byte[] bytes, int from, int to) {
    int i = from;
    boolean comment = false;
    while (i < to && (comment || space(bytes[i]) || bytes[i] == ':')) {
      comment = bytes[i] == ':' || comment && bytes[i] != '\n';
      i++;
    }
    return i;
  }

  private static boolean space(byte b) {
    return b == ' ' || b == '\t' || b == '\r' || b == '\n';
  }

  @Override
  public void stray(byte[] bytes, int from, int to) {
    JsonObject object = Json.object(bytes, from, to);
    if (object != null && object.getValue("error") != null) {
      answer.error(bytes, from, to);
    }
  }

  private void fail(String message) {
    answer.fail(Failure.of(FailureKind.SERVER_ERROR, message));
  }
}
