package io.llmrelay.provider.responses;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The items of an answer, by their index in the output. What came in deltas is not read again where
 * the item is repeated as a whole; a server may leave the deltas out. What clients must send back
 * accompanies the answer: encrypted reasoning as {@code reasoning_details}. Citations become {@code
 * annotations} in the form of Chat Completions. Tools that run at the provider are not passed on.
 */
final class OutputItems {
  /** The most items that have not ended. */
  private static final int MAX_OPEN = 512;

  /** Items that show the progress of tools at the provider. */
  private static final Set<String> PROGRESS =
      Set.of(
          "web_search_call",
          "file_search_call",
          "code_interpreter_call",
          "mcp_call",
          "mcp_list_tools");

  private static final String PARAGRAPH = "\n\n";
  private static final String ANNOTATIONS = "annotations";
  private static final byte[] LOGPROBS = "{\"content\":".getBytes(StandardCharsets.US_ASCII);

  /** An item that has not ended. */
  private static final class Item {
    /** The kinds of content that came in deltas. */
    final Set<BlockKind> deltas = EnumSet.noneOf(BlockKind.class);

    /** Whether its reasoning is a summary. */
    boolean summarized;

    boolean annotated;
  }

  private final Answer answer;
  private final OutputCalls calls;
  private final Map<Integer, Item> open = new LinkedHashMap<>();

  /** The last kind of text, and the item and the part of the reasoning that it was of. */
  private BlockKind last;

  private Item lastItem;
  private int lastPart;
  private boolean any;

  OutputItems(Answer answer, PassedEvents events) {
    this.answer = answer;
    this.calls = new OutputCalls(answer, events);
  }

  /** Starts an item. */
  void added(int index, JsonObject json) {
    item(index);
    if (OutputCalls.isCall(json)) {
      calls.start(index, json);
      last = null;
    }
  }

  /** Adds text, or a refusal. */
  void text(int index, BlockKind kind, CharSequence more) {
    item(index).deltas.add(kind);
    put(kind, more);
  }

  /** Returns whether the summary of reasoning is ignored, since the whole is shown. */
  boolean ignoresSummary(int index) {
    Item item = item(index);
    return !item.summarized && item.deltas.contains(BlockKind.REASONING);
  }

  /** Adds to a part of the summary of reasoning. */
  void summary(int index, int part, CharSequence more) {
    item(index).summarized = true;
    reasoning(item(index), part, more);
  }

  /** Returns whether the whole reasoning is ignored, since there is a summary. */
  boolean ignoresReasoning(int index) {
    return item(index).summarized;
  }

  /** Adds to the whole reasoning. */
  void reasoning(int index, CharSequence more) {
    reasoning(item(index), 0, more);
  }

  /** Parts of a summary are paragraphs. */
  private void reasoning(Item item, int part, CharSequence more) {
    boolean another = lastItem != item || lastPart != part;
    if (last == BlockKind.REASONING && another && !answer.passesEvents()) {
      answer.text(BlockKind.REASONING, PARAGRAPH);
    }
    item.deltas.add(BlockKind.REASONING);
    put(BlockKind.REASONING, more);
    lastItem = item;
    lastPart = part;
  }

  private void put(BlockKind kind, CharSequence more) {
    if (!more.isEmpty()) {
      answer.text(kind, more);
      last = kind;
    }
  }

  /** Adds a fragment of the arguments of a call. */
  void arguments(int index, CharSequence more) {
    item(index);
    calls.arguments(index, more);
  }

  /** Adds the arguments of a call, if there were no fragments. */
  void allArguments(int index, CharSequence all) {
    item(index);
    calls.allArguments(index, all);
  }

  /** Adds an annotation of the text. */
  void annotation(int index, JsonObject annotation) {
    item(index).annotated = true;
    answer.data(ANNOTATIONS, JsonArray.of(nested(annotation)));
  }

  /** Returns an annotation with its fields in an object that has the name of its type. */
  private static JsonObject nested(JsonObject annotation) {
    JsonObject fields = annotation.copy();
    String type = fields.remove("type") instanceof String name ? name : "url_citation";
    return new JsonObject().put("type", type).put(type, fields);
  }

  /** Adds the log probabilities of text, an array. */
  void logprobs(byte[] bytes, int from, int to) {
    byte[] object = new byte[LOGPROBS.length + to - from + 1];
    System.arraycopy(LOGPROBS, 0, object, 0, LOGPROBS.length);
    System.arraycopy(bytes, from, object, LOGPROBS.length, to - from);
    object[object.length - 1] = '}';
    answer.data("logprobs", object, 0, object.length);
  }

  /** Ends an item, which is repeated as a whole. */
  void done(int index, JsonObject json) {
    Item item = item(index);
    open.remove(index);
    if (OutputCalls.isCall(json)) {
      calls.end(index, json);
      last = null;
      return;
    }
    String type = Json.text(json, "type");
    switch (type) {
      case "message" -> message(item, json);
      case "reasoning" -> reasoning(item, json);
      default -> other(type);
    }
  }

  /**
   * Records an item, or a part of it, that other APIs do not have: an image, or a call of a tool
   * that the client runs. It is content for a client that gets the events.
   */
  void other(String type) {
    if (answer.passesEvents() && !PROGRESS.contains(type)) {
      answer.text(BlockKind.OTHER, type);
    }
  }

  private void message(Item item, JsonObject json) {
    for (Object each : Json.array(json, "content")) {
      if (!(each instanceof JsonObject part)) {
        continue;
      }
      if (!item.deltas.contains(BlockKind.TEXT)) {
        put(BlockKind.TEXT, Json.stringOrNumber(part, "text"));
        JsonArray logprobs = Json.array(part, "logprobs");
        if (!logprobs.isEmpty()) {
          answer.data("logprobs", new JsonObject().put("content", logprobs));
        }
      }
      if (!item.deltas.contains(BlockKind.REFUSAL)) {
        put(BlockKind.REFUSAL, Json.stringOrNumber(part, "refusal"));
      }
      JsonArray annotations = new JsonArray();
      for (Object annotation : Json.array(part, ANNOTATIONS)) {
        if (annotation instanceof JsonObject object && !item.annotated) {
          annotations.add(nested(object));
        }
      }
      if (!annotations.isEmpty()) {
        answer.data(ANNOTATIONS, annotations);
      }
    }
  }

  private void reasoning(Item item, JsonObject json) {
    if (!item.deltas.contains(BlockKind.REASONING)) {
      JsonArray summary = Json.array(json, "summary");
      JsonArray parts = summary.isEmpty() ? Json.array(json, "content") : summary;
      for (int i = 0; i < parts.size(); i++) {
        if (parts.getValue(i) instanceof JsonObject part) {
          reasoning(item, i, Json.stringOrNumber(part, "text"));
        }
      }
    }
    JsonArray details = ReasoningItem.details(json);
    if (!details.isEmpty()) {
      answer.data("reasoning_details", details);
    }
  }

  /** Ends all items. Reads them from the response if there were no events of items. */
  void end(JsonObject response) {
    if (!any) {
      JsonArray output = Json.array(response, "output");
      for (int i = 0; i < output.size(); i++) {
        if (output.getValue(i) instanceof JsonObject item) {
          done(i, item);
        }
      }
    }
    calls.end();
  }

  private Item item(int index) {
    any = true;
    Item item = open.computeIfAbsent(index, i -> new Item());
    if (open.size() > MAX_OPEN) {
      answer.fail(FailureKind.SERVER_ERROR, "more than " + MAX_OPEN + " items at once");
    }
    return item;
  }
}
