package io.llmrelay.provider.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.VendorSchema;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests in OpenAI's form, as the Messages API gets them; each is valid by its schema. */
class AnthropicRequestTest {
  private static final String OLD = "claude-sonnet-4-5";
  private static final String NEW = "claude-opus-5";
  private static final String USER = "{'role':'user','content':'Hi'}";
  private static final String WEATHER =
      "{'type':'function','function':{'name':'weather','description':'Of a city.','parameters':"
          + "{'type':'object','properties':{'city':{'type':'string'}},'required':['city']}}}";

  private static VendorSchema schema;
  private final AnthropicDialect dialect = new AnthropicDialect();
  private List<String> warnings;

  @BeforeAll
  static void readSchema() {
    schema = VendorSchema.of("anthropic", "MessagesRequest");
  }

  private static ChatRequest request(String fields) {
    return ChatRequest.fromJson(new JsonObject("{" + fields.replace('\'', '"') + "}"));
  }

  private JsonObject encode(String model, String fields) {
    ChatRequest request = request(fields).withModel(model);
    assertThat(dialect.cannotServe(request, new BackendOptions())).isNull();
    EncodedRequest encoded = dialect.encode(request, model, new BackendOptions());
    JsonObject known = encoded.body().toJsonObject();
    // The newest models take none, so that the schema has none.
    List.of("temperature", "top_p", "top_k").forEach(known::remove);
    schema.assertValid(known.toBuffer());
    warnings = encoded.warnings();
    return encoded.body().toJsonObject();
  }

  private String problem(String model, String fields) {
    return dialect.cannotServe(request(fields).withModel(model), new BackendOptions());
  }

  private static String messages(String... messages) {
    return "'messages':[" + String.join(",", messages) + "]";
  }

  private static JsonArray json(String array) {
    return new JsonArray(array.replace('\'', '"'));
  }

  private static JsonObject object(String object) {
    return new JsonObject(object.replace('\'', '"'));
  }

  @Test
  void putsParallelResultsIntoOneTurnInTheOrderOfTheCalls() {
    JsonObject body =
        encode(
            OLD,
            messages(
                    USER,
                    "{'role':'assistant','content':'Let me see.','tool_calls':["
                        + "{'id':'a:1','type':'function','function':{'name':'weather','arguments':'{\\'city\\':\\'Ulm\\'}'}},"
                        + "{'id':'b','type':'function','function':{'name':'weather','arguments':''}}]}"
                            .replace("\\'", "\\\""),
                    "{'role':'tool','tool_call_id':'b','content':'no city','is_error':true}",
                    "{'role':'user','content':'Quick!'}",
                    "{'role':'tool','tool_call_id':'a:1','content':[{'type':'text','text':'sunny'},"
                        + "{'type':'image_url','image_url':{'url':'data:image/png;base64,AAAA'}}]}")
                + ",'tools':["
                + WEATHER
                + "]");
    JsonArray messages = body.getJsonArray("messages");
    assertThat(messages.size()).isEqualTo(3);
    JsonArray calls = messages.getJsonObject(1).getJsonArray("content");
    String id = calls.getJsonObject(1).getString("id");
    assertThat(id).matches("call_[a-zA-Z0-9_-]{24}");
    assertThat(calls)
        .isEqualTo(
            json(
                "[{'type':'text','text':'Let me see.'},{'type':'tool_use','id':'"
                    + id
                    + "','name':'weather','input':{'city':'Ulm'}},"
                    + "{'type':'tool_use','id':'b','name':'weather','input':{}}]"));
    assertThat(messages.getJsonObject(2).getJsonArray("content"))
        .isEqualTo(
            json(
                "[{'type':'tool_result','tool_use_id':'"
                    + id
                    + "','content':[{'type':'text','text':'sunny'},{'type':'image',"
                    + "'source':{'type':'base64','media_type':'image/png','data':'AAAA'}}]},"
                    + "{'type':'tool_result','tool_use_id':'b','content':[{'type':'text',"
                    + "'text':'no city'}],'is_error':true},{'type':'text','text':'Quick!'}]"));
    assertThat(warnings).isEmpty();
  }

  @Test
  void makesToolsOfTheCallsWhereTheRequestHasNone() {
    JsonObject body =
        encode(
            OLD,
            messages(
                USER,
                "{'role':'assistant','tool_calls':[{'id':'a','type':'function',"
                    + "'function':{'name':'weather','arguments':'{}'}}]}",
                "{'role':'tool','tool_call_id':'a','content':''}"));
    assertThat(body.getJsonArray("tools"))
        .isEqualTo(json("[{'name':'weather','input_schema':{'type':'object'}}]"));
    assertThat(body.getJsonObject("tool_choice")).isEqualTo(object("{'type':'none'}"));
    assertThat(body.getJsonArray("messages").getJsonObject(2).getJsonArray("content"))
        .isEqualTo(json("[{'type':'tool_result','tool_use_id':'a'}]"));
  }

  @Test
  void cacheControlOfAMessageIsThatOfItsLastPart() {
    String cached = "'cache_control':{'type':'ephemeral'}";
    JsonObject body =
        encode(
            OLD,
            messages(
                    "{'role':'system','content':'s'," + cached + "}",
                    "{'role':'user','content':[{'type':'text','text':'a'},{'type':'text','text':'b'}],"
                        + cached
                        + "}",
                    "{'role':'assistant','content':'c','tool_calls':[{'id':'a','type':'function',"
                        + "'function':{'name':'weather','arguments':'{}'}}]}",
                    "{'role':'tool','tool_call_id':'a','content':'d'," + cached + "}")
                + ",'tools':["
                + WEATHER
                + "]");
    JsonArray messages = body.getJsonArray("messages");
    assertThat(body.getJsonArray("system"))
        .isEqualTo(json("[{'type':'text','text':'s'," + cached + "}]"));
    assertThat(messages.getJsonObject(0).getJsonArray("content"))
        .isEqualTo(json("[{'type':'text','text':'a'},{'type':'text','text':'b'," + cached + "}]"));
    assertThat(messages.getJsonObject(2).getJsonArray("content"))
        .isEqualTo(
            json(
                "[{'type':'tool_result','tool_use_id':'a','content':[{'type':'text','text':'d'}],"
                    + cached
                    + "}]"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          'content':null,'tool_calls':[%s,%s,'cache_control':{'type':'ephemeral'}}]
          'content':null,'tool_calls':[%s,%s}],'cache_control':{'type':'ephemeral'}
          """)
  void cacheControlOfACallIsThatOfItsToolUse(String fields) {
    String call = "{'id':'%s','type':'function','function':{'name':'weather','arguments':'{}'}";
    JsonObject body =
        encode(
            OLD,
            messages(
                    USER,
                    "{'role':'assistant',"
                        + fields.formatted(call.formatted("a") + "}", call.formatted("b"))
                        + "}",
                    "{'role':'tool','tool_call_id':'a','content':'c'}",
                    "{'role':'tool','tool_call_id':'b','content':'d'}")
                + ",'tools':["
                + WEATHER
                + "]");
    assertThat(body.getJsonArray("messages").getJsonObject(1).getJsonArray("content"))
        .isEqualTo(
            json(
                "[{'type':'tool_use','id':'a','name':'weather','input':{}},"
                    + "{'type':'tool_use','id':'b','name':'weather','input':{},"
                    + "'cache_control':{'type':'ephemeral'}}]"));
    assertThat(warnings).isEmpty();
  }

  @Test
  void keepsCacheControl() {
    String cached = "'cache_control':{'type':'ephemeral','ttl':'1h'}";
    JsonObject body =
        encode(
            OLD,
            messages(
                    "{'role':'system','content':[{'type':'text','text':'s'," + cached + "}]}",
                    "{'role':'user','content':[{'type':'text','text':'t'," + cached + "}]}")
                + ",'tools':["
                + WEATHER.substring(0, WEATHER.length() - 1)
                + ","
                + cached
                + "}]");
    JsonObject control = object("{'type':'ephemeral','ttl':'1h'}");
    assertThat(body.getJsonArray("system").getJsonObject(0).getJsonObject("cache_control"))
        .isEqualTo(control);
    assertThat(body.getJsonArray("tools").getJsonObject(0).getJsonObject("cache_control"))
        .isEqualTo(control);
    assertThat(
            body.getJsonArray("messages")
                .getJsonObject(0)
                .getJsonArray("content")
                .getJsonObject(0)
                .getJsonObject("cache_control"))
        .isEqualTo(control);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      textBlock =
          """
          'none' | - | {'type':'none'}
          'auto' | - | -
          'auto' | false | {'type':'auto','disable_parallel_tool_use':true}
          'required' | - | {'type':'any'}
          'required' | false | {'type':'any','disable_parallel_tool_use':true}
          {'type':'function','function':{'name':'weather'}} | - | {'type':'tool','name':'weather'}
          """)
  void translatesTheToolChoice(String choice, String parallel, String expected) {
    JsonObject body =
        encode(
            OLD,
            messages(USER)
                + ",'tools':["
                + WEATHER
                + "],'tool_choice':"
                + (choice.startsWith("{") ? choice : "'" + choice.replace("'", "") + "'")
                + (parallel == null ? "" : ",'parallel_tool_calls':" + parallel));
    assertThat(body.getJsonObject("tool_choice"))
        .isEqualTo(expected == null ? null : object(expected));
    assertThat(warnings).isEmpty();
  }

  @Test
  void sendsOnlyTheAllowedTools() {
    String other = WEATHER.replace("weather", "time");
    JsonObject body =
        encode(
            OLD,
            messages(USER)
                + ",'tools':["
                + WEATHER
                + ","
                + other
                + ","
                + WEATHER.replace("weather", "news")
                + "],'tool_choice':{'type':'allowed_tools','allowed_tools':{'mode':'required','tools':["
                + "{'type':'function','function':{'name':'time'}},"
                + "{'type':'function','function':{'name':'news'}}]}}");
    assertThat(body.getJsonArray("tools").stream().map(t -> ((JsonObject) t).getString("name")))
        .containsExactly("time", "news");
    assertThat(body.getJsonObject("tool_choice")).isEqualTo(object("{'type':'any'}"));
  }

  @Test
  void mergesAUnionAtTheRootOfAToolsSchema() {
    JsonObject body =
        encode(
            OLD,
            messages(USER)
                + ",'tools':[{'type':'function','function':{'name':'f','parameters':{'anyOf':["
                + "{'type':'object','properties':{'a':{'type':'string'},'b':{'type':'string'}},'required':['a','b']},"
                + "{'type':'object','properties':{'a':{'type':'string'}},'required':['a']}]}}}]");
    assertThat(body.getJsonArray("tools").getJsonObject(0).getJsonObject("input_schema"))
        .isEqualTo(
            object(
                "{'type':'object','properties':{'a':{'type':'string'},'b':{'type':'string'}},"
                    + "'required':['a']}"));
    assertThat(warnings).containsExactly("schema keywords of tools were left out: anyOf");
  }

  @Test
  void bindsStrictToolsWhereTheModelCan() {
    String tools =
        messages(USER)
            + ",'tools':[{'type':'function','function':{'name':'f','strict':true,'parameters':"
            + "{'type':'object','properties':{'n':{'type':'integer','minimum':3}},'required':['n']}}}]";
    JsonObject tool = encode(OLD, tools).getJsonArray("tools").getJsonObject(0);
    assertThat(tool.getBoolean("strict")).isTrue();
    assertThat(tool.getJsonObject("input_schema"))
        .isEqualTo(
            object(
                "{'type':'object','properties':{'n':{'type':'integer','description':"
                    + "'{\\\"minimum\\\":3}'}},'required':['n'],'additionalProperties':false}"));
    assertThat(warnings).isEmpty();
    assertThat(encode("claude-sonnet-4-0", tools).getJsonArray("tools").getJsonObject(0))
        .isEqualTo(
            object(
                "{'name':'f','input_schema':{'type':'object','properties':{'n':"
                    + "{'type':'integer','minimum':3}},'required':['n']}}"));
    assertThat(warnings).containsExactly("tools[].strict was left out");
  }

  @Test
  void passesToolsAndPartsOfThisApiOn() {
    JsonObject body =
        encode(
            OLD,
            messages(
                    "{'role':'user','content':[{'type':'search_result','source':'s','title':'t',"
                        + "'content':[{'type':'text','text':'x'}]}]}")
                + ",'tools':[{'type':'web_search_20250305','name':'web_search','max_uses':2}]");
    assertThat(body.getJsonArray("tools").getJsonObject(0).getInteger("max_uses")).isEqualTo(2);
    assertThat(problem(OLD, messages(USER) + ",'tools':[{'type':'web_search'}]"))
        .isEqualTo("a tool of type web_search cannot be expressed");
    assertThat(
            problem(OLD, messages(USER) + ",'tools':[{'type':'custom','custom':{'name':'shell'}}]"))
        .isEqualTo("a tool of type custom cannot be expressed");
    assertThat(
            problem(
                OLD, messages("{'role':'user','content':[{'type':'video_url','video_url':'x'}]}")))
        .contains("video_url");
  }

  @Test
  void searchesTheWeb() {
    JsonObject body =
        encode(
            OLD,
            messages(USER)
                + ",'web_search_options':{'search_context_size':'low','user_location':"
                + "{'type':'approximate','approximate':{'country':'DE','city':'Ulm'}}}");
    assertThat(body.getJsonArray("tools"))
        .isEqualTo(
            json(
                "[{'type':'web_search_20250305','name':'web_search','user_location':"
                    + "{'type':'approximate','country':'DE','city':'Ulm'}}]"));
    assertThat(warnings).containsExactly("web_search_options.search_context_size was left out");
  }

  @Test
  void encodesImagesAndDocuments() {
    JsonObject body =
        encode(
            OLD,
            messages(
                "{'role':'user','content':["
                    + "{'type':'image_url','image_url':{'url':'https://a/b.png','detail':'low'}},"
                    + "{'type':'file','file':{'file_data':'data:application/pdf;base64,JVBE','filename':'a.pdf'}},"
                    + "{'type':'file','file':{'file_data':'data:text/markdown;base64,SGk='}},"
                    + "{'type':'file','file':{'file_id':'file_011'}}]}"));
    assertThat(body.getJsonArray("messages").getJsonObject(0).getJsonArray("content"))
        .isEqualTo(
            json(
                "[{'type':'image','source':{'type':'url','url':'https://a/b.png'}},"
                    + "{'type':'document','source':{'type':'base64','media_type':'application/pdf',"
                    + "'data':'JVBE'},'title':'a.pdf'},"
                    + "{'type':'document','source':{'type':'text','media_type':'text/plain','data':'Hi'}},"
                    + "{'type':'document','source':{'type':'file','file_id':'file_011'}}]"));
    assertThat(warnings).containsExactly("image_url.detail was left out");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {'type':'image_url','image_url':{'url':'http://a/b.png'}} | an image by an http: URL
          {'type':'image_url','image_url':{'url':'data:image/bmp;base64,AA'}} | an image of a type
          {'type':'input_audio','input_audio':{'data':'AA','format':'wav'}} | audio cannot
          {'type':'file','file':{'file_id':'file-abc'}} | a file id of another provider
          {'type':'file','file':{'file_data':'data:application/zip;base64,AA'}} | a file other than
          """)
  void namesContentThatItCannotExpress(String part, String problem) {
    assertThat(problem(OLD, messages("{'role':'user','content':[" + part + "]}")))
        .contains(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          call a                                | no result after it
          call a;user                           | no result after it
          call a;result b                       | no result after it
          result a                              | follows no call
          call a;result a;result a              | two results
          call a;result a;user;assistant;result a | follows no call
          """)
  void namesCallsAndResultsThatDoNotBelongTogether(String conversation, String problem) {
    StringBuilder all = new StringBuilder(USER);
    for (String step : conversation.strip().split(";")) {
      String id = step.substring(step.length() - 1);
      all.append(",")
          .append(
              switch (step.split(" ")[0]) {
                case "call" ->
                    "{'role':'assistant','tool_calls':[{'id':'"
                        + id
                        + "','type':'function','function':{'name':'f','arguments':'{}'}}]}";
                case "result" -> "{'role':'tool','tool_call_id':'" + id + "','content':'x'}";
                case "user" -> USER;
                default -> "{'role':'assistant','content':'x'}";
              });
    }
    assertThat(problem("claude-sonnet-4-0", messages(all.toString()))).contains(problem);
  }

  @Test
  void namesArgumentsThatAreNoObject() {
    String call =
        "{'role':'assistant','tool_calls':[{'id':'a','type':'function','function':"
            + "{'name':'f','arguments':'{broken'}}]}";
    assertThat(
            problem(OLD, messages(USER, call, "{'role':'tool','tool_call_id':'a','content':'x'}")))
        .isEqualTo("messages[1]: the arguments of a tool call are not a JSON object");
  }

  @Test
  void sendsSignedThinkingBackUnchanged() {
    String details =
        "'reasoning_details':[{'type':'reasoning.text','text':'Hm','signature':'s1','format':"
            + "'anthropic-claude-v1','index':0},{'type':'reasoning.encrypted','data':'d',"
            + "'format':'anthropic-claude-v1','index':1},{'type':'reasoning.encrypted','data':'g',"
            + "'format':'google-gemini-v1','index':2}]";
    String loop =
        messages(
            USER,
            "{'role':'assistant',"
                + details
                + ",'tool_calls':[{'id':'a','type':'function','function':"
                + "{'name':'weather','arguments':'{}'}}]}",
            "{'role':'tool','tool_call_id':'a','content':'x'}");
    String fields = loop + ",'tools':[" + WEATHER + "],'reasoning_effort':'high'";
    JsonObject body = encode(OLD, fields);
    assertThat(body.getJsonObject("thinking"))
        .isEqualTo(object("{'type':'enabled','budget_tokens':24576}"));
    assertThat(body.getInteger("max_tokens")).isEqualTo(24_576 + 4_096);
    assertThat(body.getJsonArray("messages").getJsonObject(1).getJsonArray("content"))
        .isEqualTo(
            json(
                "[{'type':'thinking','thinking':'Hm','signature':'s1'},"
                    + "{'type':'redacted_thinking','data':'d'},"
                    + "{'type':'tool_use','id':'a','name':'weather','input':{}}]"));
    assertThat(warnings)
        .containsExactly(
            "reasoning of earlier answers was left out: it is not this model's, or off");
    body = encode(OLD, fields.replace("'high'", "'none'"));
    assertThat(body.containsKey("thinking")).isFalse();
    assertThat(body.encode()).doesNotContain("Hm", "redacted");
    assertThat(encode(NEW, loop).encode()).contains("Hm", "redacted");
  }

  @Test
  void leavesThinkingOutWhereTheLoopHasLostIt() {
    String loop =
        messages(
                USER,
                "{'role':'assistant','reasoning_content':'Hm','tool_calls':[{'id':'a','type':"
                    + "'function','function':{'name':'weather','arguments':'{}'}}]}",
                "{'role':'tool','tool_call_id':'a','content':'x'}")
            + ",'tools':["
            + WEATHER
            + "],'reasoning_effort':'high'";
    assertThat(encode(OLD, loop).containsKey("thinking")).isFalse();
    assertThat(warnings)
        .contains(
            "reasoning was left out: the thinking blocks of the present tool loop are missing");
    assertThat(encode(NEW, loop).getJsonObject("thinking").getString("type")).isEqualTo("adaptive");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      quoteCharacter = '`',
      textBlock =
          """
          claude-sonnet-4-5 | 'reasoning_effort':'low' | {'type':'enabled','budget_tokens':2048} | -
          claude-sonnet-4-5 | 'reasoning':{'max_tokens':9000,'exclude':true} | {'type':'enabled','budget_tokens':9000,'display':'omitted'} | -
          claude-sonnet-4-5 | 'reasoning_effort':'none' | - | -
          claude-sonnet-4-6 | 'reasoning_effort':'low' | {'type':'adaptive','display':'summarized'} | low
          claude-sonnet-4-6 | 'thinking':{'type':'enabled','budget_tokens':9000} | {'type':'adaptive','display':'summarized'} | high
          claude-opus-4-7 | 'reasoning_effort':'xhigh' | {'type':'adaptive','display':'summarized'} | xhigh
          claude-opus-5 | 'reasoning_effort':'minimal' | {'type':'adaptive','display':'summarized'} | low
          claude-opus-5 | 'reasoning':{'exclude':true} | {'type':'adaptive','display':'omitted'} | -
          claude-opus-5 | 'reasoning_effort':'none' | {'type':'disabled'} | -
          claude-sonnet-5-5 | 'reasoning_effort':'none' | {'type':'between_tools'} | -
          """)
  void asksForThinkingAsTheModelKnowsIt(String model, String wish, String thinking, String effort) {
    JsonObject body = encode(model, messages(USER) + "," + wish);
    assertThat(body.getJsonObject("thinking"))
        .isEqualTo(thinking == null ? null : object(thinking));
    assertThat(body.getJsonObject("output_config", new JsonObject()).getString("effort"))
        .isEqualTo(effort);
    assertThat(warnings).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          claude-3-5-haiku | 'reasoning_effort':'low' | reasoning was left out: claude-3-5-haiku has none
          claude-opus-5-5 | 'reasoning_effort':'none' | reasoning cannot be turned off for claude-opus-5-5: its effort is low
          claude-opus-4-6 | 'reasoning_effort':'xhigh' | the reasoning effort xhigh was limited to high
          claude-sonnet-4-5 | 'reasoning_effort':'high','max_tokens':10000 | the reasoning budget 24576 was changed to 8000
          claude-sonnet-4-5 | 'reasoning_effort':'low','max_tokens':1000 | reasoning was left out: max_tokens leaves no room for it
          claude-sonnet-4-5 | 'reasoning_effort':'low','temperature':0.5,'top_k':5 | temperature, top_k were left out: the model thinks
          claude-sonnet-4-5 | 'reasoning_effort':'low','top_p':0.5 | top_p 0.5 was limited to 0.95
          claude-opus-5 | 'temperature':0.5,'top_p':0.5,'top_k':5 | temperature, top_p, top_k were left out: claude-opus-5 takes none
          claude-sonnet-4-5 | 'temperature':1.5 | temperature 1.5 was limited to 1.0
          claude-sonnet-4-5 | 'seed':1,'logit_bias':{'1':2} | logit_bias, seed were left out
          claude-sonnet-4-5 | 'service_tier':'flex' | service_tier was left out
          """)
  void warnsOfWhatTheModelDoesNotTake(String model, String fields, String warning) {
    encode(model, messages(USER) + "," + fields);
    assertThat(warnings).containsExactly(warning);
  }

  @Test
  void translatesTheOtherSettings() {
    JsonObject body =
        encode(OLD, messages(USER) + ",'top_k':5,'service_tier':'default','safety_identifier':'u'");
    assertThat(body.getInteger("top_k")).isEqualTo(5);
    assertThat(body.getString("service_tier")).isEqualTo("standard_only");
    assertThat(body.getJsonObject("metadata")).isEqualTo(object("{'user_id':'u'}"));
    assertThat(warnings).isEmpty();
  }

  private static String format(String schema) {
    return ",'response_format':{'type':'json_schema','json_schema':{'name':'n','schema':"
        + schema
        + "}}";
  }

  private static final String POINT =
      "{'type':'object','properties':{'x':{'type':'integer','maximum':9}},'required':['x']}";

  @Test
  void bindsTheAnswerToASchema() {
    JsonObject body = encode(OLD, messages(USER) + format(POINT));
    assertThat(body.getJsonObject("output_config").getJsonObject("format"))
        .isEqualTo(
            object(
                "{'type':'json_schema','schema':{'type':'object','properties':{'x':{'type':"
                    + "'integer','description':'{\\\"maximum\\\":9}'}},'required':['x'],"
                    + "'additionalProperties':false}}"));
    assertThat(body.containsKey("tools")).isFalse();
  }

  @Test
  void forcesAToolWhereTheModelCannotBeBound() {
    String old = "claude-sonnet-4-0";
    JsonObject body = encode(old, messages(USER) + format(POINT) + ",'reasoning_effort':'low'");
    assertThat(body.getJsonArray("tools").getJsonObject(0).getJsonObject("input_schema"))
        .isEqualTo(object(POINT));
    assertThat(body.getJsonObject("tool_choice"))
        .isEqualTo(
            object(
                "{'type':'tool','name':'"
                    + JsonAnswer.TOOL
                    + "','disable_parallel_tool_use':true}"));
    assertThat(body.containsKey("thinking")).isFalse();
    assertThat(warnings).containsExactly("reasoning was left out: the model must call a tool");
    body =
        encode(
            OLD,
            messages(USER) + ",'response_format':{'type':'json_object'},'tools':[" + WEATHER + "]");
    assertThat(body.getJsonArray("tools").size()).isEqualTo(2);
    assertThat(body.getJsonObject("tool_choice").getString("type")).isEqualTo("any");
    assertThat(encode(OLD, messages(USER) + format("{'type':'object'}")).containsKey("tools"))
        .isTrue();
  }

  @Test
  void namesWhatAModelRefuses() {
    String newest = "claude-opus-5-5";
    String tools = messages(USER) + ",'tools':[" + WEATHER + "]";
    assertThat(problem(newest, tools + ",'tool_choice':'required'")).contains("forced tool calls");
    assertThat(problem(newest, messages(USER) + ",'response_format':{'type':'json_object'}"))
        .contains("response_format");
    assertThat(problem(newest, messages(USER) + format(POINT))).isNull();
    assertThat(problem("claude-sonnet-4-0", messages(USER) + format("{'type':'array'}")))
        .contains("not that of an object");
    String prefill = messages(USER, "{'role':'assistant','content':'So'}");
    assertThat(problem(newest, prefill)).contains("must end with the user");
    assertThat(problem(OLD, prefill)).isNull();
    assertThat(problem(OLD, messages("{'role':'system','content':'x'}"))).contains("system");
    assertThat(
            problem(OLD, messages(USER) + ",'tools':[" + WEATHER.replace("weather", "a.b") + "]"))
        .contains("name of a tool");
  }

  @Test
  void completesWhatTheApiDemands() {
    JsonObject body =
        encode(
            OLD,
            messages(
                "{'role':'assistant','content':'Hello! '}",
                "{'role':'user','name':'Al','content':[{'type':'text','text':' '},"
                    + "{'type':'text','text':'Hi'}]}",
                "{'role':'assistant','content':'So: '}"));
    assertThat(body.getJsonArray("messages").size()).isEqualTo(4);
    assertThat(body.getJsonArray("messages").getJsonObject(0).getString("role")).isEqualTo("user");
    assertThat(body.getJsonArray("messages").getJsonObject(2).getJsonArray("content").size())
        .isEqualTo(1);
    assertThat(body.getJsonArray("messages").getJsonObject(3).getJsonArray("content"))
        .isEqualTo(json("[{'type':'text','text':'So:'}]"));
    assertThat(warnings)
        .containsExactly(
            "a message of the user was put first, since the assistant begins",
            "white space at the end of the last message was removed",
            "messages[].name was left out");
  }
}
