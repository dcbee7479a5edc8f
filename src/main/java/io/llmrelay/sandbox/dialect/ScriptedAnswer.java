package io.llmrelay.sandbox.dialect;

import java.util.List;
import java.util.Set;

/**
 * The content of a scenario's answer, independent of the dialect: reasoning, then text, then
 * images, then tool calls.
 *
 * @param reasoning chunks of reasoning
 * @param tokens chunks of text, repeated until {@code tokenCount} are sent
 * @param refusal whether the text is a refusal
 * @param images the number of images after the text, each of which is {@link #IMAGE}
 * @param toolCalls the tool calls
 * @param finish null if no finish reason is sent
 * @param usage whether usage is sent
 * @param terminator whether the end marker of the stream is sent
 * @param promptTokens the prompt tokens in the usage
 * @param cachedTokens those of them that were read from a cache
 */
public record ScriptedAnswer(
    List<String> reasoning,
    List<String> tokens,
    int tokenCount,
    boolean refusal,
    int images,
    List<ScriptedToolCall> toolCalls,
    Finish finish,
    boolean usage,
    boolean terminator,
    int promptTokens,
    int cachedTokens,
    Set<Quirk> quirks) {

  /** A PNG of one pixel, in base64. */
  public static final String IMAGE =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
          + "rkJggg==";

  /** Returns this answer to a prompt of which a part was read from a cache. */
  public ScriptedAnswer withCachedTokens(int tokens) {
    return new ScriptedAnswer(
        reasoning,
        this.tokens,
        tokenCount,
        refusal,
        images,
        toolCalls,
        finish,
        usage,
        terminator,
        promptTokens,
        Math.min(tokens, promptTokens),
        quirks);
  }

  /** The reason of the end. */
  public enum Finish {
    STOP,
    LENGTH,
    CONTENT_FILTER,
    TOOL_CALLS
  }

  /** Returns a chunk of text. */
  public String token(int index) {
    return tokens.get(index % tokens.size());
  }

  /** Returns the whole text. */
  public String text() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < tokenCount; i++) {
      text.append(token(i));
    }
    return text.toString();
  }

  /** Returns the whole reasoning. */
  public String reasoningText() {
    return String.join("", reasoning);
  }

  public boolean hasText() {
    return tokenCount > 0;
  }

  public boolean hasReasoning() {
    return !reasoning.isEmpty();
  }

  public boolean hasToolCalls() {
    return !toolCalls.isEmpty();
  }

  public boolean has(Quirk quirk) {
    return quirks.contains(quirk);
  }

  /** Returns whether the arguments of all tool calls are JSON objects. */
  public boolean hasValidArguments() {
    return toolCalls.stream().allMatch(ScriptedToolCall::isValid);
  }

  /** Returns the finish reason to send, or null. */
  public Finish finishToSend() {
    return finish == Finish.TOOL_CALLS && has(Quirk.FINISH_STOP) ? Finish.STOP : finish;
  }

  /** Returns the completion tokens in the usage: one per chunk and per tool call. */
  public int completionTokens() {
    return reasoning.size() + tokenCount + toolCalls.size();
  }
}
