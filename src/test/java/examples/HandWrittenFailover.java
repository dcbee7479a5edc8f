package examples;

import io.llmrelay.LlmRelay;
import io.llmrelay.chat.ChatRequest;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonObject;
import java.util.List;

/** A failover as applications begin with, and what takes its place. */
final class HandWrittenFailover {
  private final HttpClient client;
  private final LlmRelay relay;
  private final List<String> servers;
  private final List<String> keys;

  HandWrittenFailover(HttpClient client, LlmRelay relay, List<String> servers, List<String> keys) {
    this.client = client;
    this.relay = relay;
    this.servers = servers;
    this.keys = keys;
  }

  private static RequestOptions post(String url) {
    return new RequestOptions().setMethod(HttpMethod.POST).setAbsoluteURI(url);
  }

  // tag::by-hand
  Future<Void> answer(int i, JsonObject request, HttpServerResponse to) {
    return client
        .request(post(servers.get(i)))
        .compose(
            r -> r.putHeader("authorization", "Bearer " + keys.get(i)).send(request.toBuffer()))
        .compose(
            r ->
                r.statusCode() == 200
                    ? r.pipeTo(to)
                    : Future.failedFuture("status " + r.statusCode()))
        .recover(e -> i + 1 < servers.size() ? answer(i + 1, request, to) : Future.failedFuture(e));
  }

  // end::by-hand

  // tag::instead
  Future<Void> answer(ChatRequest request, HttpServerResponse to, Future<?> readerLeft) {
    return relay.stream(request, readerLeft)
        .compose(stream -> stream.pipe().endOnFailure(false).to(to));
  }
  // end::instead
}
