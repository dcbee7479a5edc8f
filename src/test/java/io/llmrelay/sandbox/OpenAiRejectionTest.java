package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;

class OpenAiRejectionTest extends RejectionTestBase {
  private static final String CALL =
      "{'role':'assistant','content':null,'tool_calls':[{'id':'c1','type':'function','function':"
          + "{'name':'f','arguments':'{}'}}]}";
  private static final String RESULT = "{'role':'tool','tool_call_id':'c1','content':'18'}";
  private static final String USER = "{'role':'user','content':'Hi'}";
  private static final String TOOL =
      "{'type':'function','function':{'name':'f','parameters':{'type':'object','properties':{}}}}";

  OpenAiRejectionTest() {
    super(Vendor.OPENAI, "gpt-x");
  }

  private static JsonObject messages(String... messages) {
    return json("{'messages':[" + String.join(",", messages) + "]}");
  }

  private static JsonObject with(String fields) {
    return messages(USER).mergeIn(json(fields));
  }

  private void rejects(JsonObject request, String param, String code, String message)
      throws Exception {
    JsonObject error = rejects(400, request).getJsonObject("error");
    assertThat(error.getString("type")).isEqualTo("invalid_request_error");
    assertThat(error.getString("param")).isEqualTo(param);
    assertThat(error.getString("code")).isEqualTo(code);
    assertThat(error.getString("message")).contains(message);
  }

  @Test
  void orderOfToolMessages() throws Exception {
    accepts(messages(USER, CALL, RESULT));
    accepts(messages(USER, CALL, RESULT, USER));
    rejects(
        messages(USER, RESULT),
        "messages.[1].role",
        null,
        "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'");
    rejects(
        messages(USER, CALL, USER),
        "messages.[2].role",
        null,
        "did not have response messages: c1");
    rejects(messages(USER, CALL), "messages.[2].role", null, "must be followed by tool messages");
    rejects(
        messages(USER, CALL, RESULT.replace("c1", "c2")),
        "messages.[2].role",
        null,
        "'tool_call_id' of 'c2' not found");
    rejects(
        messages(USER, CALL, "{'role':'tool','content':'18'}"),
        "messages[2].tool_call_id",
        "missing_required_parameter",
        "Missing required parameter");
  }

  @Test
  void messages() throws Exception {
    accepts(messages("{'role':'developer','content':[{'type':'text','text':'a'}]}", USER));
    rejects(
        messages("{'role':'sytem','content':'a'}"),
        "messages[0].role",
        "invalid_value",
        "Invalid value: 'sytem'. Supported values are: 'system', 'assistant'");
    rejects(
        messages("{'role':'user','content':null}"),
        "messages.[0].content",
        null,
        "expected a string, got null");
    rejects(
        messages("{'role':'user','content':[{'type':'image','text':'a'}]}"),
        "messages[0].content[0].type",
        "invalid_value",
        "Invalid value: 'image'");
    rejects(
        messages(USER, CALL.replace("'{}'", "{}"), RESULT),
        "messages[1].tool_calls[0].function.arguments",
        "invalid_type",
        "expected a string, but got an object instead");
    String longId = "c".repeat(41);
    rejects(
        messages(USER, CALL.replace("c1", longId), RESULT.replace("c1", longId)),
        "messages[1].tool_calls[0].id",
        "string_above_max_length",
        "maximum length 40, but got a string with length 41");
  }

  @Test
  void images() throws Exception {
    String image = "{'role':'%s','content':[{'type':'image_url','image_url':{'url':'%s'}}]}";
    accepts(messages(image.formatted("user", "https://example.com/a.png")));
    accepts(messages(image.formatted("user", "data:image/png;base64,iVBORw0KGgo=")));
    rejects(
        messages(image.formatted("user", "data:application/pdf;base64,AAAA")),
        null,
        "invalid_image_format",
        "unsupported image");
    rejects(
        messages(
            USER,
            CALL,
            image
                .formatted("tool", "https://a/b")
                .replace("{'role'", "{'tool_call_id':'c1','role'")),
        "messages[2]",
        "invalid_value",
        "Image URLs are only allowed for messages with role 'user'");
    rejects(
        messages("{'role':'user','content':[{'type':'image_url','image_url':'https://a/b.png'}]}"),
        "messages[0].content[0].image_url",
        "invalid_type",
        "expected an object, but got a string");
  }

  @Test
  void tools() throws Exception {
    accepts(with("{'tools':[" + TOOL + "],'tool_choice':'required'}"));
    rejects(with("{'tools':[]}"), "tools", "empty_array", "Invalid 'tools': empty array");
    rejects(
        with("{'tool_choice':'auto'}"),
        "tool_choice",
        null,
        "'tool_choice' is only allowed when 'tools' are specified");
    rejects(
        with("{'tools':[" + TOOL + "],'tool_choice':{'type':'function','function':{'name':'g'}}}"),
        "tool_choice",
        null,
        "no function named 'g'");
    rejects(
        with("{'tools':[" + TOOL.replace("'f'", "'a.b'") + "]}"),
        "tools[0].function.name",
        "invalid_value",
        "'^[a-zA-Z0-9_-]+$'");
    rejects(
        with("{'tools':[" + TOOL.replace("'f'", "'" + "f".repeat(65) + "'") + "]}"),
        "tools[0].function.name",
        "string_above_max_length",
        "maximum length 64");
    rejects(
        with("{'tools':[" + TOOL.replace("'type':'object',", "") + "]}"),
        "tools[0].function.parameters",
        "invalid_function_parameters",
        "got 'type: \"None\"'");
  }

  @Test
  void strictSchemas() throws Exception {
    String schema =
        "{'type':'object','properties':{'a':{'type':'string'},'b':{'type':'object','properties':{},"
            + "'additionalProperties':false}},'required':['a','b'],'additionalProperties':false}";
    String tool =
        "{'tools':[{'type':'function','function':{'name':'f','strict':true,'parameters':%s}}]}";
    accepts(with(tool.formatted(schema)));
    rejects(
        with(tool.formatted(schema.replace("['a','b'],'additionalProperties':false", "['a','b']"))),
        "tools[0].function.parameters",
        "invalid_function_parameters",
        "In context=(), 'additionalProperties' is required to be supplied and to be false");
    rejects(
        with(tool.formatted(schema.replace("['a','b']", "['a']"))),
        "tools[0].function.parameters",
        "invalid_function_parameters",
        "every key in properties. Missing 'b'");
    rejects(
        with(tool.formatted(schema.replace("{},'additionalProperties':false}}", "{}}}"))),
        "tools[0].function.parameters",
        "invalid_function_parameters",
        "In context=('properties', 'b')");
    String format =
        "{'response_format':{'type':'json_schema','json_schema':{'name':'r','strict':true,"
            + "'schema':%s}}}";
    accepts(with(format.formatted(schema)));
    rejects(
        with(format.formatted("{'type':'object','properties':{}}")),
        "response_format",
        null,
        "Invalid schema for response_format 'r'");
    rejects(
        with("{'response_format':{'type':'json_schema','json_schema':{'schema':{}}}}"),
        "response_format.json_schema.name",
        "missing_required_parameter",
        "Missing required parameter");
  }

  @Test
  void jsonMode() throws Exception {
    String format = "'response_format':{'type':'json_object'}";
    accepts(json("{'messages':[{'role':'user','content':'Answer in JSON'}]," + format + "}"));
    rejects(with("{" + format + "}"), "messages", null, "must contain the word 'json'");
  }

  @Test
  void mistral() throws Exception {
    sandbox.provider("primary", "mistral");
    String call = CALL.replace("c1", "abcDEF123");
    String result = RESULT.replace("c1", "abcDEF123");
    String assistant = "{'role':'assistant','content':'Ok'}";
    JsonObject accepted = messages(USER, call, result);
    accepted.remove("stream_options");
    acceptsMistral(accepted);
    acceptsMistral(messages(USER, call, result, assistant, USER));
    rejectsMistral(messages(USER, CALL, RESULT), "3280", "Tool call id was c1 but must be a-z");
    rejectsMistral(
        messages(USER, call, result, USER), "3230", "Unexpected role 'user' after role 'tool'");
    rejectsMistral(messages(USER, result), "3230", "Unexpected role 'tool' after role 'user'");
    rejectsMistral(
        messages(USER, call, assistant, USER), "3230", "Not the same number of function calls");
    rejectsMistral(messages(USER, assistant), "3230", "Expected last role User or Tool");
    rejectsMistral(
        messages(USER, "{'role':'assistant','content':''}", USER),
        "3240",
        "must have either content or tool_calls");
    JsonObject body = messages(USER).put("model", "m").put("seed", 1);
    try (Wire wire = Wire.openAi(sandbox, "/primary", body)) {
      wire.read();
      assertThat(wire.status()).isEqualTo(422);
      JsonObject detail = wire.json().getJsonArray("detail").getJsonObject(0);
      assertThat(detail.getString("type")).isEqualTo("extra_forbidden");
      assertThat(detail.getJsonArray("loc")).containsExactly("body", "seed");
    }
  }

  private void acceptsMistral(JsonObject request) throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "/primary", request.copy().put("model", "m"))) {
      wire.read();
      assertThat(wire.status()).as(wire.body()).isEqualTo(200);
    }
  }

  private void rejectsMistral(JsonObject request, String code, String message) throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "/primary", request.copy().put("model", "m"))) {
      wire.read();
      assertThat(wire.status()).as(wire.body()).isEqualTo(400);
      JsonObject error = wire.json();
      assertThat(error.getString("object")).isEqualTo("error");
      assertThat(error.getString("code")).isEqualTo(code);
      assertThat(error.getString("message")).contains(message);
    }
  }

  @Test
  void deepSeek() throws Exception {
    sandbox.provider("primary", "deepseek");
    String thinking = "{'thinking':{'type':'enabled'}}";
    String thought = CALL.replace("'content':null", "'content':null,'reasoning_content':'Hm.'");
    accepts(messages(USER, CALL, RESULT));
    accepts(messages(USER, thought, RESULT).mergeIn(json(thinking)));
    accepts(
        "deepseek-v4-flash",
        messages(USER, CALL, RESULT).mergeIn(json("{'thinking':{'type':'disabled'}}")));
    rejects("deepseek-v4-flash", 400, messages(USER, CALL, RESULT));
    rejects(
        messages(USER, CALL, RESULT).mergeIn(json(thinking)),
        null,
        "invalid_request_error",
        "The `reasoning_content` in the thinking mode must be passed back");
    rejects(
        with("{'tools':[" + TOOL + "],'tool_choice':'required'}").mergeIn(json(thinking)),
        null,
        "invalid_request_error",
        "tool_choice");
    rejects(
        messages(USER, CALL, USER),
        null,
        "invalid_request_error",
        "insufficient tool messages following tool_calls message");
    rejects(
        messages(USER, RESULT), null, "invalid_request_error", "Messages with role 'tool' must be");
  }

  @Test
  void formatOfErrorsByProvider() throws Exception {
    sandbox.provider("primary", "openrouter");
    JsonObject openRouter = rejects(400, with("{'tools':[]}")).getJsonObject("error");
    assertThat(openRouter.getInteger("code")).isEqualTo(400);
    sandbox.provider("primary", "groq");
    JsonObject groq = rejects(400, with("{'tools':[]}")).getJsonObject("error");
    assertThat(groq.containsKey("param")).isFalse();
  }
}
