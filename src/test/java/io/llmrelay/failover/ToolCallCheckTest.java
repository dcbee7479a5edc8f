package io.llmrelay.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatRequest;
import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ToolCallCheckTest {
  private static final ToolCallCheck CHECK =
      ToolCallCheck.of(
          ChatRequest.read(
              Buffer.buffer(
                  """
                      {"messages": [{"role": "user", "content": "x"}], "tools": [
                        {"type": "function", "function": {"name": "loose",
                          "parameters": {"type": "object", "required": ["city"]}}},
                        {"type": "function", "function": {"name": "strict", "strict": true,
                          "parameters": {"type": "object", "required": ["city"],
                            "properties": {"city": {"$ref": "#/$defs/name"}},
                            "additionalProperties": false, "$defs": {"name": {"type": "string"}}}}},
                        {"type": "function", "function": {"name": "broken", "strict": true,
                          "parameters": {"$ref": "#/$defs/nowhere"}}},
                        {"type": "function", "function": {"name": "none", "strict": true}}]}
                      """)));

  private static String problem(String name, String arguments) {
    return CHECK.problem(new Block(0, BlockKind.TOOL_CALL, "c", name, null), arguments);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "loose  | {}",
        "loose  |",
        "strict | {\"city\": \"Oslo\"}",
        "broken | {\"x\": 1}",
        "none   | {}"
      })
  void acceptsCallsThatFit(String name, String arguments) {
    assertThat(problem(name, arguments == null ? "" : arguments)).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"{}", "''", "{\"city\": 1}", "{\"city\": \"Oslo\", \"zip\": 1}"})
  void namesAStrictToolWhoseSchemaIsNotMet(String arguments) {
    assertThat(problem("strict", arguments))
        .isEqualTo("the arguments of a call of strict do not match its schema");
  }

  @Test
  void namesACallOfAToolThatIsNotOffered() {
    assertThat(problem("other", "{}"))
        .isEqualTo("the model called a tool that the request does not offer");
  }
}
