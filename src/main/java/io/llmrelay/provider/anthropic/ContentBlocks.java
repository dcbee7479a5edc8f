package io.llmrelay.provider.anthropic;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * The content blocks of an answer, one after the other. What clients cannot see but must send back
 * accompanies the answer: signed and redacted thinking as {@code reasoning_details}. Citations
 * become {@code annotations} of the text block they belong to; those of web pages in OpenAI's form,
 * others with the fields of the Messages API. Tools that run at the provider are not passed on.
 */
public final class ContentBlocks {
  /** The longest thinking that is sent back, in characters. */
  private static final int MAX_THINKING = 1 << 20;

  private static final int MAX_CITATIONS = 1_000;

  private enum Kind {
    OTHER,
    TOOL,
    /** The tool whose input is the answer. */
    ANSWER
  }

  private final Answer answer;
  private final StringBuilder thinking = new StringBuilder();
  private final StringBuilder signature = new StringBuilder();
  private final List<JsonObject> citations = new ArrayList<>();
  private Kind kind = Kind.OTHER;

  /** The input that came with the start of a call, in place of fragments. */
  private JsonObject input;

  private boolean arguments;
  private boolean answered;
  private boolean called;

  /** The number of thinking blocks and calls so far, by which thinking finds its place again. */
  private int place;

  /** The characters of the text so far, and before the current block. */
  private int characters;

  private int begin;

  /** Creates the blocks of an answer. */
  public ContentBlocks(Answer answer) {
    this.answer = answer;
  }

  /** Starts a block; in a whole answer, the block has its content. */
  public void start(JsonObject block) {
    stop();
    switch (Json.text(block, "type")) {
      case "tool_use" -> call(block);
      case "server_tool_use" -> {}
      case "redacted_thinking" ->
          detail("reasoning.encrypted", new JsonObject().put("data", Json.text(block, "data")));
      default -> {
        text(Json.stringOrNumber(block, "text"));
        thinking(Json.stringOrNumber(block, "thinking"));
        signature.append(Json.text(block, "signature"));
        Json.array(block, "citations").forEach(this::citation);
      }
    }
  }

  private void call(JsonObject block) {
    input = Json.object(block, "input");
    String name = Json.text(block, "name");
    if (name.equals(JsonAnswer.TOOL)) {
      kind = Kind.ANSWER;
      answered = true;
    } else {
      kind = Kind.TOOL;
      called = true;
      place++;
      answer.call(Json.string(block, "id"), name, null);
    }
  }

  /** Adds text of the answer. */
  public void text(CharSequence more) {
    count(more);
    answer.text(BlockKind.TEXT, more);
  }

  /** Adds text of the answer in ASCII. */
  void text(byte[] bytes, int from, int to) {
    characters += to - from;
    answer.text(BlockKind.TEXT, bytes, from, to);
  }

  private void count(CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      characters += Character.isLowSurrogate(text.charAt(i)) ? 0 : 1;
    }
  }

  /** Adds thinking. */
  public void thinking(CharSequence more) {
    answer.text(BlockKind.REASONING, more);
    if (thinking.length() <= MAX_THINKING) {
      thinking.append(more);
    }
  }

  /** Adds to the signature of the thinking. */
  public void signature(CharSequence more) {
    if (signature.length() <= MAX_THINKING) {
      signature.append(more);
    }
  }

  /** Adds a fragment of a tool's input; ignores that of the provider's own tools. */
  public void arguments(CharSequence more) {
    arguments |= !more.isEmpty();
    if (kind == Kind.TOOL) {
      answer.arguments(more);
    } else if (kind == Kind.ANSWER) {
      text(more);
    }
  }

  /** Returns whether the input of the current block is passed on. */
  boolean takesArguments() {
    return kind != Kind.OTHER;
  }

  /** Adds a citation of the current text block. */
  public void citation(Object citation) {
    if (citation instanceof JsonObject object && citations.size() < MAX_CITATIONS) {
      citations.add(object);
    }
  }

  /** Ends the current block, if any. */
  public void stop() {
    if (kind != Kind.OTHER && !arguments) {
      arguments(Json.encode(input));
    }
    if (kind == Kind.TOOL) {
      answer.endArguments();
    }
    if (!signature.isEmpty() && thinking.length() <= MAX_THINKING) {
      detail(
          "reasoning.text",
          new JsonObject().put("text", thinking.toString()).put("signature", signature.toString()));
    }
    if (!citations.isEmpty()) {
      JsonArray annotations = new JsonArray();
      citations.forEach(citation -> annotations.add(annotation(citation)));
      answer.data("annotations", annotations);
    }
    thinking.setLength(0);
    signature.setLength(0);
    citations.clear();
    kind = Kind.OTHER;
    arguments = false;
    begin = characters;
  }

  private void detail(String type, JsonObject content) {
    JsonObject entry = new JsonObject().put("type", type);
    entry.mergeIn(content).put("format", Reasoning.ANTHROPIC).put("index", place++);
    answer.data("reasoning_details", new JsonArray().add(entry));
  }

  private JsonObject annotation(JsonObject citation) {
    JsonObject fields = new JsonObject(Json.encode(citation));
    String type = (String) fields.remove("type");
    String cited = (String) fields.remove("cited_text");
    boolean web = "web_search_result_location".equals(type);
    fields.put("start_index", begin).put("end_index", characters);
    Json.put(fields, "content", cited);
    Json.put(fields, "location_type", web ? null : type);
    String kind = web ? "url_citation" : "file_citation";
    return new JsonObject().put("type", kind).put(kind, fields);
  }

  /** Returns the finish reason after a tool call; a call that carries the answer is none. */
  public FinishReason finishOfCall() {
    return answered && !called ? FinishReason.STOP : FinishReason.TOOL_CALLS;
  }
}
