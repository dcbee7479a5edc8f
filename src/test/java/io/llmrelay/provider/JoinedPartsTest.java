package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatRequest;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Text parts of a request, as servers see them whose messages have one text. */
@ExtendWith(VertxExtension.class)
class JoinedPartsTest {
  private static final String REQUEST =
      """
      {"model": "m", "messages": [
        {"role": "system", "content": [
          {"type": "text", "text": "You are an agent."}, {"type": "text", "text": "Be brief."}]},
        {"role": "user", "content": [
          {"type": "text", "text": "The document."}, {"type": "text", "text": "What does it say?"},
          {"type": "text", "text": " Spaces "}, {"type": "text", "text": "are kept:\\n"},
          {"type": "text", "text": "lines too."}, {"type": "text", "text": ""}]},
        {"role": "assistant", "content": [
          {"type": "text", "text": "It says "}, {"type": "text", "text": "noth"},
          {"type": "text", "text": "ing."}]},
        {"role": "user", "content": [{"type": "text", "text": "Look it up."}]},
        {"role": "assistant", "content": null, "tool_calls": [
          {"id": "call00001", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "call00001", "content": [
          {"type": "text", "text": "One result."}, {"type": "text", "text": "Another."}]}]}
      """;

  @ParameterizedTest
  @ValueSource(strings = {"ollama", "cohere", "cloudflare"})
  void areSeparatedInPromptsAndNotInAnswers(String dialect, Vertx vertx) {
    AtomicReference<JsonObject> sent = new AtomicReference<>();
    Rig rig =
        Rig.of(
            vertx,
            Rig.options(dialect, null),
            request ->
                request
                    .body()
                    .onSuccess(
                        body -> {
                          sent.set(body.toJsonObject());
                          request.response().setStatusCode(500).end();
                        }));
    rig.open(ChatRequest.fromJson(new JsonObject(REQUEST)), true).awaitEnd();
    JsonArray messages = sent.get().getJsonArray("messages");
    assertThat(messages.stream().map(each -> ((JsonObject) each).getValue("content")))
        .containsSubsequence(
            "You are an agent.\n\nBe brief.",
            "The document.\n\nWhat does it say? Spaces are kept:\nlines too.",
            "It says nothing.",
            "Look it up.",
            "One result.\n\nAnother.");
  }
}
