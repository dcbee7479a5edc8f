package io.llmrelay.bench;

/**
 * How the mock is to answer. It stands in the prompt, so that it gets through whatever is measured.
 *
 * @param waitMicros from the request to the first chunk
 * @param gapMicros from one chunk to the next; 0: as fast as they are taken
 * @param chunks how many
 * @param refused whether the first port answers 503 instead
 * @param call whether the chunks are fragments of a tool call's arguments
 */
record Script(long waitMicros, long gapMicros, int chunks, boolean refused, boolean call) {
  private static final byte[] WAIT = Bytes.of("mock wait=");
  private static final byte[] GAP = Bytes.of(" gap=");
  private static final byte[] CHUNKS = Bytes.of(" chunks=");
  private static final byte[] REFUSED = Bytes.of(" refused=");
  private static final byte[] CALL = Bytes.of(" call=");

  static Script flatOut(int chunks) {
    return new Script(0, 0, chunks, false, false);
  }

  static Script paced(int waitMillis, int gapMillis, int chunks) {
    return new Script(waitMillis * 1000L, gapMillis * 1000L, chunks, false, false);
  }

  Script refusedByFirst() {
    return new Script(waitMicros, gapMicros, chunks, true, call);
  }

  Script asCall() {
    return new Script(waitMicros, gapMicros, chunks, refused, true);
  }

  String prompt() {
    return ("mock wait=" + waitMicros + " gap=" + gapMicros)
        + (" chunks=" + chunks + " refused=" + (refused ? 1 : 0))
        + (" call=" + (call ? 1 : 0));
  }

  /** The script in a request; all zero where there is none. */
  static Script parse(byte[] in, int from, int to) {
    int start = Bytes.indexOf(in, from, to, WAIT);
    if (start < 0) {
      return new Script(0, 0, 0, false, false);
    }
    return new Script(
        value(in, start, to, WAIT),
        value(in, start, to, GAP),
        (int) value(in, start, to, CHUNKS),
        value(in, start, to, REFUSED) > 0,
        value(in, start, to, CALL) > 0);
  }

  private static long value(byte[] in, int from, int to, byte[] key) {
    int at = Bytes.indexOf(in, from, to, key);
    return at < 0 ? 0 : Bytes.number(in, at + key.length, to);
  }
}
