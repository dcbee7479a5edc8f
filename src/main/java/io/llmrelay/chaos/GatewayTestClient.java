package io.llmrelay.chaos;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/**
 * A client of the HTTP gateway that accepts only the events of the answer and one end. Everything
 * else is a deviation, also a header that came from a backend.
 */
final class GatewayTestClient implements TestClient {
  private static final String DATA = "data: ";
  private static final String RESUMED = ": resumed at ";

  /** The comment in a silent stream. */
  private static final String HEARTBEAT = ": keep-alive";

  private final HttpClient client;
  private final int port;

  GatewayTestClient(HttpClient client, int port) {
    this.client = client;
    this.port = port;
  }

  @Override
  public Observation ask(JsonObject request, boolean streaming) {
    Observation observed = new Observation();
    JsonObject json = request.copy().put("stream", streaming);
    if (streaming) {
      json.put("stream_options", new JsonObject().put("include_usage", true));
    }
    Buffer body = json.toBuffer();
    client
        .request(HttpMethod.POST, port, "127.0.0.1", "/v1/chat/completions")
        .compose(
            out ->
                out.putHeader("content-type", "application/json")
                    .send(body)
                    .onSuccess(response -> read(response, observed)))
        .onFailure(error -> observed.failed("cut off: " + error.getMessage()));
    return observed;
  }

  private static void head(HttpClientResponse response, Observation observed) {
    observed.backend = response.getHeader("x-relay-backend");
    response
        .headers()
        .forEach(
            (name, value) -> {
              if (name.equalsIgnoreCase("set-cookie")
                  || name.equalsIgnoreCase("x-note")
                  || value.chars().anyMatch(c -> c < ' ')) {
                observed.deviations.add("the header " + name);
              }
            });
  }

  private static void read(HttpClientResponse response, Observation observed) {
    head(response, observed);
    Buffer bytes = Buffer.buffer();
    response
        .handler(bytes::appendBuffer)
        .exceptionHandler(cut -> body(response, bytes, true, observed))
        .endHandler(end -> body(response, bytes, false, observed));
  }

  private static void body(
      HttpClientResponse response, Buffer bytes, boolean cut, Observation observed) {
    String type = response.getHeader("content-type");
    if (type != null && type.startsWith("text/event-stream")) {
      observed.reasoning = new StringBuilder();
      for (String event : bytes.toString().split("\n\n")) {
        event(event, observed);
      }
      if (observed.signals == 0) {
        observed.failed(cut ? "cut off" : "no end");
      }
      if (observed.kind != null && !cut) {
        observed.deviations.add("an end in a truncated body");
      } else if (observed.kind == null && cut) {
        observed.deviations.add("a whole answer without an end");
      }
      return;
    }
    if (cut) {
      observed.failed("cut off");
      return;
    }
    JsonObject json = bytes.toJsonObject();
    if (response.statusCode() != 200) {
      String retryAfter = response.getHeader("retry-after");
      observed.retryAfterMs = retryAfter == null ? -1 : Long.parseLong(retryAfter) * 1000;
      observed.failed(kind(json));
      return;
    }
    JsonObject choice = json.getJsonArray("choices").getJsonObject(0);
    observed.finish = choice.getString("finish_reason");
    JsonObject message = choice.getJsonObject("message");
    observed.text.appendString(message.getString("content", ""));
    observed.reasoning = new StringBuilder(message.getString("reasoning_content", ""));
    usage(json, observed);
    observed.terminal();
  }

  private static void event(String event, Observation observed) {
    if (event.equals(DATA + "[DONE]")) {
      observed.terminal();
      return;
    }
    if (event.startsWith(RESUMED) || event.equals(HEARTBEAT)) {
      return;
    }
    JsonObject json = new JsonObject();
    try {
      json = new JsonObject(event.startsWith(DATA) ? event.substring(DATA.length()) : "");
    } catch (DecodeException e) {
      // Reported below as an unexpected event.
    }
    JsonArray choices = json.getJsonArray("choices");
    if (json.containsKey("error")) {
      observed.failed(kind(json));
    } else if (choices == null || observed.signals > 0) {
      observed.deviations.add("the event " + event);
    } else if (choices.isEmpty()) {
      usage(json, observed);
    } else {
      JsonObject choice = choices.getJsonObject(0);
      observed.finish = choice.getString("finish_reason", observed.finish);
      JsonObject delta = choice.getJsonObject("delta");
      observed.reasoning.append(delta.getString("reasoning_content", ""));
      String content = delta.getString("content");
      observed.text.appendString(content == null ? "" : content);
    }
  }

  private static void usage(JsonObject json, Observation observed) {
    observed.outputTokens = json.getJsonObject("usage").getLong("completion_tokens");
  }

  private static String kind(JsonObject json) {
    JsonObject relay = json.getJsonObject("relay");
    if (relay != null) {
      return relay.getString("kind");
    }
    String code = json.getJsonObject("error").getString("code");
    return switch (code) {
      case "rate_limit_exceeded" -> "rate_limited";
      case "insufficient_quota" -> "quota_exhausted";
      case "context_length_exceeded" -> "context_length";
      default -> code;
    };
  }
}
