package io.llmrelay.sandbox;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Predicate;

/** The most recent calls, bounded in number and in the size of their bodies. */
final class CallLog {

  static final int MAX_CALLS = 10_000;
  static final long MAX_BYTES = 64L * 1024 * 1024;

  private final Deque<SandboxCall> calls = new ArrayDeque<>();
  private long bytes;

  synchronized void add(SandboxCall call) {
    calls.addLast(call);
    bytes += call.bodyBytes();
    while (calls.size() > MAX_CALLS || (bytes > MAX_BYTES && calls.size() > 1)) {
      bytes -= calls.removeFirst().bodyBytes();
    }
  }

  synchronized void clear() {
    calls.clear();
    bytes = 0;
  }

  synchronized List<SandboxCall> list(Predicate<SandboxCall> filter) {
    return calls.stream().filter(filter).toList();
  }
}
