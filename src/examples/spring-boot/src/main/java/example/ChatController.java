package example;

import io.llmrelay.LlmRelay;
import io.llmrelay.LlmStream;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.LlmException;
import java.nio.charset.StandardCharsets;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;

/** GET /chat?prompt=… streams an answer. */
@RestController
class ChatController {
  private final LlmRelay relay;

  ChatController(LlmRelay relay) {
    this.relay = relay;
  }

  @GetMapping("/chat")
  Mono<ResponseEntity<Flux<String>>> chat(@RequestParam(defaultValue = "Hello") String prompt) {
    ChatRequest question = ChatRequest.of(ChatMessage.user(prompt));
    return Mono.fromCompletionStage(() -> relay.stream(question).toCompletionStage())
        .map(
            stream ->
                ResponseEntity.ok()
                    .header("x-backend", stream.backend())
                    .contentType(new MediaType("text", "plain", StandardCharsets.UTF_8))
                    .body(chunks(stream)));
  }

  /** Fetches as many chunks as are requested, so that none is ever buffered. */
  private static Flux<String> chunks(LlmStream stream) {
    return Flux.create(
        sink -> {
          stream.pause();
          stream
              .exceptionHandler(sink::error)
              .endHandler(end -> sink.complete())
              .handler(chunk -> sink.next(chunk.toString()));
          sink.onRequest(stream::fetch).onDispose(stream::cancel);
        },
        FluxSink.OverflowStrategy.ERROR);
  }

  @ExceptionHandler
  ResponseEntity<String> failed(LlmException e) {
    return ResponseEntity.status(HttpStatus.BAD_GATEWAY).body(e.getMessage());
  }
}
