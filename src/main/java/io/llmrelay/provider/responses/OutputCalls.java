package io.llmrelay.provider.responses;

import io.llmrelay.chat.FailureKind;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * The calls of functions and custom tools of an answer. They are passed on one after the other:
 * what comes of later calls is kept until those before have ended.
 */
final class OutputCalls {
  private static final String FUNCTION = "function_call";
  private static final String CUSTOM = "custom_tool_call";

  /** The most calls that have not ended, and the most characters that are kept of them. */
  private static final int MAX_OPEN = 512;

  private static final int MAX_KEPT = 4 << 20;

  /** A call. */
  private static final class Call {
    final int index;
    final JsonObject item;
    final StringBuilder kept = new StringBuilder();
    boolean hasArguments;
    boolean ended;

    Call(int index, JsonObject item) {
      this.index = index;
      this.item = item;
    }
  }

  private final Answer answer;
  private final PassedEvents events;

  /** The calls that have not ended, and those after them; the first one is being passed on. */
  private final List<Call> open = new ArrayList<>();

  private int kept;

  OutputCalls(Answer answer, PassedEvents events) {
    this.answer = answer;
    this.events = events;
  }

  /** Returns whether an item is a call that the client is to run. */
  static boolean isCall(JsonObject item) {
    return FUNCTION.equals(item.getValue("type")) || CUSTOM.equals(item.getValue("type"));
  }

  /** Starts a call, whose arguments follow. */
  void start(int index, JsonObject item) {
    if (find(index) != null) {
      return;
    }
    open.add(new Call(index, item));
    if (open.size() == 1) {
      passOn();
    } else if (open.size() > MAX_OPEN) {
      answer.fail(FailureKind.SERVER_ERROR, "more than " + MAX_OPEN + " tool calls at once");
    }
  }

  /** Adds a fragment of the arguments. */
  void arguments(int index, CharSequence more) {
    Call call = find(index);
    if (call == null || more.isEmpty()) {
      return;
    }
    call.hasArguments = true;
    if (call == open.get(0)) {
      announce(call);
      answer.arguments(more);
      return;
    }
    call.kept.append(more);
    kept += more.length();
    if (kept > MAX_KEPT) {
      answer.fail(
          FailureKind.SERVER_ERROR, "more than " + MAX_KEPT + " characters of later tool calls");
    }
  }

  /** Adds all arguments, if there were no fragments. */
  void allArguments(int index, CharSequence all) {
    Call call = find(index);
    if (call != null && !call.hasArguments) {
      arguments(index, all);
    }
  }

  /** Ends a call, which is repeated as a whole. */
  void end(int index, JsonObject item) {
    start(index, item);
    boolean custom = CUSTOM.equals(item.getValue("type"));
    allArguments(index, Json.text(item, custom ? "input" : "arguments"));
    Call call = find(index);
    call.ended = true;
    while (!open.isEmpty() && open.get(0).ended) {
      next();
    }
  }

  /** Ends all calls. */
  void end() {
    while (!open.isEmpty()) {
      next();
    }
  }

  private void next() {
    answer.endArguments();
    open.remove(0);
    if (!open.isEmpty()) {
      passOn();
    }
  }

  /** Passes on the first call, with what is known of it. */
  private void passOn() {
    Call call = open.get(0);
    String id = Json.string(call.item, "call_id");
    String name = Json.text(call.item, "name");
    if (name.isEmpty()) {
      answer.fail(FailureKind.MALFORMED_TOOL_CALL, "a tool call has no name");
    } else if (CUSTOM.equals(call.item.getValue("type"))) {
      answer.customCall(id, name);
    } else {
      answer.call(id, name, null);
    }
    if (!call.kept.isEmpty()) {
      announce(call);
    }
    answer.arguments(call.kept);
    kept -= call.kept.length();
    call.kept.setLength(0);
  }

  private void announce(Call call) {
    boolean custom = CUSTOM.equals(call.item.getValue("type"));
    events.arguments(
        custom ? "response.custom_tool_call_input.delta" : "response.function_call_arguments.delta",
        Json.text(call.item, "id"),
        call.index);
  }

  private Call find(int index) {
    for (Call call : open) {
      if (call.index == index) {
        return call;
      }
    }
    return null;
  }
}
