package io.llmrelay.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.LlmStream;
import io.llmrelay.Still;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.gateway.FakeStream;
import io.llmrelay.gateway.GatewayFixture;
import io.llmrelay.gateway.GatewayVerticle;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The limit for the memory of all request bodies together: three fit. */
class BodyQuotaTest extends GatewayFixture {
  private static final int ROOM = 2 * MAX_BODY;

  private final JsonObject large = streamRequest().put("user", "x".repeat(MAX_BODY / 2));
  private final List<Opening> openings = new CopyOnWriteArrayList<>();
  private final List<Socket> sockets = new ArrayList<>();

  /** A run that has not reached its commit point. */
  private record Opening(Context context, Promise<LlmStream> promise) {
    void commit() {
      context.runOnContext(v -> promise.complete(new FakeStream("m", context)));
    }
  }

  @BeforeEach
  void startWithBodyQuota() {
    gateway =
        deploy(
            new GatewayVerticle(options(), relay, new AccessControl(options(), ROOM, null), null));
    port = gateway.actualPort();
    relay.streamResult =
        request -> {
          Opening opening = new Opening(vertx.getOrCreateContext(), Promise.promise());
          openings.add(opening);
          return opening.promise.future();
        };
  }

  @AfterEach
  void disconnect() throws Exception {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  private Socket send() throws Exception {
    Socket socket = connect();
    sockets.add(socket);
    post(socket, "", large);
    return socket;
  }

  private void takeAllMemory() throws Exception {
    for (int i = 0; i < 3; i++) {
      send();
    }
    await().until(() -> openings.size() == 3);
  }

  @Test
  void aRequestWithoutMemoryWaitsUntilAnotherIsCommitted() throws Exception {
    takeAllMemory();
    send();
    Still.at(openings::size);
    assertThat(openings).hasSize(3);
    openings.get(1).commit();
    await().until(() -> openings.size() == 4);
  }

  @Test
  void aWaitingRequestThatDisconnectsFreesItsPlace() throws Exception {
    takeAllMemory();
    Socket gone = send();
    Still.at(openings::size);
    gone.close();
    sockets.get(0).close();
    Socket last = connect();
    sockets.add(last);
    post(last, "", large.copy().put("model", "last"));
    await().until(() -> relay.requests.stream().anyMatch(r -> "last".equals(r.model())));
  }

  @Test
  void refusesWhatTheQueueHasNoRoomForAndReleasesEverything() throws Exception {
    takeAllMemory();
    for (int i = 0; i < ROOM / (64 * 1024) + 1; i++) {
      send();
    }
    HttpResponse<String> refused = post(large);
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.headers().firstValue("retry-after")).hasValue("1");
    assertThat(error(refused).getString("code")).isEqualTo("overloaded");
    for (Socket socket : sockets) {
      socket.close();
    }
    relay.streamResult = null;
    relay.script = stream -> stream.text("x").end(FinishReason.STOP, TokenUsage.NONE, null);
    // Repeated, since each request must release its bytes however it ends.
    for (int i = 0; i < 5; i++) {
      await().until(() -> post(large).statusCode() == 200);
      assertThat(post("{" + " ".repeat(MAX_BODY / 2)).statusCode()).isEqualTo(400);
    }
  }
}
