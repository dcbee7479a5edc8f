package io.llmrelay.provider.openai;

import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.wire.ChunkTemplate;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A reader of chat completion chunks.
 *
 * <p>Each payload is parsed once. It is applied only if all of it is valid and has no error, so
 * that a truncated payload never yields text.
 *
 * <p>A payload that differs from the previous one only in a fragment of text, reasoning or
 * arguments is matched against a template and not parsed.
 */
final class OpenAiReader implements Dialect.Reader {
  private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);

  private final Answer answer;
  private final ServerTraits traits;
  private final ChunkTemplate template = new ChunkTemplate();

  /** The last parsed payload; {@code null} while payloads match the template. */
  private OpenAiPayload payload;

  /** {@code null} before the first reasoning details, and the first tool call. */
  private ReasoningDetails details;

  private ToolCalls calls;

  /** What the text of a payload that matches the template is. */
  private BlockKind templateKind;

  /** Whether this stream has sent reasoning outside of {@code reasoning_details}. */
  private boolean hasReasoningField;

  /** The last {@code citations}, which every chunk repeats. */
  private byte[] lastCitations;

  OpenAiReader(Answer answer, ServerTraits traits) {
    this.answer = answer;
    this.traits = traits;
  }

  @Override
  public void event(String name, byte[] bytes, int from, int to) throws IOException {
    if (Arrays.equals(bytes, from, to, DONE, 0, DONE.length)) {
      end();
      answer.end();
      return;
    }
    if (template.matches(bytes, from, to)) {
      payload = null;
      byte[] text = template.text(bytes);
      if (templateKind == BlockKind.TOOL_CALL) {
        answer.arguments(text, template.textFrom(), template.textTo());
      } else {
        answer.text(templateKind, text, template.textFrom(), template.textTo());
      }
      return;
    }
    if (payload == null) {
      payload = new OpenAiPayload(traits);
    }
    payload.parse(bytes, from, to);
    if (payload.usage != null) {
      answer.usage(payload.usage);
    }
    if (payload.error) {
      answer.error(bytes, from, to);
    } else {
      apply(payload, bytes, from);
      learn(payload, bytes, from, to);
    }
  }

  /** Makes a template of a payload that holds one text and nothing else of interest. */
  private void learn(OpenAiPayload chunk, byte[] bytes, int from, int to) {
    StringBuilder content = chunk.content;
    StringBuilder thought = chunk.reasoningText();
    if (chunk.deltas.size() > 0) {
      template.forget();
      if (chunk.isDeltaOnly()
          && content.isEmpty()
          && thought.isEmpty()
          && calls.areArgumentsOnly(chunk.deltas)) {
        ToolCallDeltas.Delta delta = chunk.deltas.get(0);
        templateKind = BlockKind.TOOL_CALL;
        template.learn(bytes, from, to, delta.quote, delta.arguments);
      }
    } else if (chunk.isDeltaOnly() && content.isEmpty() != thought.isEmpty()) {
      BlockKind kind = content.isEmpty() ? BlockKind.REASONING : BlockKind.TEXT;
      if (template.learn(bytes, from, to, chunk.quote, content.isEmpty() ? thought : content)) {
        templateKind = kind;
      }
    }
  }

  @Override
  public boolean whole(JsonObject json) {
    if (json.getValue("error") != null || Json.array(json, "choices").isEmpty()) {
      return false;
    }
    byte[] bytes = json.toBuffer().getBytes();
    try {
      event(null, bytes, 0, bytes.length);
      end();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Passes on the tool calls and data that are kept until the end. */
  @Override
  public void end() {
    if (calls != null) {
      calls.end();
    }
    if (details != null) {
      details.end(answer);
    }
    if (lastCitations != null) {
      answer.data("citations", lastCitations, 0, lastCitations.length);
      lastCitations = null;
    }
  }

  private void apply(OpenAiPayload chunk, byte[] bytes, int from) {
    StringBuilder thought = chunk.reasoningText();
    if (thought != chunk.detailsText || !hasReasoningField) {
      hasReasoningField |= thought != chunk.detailsText;
      answer.text(BlockKind.REASONING, thought);
    }
    if (details == null && !chunk.details.isEmpty()) {
      details = new ReasoningDetails();
    }
    if (details != null) {
      details.add(chunk.details, answer);
    }
    answer.text(BlockKind.TEXT, chunk.content);
    answer.text(BlockKind.REFUSAL, chunk.refusal);
    if (chunk.deltas.size() > 0) {
      calls = calls == null ? new ToolCalls(answer) : calls;
      calls.add(chunk.deltas);
    }
    data("logprobs", chunk.logprobs, bytes, from);
    data("annotations", chunk.annotations, bytes, from);
    data(Block.IMAGES, chunk.images, bytes, from);
    if (!OpenAiPayload.isEmpty(chunk.citations)) {
      int start = from + (int) chunk.citations[0];
      lastCitations = Arrays.copyOfRange(bytes, start, from + (int) chunk.citations[1]);
    }
    answer.model(chunk.model);
    if (chunk.finish != null) {
      end();
      finish(chunk.finish);
    }
  }

  private void data(String field, long[] slice, byte[] bytes, int from) {
    if (!OpenAiPayload.isEmpty(slice)) {
      answer.data(field, bytes, from + (int) slice[0], from + (int) slice[1]);
    }
  }

  /**
   * Reads the finish reason. After tool calls, a stop counts as {@link FinishReason#TOOL_CALLS}.
   */
  private void finish(String reason) {
    switch (reason) {
      case "length", "model_length", "max_tokens" -> answer.finish(FinishReason.LENGTH);
      case "content_filter" -> answer.finish(FinishReason.CONTENT_FILTER);
      case "error", "abort" ->
          answer.fail(FailureKind.SERVER_ERROR, "finish reason \"" + reason + "\"");
      case "insufficient_system_resource" ->
          answer.fail(FailureKind.OVERLOADED, "finish reason \"" + reason + "\"");
      default -> answer.finish(FinishReason.STOP);
    }
  }
}
