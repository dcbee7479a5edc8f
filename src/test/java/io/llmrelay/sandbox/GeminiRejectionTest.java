package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;

class GeminiRejectionTest extends RejectionTestBase {
  private static final String USER = "{'role':'user','parts':[{'text':'Hi'}]}";
  private static final String MODEL = "{'role':'model','parts':[{'text':'Ok'}]}";
  private static final String CALL =
      "{'functionCall':{'name':'f','args':{}},'thoughtSignature':'c2FuZGJveA=='}";
  private static final String UNSIGNED = "{'functionCall':{'name':'f','args':{}}}";
  private static final String RESULT =
      "{'functionResponse':{'name':'f','response':{'result':'18'}}}";

  GeminiRejectionTest() {
    super(Vendor.GEMINI, "gemini-2.5-flash");
  }

  private static String content(String role, String... parts) {
    return "{'role':'" + role + "','parts':[" + String.join(",", parts) + "]}";
  }

  private static JsonObject contents(String... contents) {
    return json("{'contents':[" + String.join(",", contents) + "]}");
  }

  private static JsonObject with(String fields) {
    return contents(USER).mergeIn(json(fields));
  }

  private JsonObject rejects(JsonObject request, String message) throws Exception {
    return rejects("gemini-2.5-flash", request, message);
  }

  private JsonObject rejects(String model, JsonObject request, String message) throws Exception {
    JsonObject error = rejects(model, 400, request).getJsonObject("error");
    assertThat(error.getInteger("code")).isEqualTo(400);
    assertThat(error.getString("status")).isEqualTo("INVALID_ARGUMENT");
    assertThat(error.getString("message")).contains(message);
    return error;
  }

  @Test
  void callsAndResponses() throws Exception {
    accepts(contents(USER, content("model", UNSIGNED), content("user", RESULT)));
    accepts(contents(USER, content("model", UNSIGNED, UNSIGNED), content("user", RESULT, RESULT)));
    rejects(
        contents(USER, content("model", UNSIGNED, UNSIGNED), content("user", RESULT)),
        "number of function response parts is equal to the number of function call parts");
    rejects(contents(USER, content("model", UNSIGNED), USER), "number of function response parts");
    rejects(
        contents(content("user", RESULT)),
        "function response turn comes immediately after a function call turn");
    rejects(
        contents(USER, MODEL, content("model", UNSIGNED), content("user", RESULT)),
        "function call turn comes immediately after a user turn");
    rejects(
        contents(
            USER,
            content("model", UNSIGNED),
            content("user", RESULT.replace("{'result':'18'}", "'18'"))),
        "Invalid value at 'contents[2].parts[0].function_response.response'"
            + " (type.googleapis.com/google.protobuf.Struct), \"18\"");
    rejects(
        contents(
            USER, content("model", UNSIGNED), content("user", RESULT.replace("'name':'f',", ""))),
        "function_response.name: Name cannot be empty");
  }

  @Test
  void signaturesOfGemini3() throws Exception {
    String model = "gemini-3-pro-preview";
    accepts(
        model, contents(USER, content("model", CALL, UNSIGNED), content("user", RESULT, RESULT)));
    JsonObject unsigned = contents(USER, content("model", UNSIGNED), content("user", RESULT));
    rejects(model, unsigned, "Function call is missing a thought_signature in functionCall parts.");
    rejects(model, unsigned, "function call `default_api:f` , position 2");
    rejects(
        model,
        contents(
            USER,
            content("model", CALL.replace("c2FuZGJveA==", "Zm9yZ2Vk")),
            content("user", RESULT)),
        "Corrupted thought signature");
    accepts(
        model,
        contents(
            USER,
            content("model", CALL.replace("c2FuZGJveA==", "skip_thought_signature_validator")),
            content("user", RESULT)));
    // Only the current turn needs them.
    accepts(
        model, contents(USER, content("model", UNSIGNED), content("user", RESULT), MODEL, USER));
    // Every step of the current turn does.
    rejects(
        model,
        contents(
            USER,
            content("model", CALL),
            content("user", RESULT),
            content("model", UNSIGNED),
            content("user", RESULT)),
        "position 4");
  }

  @Test
  void contents() throws Exception {
    accepts(contents("{'parts':[{'text':'Hi'}]}"));
    rejects(json("{}"), "contents is not specified");
    rejects(contents("{'role':'assistant','parts':[{'text':'Hi'}]}"), "Please use a valid role");
    rejects(contents("{'role':'user','parts':[]}"), "contents[0].parts: contents.parts must not");
    rejects(
        contents("{'role':'user','parts':[{'thought':true}]}"),
        "contents[0].parts[0].data: required oneof field 'data' must have one initialized field");
    JsonObject error =
        rejects(
            contents("{'role':'user','parts':[{'type':'text','text':'Hi'}]}"),
            "Unknown name \"type\" at 'contents[0].parts[0]': Cannot find field.");
    JsonObject details = error.getJsonArray("details").getJsonObject(0);
    assertThat(details.getString("@type")).endsWith("google.rpc.BadRequest");
    rejects(with("{'messages':[]}"), "Unknown name \"messages\": Cannot find field.");
    rejects(
        with("{'generationConfig':{'max_tokens':1}}"),
        "Unknown name \"max_tokens\" at 'generation_config': Cannot find field.");
  }

  @Test
  void images() throws Exception {
    String image = "{'inlineData':{'mimeType':'image/png','data':'AAAA'}}";
    accepts(contents(content("user", image)));
    rejects(contents(content("user", image.replace("AAAA", "%%"))), "Base64 decoding failed");
  }

  @Test
  void schemas() throws Exception {
    String tool =
        "{'tools':[{'functionDeclarations':[{'name':'f','%s':{'type':'object','properties':"
            + "{'a':{'type':'string'},'b':%s}}}]}]}";
    accepts(with(tool.formatted("parameters", "{'type':'STRING','enum':['x']}")));
    accepts(with(tool.formatted("parametersJsonSchema", "{'const':'x'}")));
    rejects(
        with(tool.formatted("parameters", "{'type':'object','additionalProperties':false}")),
        "Unknown name \"additionalProperties\" at"
            + " 'tools[0].function_declarations[0].parameters.properties[1].value': Cannot find"
            + " field.");
    rejects(
        with(tool.formatted("parameters", "{'anyOf':[{'const':'x'}]}")),
        "Unknown name \"const\" at"
            + " 'tools[0].function_declarations[0].parameters.properties[1].value.any_of[0]'");
    rejects(
        with(tool.formatted("parameters", "{'type':['string','null']}")),
        "Proto field is not repeating, cannot start list.");
    rejects(
        with("{'generationConfig':{'responseSchema':{'$ref':'#/x'}}}"),
        "Unknown name \"$ref\" at 'generation_config.response_schema'");
    rejects(with("{'tools':[{'functionDeclarations':[{'name':'a b'}]}]}"), "Invalid function name");
  }

  @Test
  void toolsAndJson() throws Exception {
    JsonObject both =
        with(
            "{'tools':[{'functionDeclarations':[{'name':'f'}]}],"
                + "'generationConfig':{'responseMimeType':'application/json'}}");
    accepts("gemini-3-pro-preview", both);
    rejects(both, "Function calling with a response mime type: 'application/json' is unsupported");
    rejects(
        with(
            "{'tools':[{'functionDeclarations':[{'name':'f'}]}],"
                + "'toolConfig':{'functionCallingConfig':{'allowedFunctionNames':['f']}}}"),
        "allowed_function_names should be set only when mode is ANY");
  }
}
