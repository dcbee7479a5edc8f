package io.llmrelay.chat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * A whole answer.
 *
 * @param id the request's id
 * @param backend the backend that served it
 * @param model the model that served it, by the provider's name if its answer states one
 * @param blocks the answer, in the order in which its blocks started
 * @param finishReason why it ended
 * @param usage its tokens
 * @param costUsd its cost in US dollars; {@code null} if price or usage is unknown
 * @param trail every attempt and every skipped candidate, in order
 * @param warning warnings for the caller, separated by {@code "; "}: settings reduced to the
 *     operator's limits, parts of the request that the model does not support, the announced
 *     shutdown of the model; {@code null} if there are none
 * @param malformed the number of events of the backend that could not be parsed and were skipped
 */
public record ChatCompletion(
    String id,
    String backend,
    String model,
    List<ContentBlock> blocks,
    FinishReason finishReason,
    TokenUsage usage,
    Double costUsd,
    List<Attempt> trail,
    String warning,
    int malformed) {

  public ChatCompletion {
    blocks = List.copyOf(blocks);
    trail = List.copyOf(trail);
  }

  /** Returns the text of all text blocks in one string. */
  public String text() {
    return content(BlockKind.TEXT);
  }

  /** Returns the model's reasoning as far as the provider shows it; may be empty. */
  public String reasoning() {
    return content(BlockKind.REASONING);
  }

  /** Returns the refusal in the model's words; may be empty. */
  public String refusal() {
    return content(BlockKind.REFUSAL);
  }

  private String content(BlockKind kind) {
    String content = "";
    for (ContentBlock each : blocks) {
      if (each.block().kind() == kind) {
        content = content.isEmpty() ? each.content() : content + each.content();
      }
    }
    return content;
  }

  /** Encodes the answer as JSON: the text by kind, and the blocks unless the text implies them. */
  public JsonObject toJson() {
    JsonObject json =
        new JsonObject()
            .put("id", id)
            .put("backend", backend)
            .put("model", model)
            .put("text", text())
            .put("finish_reason", finishReason.code())
            .put("usage", usage.toJson())
            .put("trail", Attempt.toJson(trail));
    putUnlessEmpty(json, BlockKind.REASONING, reasoning());
    putUnlessEmpty(json, BlockKind.REFUSAL, refusal());
    if (!blocks.equals(blocks(json))) {
      JsonArray array = new JsonArray();
      blocks.forEach(block -> array.add(block.toJson()));
      json.put("blocks", array);
    }
    if (costUsd != null) {
      json.put("cost_usd", costUsd);
    }
    if (warning != null) {
      json.put("warning", warning);
    }
    if (malformed > 0) {
      json.put("malformed", malformed);
    }
    return json;
  }

  private static void putUnlessEmpty(JsonObject json, BlockKind kind, String content) {
    if (!content.isEmpty()) {
      json.put(kind.code(), content);
    }
  }

  /** Reads the JSON form. */
  public static ChatCompletion fromJson(JsonObject json) {
    return new ChatCompletion(
        json.getString("id"),
        json.getString("backend"),
        json.getString("model"),
        blocks(json),
        FinishReason.of(json.getString("finish_reason")),
        TokenUsage.fromJson(json.getJsonObject("usage")),
        json.getDouble("cost_usd"),
        Attempt.listFromJson(json.getJsonArray("trail")),
        json.getString("warning"),
        json.getInteger("malformed", 0));
  }

  private static List<ContentBlock> blocks(JsonObject json) {
    JsonArray several = json.getJsonArray("blocks");
    if (several != null) {
      return several.stream().map(block -> ContentBlock.fromJson((JsonObject) block)).toList();
    }
    List<ContentBlock> blocks = new ArrayList<>();
    for (BlockKind kind : List.of(BlockKind.REASONING, BlockKind.TEXT, BlockKind.REFUSAL)) {
      String content = json.getString(kind.code(), "");
      if (!content.isEmpty()) {
        blocks.add(new ContentBlock(Block.of(blocks.size(), kind), content));
      }
    }
    return blocks;
  }

  /** Omits the answer, which must not be logged. */
  @Override
  public String toString() {
    return "ChatCompletion["
        + id
        + " from "
        + new CandidateName(backend, model)
        + ", "
        + usage
        + "]";
  }
}
