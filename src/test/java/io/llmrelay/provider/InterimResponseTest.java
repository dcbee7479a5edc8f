package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server may send any number of interim responses, of any status, before the response. */
@ExtendWith(VertxExtension.class)
class InterimResponseTest {

  @ParameterizedTest
  @ValueSource(strings = {"100 Continue", "102 Processing", "103 Early Hints", "199 Any"})
  void isNotTheResponse(String status, Vertx vertx) throws IOException {
    try (RawServer server =
        new RawServer(
            call -> {
              call.body();
              for (int i = 0; i < 3; i++) {
                call.write("HTTP/1.1 " + status + "\r\nLink: </a>\r\n\r\n");
              }
              call.answer();
            })) {
      Rig rig = Rig.at(vertx, Rig.options("openai", null), server.port());
      for (int i = 0; i < 3; i++) {
        Consumer consumer = rig.open().awaitEnd();
        assertThat(consumer.failure).isNull();
        assertThat(consumer.pieces).containsExactly("x");
      }
      assertThat(server.calls).hasSize(3).allMatch(call -> call.connection() == 1);
    }
  }
}
