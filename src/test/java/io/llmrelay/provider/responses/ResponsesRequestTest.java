package io.llmrelay.provider.responses;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.VendorSchemas;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.UnknownFields;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.RandomConversation;
import io.llmrelay.provider.RandomConversation.Kind;
import io.llmrelay.provider.RandomConversation.Word;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a request becomes in the Responses API. */
class ResponsesRequestTest {
  private static final String USER = "{'role':'user','content':'Hi'}";
  private static final String CALL =
      "{'id':'call_1','type':'function','function':{'name':'f','arguments':'{\\\"a\\\":1}'}}";
  private static final String TOOL = "{'type':'function','function':{'name':'f'}}";

  private static void assertValid(JsonObject body) {
    try {
      assertThat(VendorSchemas.of("openai").problems("CreateResponse", body))
          .as(body.encode())
          .isEmpty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ChatRequest request(String fields) {
    return ChatRequest.read(Buffer.buffer(("{" + fields + "}").replace('\'', '"')));
  }

  private static ChatRequest messages(String... messages) {
    return request("'messages':[" + String.join(",", messages) + "]");
  }

  private static ChatRequest with(String fields) {
    return request("'messages':[" + USER + "]," + fields);
  }

  private static EncodedRequest encode(ChatRequest request, String model) {
    BackendOptions options = new BackendOptions().setDialect("openai-responses");
    return new ResponsesDialect().encode(request, model, options);
  }

  private static JsonObject body(ChatRequest request) {
    EncodedRequest encoded = encode(request, "gpt-5");
    JsonObject body = encoded.body().toJsonObject();
    assertValid(body);
    return body;
  }

  /** Returns the input, in single quotes. */
  private static String input(String... messages) {
    return body(messages(messages)).getJsonArray("input").encode().replace('"', '\'');
  }

  private static List<String> warnings(ChatRequest request) {
    return encode(request, "gpt-5").warnings();
  }

  @Test
  void nothingIsStoredUnlessTheRequestAsksForIt() {
    assertThat(body(messages(USER)))
        .isEqualTo(
            new JsonObject(
                """
                {"model": "gpt-5", "stream": true, "store": false,
                 "input": [{"type": "message", "role": "user", "content": "Hi"}],
                 "include": ["reasoning.encrypted_content"]}
                """));
    assertThat(body(with("'store':true")).getBoolean("store")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gpt-4o",
        "gpt-4.1-mini",
        "chatgpt-4o-latest",
        "gpt-5-chat-latest",
        "gpt-5.2-chat-latest",
        "ft:gpt-4o:acme",
        "openai/gpt-4o",
        "gpt-3.5-turbo"
      })
  void modelsThatDoNotReasonAreNotAskedForEncryptedReasoning(String model) {
    assertThat(encode(messages(USER), model).body().toJsonObject().containsKey("include"))
        .isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"gpt-5", "gpt-5.1-codex", "o3", "o4-mini", "gpt-6-luna", "grok-4", "prod"})
  void othersAre(String model) {
    assertThat(encode(messages(USER), model).body().toJsonObject().getJsonArray("include"))
        .containsExactly("reasoning.encrypted_content");
  }

  @ParameterizedTest
  @CsvSource({"gpt-5-mini, true", "o4-mini, true", "prod, false", "gpt-4o, false"})
  void aDeploymentOfAnotherNameIsNot(String model, boolean asked) {
    BackendOptions options =
        new BackendOptions().setDialect("openai-responses").setProvider("azure");
    EncodedRequest encoded = new ResponsesDialect().encode(messages(USER), model, options);
    assertThat(encoded.body().toJsonObject().containsKey("include")).isEqualTo(asked);
  }

  @Test
  void messagesKeepTheirRolesAndTheirPlace() {
    assertThat(
            input(
                "{'role':'system','content':'s'}",
                "{'role':'developer','content':[{'type':'text','text':'d'}]}",
                USER,
                "{'role':'assistant','content':'a'}",
                "{'role':'system','content':'late'}"))
        .isEqualTo(
            "[{'type':'message','role':'system','content':'s'},"
                + "{'type':'message','role':'developer','content':'d'},"
                + "{'type':'message','role':'user','content':'Hi'},"
                + "{'type':'message','role':'assistant','content':'a'},"
                + "{'type':'message','role':'system','content':'late'}]");
  }

  @Test
  void parts() {
    assertThat(
            input(
                "{'role':'user','content':[{'type':'text','text':'t'},"
                    + "{'type':'image_url','image_url':{'url':'data:image/png;base64,AAAA'}},"
                    + "{'type':'image_url','image_url':{'url':'https://a.example/b','detail':'low'}},"
                    + "{'type':'file','file':{'file_data':'data:application/pdf;base64,AAAA'}},"
                    + "{'type':'file','file':{'file_data':'https://a.example/c','filename':'c'}},"
                    + "{'type':'file','file':{'file_id':'file-1'}}]}"))
        .isEqualTo(
            "[{'type':'message','role':'user','content':[{'type':'input_text','text':'t'},"
                + "{'type':'input_image','image_url':'data:image/png;base64,AAAA','detail':'auto'},"
                + "{'type':'input_image','image_url':'https://a.example/b','detail':'low'},"
                + "{'type':'input_file','filename':'file.pdf',"
                + "'file_data':'data:application/pdf;base64,AAAA'},"
                + "{'type':'input_file','file_url':'https://a.example/c'},"
                + "{'type':'input_file','file_id':'file-1'}]}]");
  }

  @Test
  void callsAndResultsAreItems() {
    String long64 = "x".repeat(65);
    String input =
        input(
            USER,
            "{'role':'assistant','content':'hm','tool_calls':["
                + CALL
                + ","
                + CALL.replace("call_1", long64).replace("{\\\"a\\\":1}", "")
                + "]}",
            "{'role':'tool','tool_call_id':'" + long64 + "','content':'2'}",
            "{'role':'tool','tool_call_id':'call_1','content':["
                + "{'type':'text','text':'1'},"
                + "{'type':'image_url','image_url':{'url':'data:image/png;base64,AAAA'}}]}");
    JsonArray items = new JsonArray(input.replace('\'', '"').replace("{\\\"a\\\":1}", ""));
    String derived = items.getJsonObject(3).getString("call_id");
    assertThat(derived).matches("call_[\\w-]{24}");
    assertThat(input)
        .isEqualTo(
            "[{'type':'message','role':'user','content':'Hi'},"
                + "{'type':'message','role':'assistant','content':'hm'},"
                + "{'type':'function_call','call_id':'call_1','name':'f',"
                + "'arguments':'{\\'a\\':1}'},"
                + "{'type':'function_call','call_id':'%1$s','name':'f','arguments':'{}'},"
                    .formatted(derived)
                + "{'type':'function_call_output','call_id':'%1$s','output':'2'},"
                    .formatted(derived)
                + "{'type':'function_call_output','call_id':'call_1','output':["
                + "{'type':'input_text','text':'1'},{'type':'input_image',"
                + "'image_url':'data:image/png;base64,AAAA','detail':'auto'}]}]");
  }

  @Test
  void customToolsAndTheirCalls() {
    ChatRequest request =
        request(
            "'messages':["
                + USER
                + ",{'role':'assistant','tool_calls':[{'id':'c1','type':'custom',"
                + "'custom':{'name':'apply_patch','input':'*** Begin'}}]},"
                + "{'role':'tool','tool_call_id':'c1','content':'ok'}],"
                + "'tools':[{'type':'custom','custom':{'name':'apply_patch','description':'d',"
                + "'format':{'type':'grammar','grammar':{'syntax':'lark','definition':'x'}}}}]");
    assertThat(new ResponsesDialect().cannotServe(request, new BackendOptions())).isNull();
    JsonObject body = body(request);
    assertThat(body.getJsonArray("input").encode().replace('"', '\''))
        .contains(
            "{'type':'custom_tool_call','call_id':'c1','name':'apply_patch','input':'*** Begin'}",
            "{'type':'custom_tool_call_output','call_id':'c1','output':'ok'}");
    assertThat(body.getJsonArray("tools").encode().replace('"', '\''))
        .isEqualTo(
            "[{'type':'custom','name':'apply_patch','description':'d',"
                + "'format':{'type':'grammar','syntax':'lark','definition':'x'}}]");
  }

  @Test
  void encryptedReasoningGoesBackInItsPlace() {
    String details =
        "'reasoning_details':["
            + "{'type':'reasoning.summary','summary':'one','id':'rs_1','format':'openai-responses-v1'},"
            + "{'type':'reasoning.summary','summary':'two','id':'rs_1','format':'openai-responses-v1'},"
            + "{'type':'reasoning.encrypted','data':'ENC1','id':'rs_1','format':'openai-responses-v1'},"
            + "{'type':'reasoning.encrypted','data':'ENC2','id':'rs_2','format':'openai-responses-v1'}]";
    assertThat(
            input(
                USER,
                "{'role':'assistant','content':null," + details + ",'tool_calls':[" + CALL + "]}",
                "{'role':'tool','tool_call_id':'call_1','content':'1'}"))
        .contains(
            "'content':'Hi'},{'type':'reasoning','id':'rs_1','summary':["
                + "{'type':'summary_text','text':'one'},{'type':'summary_text','text':'two'}],"
                + "'encrypted_content':'ENC1'},"
                + "{'type':'reasoning','id':'rs_2','summary':[],'encrypted_content':'ENC2'},"
                + "{'type':'function_call'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'reasoning_content':'hm'",
        "'reasoning_details':[{'type':'reasoning.text','text':'hm','signature':'s','format':'anthropic-claude-v1'}]",
        "'reasoning_details':[{'type':'reasoning.summary','summary':'hm','id':'rs_1','format':'openai-responses-v1'}]"
      })
  void otherReasoningIsLeftOutWithAWarning(String reasoning) {
    ChatRequest request =
        messages(USER, "{'role':'assistant','content':'a'," + reasoning + "}", USER);
    assertThat(body(request).encode()).doesNotContain("hm");
    assertThat(warnings(request))
        .containsExactly(
            "reasoning of earlier answers was left out: it is not encrypted by OpenAI");
  }

  @Test
  void functionsAreNotStrictUnlessTheySaySo() {
    JsonObject body =
        body(
            with(
                "'tools':["
                    + TOOL
                    + ",{'type':'function','function':{'name':'g','description':'d','strict':true,"
                    + "'parameters':{'type':'object','properties':{}}}},"
                    + "{'type':'web_search','search_context_size':'low'}]"));
    assertThat(body.getJsonArray("tools").encode().replace('"', '\''))
        .isEqualTo(
            "[{'type':'function','name':'f','parameters':{'type':'object','properties':{}},"
                + "'strict':false},"
                + "{'type':'function','name':'g','description':'d',"
                + "'parameters':{'type':'object','properties':{}},'strict':true},"
                + "{'type':'web_search','search_context_size':'low'}]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          'required' | "required"
          'none'     | "none"
          {'type':'function','function':{'name':'f'}} | {"type":"function","name":"f"}
          {'type':'allowed_tools','allowed_tools':{'mode':'auto','tools':[{'type':'function','function':{'name':'f'}}]}} | {"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"f"}]}
          """)
  void choice(String choice, String expected) {
    String body = body(with("'tools':[" + TOOL + "],'tool_choice':" + choice)).encode();
    assertThat(body).contains("\"tool_choice\":" + expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          'reasoning_effort':'low' | {"effort":"low"}
          'reasoning':{'effort':'high','summary':'detailed'} | {"effort":"high","summary":"detailed"}
          'reasoning_effort':'low','reasoning':{'summary':'auto'} | {"summary":"auto","effort":"low"}
          'reasoning':{'max_tokens':3000} | {"effort":"medium"}
          'reasoning':{'enabled':false} | {"effort":"none"}
          'thinking':{'type':'enabled','budget_tokens':2048} | {"effort":"low"}
          'thinking':{'type':'disabled'} | {"effort":"none"}
          """)
  void reasoning(String fields, String expected) {
    assertThat(body(with(fields)).getJsonObject("reasoning")).isEqualTo(new JsonObject(expected));
    assertThat(warnings(with(fields))).isEmpty();
  }

  @Test
  void theFormOfTheTextHasOnePlace() {
    JsonObject body =
        body(
            with(
                "'verbosity':'low','response_format':{'type':'json_schema','json_schema':"
                    + "{'name':'n','strict':true,'schema':{'type':'object'}}}"));
    assertThat(body.getJsonObject("text"))
        .isEqualTo(
            new JsonObject(
                """
                {"verbosity": "low", "format": {"type": "json_schema", "name": "n", "strict": true,
                 "schema": {"type": "object"}}}
                """));
    assertThat(body(with("'response_format':{'type':'json_object'}")).getJsonObject("text"))
        .isEqualTo(new JsonObject("{\"format\":{\"type\":\"json_object\"}}"));
  }

  @Test
  void settings() {
    JsonObject body =
        body(
            with(
                "'temperature':0.5,'top_p':0.9,'max_tokens':1,'user':'u','logprobs':true,"
                    + "'top_logprobs':2,'service_tier':'flex','prompt_cache_key':'k',"
                    + "'safety_identifier':'s','parallel_tool_calls':false,"
                    + "'web_search_options':{'user_location':{'type':'approximate',"
                    + "'approximate':{'country':'CH'}}}"));
    body.remove("input");
    assertThat(body)
        .isEqualTo(
            new JsonObject(
                """
                {"model": "gpt-5", "stream": true, "store": false,
                 "tools": [{"type": "web_search",
                            "user_location": {"type": "approximate", "country": "CH"}}],
                 "temperature": 0.5, "top_p": 0.9, "max_output_tokens": 16, "user": "u",
                 "parallel_tool_calls": false, "service_tier": "flex", "prompt_cache_key": "k",
                 "safety_identifier": "s", "top_logprobs": 2,
                 "include": ["reasoning.encrypted_content", "message.output_text.logprobs"]}
                """));
    assertThat(warnings(with("'max_tokens':1"))).containsExactly("max_tokens 1 was limited to 16");
    assertThat(warnings(with("'seed':1,'top_k':2,'presence_penalty':1,'x':1")))
        .containsExactly("presence_penalty, top_k, seed, x were left out");
  }

  @Test
  void unknownFieldsAreForwardedIfTheBackendWantsThem() {
    BackendOptions options =
        new BackendOptions().setDialect("openai-responses").setUnknownFields(UnknownFields.FORWARD);
    ChatRequest request = with("'truncation':'auto'");
    EncodedRequest encoded = new ResponsesDialect().encode(request, "gpt-5", options);
    assertThat(encoded.body().toJsonObject().getString("truncation")).isEqualTo("auto");
    assertThat(encoded.warnings()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          'stop':'x' | stop cannot be expressed
          'tools':[{'type':'web_search_20250305','name':'web_search'}] | a tool of type web_search_20250305 cannot be expressed
          'tools':[{'type':'google_search'}] | a tool of type google_search cannot be expressed
          """)
  void whatCannotBeExpressed(String fields, String reason) {
    assertThat(new ResponsesDialect().cannotServe(with(fields), new BackendOptions()))
        .isEqualTo(reason);
  }

  @Test
  void partsOfOthersCannotBeExpressed() {
    ChatRequest video = messages("{'role':'user','content':[{'type':'video_url','video_url':{}}]}");
    assertThat(new ResponsesDialect().cannotServe(video, new BackendOptions()))
        .isEqualTo("messages[0]: a content part of type video_url cannot be expressed");
    ChatRequest audio =
        messages(
            "{'role':'user','content':[{'type':'input_audio',"
                + "'input_audio':{'data':'AAAA','format':'wav'}}]}");
    assertThat(new ResponsesDialect().cannotServe(audio, new BackendOptions())).contains("audio");
  }

  @Test
  void itemsOfThisApiArePassedOnBetweenMessages() {
    String item = "{'type':'item_reference','id':'msg_1'}";
    assertThat(input("{'role':'user','content':[{'type':'text','text':'a'}," + item + "]}"))
        .isEqualTo("[{'type':'message','role':'user','content':'a'}," + item + "]");
  }

  @Property(tries = 200)
  void aConversationLosesNothingButReasoning(@ForAll long seed) {
    RandomConversation conversation = new RandomConversation(seed);
    ChatRequest request = conversation.request();
    EncodedRequest encoded = encode(request, "gpt-5");
    List<Word> expected = new ArrayList<>(conversation.words());
    expected.removeIf(word -> word.kind() != Kind.REASONING);
    assertThat(conversation.missing(encoded.body())).isEqualTo(expected);
    assertThat(String.join(";", encoded.warnings()).contains("reasoning of earlier answers"))
        .isEqualTo(!expected.isEmpty());
    if (VendorSchemas.isPresent("openai")) {
      assertValid(encoded.body().toJsonObject());
    }
  }
}
