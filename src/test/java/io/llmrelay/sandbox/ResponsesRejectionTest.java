package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;

/** Requests that OpenAI's Responses API rejects. */
class ResponsesRejectionTest extends RejectionTestBase {
  private static final String USER = "{'role':'user','content':'Hi'}";
  private static final String CALL =
      "{'type':'function_call','call_id':'c1','name':'f','arguments':'{}'}";
  private static final String OUTPUT =
      "{'type':'function_call_output','call_id':'c1','output':'18'}";

  ResponsesRejectionTest() {
    super(Vendor.OPENAI_RESPONSES, "gpt-5");
  }

  private static JsonObject input(String... items) {
    return json("{'input':[" + String.join(",", items) + "]}");
  }

  private void rejects(JsonObject request, String message) throws Exception {
    assertThat(rejects(400, request).getJsonObject("error").getString("message")).contains(message);
  }

  @Test
  void callsAndOutputs() throws Exception {
    accepts(input(USER, CALL, OUTPUT));
    accepts(input(USER, CALL, CALL.replace("c1", "c2"), OUTPUT.replace("c1", "c2"), OUTPUT));
    rejects(input(USER, OUTPUT), "No tool call found for function call output with call_id c1.");
    rejects(input(USER, CALL), "No tool output found for function call c1.");
    rejects(
        input(USER, CALL.replace("c1", "c".repeat(65)), OUTPUT), "string with maximum length 64");
    rejects(input(USER, CALL.replace("'{}'", "{}"), OUTPUT), "'input[1].arguments'");
  }

  @Test
  void reasoning() throws Exception {
    String reasoning =
        "{'type':'reasoning','id':'rs_1','summary':[],'encrypted_content':'c2FuZGJveA=='}";
    accepts(input(USER, reasoning, CALL, OUTPUT));
    rejects(input(USER, reasoning), "without its required following item");
    rejects(input(USER, reasoning, USER), "without its required following item");
    rejects(input(USER, reasoning.replace("c2Fu", "AAAA"), CALL, OUTPUT), "could not be verified");
    String unknown = "{'type':'reasoning','id':'rs_1','summary':[]}";
    assertThat(rejects(404, input(USER, unknown, CALL, OUTPUT)).encode())
        .contains("Items are not persisted when `store` is set to false");
  }

  @Test
  void content() throws Exception {
    accepts(json("{'input':'Hi'}"));
    accepts(input("{'role':'assistant','content':[{'type':'output_text','text':'a'}]}", USER));
    rejects(json("{}"), "Missing required parameter: 'input'.");
    rejects(input("{'role':'tool','content':'a'}"), "'user'");
    rejects(
        input("{'role':'assistant','content':[{'type':'input_text','text':'a'}]}"),
        "Supported values are: 'output_text', 'refusal'.");
    rejects(input("{'role':'user','content':[{'type':'text','text':'a'}]}"), "'text'");
    rejects(
        input("{'role':'user','content':[{'type':'input_file','file_data':'data:x'}]}"),
        "Missing required parameter: 'input[0].content[0].filename'.");
  }

  @Test
  void fields() throws Exception {
    rejects(input(USER).put("messages", 1), "Unknown parameter: 'messages'.");
    rejects(input(USER).put("stop", "x"), "Unknown parameter: 'stop'.");
    rejects(input(USER).put("max_output_tokens", 15), "Expected a value >= 16");
    rejects(
        input(USER).mergeIn(json("{'tools':[{'type':'function','function':{'name':'f'}}]}")),
        "Missing required parameter: 'tools[0].name'.");
    rejects(
        input(USER).mergeIn(json("{'tool_choice':{'type':'function','name':'f'}}")),
        "Tool choice 'f' not found in 'tools' parameter.");
    rejects(
        input(USER).mergeIn(json("{'text':{'format':{'type':'json_schema','schema':{}}}}")),
        "'text.format.name'");
  }
}
