package io.llmrelay.provider.bedrock;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.VendorSchema;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests in OpenAI's form, as the Converse API gets them; each is valid by its schema. */
class BedrockRequestTest {
  private static final String CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
  private static final String NOVA = "amazon.nova-pro-v1:0";
  private static final String LLAMA = "meta.llama3-3-70b-instruct-v1:0";
  private static final String USER = "{'role':'user','content':'Hi'}";
  private static final String WEATHER =
      "{'type':'function','function':{'name':'weather','description':'Of a city.','parameters':"
          + "{'type':'object','properties':{'city':{'type':'string'}},'required':['city']}}}";
  private static final String CALL =
      "{'role':'assistant','tool_calls':[{'id':'a','type':'function',"
          + "'function':{'name':'weather','arguments':'{}'}}]}";
  private static final String RESULT = "{'role':'tool','tool_call_id':'a','content':'sunny'}";

  private static final String BYTES =
      "{\"BYTES_PER_ELEMENT\":1,\"buffer\":{\"byteLength\":0},\"byteLength\":0,\"byteOffset\":0,"
          + "\"length\":0}";

  private static VendorSchema schema;
  private final BedrockDialect dialect = new BedrockDialect(Map.of());
  private List<String> warnings;

  @BeforeAll
  static void readSchema() {
    schema = VendorSchema.of("bedrock", "ConverseStreamRequestBody");
  }

  private static ChatRequest request(String fields) {
    return ChatRequest.fromJson(object("{" + fields + "}"));
  }

  private JsonObject encode(String model, String fields) {
    ChatRequest request = request(fields).withModel(model);
    assertThat(dialect.cannotServe(request, new BackendOptions())).isNull();
    EncodedRequest encoded = dialect.encode(request, model, new BackendOptions());
    // The SDK's types have arrays of bytes where the wire has base64.
    String body =
        encoded
            .body()
            .toString()
            .replaceAll("\"(bytes|redactedContent)\":\"\\w+=*\"", "\"$1\":" + BYTES);
    schema.assertValid(Buffer.buffer(body));
    warnings = encoded.warnings();
    return encoded.body().toJsonObject();
  }

  private String problem(String model, String fields) {
    return dialect.cannotServe(request(fields).withModel(model), new BackendOptions());
  }

  private static String messages(String... messages) {
    return "'messages':[" + String.join(",", messages) + "]";
  }

  private static JsonObject object(String object) {
    return new JsonObject(object.replace('\'', '"'));
  }

  private static JsonArray json(String array) {
    return new JsonArray(array.replace('\'', '"'));
  }

  private static JsonArray content(JsonObject body, int message) {
    return body.getJsonArray("messages").getJsonObject(message).getJsonArray("content");
  }

  @Test
  void encodesToolsCallsAndResults() {
    JsonObject body =
        encode(
            CLAUDE,
            messages(
                    USER,
                    CALL.replace("'{}'", "'{\\\"city\\\":\\\"Ulm\\\"}'"),
                    RESULT.replace("'content'", "'is_error':true,'content'"))
                + ",'tools':["
                + WEATHER
                + "],'tool_choice':'required'");
    assertThat(body.getJsonObject("toolConfig"))
        .isEqualTo(
            object(
                "{'tools':[{'toolSpec':{'name':'weather','description':'Of a city.',"
                    + "'inputSchema':{'json':{'type':'object','properties':{'city':{'type':"
                    + "'string'}},'required':['city']}}}}],'toolChoice':{'any':{}}}"));
    assertThat(content(body, 1))
        .isEqualTo(json("[{'toolUse':{'toolUseId':'a','name':'weather','input':{'city':'Ulm'}}}]"));
    assertThat(content(body, 2))
        .isEqualTo(
            json(
                "[{'toolResult':{'toolUseId':'a','content':[{'text':'sunny'}],"
                    + "'status':'error'}}]"));
  }

  @Test
  void makesToolsOfTheCallsWhereTheRequestHasNone() {
    JsonObject body = encode(NOVA, messages(USER, CALL, RESULT));
    assertThat(body.getJsonObject("toolConfig"))
        .isEqualTo(
            object(
                "{'tools':[{'toolSpec':{'name':'weather','inputSchema':"
                    + "{'json':{'type':'object'}}}}]}"));
    assertThat(problem(NOVA, messages(USER, CALL) + "")).contains("no result");
    String none = ",'tools':[" + WEATHER + "],'tool_choice':'none'";
    assertThat(encode(NOVA, messages(USER) + none).containsKey("toolConfig")).isFalse();
    assertThat(problem(NOVA, messages(USER, CALL, RESULT) + none)).contains("tool_choice none");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          us.anthropic.claude-sonnet-4-5-20250929-v1:0 | {'tool':{'name':'weather'}}
          mistral.mistral-large-2407-v1:0 | {'any':{}}
          """)
  void choosesOneTool(String model, String choice) {
    JsonObject body =
        encode(
            model,
            messages(USER)
                + ",'tools':["
                + WEATHER
                + "],'tool_choice':{'type':'function','function':{'name':'weather'}}");
    assertThat(body.getJsonObject("toolConfig").getJsonObject("toolChoice"))
        .isEqualTo(object(choice));
  }

  @Test
  void aCachePointFollowsACall() {
    JsonObject body =
        encode(
            CLAUDE,
            messages(
                    "{'role':'user','content':'Hi'}",
                    "{'role':'assistant','content':null,'tool_calls':[{'id':'a','type':'function',"
                        + "'cache_control':{'type':'ephemeral'},"
                        + "'function':{'name':'weather','arguments':'{}'}}]}",
                    "{'role':'tool','tool_call_id':'a','content':'b'}")
                + ",'tools':["
                + WEATHER
                + "]");
    assertThat(content(body, 1))
        .isEqualTo(
            json(
                "[{'toolUse':{'toolUseId':'a','name':'weather','input':{}}},"
                    + "{'cachePoint':{'type':'default'}}]"));
  }

  @Test
  void encodesImagesDocumentsAudioAndCachePoints() {
    JsonObject body =
        encode(
            CLAUDE,
            messages(
                "{'role':'user','content':[{'type':'text','text':'Look','cache_control':"
                    + "{'type':'ephemeral','ttl':'1h'}},"
                    + "{'type':'image_url','image_url':{'url':'data:image/jpeg;base64,AAAA'}},"
                    + "{'type':'input_audio','input_audio':{'data':'BBBB','format':'wav'}},"
                    + "{'type':'file','file':{'file_data':'data:text/csv;base64,CCCC','filename':'a_b.csv'}}]}"));
    assertThat(content(body, 0))
        .isEqualTo(
            json(
                "[{'text':'Look'},{'cachePoint':{'type':'default','ttl':'1h'}},"
                    + "{'image':{'format':'jpeg','source':{'bytes':'AAAA'}}},"
                    + "{'audio':{'format':'wav','source':{'bytes':'BBBB'}}},"
                    + "{'document':{'format':'csv','source':{'bytes':'CCCC'},"
                    + "'name':'document 1 a-b-csv'}}]"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {'type':'image_url','image_url':{'url':'https://a/b.png'}} | an image by URL
          {'type':'file','file':{'file_id':'file-abc'}} | a file by id
          {'type':'video_url','video_url':'x'} | content parts of other types
          """)
  void namesContentThatItCannotExpress(String part, String problem) {
    String text = "{'type':'text','text':'x'}";
    assertThat(problem(CLAUDE, messages("{'role':'user','content':[" + text + "," + part + "]}")))
        .contains(problem);
  }

  @Test
  void namesADocumentWithoutText() {
    String file = "{'type':'file','file':{'file_data':'data:application/pdf;base64,AAAA'}}";
    assertThat(problem(CLAUDE, messages("{'role':'user','content':[" + file + "]}")))
        .isEqualTo("a file must have text beside it");
  }

  @Test
  void sendsSignedThinkingBackToClaude() {
    String loop =
        messages(
                USER,
                "{'role':'assistant','reasoning_details':[{'type':'reasoning.text','text':'Hm',"
                    + "'signature':'s','format':'anthropic-claude-v1'},{'type':"
                    + "'reasoning.encrypted','data':'AAAA','format':'anthropic-claude-v1'}],"
                    + CALL.substring(20),
                RESULT)
            + ",'reasoning_effort':'low'";
    JsonObject body = encode(CLAUDE, loop);
    assertThat(content(body, 1).stream().limit(2))
        .containsExactly(
            object("{'reasoningContent':{'reasoningText':{'text':'Hm','signature':'s'}}}"),
            object("{'reasoningContent':{'redactedContent':'AAAA'}}"));
    assertThat(body.getJsonObject("additionalModelRequestFields"))
        .isEqualTo(object("{'thinking':{'type':'enabled','budget_tokens':2048}}"));
    assertThat(encode(NOVA, loop).encode()).doesNotContain("Hm");
    assertThat(warnings)
        .containsExactly(
            "reasoning of earlier answers was left out: it is not this model's, or off",
            "reasoning_effort was left out");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          us.anthropic.claude-opus-4-6-v1 | 'reasoning_effort':'high','top_k':5 | {'thinking':{'type':'adaptive','display':'summarized'},'output_config':{'effort':'high'}}
          us.anthropic.claude-sonnet-4-5-20250929-v1:0 | 'top_k':5 | {'top_k':5}
          us.anthropic.claude-sonnet-4-5-20250929-v1:0 | 'parallel_tool_calls':false,'tools':[W] | {'tool_choice':{'type':'auto','disable_parallel_tool_use':true}}
          amazon.nova-pro-v1:0 | 'top_k':5 | {'inferenceConfig':{'topK':5}}
          amazon.nova-2-lite-v1:0 | 'reasoning_effort':'high' | {'reasoningConfig':{'type':'enabled','maxReasoningEffort':'high'}}
          amazon.nova-2-lite-v1:0 | 'reasoning_effort':'high','max_tokens':9 | {'reasoningConfig':{'type':'enabled','maxReasoningEffort':'medium'}}
          amazon.nova-2-lite-v1:0 | 'reasoning':{'enabled':false} | {'reasoningConfig':{'type':'disabled'}}
          openai.gpt-oss-120b-1:0 | 'reasoning_effort':'minimal' | {'reasoning_effort':'low'}
          """)
  void putsTheModelsOwnFieldsAside(String model, String fields, String additional) {
    JsonObject body = encode(model, messages(USER) + "," + fields.replace("W", WEATHER));
    assertThat(body.getJsonObject("additionalModelRequestFields")).isEqualTo(object(additional));
  }

  private static String format(String schema) {
    return ",'response_format':{'type':'json_schema','json_schema':{'name':'n','schema':"
        + schema
        + "}}";
  }

  @Test
  void asksForJson() {
    String point = "{'type':'object','properties':{'x':{'type':'integer'}},'required':['x']}";
    JsonObject body = encode(CLAUDE, messages(USER) + format(point));
    JsonObject text = body.getJsonObject("outputConfig").getJsonObject("textFormat");
    JsonObject bound = text.getJsonObject("structure").getJsonObject("jsonSchema");
    assertThat(bound.getString("name")).isEqualTo("n");
    assertThat(new JsonObject(bound.getString("schema")).getBoolean("additionalProperties"))
        .isFalse();
    body = encode(NOVA, messages(USER) + format(point));
    assertThat(body.getJsonObject("toolConfig").encode())
        .contains("\"toolChoice\":{\"tool\":{\"name\":\"json_answer_of_relay\"}}");
    assertThat(problem(LLAMA, messages(USER) + format(point))).contains("response_format");
    assertThat(
            problem(LLAMA, messages(USER) + ",'tools':[" + WEATHER + "],'tool_choice':'required'"))
        .contains("tool_choice");
  }

  @Test
  void completesWhatTheApiDemands() {
    JsonObject body =
        encode(
            NOVA,
            messages("{'role':'assistant','content':'Hello!'}", USER)
                + ",'temperature':1.5,'seed':1,'user':'u','service_tier':'flex'");
    assertThat(body.getJsonArray("messages").size()).isEqualTo(3);
    assertThat(body.getJsonObject("serviceTier")).isEqualTo(object("{'type':'flex'}"));
    assertThat(warnings)
        .containsExactly(
            "temperature 1.5 was limited to 1.0",
            "a message of the user was put first, since the assistant begins",
            "seed, user were left out");
  }
}
