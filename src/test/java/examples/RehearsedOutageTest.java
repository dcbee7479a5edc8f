package examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.llmrelay.LlmRelay;
import io.llmrelay.LlmStream;
import io.llmrelay.RelayVerticle;
import io.llmrelay.chat.ChatCompletion;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.junit5.SandboxExtension;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What an application's own test of an outage looks like. */
@ExtendWith(VertxExtension.class)
class RehearsedOutageTest {
  private static final ChatRequest QUESTION = ChatRequest.of(ChatMessage.user("Hello"));

  // tag::junit
  @RegisterExtension
  static final SandboxExtension llm =
      new SandboxExtension().backend("primary").backend("secondary", "anthropic");

  @Test
  void anOutageIsNotNoticed(Vertx vertx) {
    llm.script("primary", Scenario.http(503));

    vertx.deployVerticle(new RelayVerticle(llm.options())).await();
    ChatCompletion answer = LlmRelay.create(vertx).generate(QUESTION).await();

    assertEquals("secondary", answer.backend());
    llm.assertCalls("primary", 1).assertCalls("secondary", 1);
  }

  @Test
  void aReaderWhoLeavesEndsTheRequest(Vertx vertx) {
    llm.script("primary", Scenario.of("model-every-50-chunks-1000"));

    vertx.deployVerticle(new RelayVerticle(llm.options())).await();
    LlmStream stream = LlmRelay.create(vertx).stream(QUESTION).await();
    stream.cancel();

    assertTrue(llm.awaitEnd("primary").aborted());
  }
  // end::junit
}
