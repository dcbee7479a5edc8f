package example;

import io.llmrelay.LlmRelay;
import io.llmrelay.LlmStream;
import io.llmrelay.RelayVerticle;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.LlmException;
import io.llmrelay.config.RelayOptions;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.nio.file.Path;

/**
 * Virtual threads (Java 21): the handlers of this verticle wait for futures, and block no event
 * loop. The relay itself stays on its event loops.
 */
public class Application extends VerticleBase {
  private LlmRelay relay;

  public static void main(String[] args) {
    Vertx vertx = Vertx.vertx();
    RelayOptions options = RelayOptions.fromFile(Path.of(args[0]), System.getenv());
    vertx.deployVerticle(new RelayVerticle(options)).await();
    vertx
        .deployVerticle(
            new Application(),
            new DeploymentOptions().setThreadingModel(ThreadingModel.VIRTUAL_THREAD))
        .await();
  }

  @Override
  public Future<?> start() {
    relay = LlmRelay.create(vertx);
    int port =
        vertx
            .createHttpServer()
            .requestHandler(this::chat)
            .listen(0, "127.0.0.1")
            .await()
            .actualPort();
    System.out.println("listening at http://127.0.0.1:" + port);
    return Future.succeededFuture();
  }

  private void chat(HttpServerRequest request) {
    HttpServerResponse response = request.response().setChunked(true);
    Promise<Void> readerLeft = Promise.promise();
    response.closeHandler(closed -> readerLeft.tryComplete());
    ChatRequest question = ChatRequest.of(ChatMessage.user(request.getParam("prompt", "Hello")));
    LlmStream stream;
    try {
      stream = relay.stream(question, readerLeft.future()).await();
    } catch (LlmException e) {
      response.setStatusCode(502).end(e.getMessage());
      return;
    }
    response.putHeader("x-backend", stream.backend());
    try {
      stream.pipe().endOnFailure(false).to(response).await();
    } catch (Exception e) {
      response.reset(); // the reader must not take it for complete
    }
  }
}
