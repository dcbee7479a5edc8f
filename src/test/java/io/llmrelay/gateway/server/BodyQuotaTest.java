package io.llmrelay.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.gateway.GatewayFixture;
import io.llmrelay.gateway.GatewayVerticle;
import io.vertx.core.json.JsonObject;
import java.net.Socket;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The limit for the memory of all request bodies together. */
class BodyQuotaTest extends GatewayFixture {
  private static final int ROOM = 2 * MAX_BODY;

  private final JsonObject large = streamRequest().put("user", "x".repeat(MAX_BODY / 2));

  @BeforeEach
  void startWithBodyQuota() {
    gateway =
        deploy(new GatewayVerticle(options(), relay, new AccessControl(options(), ROOM), null));
    port = gateway.actualPort();
  }

  @Test
  void refusesBodiesBeyondTheQuotaAndReleasesIt() throws Exception {
    try (Socket one = connect();
        Socket two = connect();
        Socket three = connect()) {
      for (Socket socket : new Socket[] {one, two, three}) {
        post(socket, "", large);
        relay.streams.take().text("Hello");
        readUntil(socket, "Hello");
      }

      HttpResponse<String> refused = post(large);

      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.headers().firstValue("retry-after")).hasValue("1");
      assertThat(error(refused).getString("code")).isEqualTo("overloaded");
      one.close();
      relay.script = stream -> stream.text("x").end(FinishReason.STOP, TokenUsage.NONE, null);
      // Repeated, since each request must release its bytes however it ends.
      for (int i = 0; i < 5; i++) {
        await().until(() -> post(large).statusCode() == 200);
        assertThat(post("{" + " ".repeat(MAX_BODY / 2)).statusCode()).isEqualTo(400);
      }
    }
  }
}
