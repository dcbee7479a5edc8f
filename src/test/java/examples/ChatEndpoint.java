package examples;

import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.RelayOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;

/** The {@code /chat} endpoint of an application that has Vert.x already. */
public final class ChatEndpoint {
  private ChatEndpoint() {}

  // tag::embed
  /** Deploys the relay beside your verticles, and serves POST /chat: a prompt in, text out. */
  public static Future<HttpServer> serve(Vertx vertx, RelayOptions options, int port) {
    LlmRelay relay = LlmRelay.create(vertx);
    return vertx
        .deployVerticle(new RelayVerticle(options))
        .compose(
            id ->
                vertx
                    .createHttpServer()
                    .requestHandler(
                        request ->
                            request
                                .body()
                                .onSuccess(prompt -> chat(relay, request, prompt.toString())))
                    .listen(port));
  }

  private static void chat(LlmRelay relay, HttpServerRequest request, String prompt) {
    HttpServerResponse response = request.response().setChunked(true);
    Promise<Void> left = Promise.promise();
    response.closeHandler(gone -> left.tryComplete());
    relay.stream(ChatRequest.of(ChatMessage.user(prompt)), left.future())
        .onFailure(e -> response.setStatusCode(502).end(e.getMessage())) // before the first word
        .onSuccess(
            stream ->
                stream
                    .pipe()
                    .endOnFailure(false)
                    .to(response)
                    .onFailure(cut -> response.reset())); // after it
  }

  // end::embed
}
