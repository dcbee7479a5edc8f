package io.llmrelay.provider.wire;

import java.util.BitSet;

/**
 * Checks incrementally whether UTF-8 text is one JSON object. Keeps only the nesting, not the text.
 */
public final class JsonObjectCheck {
  private static final int MAX_DEPTH = 1_000;

  /** States between tokens. White space is allowed in all of them. */
  private static final int START = 0;

  private static final int FIRST_KEY = 1;
  private static final int KEY = 2;
  private static final int COLON = 3;
  private static final int FIRST_VALUE = 4;
  private static final int VALUE = 5;
  private static final int AFTER_VALUE = 6;
  private static final int END = 7;
  private static final int BROKEN = 8;

  /** States within a string. */
  private static final int KEY_STRING = 9;

  private static final int STRING = 10;

  /** States within another token, or within an escape. */
  private static final int ESCAPE = 11;

  private static final int HEX = 12;
  private static final int LITERAL = 13;
  private static final int MINUS = 14;
  private static final int ZERO = 15;
  private static final int INTEGER = 16;
  private static final int POINT = 17;
  private static final int FRACTION = 18;
  private static final int EXPONENT = 19;
  private static final int SIGN = 20;
  private static final int POWER = 21;

  /** For each level of nesting, whether it is an object. */
  private final BitSet objects = new BitSet();

  private int depth;

  /** Whether the innermost level is an object. */
  private boolean object;

  private int state = START;

  /** The state to return to after an escape. */
  private int string;

  private int hexDigits;
  private String literal;
  private int matched;

  /** Returns whether there was nothing but white space. */
  public boolean isBlank() {
    return state == START;
  }

  /** Returns whether the text so far is a complete object, possibly surrounded by white space. */
  public boolean isWhole() {
    return state == END;
  }

  /** Returns whether the text cannot become an object any more. */
  public boolean isBroken() {
    return state == BROKEN;
  }

  /** Checks more of the text. */
  public void add(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to && state != BROKEN) {
      if (state == STRING || state == KEY_STRING) {
        i = string(bytes, i, to);
      } else {
        next(bytes[i++]);
      }
    }
  }

  /** Checks a string to its end or its next escape. */
  private int string(byte[] bytes, int from, int to) {
    int i = PlainText.end(bytes, from, to);
    while (i < to && bytes[i] < 0) {
      i = PlainText.end(bytes, i + 1, to);
    }
    if (i < to) {
      byte b = bytes[i++];
      if (b == '"') {
        state = state == KEY_STRING ? COLON : AFTER_VALUE;
      } else {
        string = state;
        state = b == '\\' ? ESCAPE : BROKEN;
      }
    }
    return i;
  }

  private void next(byte b) {
    if (state >= ESCAPE) {
      token(b);
    } else if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
      structure(b);
    }
  }

  private void structure(byte b) {
    switch (state) {
      case START -> open(b, b == '{');
      case FIRST_KEY -> {
        if (b == '}') {
          close();
        } else {
          state = b == '"' ? KEY_STRING : BROKEN;
        }
      }
      case KEY -> state = b == '"' ? KEY_STRING : BROKEN;
      case COLON -> state = b == ':' ? VALUE : BROKEN;
      case FIRST_VALUE -> {
        if (b == ']') {
          close();
        } else {
          value(b);
        }
      }
      case VALUE -> value(b);
      case AFTER_VALUE -> {
        if (b == ',') {
          state = object ? KEY : VALUE;
        } else if (b == (object ? '}' : ']')) {
          close();
        } else {
          state = BROKEN;
        }
      }
      default -> state = BROKEN;
    }
  }

  private void value(byte b) {
    switch (b) {
      case '{', '[' -> open(b, true);
      case '"' -> state = STRING;
      case '-' -> state = MINUS;
      case '0' -> state = ZERO;
      case 't' -> literal("true");
      case 'f' -> literal("false");
      case 'n' -> literal("null");
      default -> state = b >= '1' && b <= '9' ? INTEGER : BROKEN;
    }
  }

  private void open(byte b, boolean allowed) {
    if (!allowed || depth == MAX_DEPTH) {
      state = BROKEN;
      return;
    }
    object = b == '{';
    objects.set(++depth, object);
    state = object ? FIRST_KEY : FIRST_VALUE;
  }

  private void close() {
    object = objects.get(--depth);
    state = depth == 0 ? END : AFTER_VALUE;
  }

  private void literal(String expected) {
    literal = expected;
    matched = 1;
    state = LITERAL;
  }

  /** Checks the rest of an escape, a literal or a number. */
  private void token(byte b) {
    switch (state) {
      case ESCAPE -> {
        hexDigits = 4;
        state = b == 'u' ? HEX : "\"\\/bfnrt".indexOf(b) >= 0 ? string : BROKEN;
      }
      case HEX -> {
        if (Character.digit(b, 16) < 0) {
          state = BROKEN;
        } else if (--hexDigits == 0) {
          state = string;
        }
      }
      case LITERAL -> {
        if (b != literal.charAt(matched++)) {
          state = BROKEN;
        } else if (matched == literal.length()) {
          state = AFTER_VALUE;
        }
      }
      default -> number(b);
    }
  }

  private void number(byte b) {
    boolean digit = b >= '0' && b <= '9';
    int after =
        switch (state) {
          case MINUS -> b == '0' ? ZERO : digit ? INTEGER : BROKEN;
          case ZERO -> fraction(b, BROKEN, digit);
          case INTEGER -> fraction(b, INTEGER, digit);
          case POINT -> digit ? FRACTION : BROKEN;
          case FRACTION -> digit ? FRACTION : exponent(b);
          case EXPONENT -> b == '+' || b == '-' ? SIGN : digit ? POWER : BROKEN;
          case SIGN -> digit ? POWER : BROKEN;
          default -> digit ? POWER : AFTER_VALUE;
        };
    state = after;
    if (after == AFTER_VALUE) {
      next(b);
    }
  }

  private static int fraction(byte b, int more, boolean digit) {
    return digit ? more : b == '.' ? POINT : exponent(b);
  }

  private static int exponent(byte b) {
    return b == 'e' || b == 'E' ? EXPONENT : AFTER_VALUE;
  }
}
