package example;

import io.llmrelay.LlmRelay;
import io.llmrelay.LlmStream;
import io.llmrelay.RelayVerticle;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.RelayOptions;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.BackPressureStrategy;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.nio.file.Path;

/** Mutiny: an answer is a Uni of the stream, and the stream a Multi with back-pressure. */
public final class Application {
  private final LlmRelay relay;

  private Application(LlmRelay relay) {
    this.relay = relay;
  }

  public static void main(String[] args) {
    Vertx vertx = Vertx.vertx();
    RelayOptions options = RelayOptions.fromFile(Path.of(args[0]), System.getenv());
    vertx.deployVerticle(new RelayVerticle(options)).await();
    Application application = new Application(LlmRelay.create(vertx));
    int port =
        vertx
            .createHttpServer()
            .requestHandler(application::chat)
            .listen(0, "127.0.0.1")
            .await()
            .actualPort();
    System.out.println("listening at http://127.0.0.1:" + port);
  }

  private Uni<LlmStream> stream(String prompt) {
    return Uni.createFrom()
        .completionStage(
            () -> relay.stream(ChatRequest.of(ChatMessage.user(prompt))).toCompletionStage());
  }

  /** Fetches as many chunks as are requested, so that none is ever buffered. */
  private static Multi<Buffer> chunks(LlmStream stream) {
    return Multi.createFrom()
        .emitter(
            emitter -> {
              stream.pause();
              stream
                  .exceptionHandler(emitter::fail)
                  .endHandler(end -> emitter.complete())
                  .handler(emitter::emit);
              emitter.onRequest(stream::fetch).onTermination(stream::cancel);
              stream.fetch(emitter.requested()); // what was requested before
            },
            BackPressureStrategy.ERROR);
  }

  private void chat(HttpServerRequest request) {
    HttpServerResponse response = request.response().setChunked(true);
    Cancellable reading =
        stream(request.getParam("prompt", "Hello"))
            .invoke(stream -> response.putHeader("x-backend", stream.backend()))
            .onItem()
            .transformToMulti(Application::chunks)
            .onItem()
            .transformToUniAndConcatenate(
                chunk ->
                    Uni.createFrom().completionStage(response.write(chunk).toCompletionStage()))
            .subscribe()
            .with(written -> {}, e -> fail(response, e), response::end);
    response.closeHandler(closed -> reading.cancel()); // ends the backend's request as well
  }

  private static void fail(HttpServerResponse response, Throwable e) {
    if (response.headWritten()) {
      response.reset(); // the reader must not take it for complete
    } else {
      response.setStatusCode(502).end(e.getMessage());
    }
  }
}
