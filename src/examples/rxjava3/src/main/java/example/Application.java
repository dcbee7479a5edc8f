package example;

import io.llmrelay.LlmRelay;
import io.llmrelay.LlmStream;
import io.llmrelay.RelayVerticle;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.RelayOptions;
import io.reactivex.rxjava3.core.Completable;
import io.reactivex.rxjava3.core.Flowable;
import io.reactivex.rxjava3.core.Single;
import io.reactivex.rxjava3.disposables.Disposable;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.rxjava3.FlowableHelper;
import java.nio.file.Path;

/** RxJava 3: an answer is a Single of the stream, and the stream a Flowable with back-pressure. */
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

  private Single<LlmStream> stream(String prompt) {
    return Single.defer(
        () ->
            Single.fromCompletionStage(
                relay.stream(ChatRequest.of(ChatMessage.user(prompt))).toCompletionStage()));
  }

  private void chat(HttpServerRequest request) {
    HttpServerResponse response = request.response().setChunked(true);
    Flowable<Buffer> answer =
        stream(request.getParam("prompt", "Hello"))
            .doOnSuccess(stream -> response.putHeader("x-backend", stream.backend()))
            .flatMapPublisher(FlowableHelper::toFlowable);
    Disposable reading =
        answer
            .concatMapCompletable(
                chunk -> Completable.fromCompletionStage(response.write(chunk).toCompletionStage()),
                1) // one write at a time: a slow reader slows the backend down
            .subscribe(response::end, e -> fail(response, e));
    response.closeHandler(closed -> reading.dispose()); // ends the backend's request as well
  }

  private static void fail(HttpServerResponse response, Throwable e) {
    if (response.headWritten()) {
      response.reset(); // the reader must not take it for complete
    } else {
      response.setStatusCode(502).end(e.getMessage());
    }
  }
}
