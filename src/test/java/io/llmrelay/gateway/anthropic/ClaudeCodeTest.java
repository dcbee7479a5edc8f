package io.llmrelay.gateway.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.config.GatewayOptions;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What Claude Code sends, to backends of three dialects. */
class ClaudeCodeTest extends MessagesFixture {
  private static final String REQUEST =
      """
      {
        "model": "claude-sonnet-4-5-20250929",
        "max_tokens": 32000,
        "stream": true,
        "system": [
          {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.0; cc_entrypoint=cli;"},
          {"type": "text", "text": "You are Claude Code, Anthropic's official CLI for Claude.",
            "cache_control": {"type": "ephemeral"}},
          {"type": "text", "text": "You are an interactive CLI tool.",
            "cache_control": {"type": "ephemeral"}}],
        "thinking": {"type": "enabled", "budget_tokens": 31999},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "metadata": {"user_id":
          "user_0000000000000000000000000000000000000000000000000000000000000000_account__session_1"},
        "tools": [
          {"name": "Bash", "description": "Runs a command.", "input_schema": {
            "$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
            "properties": {"command": {"type": "string"}, "timeout": {"type": "number"},
              "run_in_background": {"type": "boolean"}},
            "required": ["command"], "additionalProperties": false}},
          {"name": "mcp__docs__search", "description": "", "input_schema": {"type": "object"},
            "cache_control": {"type": "ephemeral"}, "eager_input_streaming": true}],
        "messages": [
          {"role": "user", "content": [
            {"type": "text", "text": "<system-reminder>Context.</system-reminder>"},
            {"type": "text", "text": "List the files."}]},
          {"role": "assistant", "content": [
            {"type": "text", "text": "I will look."},
            {"type": "tool_use", "id": "toolu_01A", "name": "Bash", "input": {"command": "ls"}}]},
          {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "toolu_01A", "is_error": false, "content": "a.txt",
              "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "And now?", "cache_control": {"type": "ephemeral"}}]}]
      }
      """;

  @Override
  GatewayOptions gateway() {
    return super.gateway().setHeartbeat(Duration.ofMillis(20));
  }

  private HttpResponse<String> ask(JsonObject body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/messages?beta=true"))
            .header("anthropic-version", "2023-06-01")
            .header(
                "anthropic-beta",
                "claude-code-20250219,interleaved-thinking-2025-05-14,"
                    + "context-management-2025-06-27")
            .header("anthropic-dangerous-direct-browser-access", "true")
            .header("authorization", "Bearer sk-caller")
            .header("x-app", "cli")
            .header("x-stainless-retry-count", "0")
            .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
            .build(),
        BodyHandlers.ofString());
  }

  private static JsonObject to(String... backends) {
    return new JsonObject(REQUEST)
        .put("relay", new JsonObject().put("candidates", new JsonArray(List.of(backends))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "google", "compatible"})
  void aTaskGoesOnAfterAFailover(String backend) throws Exception {
    sandbox.script("broken", Scenario.http(529));
    sandbox.script(
        backend, Scenario.of("tool-call-reasoning-2").toolCall("Bash", "{\"command\":\"cat a\"}"));

    HttpResponse<String> response = ask(to("broken", backend));

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    JsonObject message = accumulated(events(response.body()));
    JsonArray content = message.getJsonArray("content");
    assertThat(message.getString("stop_reason")).isEqualTo("tool_use");
    assertThat(content.getJsonObject(0).getString("type")).isEqualTo("thinking");
    assertThat(content.getJsonObject(content.size() - 1).getJsonObject("input"))
        .isEqualTo(new JsonObject().put("command", "cat a"));
    String sent = sandbox.calls(backend).get(0).body().encode();
    assertThat(sent).contains("List the files.", "mcp__docs__search", "a.txt");
    assertThat(sent.contains("context_management")).isEqualTo(backend.equals("claude"));
    if (backend.equals("claude")) {
      // Anthropic refuses to think in a tool loop that began without thinking, as here.
      assertThat(sandbox.calls(backend).get(0).body().containsKey("thinking")).isFalse();
    } else {
      assertThat(response.headers().firstValue("x-relay-warning"))
          .hasValueSatisfying(warning -> assertThat(warning).contains("context_management"));
      assertThat(sent).doesNotContain("user_0000");
    }
  }

  @Test
  void aSilentStreamIsSentPings() throws Exception {
    sandbox.script("compatible", Scenario.ok().chunks(3).chunkDelay(300));
    byte[] body = to("compatible").toBuffer().getBytes();
    try (Socket socket = connect()) {
      write(
          socket,
          "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
              + body.length
              + "\r\n\r\n"
              + to("compatible").encode());

      String seen = readUntil(socket, "event: message_stop");

      assertThat(seen).contains("event: ping\ndata: {\"type\": \"ping\"}\n\n");
    }
  }

  @Test
  void probesAreAnswered() throws Exception {
    HttpRequest head =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/"))
            .method("HEAD", HttpRequest.BodyPublishers.noBody())
            .build();

    assertThat(client.send(head, BodyHandlers.discarding()).statusCode()).isEqualTo(404);
  }
}
