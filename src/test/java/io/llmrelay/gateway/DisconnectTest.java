package io.llmrelay.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.llmrelay.Still;
import io.llmrelay.sandbox.SandboxCall;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Disconnecting or not reading has an effect on the backend's connection. */
class DisconnectTest extends RelayFixture {

  @Test
  void disconnectBeforeTheFirstChunkAbortsTheBackend() throws Exception {
    for (JsonObject body : List.of(streamRequest(), completionRequest())) {
      for (String scenario : List.of("stall", "stall-after-head")) {
        sandbox.clearCalls().script("primary", Scenario.of(scenario));
        Socket socket = open(body);
        SandboxCall call = theCall();

        socket.close();

        await().until(call::aborted);
      }
    }
    assertThat(sandbox.calls("claude")).isEmpty();
  }

  @Test
  void disconnectInMidStreamAbortsTheBackend() throws Exception {
    for (JsonObject body : List.of(streamRequest(), completionRequest())) {
      sandbox.clearCalls().script("primary", Scenario.ok().chunks(10_000).chunkDelay(5));
      Socket socket = open(body);
      SandboxCall call = theCall();
      await().until(() -> call.bytesWritten() > 2_000);

      socket.close();

      await().until(call::aborted);
    }
    assertThat(sandbox.calls("claude")).isEmpty();
  }

  @Test
  void unreadStreamStopsTheBackend() throws Exception {
    sandbox.script("primary", Scenario.of("flood-200"));
    try (Socket socket = connectNarrow()) {
      post(socket, "", streamRequest());
      SandboxCall call = theCall();
      await().until(() -> call.bytesWritten() > 1_000_000);
      long stopped = Still.at(call::bytesWritten);
      assertThat(stopped).isLessThan(60_000_000);

      socket.getInputStream().readNBytes(20_000_000);
      await().until(() -> call.bytesWritten() > stopped);
    }
  }

  @Test
  void http10ClientGetsAStream() throws Exception {
    try (Socket socket = connect()) {
      JsonObject body = streamRequest();
      write(
          socket,
          "POST /v1/chat/completions HTTP/1.0\r\nContent-Length: "
              + body.toBuffer().length()
              + "\r\n\r\n"
              + body);
      assertThat(new String(socket.getInputStream().readAllBytes(), US_ASCII))
          .startsWith("HTTP/1.0 200 OK")
          .contains("data: {\"id\":")
          .endsWith("data: [DONE]\n\n");
    }
  }

  /** Without chunks, only the end of the connection shows where a stream ends. */
  @Test
  void http10ClientThatWouldKeepItsConnectionSeesTheEndOfAStream() throws Exception {
    sandbox.script("primary", Scenario.ok().chunks(4).chunkDelay(20));
    try (Socket socket = connect()) {
      socket.setSoTimeout(20_000);
      JsonObject body = streamRequest();
      write(
          socket,
          "POST /v1/chat/completions HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: "
              + body.toBuffer().length()
              + "\r\n\r\n"
              + body);
      assertThat(new String(socket.getInputStream().readAllBytes(), US_ASCII))
          .endsWith("data: [DONE]\n\n");
    }
  }

  /** A close would be the end of the body: a proxy would send a broken answer on as a whole one. */
  @Test
  void http10ClientSeesThatAStreamBrokeOff() throws Exception {
    sandbox.script("primary", Scenario.of("die-after-3"));
    try (Socket socket = connect()) {
      socket.setSoTimeout(20_000);
      JsonObject body = streamRequest();
      write(
          socket,
          "POST /v1/chat/completions HTTP/1.0\r\nContent-Length: "
              + body.toBuffer().length()
              + "\r\n\r\n"
              + body);
      ByteArrayOutputStream received = new ByteArrayOutputStream();
      assertThatThrownBy(() -> socket.getInputStream().transferTo(received))
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
      assertThat(received.toString(US_ASCII))
          .contains("data: {\"error\":")
          .doesNotContain("[DONE]");
    }
  }

  private SandboxCall theCall() {
    await().until(() -> sandbox.calls().size() == 1);
    return sandbox.calls().get(0);
  }
}
