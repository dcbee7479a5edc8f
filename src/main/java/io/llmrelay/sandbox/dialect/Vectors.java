package io.llmrelay.sandbox.dialect;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/**
 * Vectors that depend on the words of a text: texts with common words are near each other. Two
 * models have nothing in common.
 */
public final class Vectors {
  private static final int DEFAULT_DIMENSIONS = 64;

  private Vectors() {}

  /**
   * Returns the vector of a text, of length 1.
   *
   * @param dimensions {@code null} for the default
   */
  public static float[] of(String model, String text, Integer dimensions) {
    float[] vector = new float[dimensions == null ? DEFAULT_DIMENSIONS : dimensions];
    for (String word : text.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}]+", -1)) {
      int hash = (model + " " + word).hashCode() * 0x9E3779B1;
      vector[Math.floorMod(hash, vector.length)] += (hash >>> 16 & 1) == 0 ? 1 : -1;
    }
    double sum = 0;
    for (float value : vector) {
      sum += value * value;
    }
    if (sum == 0) {
      vector[0] = 1;
      sum = 1;
    }
    for (int i = 0; i < vector.length; i++) {
      vector[i] /= (float) Math.sqrt(sum);
    }
    return vector;
  }

  /** Returns a vector as a JSON array. */
  public static List<Float> floats(float[] vector) {
    List<Float> floats = new ArrayList<>(vector.length);
    for (float value : vector) {
      floats.add(value);
    }
    return floats;
  }

  /** Returns a vector's floats (32 bits, little-endian) in base64. */
  public static String base64(float[] vector) {
    ByteBuffer bytes =
        ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vector);
    return Base64.getEncoder().encodeToString(bytes.array());
  }
}
