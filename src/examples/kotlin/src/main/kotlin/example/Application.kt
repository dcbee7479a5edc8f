package example

import io.llmrelay.LlmRelay
import io.llmrelay.RelayVerticle
import io.llmrelay.chat.ChatMessage
import io.llmrelay.chat.ChatRequest
import io.llmrelay.chat.LlmException
import io.llmrelay.config.RelayOptions
import io.vertx.core.Promise
import io.vertx.core.Vertx
import io.vertx.core.http.HttpServerRequest
import io.vertx.kotlin.coroutines.CoroutineVerticle
import io.vertx.kotlin.coroutines.coAwait
import io.vertx.kotlin.coroutines.toReceiveChannel
import java.nio.file.Path
import kotlinx.coroutines.launch

/** Coroutines: the stream is a channel, and the loop over it suspends while the reader is slow. */
class Application : CoroutineVerticle() {
  private lateinit var relay: LlmRelay

  override suspend fun start() {
    relay = LlmRelay.create(vertx)
    val server =
      vertx
        .createHttpServer()
        .requestHandler { request -> launch { chat(request) } }
        .listen(0, "127.0.0.1")
        .coAwait()
    println("listening at http://127.0.0.1:${server.actualPort()}")
  }

  private suspend fun chat(request: HttpServerRequest) {
    val response = request.response().setChunked(true)
    val readerLeft = Promise.promise<Void>()
    response.closeHandler { readerLeft.tryComplete() }
    val question = ChatRequest.of(ChatMessage.user(request.getParam("prompt", "Hello")))
    val stream =
      try {
        relay.stream(question, readerLeft.future()).coAwait()
      } catch (e: LlmException) {
        response.setStatusCode(502).end(e.message)
        return
      }
    response.putHeader("x-backend", stream.backend())
    try {
      for (chunk in stream.toReceiveChannel(vertx)) {
        response.write(chunk).coAwait()
      }
      response.end().coAwait()
    } catch (e: Exception) {
      response.reset() // the reader must not take it for complete
    }
  }
}

fun main(args: Array<String>) {
  val vertx = Vertx.vertx()
  val options = RelayOptions.fromFile(Path.of(args[0]), System.getenv())
  vertx.deployVerticle(RelayVerticle(options)).await()
  vertx.deployVerticle(Application()).await()
}
