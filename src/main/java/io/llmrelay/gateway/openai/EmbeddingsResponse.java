package io.llmrelay.gateway.openai;

import io.llmrelay.chat.EmbeddingRequest.Encoding;
import io.llmrelay.chat.Embeddings;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.gateway.front.RelayJson;
import io.llmrelay.gateway.front.WriteTimeout;
import io.llmrelay.gateway.server.OpenStreams;
import io.llmrelay.gateway.server.RelayHeaders;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.json.JsonObject;

/**
 * Sends embeddings as OpenAI's list. They may be many megabytes of text, so they are encoded and
 * written in pieces, as the client takes them.
 */
final class EmbeddingsResponse {
  /** The bytes after which a piece is written. */
  private static final int PIECE = 64 * 1024;

  private final HttpServerResponse response;
  private final Embeddings embeddings;
  private final Encoding encoding;
  private final Context context = Vertx.currentContext();
  private final WriteTimeout timeout;
  private final boolean http2;
  private int next;

  EmbeddingsResponse(
      HttpServerRequest request, Embeddings embeddings, Encoding encoding, OpenStreams streams) {
    this.response = request.response();
    this.http2 = request.version() == HttpVersion.HTTP_2;
    this.timeout = WriteTimeout.begin(request, streams);
    this.embeddings = embeddings;
    this.encoding = encoding;
  }

  void send() {
    if (response.closed()) {
      return;
    }
    RelayHeaders.put(
        response,
        embeddings.id(),
        embeddings.backend(),
        embeddings.model(),
        embeddings.warning(),
        embeddings.trail());
    RelayHeaders.putCost(response, embeddings.costUsd());
    response.putHeader(HttpHeaders.CONTENT_TYPE, "application/json");
    write(Buffer.buffer("{\"object\":\"list\",\"data\":["));
  }

  /** Writes the next piece, after what is to be written before it. */
  private void write(Buffer out) {
    if (response.closed()) {
      return;
    }
    while (next < embeddings.vectors().size() && out.length() < PIECE) {
      out.appendString(next == 0 ? "" : ",")
          .appendString("{\"object\":\"embedding\",\"index\":" + next + ",\"embedding\":");
      embeddings.vectors().get(next).appendTo(out, encoding);
      out.appendString("}");
      next++;
    }
    if (next == embeddings.vectors().size()) {
      timeout.written();
      end(out.appendString("],").appendBuffer(rest())).onComplete((taken, gone) -> timeout.end());
      return;
    }
    if (!response.headWritten()) {
      response.setChunked(true);
    }
    timeout.written();
    response.write(out);
    if (response.writeQueueFull()) {
      response.drainHandler(drained -> write(Buffer.buffer()));
    } else {
      context.runOnContext(v -> write(Buffer.buffer()));
    }
  }

  private Future<Void> end(Buffer last) {
    return http2 ? WriteTimeout.end(response, last) : response.end(last);
  }

  /** Returns what follows the data, with the brace that ends the object. */
  private Buffer rest() {
    TokenUsage usage = embeddings.usage();
    JsonObject json = new JsonObject().put("model", embeddings.model());
    if (usage.source() != TokenUsage.Source.NONE) {
      json.put(
          "usage",
          new JsonObject()
              .put("prompt_tokens", usage.inputTokens())
              .put("total_tokens", usage.totalTokens()));
    }
    json.put(
        "relay",
        RelayJson.relay(embeddings.backend(), usage, embeddings.costUsd(), embeddings.trail()));
    Buffer object = json.toBuffer();
    return object.slice(1, object.length());
  }
}
