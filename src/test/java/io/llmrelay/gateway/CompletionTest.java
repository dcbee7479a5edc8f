package io.llmrelay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Block;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChunkKind;
import io.llmrelay.chat.ContentBlock;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CompletionTest extends GatewayFixture {
  static ChatCompletion answer(String text, String reasoning, String refusal, TokenUsage u) {
    return new ChatCompletion(
        "r1",
        "primary",
        "mock-model",
        List.of(
            new ContentBlock(Block.of(0, ChunkKind.REASONING), reasoning),
            new ContentBlock(Block.of(1, ChunkKind.TEXT), text),
            new ContentBlock(Block.of(2, ChunkKind.REFUSAL), refusal)),
        FinishReason.STOP,
        u,
        0.5,
        FakeRelay.trail("mock-model"),
        FakeRelay.WARNING,
        0);
  }

  @Test
  void aWholeAnswer() throws Exception {
    relay.generate = request -> Future.succeededFuture(answer("Hello", "Hm.", "", FakeRelay.USAGE));

    HttpResponse<String> response = post(ask().put("stream", false));

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
    assertThat(response.headers().firstValue("x-request-id")).hasValue("r1");
    assertThat(response.headers().firstValue("x-relay-backend")).hasValue("primary");
    assertThat(response.headers().firstValue("x-relay-model")).hasValue("mock-model");
    assertThat(response.headers().firstValue("x-relay-attempts")).hasValue("2");
    assertThat(response.headers().firstValue("x-relay-warning"))
        .hasValue("mock-model is deprecated??x-evil: 1 ? use m2");
    JsonObject body = new JsonObject(response.body());
    assertThat(body.getLong("created"))
        .isBetween(System.currentTimeMillis() / 1000 - 60, System.currentTimeMillis() / 1000);
    body.remove("created");
    assertThat(((JsonObject) body.remove("relay")).getInteger("attempts")).isEqualTo(2);
    assertThat(body)
        .isEqualTo(
            new JsonObject(
                """
                {"id": "chatcmpl-r1", "object": "chat.completion", "model": "mock-model",
                 "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello",
                   "refusal": null, "reasoning_content": "Hm.", "reasoning": "Hm."},
                   "logprobs": null, "finish_reason": "stop"}],
                 "usage": {"prompt_tokens": 20, "completion_tokens": 7, "total_tokens": 27,
                   "prompt_tokens_details": {"cached_tokens": 5},
                   "completion_tokens_details": {"reasoning_tokens": 3}}}
                """));
  }

  @Test
  void aRefusalHasNoContent() throws Exception {
    relay.generate = request -> Future.succeededFuture(answer("", "", "No.", TokenUsage.NONE));

    JsonObject body = new JsonObject(post(ask()).body());

    JsonObject message = body.getJsonArray("choices").getJsonObject(0).getJsonObject("message");
    assertThat(message)
        .isEqualTo(new JsonObject("{\"role\":\"assistant\",\"content\":null,\"refusal\":\"No.\"}"));
    assertThat(body.containsKey("usage")).isFalse();
  }

  @Test
  void aClientThatLeavesCancels() throws Exception {
    Promise<ChatCompletion> never = Promise.promise();
    relay.generate = request -> never.future();
    Socket socket = open(ask());
    relay.requests.take();

    socket.close();

    assertThat(relay.cancelled.poll(5, TimeUnit.SECONDS)).isTrue();
    never.complete(answer("late", "", "", TokenUsage.NONE));
  }
}
