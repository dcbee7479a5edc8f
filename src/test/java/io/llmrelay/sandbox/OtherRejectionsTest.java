package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Requests that Ollama, Cohere and Cloudflare reject. */
class OtherRejectionsTest {
  private static final String USER = "{'role':'user','content':'Hi'}";

  private static JsonObject messages(String... messages) {
    return RejectionTestBase.json("{'messages':[" + String.join(",", messages) + "]}");
  }

  private static JsonObject with(String fields) {
    return messages(USER).mergeIn(RejectionTestBase.json(fields));
  }

  @Nested
  class Ollama extends RejectionTestBase {
    Ollama() {
      super(Vendor.OLLAMA, "llama");
    }

    private void rejects(JsonObject request, String message) throws Exception {
      assertThat(rejects(400, request).getString("error")).isEqualTo(message);
    }

    @Test
    void types() throws Exception {
      String call = "{'role':'assistant','tool_calls':[{'function':{'name':'f','arguments':%s}}]}";
      accepts(messages(USER, call.formatted("{'a':1}"), "{'role':'tool','content':'18'}"));
      rejects(
          messages(USER, call.formatted("'{}'")),
          "json: cannot unmarshal string into Go struct field"
              + " ChatRequest.messages.tool_calls.function.arguments of type"
              + " api.ToolCallFunctionArguments");
      rejects(
          messages("{'role':'user','content':[{'type':'text','text':'Hi'}]}"),
          "json: cannot unmarshal array into Go struct field ChatRequest.messages.content of type"
              + " string");
      accepts(messages("{'role':'user','content':'Hi','images':['AAAA']}"));
      rejects(
          messages("{'role':'user','content':'Hi','images':['data:image/png;base64,AAAA']}"),
          "illegal base64 data at input byte 0");
      accepts(with("{'format':{'type':'object'}}"));
      rejects(
          with("{'format':'json_object'}"),
          "invalid format: \"json_object\"; expected \"json\" or a valid JSON Schema object");
      rejects(
          with("{'tools':[{'type':'function','function':{'parameters':{'properties':[]}}}]}"),
          "json: cannot unmarshal array into Go struct field"
              + " .tools.function.parameters.properties of type map[string]api.ToolProperty");
    }

    @Test
    void aRequestStreamsByDefault() throws Exception {
      JsonObject body = messages(USER).put("model", "llama");
      try (Wire wire = Wire.post(sandbox, "/api/chat", "a: b", body)) {
        wire.read();
        assertThat(wire.header("content-type")).isEqualTo("application/x-ndjson");
      }
    }
  }

  @Nested
  class Cohere extends RejectionTestBase {
    Cohere() {
      super(Vendor.COHERE, "command");
    }

    private void rejects(JsonObject request, String message) throws Exception {
      JsonObject body = rejects(400, request);
      assertThat(body.getString("id")).isNotBlank();
      assertThat(body.getString("message")).startsWith("invalid request: ").contains(message);
    }

    @Test
    void messagesAndTools() throws Exception {
      String call =
          "{'role':'assistant','tool_plan':'Hm.','tool_calls':[{'id':'c1','type':'function',"
              + "'function':{'name':'f','arguments':'{}'}}]}";
      String result = "{'role':'tool','tool_call_id':'c1','content':'18'}";
      accepts(messages(USER, call, result));
      rejects(messages(USER, result), "messages[1].tool_call_id");
      rejects(messages(USER, call, result.replace("c1", "c2")), "messages[2].tool_call_id");
      rejects(messages(USER, call, USER, result), "messages[3].tool_call_id");
      rejects(messages(USER, call.replace("'{}'", "{}"), result), "arguments must be a string");
      rejects(messages(USER, call), "the last message must have the role user or tool");
      rejects(messages("{'role':'developer','content':'a'}", USER), "messages[0].role");
      rejects(messages("{'role':'user','content':''}"), "must have content or tool_calls");
      rejects(with("{'tool_choice':'auto'}"), "tool_choice must be REQUIRED or NONE");
      rejects(with("{'top_p':0.5}"), "parameter 'top_p' is not a valid field");
      rejects(with("{'tools':[{'type':'function','function':{'name':'f'}}]}"), "tools[0].function");
    }
  }

  @Nested
  class Cloudflare extends RejectionTestBase {
    Cloudflare() {
      super(Vendor.CLOUDFLARE, "@cf/meta/llama-x");
    }

    private void rejects(JsonObject request, String message) throws Exception {
      JsonObject body = rejects(400, request);
      assertThat(body.getBoolean("success")).isFalse();
      JsonObject error = body.getJsonArray("errors").getJsonObject(0);
      assertThat(error.getInteger("code")).isEqualTo(5006);
      assertThat(error.getString("message"))
          .startsWith("AiError: Bad input: Error: oneOf at '/' not met")
          .contains(message);
    }

    @Test
    void messagesAndTools() throws Exception {
      accepts(RejectionTestBase.json("{'prompt':'Hi'}"));
      accepts(with("{'tools':[{'name':'f','parameters':{}}]}"));
      rejects(RejectionTestBase.json("{}"), "required properties at '/' are 'messages'");
      rejects(
          messages("{'role':'user','content':null}"),
          "Type mismatch of '/messages/0/content', 'null' not in 'string'");
      rejects(messages("{'content':'a'}"), "required properties at '/messages/0' are 'role'");
      rejects(with("{'tools':[{}]}"), "required properties at '/tools/0' are 'name'");
    }
  }
}
