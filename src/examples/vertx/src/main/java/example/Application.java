package example;

import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.RelayOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.nio.file.Path;

/**
 * Plain Vert.x: GET /chat?prompt=… streams an answer. The argument is the relay's configuration.
 */
public class Application extends VerticleBase {
  private LlmRelay relay;

  public static void main(String[] args) {
    Vertx vertx = Vertx.vertx();
    RelayOptions options = RelayOptions.fromFile(Path.of(args[0]), System.getenv());
    vertx
        .deployVerticle(new RelayVerticle(options))
        .compose(deployed -> vertx.deployVerticle(new Application()))
        .onFailure(
            e -> {
              System.err.println(e.getMessage());
              System.exit(1);
            });
  }

  @Override
  public Future<?> start() {
    relay = LlmRelay.create(vertx);
    return vertx
        .createHttpServer()
        .requestHandler(this::chat)
        .listen(0, "127.0.0.1")
        .onSuccess(
            server -> System.out.println("listening at http://127.0.0.1:" + server.actualPort()));
  }

  private void chat(HttpServerRequest request) {
    HttpServerResponse response = request.response().setChunked(true);
    Promise<Void> readerLeft = Promise.promise();
    response.closeHandler(closed -> readerLeft.tryComplete());
    ChatRequest question = ChatRequest.of(ChatMessage.user(request.getParam("prompt", "Hello")));
    relay.stream(question, readerLeft.future())
        .onFailure(e -> response.setStatusCode(502).end(e.getMessage()))
        .onSuccess(
            stream -> {
              response.putHeader("x-backend", stream.backend());
              stream
                  .pipe()
                  .endOnFailure(false)
                  .to(response)
                  .onFailure(e -> response.reset()); // the reader must not take it for complete
            });
  }
}
