package io.llmrelay.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmrelay.chat.ReceivedForm.Untranslated;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReceivedFormTest {
  private static final RawJson BODY =
      RawJson.read("{\"model\": \"m\",  \"secret\":\"Käse\", \"n\": null}".getBytes(UTF_8));
  private static final ReceivedForm FORM =
      new ReceivedForm(
          ReceivedForm.ANTHROPIC_MESSAGES,
          BODY,
          Map.of("anthropic-beta", "b1,b2"),
          new Untranslated(List.of("later"), List.of("speed"), List.of("mcp_servers")));

  private static final ChatRequest REQUEST =
      ChatRequest.of(ChatMessage.user("Hi"))
          .withModel("m")
          .withTools(
              Tool.function(
                  "f", "d", RawJson.read("{\"type\": \"object\"}".getBytes(UTF_8)), null, null))
          .withToolChoice(ToolChoice.of("f"))
          .withReceived(FORM);

  @Test
  void crossesTheEventBusByteForByte() {
    Buffer sent = REQUEST.withCandidates("a").toBuffer();

    ChatRequest read = ChatRequest.read(sent);

    assertThat(sent.toString()).contains(BODY.encode());
    assertThat(read.received()).isEqualTo(FORM);
    assertThat(read.received().body().encode()).isEqualTo(BODY.encode());
    assertThat(read.relay().candidates()).containsExactly("a");
    assertThat(read.unknownPaths()).containsExactly("later");
    assertThat(read.toBuffer()).isEqualTo(sent);
    assertThat(ChatRequest.fromJson(REQUEST.toJson()).received()).isEqualTo(FORM);
  }

  @Test
  void aCheckedRequestKeepsIt() {
    ChatRequest checked = REQUEST.checked();

    assertThat(checked.received()).isSameAs(FORM);
    assertThat(checked.tools()).isEqualTo(REQUEST.tools());
    assertThat(checked.toolChoice()).isEqualTo(ToolChoice.of("f"));
    assertThat(checked.unknownPaths()).containsExactly("later");
    assertThat(REQUEST.forCandidate("x", Timeouts.UNSET).received()).isSameAs(FORM);
  }

  static Stream<UnaryOperator<ChatRequest>> changes() {
    return Stream.of(
        request -> request.withTemperature(1.0),
        request -> request.withTopP(1.0),
        request -> request.withStop("x"),
        request -> request.withSeed(1L),
        request -> request.withUser("u"),
        request -> request.withTools(),
        request -> request.withToolChoice(ToolChoice.NONE),
        request -> request.withSetting(Setting.TOP_K, 3),
        request -> request.withResponseFormat(new JsonObject().put("type", "text")));
  }

  @ParameterizedTest
  @MethodSource("changes")
  void aChangedRequestIsNotWhatWasReceived(UnaryOperator<ChatRequest> change) {
    assertThat(change.apply(REQUEST).received()).isNull();
  }

  @Test
  void whatTheRelayChangesDoesNotCount() {
    assertThat(REQUEST.withModel("x").withMaxTokens(3).withMetadata(Map.of()).received())
        .isSameAs(FORM);
  }

  @Test
  void showsNoText() {
    assertThat(FORM.toString()).doesNotContain("Käse");
    assertThat(REQUEST.toString()).doesNotContain("Käse");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"received\": 1}",
        "{\"received\": {\"body\": {}}}",
        "{\"received\": {\"format\": \"f\", \"body\": []}}",
        "{\"received\": {\"format\": \"f\", \"body\": {}, \"headers\": {\"a\": 1}}}",
        "{\"received\": {\"format\": \"f\", \"body\": {}, \"untranslated\": {\"unknown\": [1]}}}",
      })
  void refusesAnotherForm(String relay) {
    Buffer request =
        Buffer.buffer(
            "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"relay\": "
                + relay
                + "}");

    assertThatThrownBy(() -> ChatRequest.read(request))
        .isInstanceOf(LlmException.class)
        .hasMessageContaining("relay.received");
  }

  @Test
  void aPrefixIsPartOfAString() {
    RawJson url = RawJson.read("\"aGk=\"".getBytes(UTF_8)).withPrefix("data:image/png;base64,");

    assertThat(url.string()).isEqualTo("data:image/png;base64,aGk=");
    assertThat(url.value()).isEqualTo(url.string());
    assertThat(url.encode()).isEqualTo("\"" + url.string() + "\"");
    assertThat(url.length()).isEqualTo(url.encode().length());
    assertThat(url.characters()).isEqualTo(url.string().length());
    assertThat(url.stringStartsWith("data:image/")).isTrue();
    assertThat(url.stringStartsWith("data:image/png;base64,aG")).isTrue();
    assertThat(url.stringStartsWith("http")).isFalse();
    assertThat(url.asciiHead(200)).isEqualTo(url.string());
    assertThat(url.asciiHead(6)).isEqualTo("data:i");
    BodyBuilder out = new BodyBuilder();
    url.appendAfter(22, out);
    url.appendAfter(24, out);
    assertThat(out.toBuffer()).hasToString("\"aGk=\"\"k=\"");
  }
}
