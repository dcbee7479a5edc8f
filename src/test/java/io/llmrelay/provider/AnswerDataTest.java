package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.FailureKind;
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
  void dataBetweenFragmentsOfACallFollowsTheCall() {
    answer.call("c1", "f", null);
    answer.arguments("{\"a\"");
    answer.data("annotations", JsonArray.of("é"));
    answer.arguments(":1}");
    assertThat(drain())
        .containsExactly(
            "0 tool_call f ", "0 tool_call f {\"a\":1}", "1 data annotations [\"é\"]\n");
  }

  @Test
  void textBetweenFragmentsOfACallFollowsTheCall() {
    answer.call("c1", "f", null);
    answer.text(BlockKind.TEXT, "a");
    answer.arguments("{");
    answer.text(BlockKind.REASONING, "b");
    answer.arguments("}");
    answer.text(BlockKind.TEXT, "c");
    answer.arguments(" ");
    answer.call("c2", "g", null);
    answer.text(BlockKind.TEXT, "d");
    answer.endArguments();
    assertThat(drain())
        .containsExactly(
            "0 tool_call f ",
            "0 tool_call f {}",
            "1 text null a",
            "2 reasoning null b",
            "3 text null c",
            "4 tool_call g ",
            "4 tool_call g {}",
            "5 text null d");
  }

  @Test
  void argumentsAfterACallHasEndedAreAFailure() {
    answer.call("c1", "f", null);
    answer.arguments("{}");
    answer.text(BlockKind.TEXT, "a");
    answer.arguments("{}");
    assertThat(answer.failure().kind()).isEqualTo(FailureKind.MALFORMED_TOOL_CALL);
  }

  @Test
  void whatWaitsForTheRestOfACallIsBounded() {
    answer.call("c1", "f", null);
    answer.arguments("{");
    for (int i = 0; i < Answer.MAX_HELD / 1024 && !answer.over(); i++) {
      answer.text(BlockKind.TEXT, "x".repeat(1024));
    }
    assertThat(answer.failure().kind()).isEqualTo(FailureKind.SERVER_ERROR);
    assertThat(answer.failure().message()).contains("within a tool call");
  }
}
