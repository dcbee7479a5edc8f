package io.llmrelay.chat;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;

/**
 * A vector of 32-bit floats. Immutable.
 *
 * @param base64 the floats, little-endian, in base64 with padding
 */
public record Embedding(String base64) {
  /** Creates a vector. */
  public static Embedding of(float... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return new Embedding(Base64.getEncoder().encodeToString(bytes.array()));
  }

  /**
   * Reads a JSON form: an array of numbers or a string.
   *
   * @throws IllegalArgumentException if it is no vector
   */
  static Embedding fromJson(Object json) {
    if (json instanceof String base64) {
      return new Embedding(base64);
    }
    if (!(json instanceof JsonArray array)) {
      throw new IllegalArgumentException("an embedding is an array or a string");
    }
    float[] values = new float[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.getFloat(i);
    }
    return of(values);
  }

  /** Returns the number of floats. */
  public int dimensions() {
    return toArray().length;
  }

  /**
   * Decodes the floats.
   *
   * @throws IllegalArgumentException if they are not what {@link #base64} must hold
   */
  public float[] toArray() {
    byte[] bytes = Base64.getDecoder().decode(base64);
    if (bytes.length % Float.BYTES != 0) {
      throw new IllegalArgumentException("a vector has whole floats");
    }
    float[] values = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  /** Appends a JSON form. */
  public void appendTo(Buffer out, EmbeddingRequest.Encoding encoding) {
    if (encoding == EmbeddingRequest.Encoding.BASE64) {
      out.appendByte((byte) '"').appendString(base64).appendByte((byte) '"');
      return;
    }
    StringBuilder text = new StringBuilder();
    for (float value : toArray()) {
      text.append(text.isEmpty() ? '[' : ',').append(value);
    }
    out.appendString(text.isEmpty() ? "[]" : text.append(']').toString());
  }

  /** Returns a JSON form: an array of numbers or a string. */
  Object toJson(EmbeddingRequest.Encoding encoding) {
    if (encoding == EmbeddingRequest.Encoding.BASE64) {
      return base64;
    }
    JsonArray array = new JsonArray();
    for (float value : toArray()) {
      array.add(value);
    }
    return array;
  }

  /** Leaves the floats out: texts can be guessed from them. */
  @Override
  public String toString() {
    return "Embedding[" + dimensions() + " dimensions]";
  }
}
