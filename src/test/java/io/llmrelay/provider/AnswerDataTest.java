package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.Chunks;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.error.ErrorClassifier;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerDataTest {
  private final Answer answer =
      new Answer(new ErrorClassifier(new BackendOptions(), Clock.systemUTC()));

  private List<String> drain() {
    List<String> seen = new ArrayList<>();
    answer.drain(
        (Chunks chunks) ->
            seen.add(
                chunks.block().index()
                    + " "
                    + chunks.kind().code()
                    + " "
                    + chunks.block().name()
                    + " "
                    + chunks.data()));
    return seen;
  }

  @Test
  void oneBlockHoldsAllValuesOfAField() {
    answer.text(BlockKind.TEXT, "a");
    answer.data("logprobs", new JsonObject().put("content", JsonArray.of(1)));
    answer.text(BlockKind.TEXT, "b");
    answer.data("logprobs", new JsonObject().put("content", JsonArray.of(2)));
    answer.text(BlockKind.TEXT, "c");
    assertThat(drain())
        .containsExactly(
            "0 text null a",
            "1 data logprobs {\"content\":[1]}\n",
            "0 text null b",
            "1 data logprobs {\"content\":[2]}\n",
            "0 text null c");
  }

  @Test
  void dataBetweenFragmentsOfACallLeavesTheCallWhole() {
    answer.call("c1", "f", null);
    answer.arguments("{\"a\"");
    answer.data("annotations", JsonArray.of("é"));
    answer.arguments(":1}");
    assertThat(drain())
        .containsExactly(
            "0 tool_call f ",
            "0 tool_call f {\"a\"",
            "1 data annotations [\"é\"]\n",
            "0 tool_call f :1}");
  }
}
