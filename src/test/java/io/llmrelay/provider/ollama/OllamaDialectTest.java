package io.llmrelay.provider.ollama;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.Reading;
import io.llmrelay.provider.Rig;
import io.llmrelay.provider.wire.EventDecoder;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OllamaDialectTest {
  private static final Dialect OLLAMA = new OllamaDialect();
  private static final String DONE =
      "{\"model\":\"m:1\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,"
          + "\"done_reason\":\"stop\",\"prompt_eval_count\":11,\"eval_count\":5}";

  private static String line(String message) {
    return "{\"model\":\"m:1\",\"message\":{\"role\":\"assistant\","
        + message
        + "},\"done\":false}\n";
  }

  private static String text(String text) {
    return line("\"content\":\"" + text + "\"");
  }

  private static BackendOptions at(String url) {
    return Rig.options("ollama", null).setBaseUrl(url);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "\r\n", "\n\n \n"})
  void readsLinesWhereverTheyAreCut(String lineEnd) {
    Buffer body =
        Buffer.buffer(
            line("\"content\":\"\",\"thinking\":\"Hm \"")
                + text("Gr\u00fc\u00dfe")
                + "\r\n"
                + text(" \ud83d\ude00")
                + DONE
                + lineEnd);
    for (int at = 0; at <= body.length(); at++) {
      Reading reading = Reading.cut("ollama", body, at);
      assertThat(reading.finish()).isEqualTo("stop");
      assertThat(reading.text()).isEqualTo("Gr\u00fc\u00dfe \ud83d\ude00");
      assertThat(reading.text(BlockKind.REASONING)).isEqualTo("Hm ");
      assertThat(reading.result().getString("model")).isEqualTo("m:1");
      assertThat(reading.usage())
          .isEqualTo(new TokenUsage(11, 5, 0, 0, 0, TokenUsage.Source.PROVIDER));
    }
  }

  @Test
  void aCutStreamIsAFailure() {
    String all = text("Hel") + DONE;
    for (int cut = text("Hel").length(); cut < all.length(); cut++) {
      Reading ended = Reading.of("ollama", all.substring(0, cut));
      Reading lost = new Reading("ollama").more(all.substring(0, cut)).lost();
      for (Reading reading : List.of(ended, lost)) {
        assertThat(reading.text()).isEqualTo("Hel");
        assertThat(reading.failure().kind()).isEqualTo(FailureKind.NETWORK);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"stop, stop", "length, length", "'', stop"})
  void doneReasons(String theirs, String ours) {
    Reading reading =
        Reading.of("ollama", text("Hi") + "{\"done\":true,\"done_reason\":\"" + theirs + "\"}\n");
    assertThat(reading.finish()).isEqualTo(ours);
  }

  @Test
  void anUnloadedModelIsAFailure() {
    Reading reading = Reading.of("ollama", "{\"done\":true,\"done_reason\":\"unload\"}\n");
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.SERVER_ERROR);
  }

  private static String calls(String... calls) {
    return line("\"content\":\"\",\"tool_calls\":[" + String.join(",", calls) + "]");
  }

  @Test
  void readsCallsOfOneLineOrSeveral() {
    String first = "{\"function\":{\"name\":\"f\",\"arguments\":{\"x\": [1.10, \"\u00fc\"]}}}";
    String second =
        "{\"id\":\"call_2\",\"function\":{\"index\":0,\"name\":\"f\",\"arguments\":{}}}";
    String third = "{\"function\":{\"name\":\"g\"}}";
    Buffer body = Buffer.buffer(text("Hm") + calls(first, second) + calls(third) + DONE);
    for (int at = 0; at <= body.length(); at++) {
      Reading reading = Reading.cut("ollama", body, at);
      assertThat(reading.finish()).isEqualTo("tool_calls");
      assertThat(reading.text()).isEqualTo("Hm");
      assertThat(reading.blocks().calls())
          .containsExactly("f({\"x\":[1.10,\"\u00fc\"]})", "f({})", "g({})");
      assertThat(reading.blocks().callIds()).doesNotHaveDuplicates().contains("call_2");
    }
  }

  @Test
  void aCallWithoutANameIsMalformed() {
    Reading reading = Reading.of("ollama", calls("{\"function\":{\"arguments\":{}}}") + DONE);
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.MALFORMED_TOOL_CALL);
  }

  @Test
  void aCallThatReachedTheLimitIsCut() {
    String done = DONE.replace("\"stop\"", "\"length\"");
    assertThat(Reading.of("ollama", calls("{\"function\":{\"name\":\"f\"}}") + done).finish())
        .isEqualTo("length");
  }

  @Test
  void logprobsAccompanyTheText() {
    Reading reading =
        Reading.of(
            "ollama",
            "{\"message\":{\"content\":\"a\"},\"done\":false,\"logprobs\":[{\"token\":\"a\","
                + "\"logprob\":-0.5,\"bytes\":[97],\"top_logprobs\":[]}]}\n"
                + DONE);
    assertThat(reading.text()).isEqualTo("a");
    assertThat(reading.blocks().data("logprobs"))
        .containsExactly(
            new JsonObject(
                "{\"content\":[{\"token\":\"a\",\"logprob\":-0.5,\"bytes\":[97],"
                    + "\"top_logprobs\":[]}]}"));
  }

  @Test
  void anErrorInTheStream() {
    Reading reading =
        Reading.of("ollama", text("Hel") + "{\"error\":\"unexpected EOF\"}\n" + text("lo") + DONE);
    assertThat(reading.text()).isEqualTo("Hel");
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.SERVER_ERROR);
    assertThat(reading.failure().message()).contains("unexpected EOF");
  }

  @Test
  void aMalformedLineIsFatalAtTheBeginningAndCountedLater() {
    assertThat(Reading.of("ollama", "{\"done\":tru\n" + DONE).failure().kind())
        .isEqualTo(FailureKind.SERVER_ERROR);
    Reading later = Reading.of("ollama", text("a") + "{]\n" + text("b") + DONE);
    assertThat(later.text()).isEqualTo("ab");
    assertThat(later.result().getInteger("malformed")).isEqualTo(1);
  }

  @Test
  void aPageOfMarkupIsAFailure() {
    assertThat(Reading.of("ollama", "<html>").failure().kind()).isEqualTo(FailureKind.SERVER_ERROR);
  }

  @Test
  void aLineThatNeverEndsIsAFailure() {
    Reading reading = new Reading("ollama").more("{");
    Buffer piece = Buffer.buffer(" ".repeat(16 * 1024));
    int pieces = 0;
    while (!reading.over()) {
      reading.more(piece);
      pieces++;
    }
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.SERVER_ERROR);
    assertThat(reading.failure().message()).contains("too long");
    assertThat(pieces).isEqualTo(EventDecoder.MAX_EVENT / piece.length());
  }

  @ParameterizedTest
  @CsvSource({
    "400, prompt too long; exceeded max context length by 9 tokens, CONTEXT_LENGTH",
    "401, unauthorized, AUTHENTICATION",
    "404, model 'x' not found, MODEL_NOT_FOUND",
    "429, you (x) have reached your weekly usage limit, QUOTA_EXHAUSTED",
    "429, too many requests, RATE_LIMITED",
    "500, model runner has unexpectedly stopped, SERVER_ERROR",
    "502, upstream error, SERVER_ERROR",
    "503, server busy - maximum pending requests exceeded, OVERLOADED"
  })
  void errors(int status, String message, FailureKind kind) {
    String body = new JsonObject().put("error", message).encode();
    Failure failure = Reading.error("ollama", status, Map.of(), body);
    assertThat(failure.kind()).isEqualTo(kind);
    assertThat(failure.message()).contains(message);
  }

  @Test
  void writesEverythingItCanSay() {
    ChatRequest request =
        ChatRequest.of(
                ChatMessage.system("Be brief."),
                ChatMessage.of(ChatMessage.Role.USER, Text.of("Hi "), Text.of("there")),
                ChatMessage.assistant("Hello"))
            .withTemperature(0.5)
            .withTopP(0.9)
            .withMaxTokens(64)
            .withStop("END")
            .withSeed(7L)
            .withResponseFormat(new JsonObject().put("type", "json_object"));
    assertThat(OLLAMA.cannotServe(request, new BackendOptions())).isNull();
    assertThat(OLLAMA.encode(request, "llama3:8b", at("http://localhost")).body().toJsonObject())
        .isEqualTo(
            new JsonObject(
                """
                {"model": "llama3:8b",
                 "messages": [
                   {"role": "system", "content": "Be brief."},
                   {"role": "user", "content": "Hi there"},
                   {"role": "assistant", "content": "Hello"}],
                 "stream": true,
                 "format": "json",
                 "options": {"temperature": 0.5, "top_p": 0.9, "num_predict": 64,
                   "stop": ["END"], "seed": 7}}
                """));
  }

  @Test
  void aSchemaIsTheFormatItself() {
    ChatRequest request =
        Rig.HELLO.withResponseFormat(
            new JsonObject(
                "{\"type\":\"json_schema\",\"json_schema\":{\"schema\":{\"type\":\"object\"}}}"));
    JsonObject body = OLLAMA.encode(request, "m", at("http://localhost")).body().toJsonObject();
    assertThat(body.getJsonObject("format")).isEqualTo(new JsonObject().put("type", "object"));
    assertThat(body.containsKey("options")).isFalse();
  }

  @Test
  void namesWhatItLeavesOut() {
    assertThat(OLLAMA.encode(Rig.HELLO.withUser("u"), "m", at("http://localhost")).warnings())
        .containsExactly("user was left out");
  }

  @Test
  void pathsAndHeaders() {
    assertThat(OLLAMA.chatPath("m", at("http://localhost:11434"))).isEqualTo("/api/chat");
    assertThat(OLLAMA.chatPath("m", at("https://ollama.com/api/"))).isEqualTo("/chat");
    assertThat(OLLAMA.modelsPath(at("http://localhost:11434"))).isEqualTo("/api/tags");
    assertThat(OLLAMA.headers(at("http://localhost")))
        .containsEntry("authorization", "Bearer " + Rig.SECRET);
    assertThat(OLLAMA.headers(new BackendOptions()))
        .isEqualTo(Map.of("accept", "application/x-ndjson"));
    assertThat(OLLAMA.models(new JsonObject("{\"models\":[{\"name\":\"a:1\"},{},2]}")))
        .containsExactly("a:1");
  }
}
