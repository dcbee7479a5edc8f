package io.llmrelay.provider;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.async.ByteArrayFeeder;
import io.llmrelay.chat.Embedding;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.provider.wire.EventDecoder;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;

/**
 * Reads an answer with embeddings: one JSON object of any length, which is parsed as it arrives and
 * not kept. Each vector becomes a chunk as soon as it is whole.
 *
 * <p>The answer is complete if there is one vector for each input, all of the same length.
 */
final class VectorReader implements Dialect.Reader, EventDecoder {
  /** The most dimensions of a vector. */
  private static final int MAX_DIMENSIONS = 12_000;

  private static final int MAX_PATH = 100;

  /** How much of an answer is kept as long as it has no vector, since it may be an error. */
  private static final int MAX_HEAD = 16 * 1024;

  private static final String NOT_FINITE = "answered with a vector that is not finite";

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder().maxStringLength(MAX_DIMENSIONS * 8).build())
          .build();

  private final Answer answer;
  private final EmbeddingFormat.Fields fields;
  private final int inputs;
  private final JsonParser parser;
  private final ByteArrayFeeder feeder;

  /** What the paths of values within each open object or array begin with. */
  private final Deque<String> path = new ArrayDeque<>();

  private final BitSet seen = new BitSet();
  private Buffer head = Buffer.buffer();
  private String field = "";

  /** The floats of a vector that is being read. */
  private float[] values = new float[1024];

  /** How many of them there are; -1 outside of a vector. */
  private int count = -1;

  private int dimensions;
  private int vectors;

  /** A vector whose index has not come yet. */
  private String pending;

  private int pendingIndex = -1;

  VectorReader(Answer answer, EmbeddingFormat.Fields fields, int inputs) {
    this.answer = answer;
    this.fields = fields;
    this.inputs = inputs;
    try {
      parser = FACTORY.createNonBlockingByteArrayParser();
    } catch (IOException e) {
      throw new IllegalStateException(e); // It does no I/O.
    }
    feeder = (ByteArrayFeeder) parser.getNonBlockingInputFeeder();
  }

  @Override
  public EventDecoder decoder(Handler handler) {
    return this;
  }

  @Override
  public boolean beginsAsJson() {
    return true;
  }

  @Override
  public boolean read(Buffer bytes) throws IOException {
    if (vectors == 0 && head.length() < MAX_HEAD) {
      head.appendBuffer(bytes, 0, Math.min(bytes.length(), MAX_HEAD - head.length()));
    }
    try {
      byte[] array = bytes.getBytes();
      feeder.feedInput(array, 0, array.length);
      for (JsonToken token = parser.nextToken();
          token != JsonToken.NOT_AVAILABLE && token != null && !answer.over();
          token = parser.nextToken()) {
        read(token);
      }
    } catch (IOException e) {
      fail("answered with malformed JSON"); // The cause quotes the answer.
    }
    return true;
  }

  private void read(JsonToken token) throws IOException {
    if (count >= 0) {
      number(token);
      return;
    }
    switch (token) {
      case FIELD_NAME -> field = parser.currentName();
      case START_OBJECT -> path.push(path.isEmpty() ? "" : bounded(here()) + ".");
      case START_ARRAY -> {
        if (here().equals(fields.vector())) {
          count = 0;
        } else {
          path.push(bounded(here()) + "[]");
        }
      }
      case END_OBJECT, END_ARRAY -> close();
      case VALUE_STRING -> text(here());
      case VALUE_NUMBER_INT -> count(here());
      default -> {}
    }
  }

  /** Returns the path of the value at which the parser is. */
  private String here() {
    if (path.isEmpty()) {
      return "";
    }
    String parent = path.peek();
    return parent.endsWith("[]") ? parent : parent + field;
  }

  /** Paths that are too long to be of interest are one and the same, however deep they are. */
  private static String bounded(String path) {
    return path.length() <= MAX_PATH ? path : "?";
  }

  private void number(JsonToken token) throws IOException {
    if (token == JsonToken.END_ARRAY) {
      vector(Embedding.of(Arrays.copyOf(values, count)).base64(), count);
      count = -1;
    } else if (!token.isNumeric()) {
      fail("answered with a vector that has something else than numbers");
    } else if (count == MAX_DIMENSIONS) {
      fail("answered with a vector of more than " + MAX_DIMENSIONS + " dimensions");
    } else {
      if (count == values.length) {
        values = Arrays.copyOf(values, Math.min(MAX_DIMENSIONS, 2 * count));
      }
      values[count++] = parser.getFloatValue();
      if (!Float.isFinite(values[count - 1])) {
        fail(NOT_FINITE);
      }
    }
  }

  private void text(String where) throws IOException {
    if (where.equals(fields.vector())) {
      String base64 = parser.getText();
      try {
        float[] floats = new Embedding(base64).toArray();
        for (float value : floats) {
          if (!Float.isFinite(value)) {
            fail(NOT_FINITE);
          }
        }
        vector(base64, floats.length);
      } catch (IllegalArgumentException e) {
        fail("answered with a vector that is no base64");
      }
    } else if (where.equals(fields.model())) {
      answer.model(parser.getText());
    }
  }

  private void count(String where) throws IOException {
    if (where.equals(fields.index())) {
      pendingIndex = parser.getIntValue();
      deliver();
    } else if (where.equals(fields.inputTokens())) {
      long tokens = Math.max(0, parser.getLongValue());
      answer.usage(new TokenUsage(tokens, 0, 0, 0, 0, TokenUsage.Source.PROVIDER));
    }
  }

  private void vector(String base64, int length) {
    if (answer.over()) {
      return;
    }
    if (length == 0 || dimensions > 0 && length != dimensions) {
      fail("answered with vectors of %d and %d dimensions".formatted(dimensions, length));
      return;
    }
    dimensions = length;
    pending = base64;
    deliver();
  }

  /** Passes a vector on once its index is known; one without an index follows the one before. */
  private void deliver() {
    if (pending == null || fields.index() != null && pendingIndex < 0) {
      return;
    }
    int index = fields.index() == null ? vectors : pendingIndex;
    if (index >= inputs || seen.get(index)) {
      fail("answered with a vector for input " + index + ", of " + inputs);
      return;
    }
    seen.set(index);
    vectors++;
    head = null;
    answer.embedding(index, pending);
    pending = null;
    pendingIndex = -1;
  }

  private void close() {
    String closed = path.pop();
    if (fields.index() != null && !closed.isEmpty() && fields.index().startsWith(closed)) {
      if (pending != null) {
        pendingIndex = vectors; // Some servers number none.
        deliver();
      }
      pendingIndex = -1;
    }
    if (path.isEmpty()) {
      complete();
    }
  }

  private void complete() {
    if (vectors == 0) {
      byte[] bytes = head.getBytes();
      answer.error(bytes, 0, bytes.length);
    } else if (vectors != inputs) {
      fail("answered with %d vectors for %d inputs".formatted(vectors, inputs));
    } else {
      answer.finish(FinishReason.STOP);
      answer.end();
    }
  }

  private void fail(String message) {
    answer.fail(Failure.of(FailureKind.SERVER_ERROR, message));
  }

  /** Fails: a complete answer ends before its body does. */
  @Override
  public void end() {
    answer.fail(Failure.of(FailureKind.NETWORK, "the answer ended before its JSON did"));
  }

  @Override
  public void event(String name, byte[] bytes, int from, int to) {
    throw new IllegalStateException("an answer with embeddings has no events");
  }

  @Override
  public boolean whole(JsonObject json) {
    throw new IllegalStateException("an answer with embeddings is read in parts");
  }
}
