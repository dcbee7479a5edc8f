package io.llmrelay.provider.openai;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.openai.ToolCallDeltas.Delta;
import io.llmrelay.provider.wire.JsonObjectCheck;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Assembles tool call deltas to calls, which are passed on one after the other.
 *
 * <p>OpenAI identifies the call of a delta by its index, and sends id and name with the first delta
 * of a call. Compatible servers omit the index, use index 0 for all calls, omit ids, repeat ids and
 * names, or send names in fragments. A delta begins another call if its index is new, if it has
 * another id, if it is the second one with a name for that index in a chunk, or if it has a name
 * although the arguments of the current call are complete.
 *
 * <p>The first call is passed on as it arrives, once its arguments begin. Since servers interleave
 * parallel calls, the deltas of later calls are kept until the arguments of the first are complete
 * or the answer ends.
 */
final class ToolCalls {
  /** The maximum number of characters kept of later calls. */
  static final int MAX_KEPT = 4 << 20;

  /** The maximum number of open calls. */
  private static final int MAX_OPEN = 512;

  private static final int MAX_NAME = 1_000;

  private final Answer answer;

  /** The calls that have not ended; the first is being passed on. */
  private final List<Call> open = new ArrayList<>();

  /** The last call of each index, including {@link ToolCallDeltas#NO_INDEX}. */
  private final List<Call> latest = new ArrayList<>();

  private Call last;
  private int kept;
  private int chunk;

  /** One call. */
  private static final class Call {
    final int index;
    String id = "";
    String name = "";
    boolean custom;
    JsonObject extra;

    /** The arguments that have not been passed on. */
    final StringBuilder arguments = new StringBuilder();

    boolean started;

    /** Whether the complete call has been passed on. */
    boolean over;

    /** Whether its name was repeated, without arguments, after its arguments were complete. */
    boolean renamed;

    /** The number of the last chunk with a delta of this call. */
    int chunk;

    Call(int index) {
      this.index = index;
    }
  }

  ToolCalls(Answer answer) {
    this.answer = answer;
  }

  /** Adds the deltas of one chunk. */
  void add(ToolCallDeltas deltas) {
    chunk++;
    for (int i = 0; i < deltas.size(); i++) {
      if (!deltas.get(i).isEmpty()) {
        add(deltas.get(i));
      }
    }
    passOn(false);
  }

  /**
   * Returns whether a chunk had only arguments of the only open call. Then a chunk that differs
   * only in its arguments has arguments of the same call.
   */
  boolean areArgumentsOnly(ToolCallDeltas deltas) {
    boolean only = deltas.size() == 1 && open.size() == 1 && last == open.get(0);
    if (!only || !last.started || last.renamed) {
      return false;
    }
    Delta delta = deltas.get(0);
    return delta.name.isEmpty()
        && delta.extra == null
        && (delta.id.isEmpty() || delta.id.equals(last.id));
  }

  /** Ends all calls. */
  void end() {
    passOn(true);
  }

  private void add(Delta delta) {
    Call call = continued(delta);
    if (call == null) {
      Call before = latest(delta.index);
      call = new Call(delta.index);
      call.name = delta.name.isEmpty() && before != null && before.renamed ? before.name : "";
      open.add(call);
      latest.removeIf(each -> each.index == delta.index);
      latest.add(call);
    } else if (!delta.name.isEmpty() && !delta.arguments.isEmpty() && isWhole(call)) {
      return; // The whole call again.
    }
    last = call;
    call.chunk = chunk;
    call.id = call.id.isEmpty() ? delta.id : call.id;
    call.custom |= delta.custom;
    call.extra = call.extra == null ? delta.extra : call.extra;
    if (!call.started && call.arguments.isEmpty()) {
      call.name = joined(call.name, delta.name);
    }
    addArguments(call, delta.arguments);
    if (open.size() > MAX_OPEN || kept > MAX_KEPT) {
      answer.fail(
          FailureKind.SERVER_ERROR,
          "more than " + MAX_OPEN + " tool calls at once, or " + MAX_KEPT + " characters of them");
    } else if (call.name.length() > MAX_NAME) {
      malformed("the name of a tool call has more than " + MAX_NAME + " characters");
    }
  }

  private void addArguments(Call call, StringBuilder arguments) {
    if (call.over) {
      if (!arguments.toString().isBlank()) {
        malformed("a tool call continues after its arguments were complete");
      }
    } else if (call.started) {
      answer.arguments(arguments);
    } else {
      call.arguments.append(arguments);
      kept += arguments.length();
    }
  }

  private void malformed(String message) {
    answer.fail(FailureKind.MALFORMED_TOOL_CALL, message);
  }

  /** Returns the call that a delta continues; {@code null} if it begins another one. */
  private Call continued(Delta delta) {
    Call call = delta.index == ToolCallDeltas.NO_INDEX ? withId(delta.id) : latest(delta.index);
    if (call == null) {
      boolean fragment = delta.id.isEmpty() && delta.name.isEmpty();
      return fragment && last != null && !last.over ? last : null;
    }
    if (!delta.id.isEmpty() && !call.id.isEmpty()) {
      return delta.id.equals(call.id) ? call : null;
    }
    if (delta.name.isEmpty() && !call.renamed) {
      return call;
    }
    if (call.chunk == chunk) {
      return delta.name.isEmpty() ? call : null;
    }
    if (!isWhole(call)) {
      return call;
    }
    if (delta.arguments.isEmpty() && delta.name.equals(call.name)) {
      call.renamed = true; // A repetition, or the first delta of a call of the same tool.
      return call;
    }
    return delta.arguments.isEmpty() && delta.name.isEmpty() ? call : null;
  }

  /** Returns the open call with an id, or else the last call. */
  private Call withId(String id) {
    for (Call call : open) {
      if (!id.isEmpty() && call.id.equals(id)) {
        return call;
      }
    }
    return last;
  }

  private Call latest(int index) {
    for (Call call : latest) {
      if (call.index == index) {
        return call;
      }
    }
    return null;
  }

  /** Appends a fragment to a name; ignores a repetition of the name. */
  private static String joined(String name, String more) {
    return more.startsWith(name) ? more : name + more;
  }

  private boolean isWhole(Call call) {
    if (call.over) {
      return true;
    }
    if (call.started) {
      return answer.isCallWhole();
    }
    JsonObjectCheck check = new JsonObjectCheck();
    byte[] bytes = call.arguments.toString().getBytes(StandardCharsets.UTF_8);
    check.add(bytes, 0, bytes.length);
    return check.isWhole();
  }

  /** Passes on the first call, and each following one once the previous call has ended. */
  private void passOn(boolean ended) {
    while (!open.isEmpty()) {
      Call first = open.get(0);
      if (!first.started && (ended || !first.arguments.isEmpty())) {
        start(first);
      }
      boolean whole = first.started && (first.custom || answer.isCallWhole());
      if (!ended && !(whole && open.size() > 1)) {
        return;
      }
      first.over = true;
      open.remove(0);
    }
  }

  private void start(Call call) {
    if (call.name.isEmpty()) {
      malformed("a tool call has no name");
      return;
    }
    call.started = true;
    if (call.custom) {
      answer.customCall(call.id, call.name);
    } else {
      answer.call(call.id, call.name, call.extra);
    }
    answer.arguments(call.arguments);
    kept -= call.arguments.length();
    call.arguments.setLength(0);
  }
}
