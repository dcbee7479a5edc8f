package io.llmrelay.chaos;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/**
 * Through the HTTP gateway, read as strictly as a client can: what is neither an event of the
 * answer nor its one end is odd, and so is a header that a backend put there.
 */
final class GatewayDoor implements Door {
  private static final String DATA = "data: ";

  private final HttpClient client;
  private final int port;

  GatewayDoor(HttpClient client, int port) {
    this.client = client;
    this.port = port;
  }

  @Override
  public Observed ask(JsonObject request, boolean streaming) {
    Observed seen = new Observed();
    JsonObject json = request.copy().put("stream", streaming);
    if (streaming) {
      json.put("stream_options", new JsonObject().put("include_usage", true));
    }
    Buffer body = json.toBuffer();
    client
        .request(HttpMethod.POST, port, "127.0.0.1", "/v1/chat/completions")
        .compose(out -> out.putHeader("content-type", "application/json").send(body))
        .onSuccess(response -> read(response, seen))
        .onFailure(error -> seen.failed("cut off: " + error.getMessage()));
    return seen;
  }

  private static void head(HttpClientResponse response, Observed seen) {
    seen.backend = response.getHeader("x-relay-backend");
    response
        .headers()
        .forEach(
            (name, value) -> {
              if (name.equalsIgnoreCase("set-cookie")
                  || name.equalsIgnoreCase("x-note")
                  || value.chars().anyMatch(c -> c < ' ')) {
                seen.odd.add("the header " + name);
              }
            });
  }

  private static void read(HttpClientResponse response, Observed seen) {
    head(response, seen);
    Buffer bytes = Buffer.buffer();
    response
        .handler(bytes::appendBuffer)
        .exceptionHandler(cut -> body(response, bytes, true, seen))
        .endHandler(end -> body(response, bytes, false, seen));
  }

  private static void body(HttpClientResponse response, Buffer bytes, boolean cut, Observed seen) {
    String type = response.getHeader("content-type");
    if (type != null && type.startsWith("text/event-stream")) {
      seen.reasoning = new StringBuilder();
      for (String event : bytes.toString().split("\n\n")) {
        event(event, seen);
      }
      if (seen.signals == 0) {
        seen.failed(cut ? "cut off" : "no end");
      }
      if (seen.kind != null && !cut) {
        seen.odd.add("the end of a body that broke off");
      } else if (seen.kind == null && cut) {
        seen.odd.add("a whole answer without an end");
      }
      return;
    }
    if (cut) {
      seen.failed("cut off");
      return;
    }
    JsonObject json = bytes.toJsonObject();
    if (response.statusCode() != 200) {
      String retryAfter = response.getHeader("retry-after");
      seen.retryAfterMs = retryAfter == null ? -1 : Long.parseLong(retryAfter) * 1000;
      seen.failed(kind(json));
      return;
    }
    JsonObject choice = json.getJsonArray("choices").getJsonObject(0);
    seen.finish = choice.getString("finish_reason");
    JsonObject message = choice.getJsonObject("message");
    seen.text.appendString(message.getString("content", ""));
    seen.reasoning = new StringBuilder(message.getString("reasoning_content", ""));
    usage(json, seen);
    seen.terminal();
  }

  private static void event(String event, Observed seen) {
    if (event.equals(DATA + "[DONE]")) {
      seen.terminal();
      return;
    }
    JsonObject json = new JsonObject();
    try {
      json = new JsonObject(event.startsWith(DATA) ? event.substring(DATA.length()) : "");
    } catch (DecodeException e) {
      // odd, as everything that is not one of ours
    }
    JsonArray choices = json.getJsonArray("choices");
    if (json.containsKey("error")) {
      seen.failed(kind(json));
    } else if (choices == null || seen.signals > 0) {
      seen.odd.add("the event " + event);
    } else if (choices.isEmpty()) {
      usage(json, seen);
    } else {
      JsonObject choice = choices.getJsonObject(0);
      seen.finish = choice.getString("finish_reason", seen.finish);
      JsonObject delta = choice.getJsonObject("delta");
      seen.reasoning.append(delta.getString("reasoning_content", ""));
      String content = delta.getString("content");
      seen.text.appendString(content == null ? "" : content);
    }
  }

  private static void usage(JsonObject json, Observed seen) {
    seen.outputTokens = json.getJsonObject("usage").getLong("completion_tokens");
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
