package io.llmrelay.provider.bedrock;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.AwsFrames;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.EncodedRequest;
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

class BedrockDialectTest {
  private static final Dialect BEDROCK = new BedrockDialect();

  private static BackendOptions at(String url) {
    return Rig.options("bedrock", null).setBaseUrl(url);
  }

  @Test
  void readsFramesWhereverTheyAreCut() {
    Buffer body =
        AwsFrames.all(
            AwsFrames.event("messageStart", "{\"role\":\"assistant\",\"p\":\"abc\"}"),
            AwsFrames.event(
                "contentBlockDelta", "{\"delta\":{\"reasoningContent\":{\"text\":\"Hm \"}}}"),
            AwsFrames.event(
                "contentBlockDelta", "{\"delta\":{\"reasoningContent\":{\"signature\":\"x\"}}}"),
            AwsFrames.text("Gr\u00fc\u00dfe"),
            AwsFrames.text(" \ud83d\ude00"),
            AwsFrames.event("contentBlockStop", "{\"contentBlockIndex\":0}"),
            AwsFrames.stop("end_turn"),
            AwsFrames.usage(10, 5));
    for (int at = 0; at <= body.length(); at++) {
      Reading reading = Reading.cut("bedrock", body, at);
      assertThat(reading.finish()).isEqualTo("stop");
      assertThat(reading.text()).isEqualTo("Gr\u00fc\u00dfe \ud83d\ude00");
      assertThat(reading.text(BlockKind.REASONING)).isEqualTo("Hm ");
      assertThat(reading.usage())
          .isEqualTo(new TokenUsage(16, 5, 4, 2, 0, TokenUsage.Source.PROVIDER));
    }
  }

  @Test
  void aCutStreamIsAFailure() {
    Buffer stop = AwsFrames.stop("end_turn");
    for (int cut = 0; cut < stop.length(); cut++) {
      Buffer body = AwsFrames.all(AwsFrames.text("Hel"), stop.slice(0, cut));
      for (Reading reading :
          List.of(Reading.of("bedrock", body), new Reading("bedrock").more(body).lost())) {
        assertThat(reading.text()).isEqualTo("Hel");
        assertThat(reading.failure().kind()).isEqualTo(FailureKind.NETWORK);
      }
    }
  }

  @Test
  void usageMayBeMissing() {
    Reading reading =
        Reading.of("bedrock", AwsFrames.all(AwsFrames.text("Hi"), AwsFrames.stop("max_tokens")));
    assertThat(reading.finish()).isEqualTo("length");
    assertThat(reading.usage()).isEqualTo(TokenUsage.NONE);
  }

  @ParameterizedTest
  @CsvSource({
    "end_turn, stop",
    "stop_sequence, stop",
    "max_tokens, length",
    "tool_use, tool_calls",
    "guardrail_intervened, content_filter",
    "content_filtered, content_filter"
  })
  void stopReasons(String theirs, String ours) {
    assertThat(Reading.of("bedrock", AwsFrames.stop(theirs)).finish()).isEqualTo(ours);
  }

  @Test
  void otherStopReasonsAreFailures() {
    Reading reading = Reading.of("bedrock", AwsFrames.stop("malformed_model_output"));
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.SERVER_ERROR);
    assertThat(reading.failure().message()).contains("malformed_model_output");
  }

  @Test
  void aCallIsNoText() {
    Reading reading =
        Reading.of(
            "bedrock",
            AwsFrames.all(
                AwsFrames.event("contentBlockStart", "{\"start\":{\"toolUse\":{\"name\":\"f\"}}}"),
                AwsFrames.event(
                    "contentBlockDelta", "{\"delta\":{\"toolUse\":{\"input\":\"{}\"}}}"),
                AwsFrames.stop("tool_use")));
    assertThat(reading.text()).isEmpty();
    assertThat(reading.finish()).isEqualTo("tool_calls");
  }

  @ParameterizedTest
  @CsvSource({
    "throttlingException, RATE_LIMITED",
    "internalServerException, SERVER_ERROR",
    "modelStreamErrorException, SERVER_ERROR",
    "modelTimeoutException, TIMEOUT",
    "serviceUnavailableException, OVERLOADED",
    "validationException, INVALID_REQUEST"
  })
  void exceptionsInTheStream(String type, FailureKind kind) {
    Reading reading =
        Reading.of(
            "bedrock",
            AwsFrames.all(
                AwsFrames.text("Hel"),
                AwsFrames.exception(type, "{\"message\":\"Too bad\"}"),
                AwsFrames.text("lo")));
    assertThat(reading.text()).isEqualTo("Hel");
    assertThat(reading.failure().kind()).isEqualTo(kind);
    assertThat(reading.failure().providerCode()).isEqualTo(type);
    assertThat(reading.failure().message()).contains("Too bad");
  }

  @Test
  void errorsWithoutAShape() {
    Reading reading =
        Reading.of(
            "bedrock",
            AwsFrames.frame(
                Map.of(
                    ":message-type", "error",
                    ":error-code", "InternalError",
                    ":error-message", "oops"),
                ""));
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.SERVER_ERROR);
    assertThat(reading.failure().message()).contains("oops");
  }

  @Test
  void oneWrongBitEndsTheStream() {
    Buffer text = AwsFrames.text("Hello");
    for (int bit = Integer.SIZE; bit < 8 * text.length(); bit++) {
      Buffer wrong = text.copy();
      wrong.setByte(bit / 8, (byte) (wrong.getByte(bit / 8) ^ (1 << (bit % 8))));
      Reading reading =
          Reading.of(
              "bedrock", AwsFrames.all(AwsFrames.text("a"), wrong, AwsFrames.stop("end_turn")));
      assertThat(reading.text()).isEqualTo("a");
      assertThat(reading.failure().kind()).isEqualTo(FailureKind.SERVER_ERROR);
      assertThat(reading.failure().message()).contains("checksum");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 15, EventDecoder.MAX_EVENT + 1, -1})
  void aLengthThatNoFrameHasEndsTheStream(int length) {
    Reading reading =
        new Reading("bedrock").more(AwsFrames.text("a")).more(Buffer.buffer().appendInt(length));
    assertThat(reading.text()).isEqualTo("a");
    assertThat(reading.failure().kind()).isEqualTo(FailureKind.SERVER_ERROR);
  }

  @Test
  void aWholeAnswer() {
    Reading reading =
        Reading.of(
            "bedrock",
            "{\"output\":{\"message\":{\"role\":\"assistant\",\"content\":["
                + "{\"reasoningContent\":{\"reasoningText\":{\"text\":\"Hm\"}}},{\"text\":\"Hi\"}]}},"
                + "\"stopReason\":\"end_turn\",\"usage\":{\"inputTokens\":3,\"outputTokens\":1}}");
    assertThat(reading.text()).isEqualTo("Hi");
    assertThat(reading.text(BlockKind.REASONING)).isEqualTo("Hm");
    assertThat(reading.finish()).isEqualTo("stop");
    assertThat(reading.usage().totalTokens()).isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource({
    "400, ValidationException, The provided model identifier is invalid., MODEL_NOT_FOUND",
    "400, ValidationException, Input is too long for requested model., CONTEXT_LENGTH",
    "400, ValidationException, no, INVALID_REQUEST",
    "400, ServiceQuotaExceededException, no, QUOTA_EXHAUSTED",
    "403, UnrecognizedClientException, no, AUTHENTICATION",
    "403, InvalidSignatureException, Signature expired: x is now earlier than y, AUTHENTICATION",
    "403, ExpiredTokenException, no, AUTHENTICATION",
    "403, AccessDeniedException, Bearer Token has expired, AUTHENTICATION",
    "403, AccessDeniedException, not authorized to perform: bedrock:InvokeModel, PERMISSION",
    "404, ResourceNotFoundException, no, MODEL_NOT_FOUND",
    "408, ModelTimeoutException, no, TIMEOUT",
    "424, ModelErrorException, no, SERVER_ERROR",
    "429, ThrottlingException, 'Too many tokens, please wait', RATE_LIMITED",
    "429, ThrottlingException, 'Too many tokens per day, please wait', QUOTA_EXHAUSTED",
    "429, ModelNotReadyException, no, OVERLOADED",
    "500, InternalServerException, no, SERVER_ERROR",
    "503, ServiceUnavailableException, no, OVERLOADED"
  })
  void errors(int status, String type, String message, FailureKind kind) {
    Map<String, String> headers =
        Map.of("x-amzn-errortype", type + ":http://internal.amazon.com/coral/");
    String body = new JsonObject().put("message", message).encode();
    assertThat(Reading.error("bedrock", status, headers, body).kind()).isEqualTo(kind);
  }

  @Test
  void recognizesARefusedKeyByItsMessage() {
    Failure failure =
        Reading.error(
            "bedrock",
            403,
            Map.of(),
            "{\"Message\":\"Authentication failed: Please make sure your API Key is valid.\"}");
    assertThat(failure.kind()).isEqualTo(FailureKind.AUTHENTICATION);
    assertThat(failure.message()).contains("make sure");
  }

  @Test
  void aWrongSignatureDoesNotTellWhatWasSigned() {
    Failure failure =
        Reading.error(
            "bedrock",
            403,
            Map.of("x-amzn-errortype", "InvalidSignatureException"),
            new JsonObject()
                .put(
                    "message",
                    "AKIAABCDEFGHIJKLMNOP: The Canonical String should have been"
                        + " 'x-amz-security-token:IQoJb3/JpZ2+luX2Vj==\n'")
                .encode());
    assertThat(failure.kind()).isEqualTo(FailureKind.AUTHENTICATION);
    assertThat(failure.message()).doesNotContain("AKIA", "IQoJ", "JpZ2", "luX2");
  }

  @Test
  void writesEverythingItCanSay() {
    ChatRequest request =
        ChatRequest.of(
                ChatMessage.system("Be brief."),
                ChatMessage.user("Hi"),
                ChatMessage.user("there"),
                ChatMessage.assistant("Hello"),
                ChatMessage.user("Why?"))
            .withTemperature(0.5)
            .withTopP(0.9)
            .withMaxTokens(64)
            .withStop("END");
    assertThat(BEDROCK.cannotServe(request, new BackendOptions())).isNull();
    assertThat(BEDROCK.encode(request, "m", at("http://localhost")).body().toJsonObject())
        .isEqualTo(
            new JsonObject(
                """
                {"messages": [
                   {"role": "user", "content": [{"text": "Hi"}, {"text": "there"}]},
                   {"role": "assistant", "content": [{"text": "Hello"}]},
                   {"role": "user", "content": [{"text": "Why?"}]}],
                 "system": [{"text": "Be brief."}],
                 "inferenceConfig": {"temperature": 0.5, "topP": 0.9, "maxTokens": 64,
                   "stopSequences": ["END"]}}
                """));
  }

  @Test
  void theModelIsOneSegmentOfThePath() {
    assertThat(BEDROCK.chatPath("us.amazon.nova-2-lite-v1:0", at("http://localhost")))
        .isEqualTo("/model/us.amazon.nova-2-lite-v1%3A0/converse-stream");
    assertThat(BEDROCK.chatPath("arn:aws:bedrock:x/../y", at("http://localhost")))
        .isEqualTo("/model/arn%3Aaws%3Abedrock%3Ax%2F..%2Fy/converse-stream");
  }

  @Test
  void modelsAreListedByAnotherService() {
    assertThat(BEDROCK.modelsPath(at("https://bedrock-runtime.eu-west-1.amazonaws.com/")))
        .isEqualTo(
            "https://bedrock.eu-west-1.amazonaws.com/foundation-models?byOutputModality=TEXT");
    assertThat(BEDROCK.modelsPath(at("http://localhost"))).startsWith("/foundation-models");
    assertThat(
            BEDROCK.models(
                new JsonObject("{\"modelSummaries\":[{\"modelId\":\"a\",\"x\":1},{},3]}")))
        .containsExactly("a");
  }

  @Test
  void aNewerClaudeTakesTemperatureOrTopP() {
    ChatRequest both = Rig.HELLO.withTemperature(0.5).withTopP(0.9);
    String claude = "eu.anthropic.claude-haiku-4-5-20251001-v1:0";
    EncodedRequest encoded = BEDROCK.encode(both, claude, new BackendOptions());
    assertThat(encoded.body().toJsonObject().getJsonObject("inferenceConfig"))
        .isEqualTo(new JsonObject().put("temperature", 0.5));
    assertThat(encoded.warnings()).singleElement().asString().startsWith("top_p was left out");
    assertThat(BEDROCK.encode(both, "amazon.nova-pro-v1:0", new BackendOptions()).warnings())
        .isEmpty();
  }
}
