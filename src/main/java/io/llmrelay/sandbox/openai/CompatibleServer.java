package io.llmrelay.sandbox.openai;

import io.llmrelay.sandbox.dialect.SandboxError;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.List;

/** The servers of this dialect that a backend can imitate. */
enum CompatibleServer {
  OPENAI("openai"),
  MISTRAL("mistral"),
  DEEPSEEK("deepseek"),
  GROQ("groq"),
  OPENROUTER("openrouter");

  final String provider;

  CompatibleServer(String provider) {
    this.provider = provider;
  }

  static List<String> providers() {
    return Arrays.stream(values()).map(server -> server.provider).toList();
  }

  static CompatibleServer of(String provider) {
    return Arrays.stream(values())
        .filter(server -> server.provider.equals(provider))
        .findFirst()
        .orElse(OPENAI);
  }

  /** Returns the delta or the part of a message that holds reasoning. */
  JsonObject reasoning(String text) {
    return switch (this) {
      case MISTRAL -> new JsonObject().put("content", List.of(thinking(text)));
      case GROQ -> new JsonObject().put("reasoning", text);
      case OPENROUTER -> details(text).put("reasoning", text);
      default -> new JsonObject().put("reasoning_content", text);
    };
  }

  /** Returns reasoning in the form of OpenRouter. */
  static JsonObject details(String text) {
    JsonObject detail =
        new JsonObject().put("type", "reasoning.text").put("text", text).put("index", 0);
    return new JsonObject().put("reasoning_details", List.of(detail));
  }

  /** Returns Mistral's part of a content that holds reasoning. */
  static JsonObject thinking(String text) {
    JsonObject part = new JsonObject().put("type", "text").put("text", text);
    return new JsonObject().put("type", "thinking").put("thinking", List.of(part));
  }

  /** Returns the id of a tool call in the answer with a number. */
  String toolCallId(long number, int index) {
    return switch (this) {
      case MISTRAL -> "%06dT%02d".formatted(number % 1_000_000, index % 100);
      default -> "call_" + number + "_" + index;
    };
  }

  /** Returns whether a tool call is sent in one delta. */
  boolean sendsCallsWhole() {
    return this == MISTRAL || this == GROQ;
  }

  /** Encodes an error as the body of a response. */
  JsonObject errorBody(SandboxError error) {
    JsonObject json = new JsonObject().put("message", error.message()).put("type", error.type());
    return switch (this) {
      case MISTRAL ->
          "extra_forbidden".equals(error.type())
              ? new JsonObject().put("detail", List.of(extra(error)))
              : new JsonObject()
                  .put("object", "error")
                  .mergeIn(json)
                  .putNull("param")
                  .put("code", error.code())
                  .put("raw_status_code", error.status());
      case OPENROUTER ->
          new JsonObject()
              .put(
                  "error",
                  new JsonObject().put("message", error.message()).put("code", error.status()));
      case GROQ -> new JsonObject().put("error", json.put("code", error.code()));
      default ->
          new JsonObject().put("error", json.put("param", error.param()).put("code", error.code()));
    };
  }

  private static JsonObject extra(SandboxError error) {
    return new JsonObject()
        .put("type", error.type())
        .put("loc", List.of("body", error.param()))
        .put("msg", error.message());
  }
}
