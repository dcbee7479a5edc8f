package io.llmrelay.provider;

import io.vertx.core.buffer.Buffer;

/**
 * Pieces of a stream in every dialect. Text is given as the JSON literal it is written with, so
 * that it may be a number.
 */
public final class Streams {
  private Streams() {}

  public static Buffer text(String dialect, String literal) {
    return switch (dialect) {
      case "openai" -> data("{'choices':[{'delta':{'content':%s}}]}", literal);
      case "openai-responses" ->
          data("{'type':'response.output_text.delta','output_index':1,'delta':%s}", literal);
      case "anthropic" ->
          data("{'type':'content_block_delta','delta':{'type':'text_delta','text':%s}}", literal);
      case "gemini" -> data("{'candidates':[{'content':{'parts':[{'text':%s}]}}]}", literal);
      case "ollama" -> line("{'message':{'content':%s},'done':false}", literal);
      case "cohere" ->
          data("{'type':'content-delta','delta':{'message':{'content':{'text':%s}}}}", literal);
      case "cloudflare" -> data("{'response':%s}", literal);
      case "bedrock" -> frame("contentBlockDelta", "{'delta':{'text':%s}}", literal);
      default -> throw new IllegalArgumentException(dialect);
    };
  }

  public static Buffer reasoning(String dialect, String literal) {
    return switch (dialect) {
      case "openai", "cloudflare" ->
          data("{'choices':[{'delta':{'reasoning_content':%s}}]}", literal);
      case "openai-responses" ->
          data(
              "{'type':'response.reasoning_summary_text.delta','output_index':0,'delta':%s}",
              literal);
      case "anthropic" ->
          data(
              "{'type':'content_block_delta','delta':{'type':'thinking_delta','thinking':%s}}",
              literal);
      case "gemini" ->
          data("{'candidates':[{'content':{'parts':[{'text':%s,'thought':true}]}}]}", literal);
      case "ollama" -> line("{'message':{'thinking':%s},'done':false}", literal);
      case "cohere" ->
          data("{'type':'content-delta','delta':{'message':{'content':{'thinking':%s}}}}", literal);
      case "bedrock" ->
          frame("contentBlockDelta", "{'delta':{'reasoningContent':{'text':%s}}}", literal);
      default -> throw new IllegalArgumentException(dialect);
    };
  }

  /** All that a good answer ends with, with these counts (JSON literals) as its usage. */
  public static Buffer end(String dialect, String input, String output) {
    return switch (dialect) {
      case "openai" ->
          data("{'choices':[{'delta':{},'finish_reason':'stop'}]}")
              .appendBuffer(
                  data(
                      "{'choices':[],'usage':{'prompt_tokens':%s,'completion_tokens':%s}}",
                      input, output))
              .appendBuffer(data("[DONE]"));
      case "openai-responses" ->
          data(
              "{'type':'response.completed','response':{'status':'completed',"
                  + "'usage':{'input_tokens':%s,'output_tokens':%s}}}",
              input, output);
      case "anthropic" ->
          data(
                  "{'type':'message_delta','delta':{'stop_reason':'end_turn'},"
                      + "'usage':{'input_tokens':%s,'output_tokens':%s}}",
                  input, output)
              .appendBuffer(data("{'type':'message_stop'}"));
      case "gemini" ->
          data(
              "{'candidates':[{'finishReason':'STOP'}],"
                  + "'usageMetadata':{'promptTokenCount':%s,'candidatesTokenCount':%s}}",
              input, output);
      case "ollama" ->
          line(
              "{'done':true,'done_reason':'stop','prompt_eval_count':%s,'eval_count':%s}",
              input, output);
      case "cohere" ->
          data(
              "{'type':'message-end','delta':{'finish_reason':'COMPLETE',"
                  + "'usage':{'tokens':{'input_tokens':%s,'output_tokens':%s}}}}",
              input, output);
      case "cloudflare" ->
          data("{'usage':{'prompt_tokens':%s,'completion_tokens':%s}}", input, output)
              .appendBuffer(data("[DONE]"));
      case "bedrock" ->
          AwsFrames.stop("end_turn")
              .appendBuffer(
                  frame(
                      "metadata", "{'usage':{'inputTokens':%s,'outputTokens':%s}}", input, output));
      default -> throw new IllegalArgumentException(dialect);
    };
  }

  public static Buffer end(String dialect) {
    return end(dialect, "9", "4");
  }

  /** An event with this payload, whatever it is. */
  public static Buffer event(String dialect, String payload) {
    return switch (dialect) {
      case "ollama" -> Buffer.buffer(payload + "\n");
      case "bedrock" -> AwsFrames.event("contentBlockDelta", payload);
      default -> Buffer.buffer(Sse.data(payload));
    };
  }

  private static Buffer data(String json, Object... literals) {
    return Buffer.buffer(Sse.data(json(json, literals)));
  }

  private static Buffer line(String json, Object... literals) {
    return Buffer.buffer(json(json, literals) + "\n");
  }

  private static Buffer frame(String type, String json, Object... literals) {
    return AwsFrames.event(type, json(json, literals));
  }

  private static String json(String json, Object... literals) {
    return json.replace('\'', '"').formatted(literals);
  }

  public static Buffer all(Buffer... pieces) {
    return AwsFrames.all(pieces);
  }
}
