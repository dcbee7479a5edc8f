package io.llmrelay.provider.gemini;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatMessage.Role;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Audio;
import io.llmrelay.chat.ContentPart.Document;
import io.llmrelay.chat.ContentPart.Image;
import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.chat.RawJson;
import io.llmrelay.chat.Setting;
import io.llmrelay.chat.Tool;
import io.llmrelay.chat.ToolChoice;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.UnknownFields;
import io.llmrelay.provider.Consumer;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.Rig;
import io.llmrelay.provider.VendorSchema;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(VertxExtension.class)
class GeminiRequestTest {
  private static final Dialect GEMINI = new GeminiDialect();
  private static final Tool WEATHER =
      Tool.function(
          "weather",
          "The weather",
          json("{'type':'object','properties':{'city':{'type':'string'}},'required':['city']}"));

  private static JsonObject json(String json) {
    return new JsonObject(json.replace('\'', '"'));
  }

  private static ChatRequest received(String json) {
    return ChatRequest.read(Buffer.buffer(json.replace('\'', '"')));
  }

  private static BackendOptions options() {
    return Rig.options("gemini", null).setBaseUrl("http://localhost");
  }

  private static EncodedRequest encoded(ChatRequest request, String model) {
    assertThat(GEMINI.cannotServe(request, new BackendOptions())).isNull();
    return GEMINI.encode(request, model, options());
  }

  /** Encodes a request that has no warnings, and checks it against the vendor's schema. */
  private static JsonObject body(ChatRequest request, String model) {
    EncodedRequest encoded = encoded(request, model);
    assertThat(encoded.warnings()).isEmpty();
    VendorSchema.of("gemini", "GenerateContentRequest").assertValid(encoded.body());
    return encoded.body().toJsonObject();
  }

  private static JsonArray contents(ChatRequest request, String model) {
    return body(request, model).getJsonArray("contents");
  }

  private static JsonObject config(ChatRequest request, String model) {
    return body(request, model).getJsonObject("generationConfig");
  }

  private static ChatRequest user(ContentPart... parts) {
    return ChatRequest.of(ChatMessage.of(Role.USER, parts));
  }

  @Test
  void writesTextsAndSettings() {
    ChatRequest request =
        ChatRequest.of(
                ChatMessage.system("Be brief."),
                ChatMessage.user("Hi"),
                ChatMessage.user("there"),
                ChatMessage.assistant("Hello"),
                ChatMessage.system("Be kind."),
                ChatMessage.user("Why?"))
            .withTemperature(0.5)
            .withTopP(0.9)
            .withMaxTokens(64)
            .withStop("END")
            .withSeed(7L)
            .withSetting(Setting.TOP_K, 40)
            .withSetting(Setting.FREQUENCY_PENALTY, 0.5)
            .withSetting(Setting.PRESENCE_PENALTY, -0.5)
            .withSetting(Setting.LOGPROBS, true)
            .withSetting(Setting.TOP_LOGPROBS, 3)
            .withSetting(Setting.STORE, true);
    assertThat(body(request, "gemini-2.5-flash"))
        .isEqualTo(
            json(
                """
                {'systemInstruction': {'parts': [{'text': 'Be brief.'}, {'text': 'Be kind.'}]},
                 'contents': [
                   {'role': 'user', 'parts': [{'text': 'Hi'}, {'text': 'there'}]},
                   {'role': 'model', 'parts': [{'text': 'Hello'}]},
                   {'role': 'user', 'parts': [{'text': 'Why?'}]}],
                 'generationConfig': {'temperature': 0.5, 'topP': 0.9, 'maxOutputTokens': 64,
                   'stopSequences': ['END'], 'seed': 7, 'topK': 40, 'frequencyPenalty': 0.5,
                   'presencePenalty': -0.5, 'responseLogprobs': true, 'logprobs': 3},
                 'store': true}
                """));
  }

  @Test
  void writesNothingThatWasNotAsked() {
    assertThat(encoded(Rig.HELLO, "m").body().toString())
        .isEqualTo("{\"contents\":[{\"parts\":[{\"text\":\"Hello\"}],\"role\":\"user\"}]}");
  }

  @Test
  void namesWhatItLeavesOut() {
    ChatRequest request =
        received(
            "{'messages':[{'role':'user','name':'n','content':[{'type':'text','text':'Hi',"
                + "'cache_control':{}},{'type':'image_url','image_url':{'url':'data:image/png;"
                + "base64,QQ==','detail':'high'}}]}],'seed':1099511627776,'user':'u',"
                + "'logit_bias':{'1':2},'parallel_tool_calls':false,'presence_penalty':1,"
                + "'top_logprobs':2,'service_tier':'scale','own':1}");
    assertThat(encoded(request, "gemini-3.8-flash").warnings())
        .containsExactly(
            "presence_penalty, logit_bias, top_logprobs, parallel_tool_calls, seed, user,"
                + " cache_control, service_tier, messages[].name, image_url.detail, own were left"
                + " out");
  }

  @Test
  void forwardsUnknownFieldsOnlyWhereTheBackendIsToReceiveThem() {
    ChatRequest request =
        received(
            "{'messages':[{'role':'user','content':'Hi'}],'cachedContent':'cachedContents/1'}");
    EncodedRequest encoded =
        GEMINI.encode(request, "m", options().setUnknownFields(UnknownFields.FORWARD));
    assertThat(encoded.warnings()).isEmpty();
    assertThat(encoded.body().toJsonObject().getString("cachedContent"))
        .isEqualTo("cachedContents/1");
  }

  @Test
  void writesMedia() {
    ChatRequest request =
        user(
            Text.of("Look"),
            Image.of("data:image/png;base64,iVBO"),
            Image.of("https://a.example/b/C.JPG?x=1.gif#y"),
            Image.of("https://a.example/image"),
            Image.of("data:image/svg+xml,%3Csvg/%3E+"),
            new Audio(RawJson.of("UklG"), "wav"),
            new Document(RawJson.of("data:application/pdf;base64,JVBE"), null, null, null),
            new Document(null, "files/abc", null, null),
            new Document(null, "gs://bucket/a.pdf", null, null));
    assertThat(contents(request, "gemini-2.5-flash").getJsonObject(0).getJsonArray("parts"))
        .isEqualTo(
            new JsonArray(
                """
                [{"text": "Look"},
                 {"inlineData": {"mimeType": "image/png", "data": "iVBO"}},
                 {"fileData": {"fileUri": "https://a.example/b/C.JPG?x=1.gif#y",
                   "mimeType": "image/jpeg"}},
                 {"fileData": {"fileUri": "https://a.example/image"}},
                 {"inlineData": {"mimeType": "image/svg+xml", "data": "PHN2Zy8+Kw=="}},
                 {"inlineData": {"mimeType": "audio/wav", "data": "UklG"}},
                 {"inlineData": {"mimeType": "application/pdf", "data": "JVBE"}},
                 {"fileData": {"fileUri":
                   "https://generativelanguage.googleapis.com/v1beta/files/abc"}},
                 {"fileData": {"fileUri": "gs://bucket/a.pdf", "mimeType": "application/pdf"}}]
                """));
  }

  @Test
  void writesAVideo() {
    ChatRequest request =
        received(
            "{'messages':[{'role':'user','content':[{'type':'video_url','video_url':"
                + "{'url':'https://www.youtube.com/watch?v=x'}}]}]}");
    assertThat(contents(request, "gemini-3.8-flash").getJsonObject(0).getJsonArray("parts"))
        .isEqualTo(
            JsonArray.of(json("{'fileData':{'fileUri':'https://www.youtube.com/watch?v=x'}}")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          messages[0]: an image|{'type':'image_url','image_url':{'url':'http://a.example/b.png'}}
          messages[0]: an image|{'type':'image_url','image_url':{'url':'data:;base64,QQ=='}}
          messages[0]: a file|{'type':'file','file':{'file_id':'file-abc'}}
          messages[0]: a file|{'type':'file','file':{'file_data':'JVBE'}}
          messages[0]: a content part|{'type':'video_url','video_url':{'url':'http://a.example/'}}
          messages[0]: a content part|{'type':'hologram','text':'x'}
          """)
  void saysWhichContentItCannotExpress(String reason, String part) {
    ChatRequest request = received("{'messages':[{'role':'user','content':[" + part + "]}]}");
    assertThat(GEMINI.cannotServe(request, new BackendOptions())).startsWith(reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          the conversation needs|{'role':'system','content':'x'}
          messages[0]: a system|{'role':'system','content':[{'type':'image_url','image_url':\
          {'url':'data:image/png;base64,QQ=='}}]},{'role':'user','content':'x'}
          messages[1]: the arguments|{'role':'user','content':'x'},{'role':'assistant','tool_calls':\
          [{'id':'1','type':'function','function':{'name':'f','arguments':'{'}}]},\
          {'role':'tool','tool_call_id':'1','content':'x'}
          a tool result follows no call|{'role':'user','content':'x'},\
          {'role':'tool','tool_call_id':'1','content':'x'}
          a tool call has no result|{'role':'user','content':'x'},{'role':'assistant','tool_calls':\
          [{'id':'1','type':'function','function':{'name':'f','arguments':'{}'}}]}
          """)
  void saysWhichConversationItCannotExpress(String reason, String messages) {
    assertThat(
            GEMINI.cannotServe(received("{'messages':[" + messages + "]}"), new BackendOptions()))
        .startsWith(reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          tools[0]: a name|'tools':[{'type':'function','function':{'name':'3d'}}]
          tools[0]: a name|'tools':[{'type':'function','function':{'name':\
          'a234567890123456789012345678901234567890123456789012345678901234x'}}]
          tools[1]: a tool|'tools':[{'type':'google_search'},{'type':'web_search_20250305'}]
          web search|'tools':[{'type':'google_search'},{'type':'function','function':{'name':'f'}}]
          web search|'web_search_options':{},'tools':[{'type':'function','function':{'name':'f'}}]
          """)
  void saysWhichToolsItCannotExpress(String reason, String tools) {
    assertThat(
            GEMINI.cannotServe(
                received("{'messages':[{'role':'user','content':'x'}]," + tools + "}"),
                new BackendOptions()))
        .startsWith(reason);
  }

  @Test
  void searchesTheWeb() {
    ChatRequest request =
        Rig.HELLO.withSetting(Setting.WEB_SEARCH_OPTIONS, json("{'search_context_size':'high'}"));
    EncodedRequest encoded = encoded(request, "gemini-3.8-flash");
    assertThat(encoded.warnings())
        .containsExactly("web_search_options.search_context_size was left out");
    assertThat(encoded.body().toJsonObject().getJsonArray("tools"))
        .isEqualTo(JsonArray.of(json("{'googleSearch':{}}")));
    assertThat(
            body(
                    received(
                        "{'messages':[{'role':'user','content':'x'}],'tools':[{'type':"
                            + "'google_search','excludeDomains':['a.example']},"
                            + "{'type':'url_context'}]}"),
                    "gemini-3.8-flash")
                .getJsonArray("tools"))
        .isEqualTo(
            JsonArray.of(
                json("{'googleSearch':{'excludeDomains':['a.example']}}"),
                json("{'urlContext':{}}")));
  }

  @Test
  void writesToolsWithTheirSchemas() {
    Tool nested =
        Tool.function(
            "nested",
            null,
            json(
                "{'$schema':'s','$ref':'#/$defs/a','$defs':{'a':{'properties':{'b':"
                    + "{'allOf':[{'const':1}],'type':['integer','null'],'pattern':'p'}}}}}"));
    ChatRequest request = Rig.HELLO.withTools(WEATHER, nested, Tool.function("none", "n", null));
    assertThat(body(request, "gemini-3.8-flash").getJsonArray("tools"))
        .isEqualTo(
            JsonArray.of(
                json(
                    """
                    {'functionDeclarations': [
                      {'name': 'weather', 'description': 'The weather', 'parametersJsonSchema': {
                        'type': 'object', 'properties': {'city': {'type': 'string'}},
                        'required': ['city']}},
                      {'name': 'nested', 'parametersJsonSchema': {'type': 'object', 'properties': {
                        'b': {'type': ['integer', 'null'], 'pattern': 'p', 'enum': [1]}}}},
                      {'name': 'none', 'description': 'n'}]}
                    """)));
  }

  @Test
  void namesWhatASchemaLoses() {
    Tool recursive =
        Tool.function("f", null, json("{'type':'object','properties':{'a':{'$ref':'#'}}}"));
    assertThat(encoded(Rig.HELLO.withTools(recursive), "gemini-3.8-flash").warnings())
        .containsExactly("schema keywords of tools were left out: $ref");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          'auto'|
          'none'|{'mode':'NONE'}
          'required'|{'mode':'ANY'}
          {'type':'function','function':{'name':'b'}}|{'mode':'ANY','allowedFunctionNames':['b']}
          {'type':'allowed_tools','allowed_tools':{'mode':'auto','tools':[{'type':'function',\
          'function':{'name':'a'}}]}}|{'mode':'VALIDATED','allowedFunctionNames':['a']}
          """)
  void writesTheToolChoice(String choice, String config) {
    ChatRequest request =
        received(
            "{'messages':[{'role':'user','content':'x'}],'tool_choice':"
                + choice
                + ",'tools':[{'type':'function','function':{'name':'a'}},"
                + "{'type':'function','function':{'name':'b'}}]}");
    JsonObject written = body(request, "gemini-3.8-flash").getJsonObject("toolConfig");
    assertThat(written)
        .isEqualTo(
            config == null ? null : new JsonObject().put("functionCallingConfig", json(config)));
  }

  @Test
  void aStrictToolIsValidated() {
    ChatRequest request =
        received(
            "{'messages':[{'role':'user','content':'x'}],'tools':[{'type':'function',"
                + "'function':{'name':'a','strict':true}}]}");
    assertThat(body(request, "gemini-3.8-flash").getJsonObject("toolConfig"))
        .isEqualTo(json("{'functionCallingConfig':{'mode':'VALIDATED'}}"));
    assertThat(
            body(request.withToolChoice(ToolChoice.REQUIRED), "gemini-3.8-flash")
                .getJsonObject("toolConfig"))
        .isEqualTo(json("{'functionCallingConfig':{'mode':'ANY'}}"));
  }

  private static final String TOOL_LOOP =
      """
      {'tools': [{'type': 'function', 'function': {'name': 'a'}},
                 {'type': 'function', 'function': {'name': 'b'}}],
       'messages': [
        {'role': 'user', 'content': 'x'},
        {'role': 'assistant', 'content': 'I look', 'tool_calls': [
          {'id': '1', 'type': 'function', 'function': {'name': 'a', 'arguments': '{\\'n\\': 1}'},
           'extra_content': {'google': {'thought_signature': 'U0lH'}}},
          {'id': '2', 'type': 'function', 'function': {'name': 'b', 'arguments': ''}}]},
        {'role': 'tool', 'tool_call_id': '2', 'is_error': true, 'content': 'bad'},
        {'role': 'tool', 'tool_call_id': '1', 'content': [{'type': 'text', 'text': 'one'},
          {'type': 'text', 'text': 'two'},
          {'type': 'image_url', 'image_url': {'url': 'data:image/png;base64,iVBO'}}]},
        {'role': 'user', 'content': 'go on'}]}
      """
          .replace("\\'", "\\\"");

  @Test
  void writesCallsAndResultsWithIdsAndSignatures() {
    assertThat(contents(received(TOOL_LOOP), "gemini-3.8-flash"))
        .isEqualTo(
            new JsonArray(
                """
                [{"role": "user", "parts": [{"text": "x"}]},
                 {"role": "model", "parts": [{"text": "I look"},
                   {"functionCall": {"id": "1", "name": "a", "args": {"n": 1}},
                    "thoughtSignature": "U0lH"},
                   {"functionCall": {"id": "2", "name": "b", "args": {}}}]},
                 {"role": "user", "parts": [
                   {"functionResponse": {"id": "1", "name": "a",
                     "response": {"result": "one\\ntwo"},
                     "parts": [{"inlineData": {"mimeType": "image/png", "data": "iVBO"}}]}},
                   {"functionResponse": {"id": "2", "name": "b", "response": {"error": "bad"}}}]},
                 {"role": "user", "parts": [{"text": "go on"}]}]
                """));
  }

  @Test
  void modelsBeforeTheThirdGenerationGetNoIdsAndMediaAfterTheResults() {
    assertThat(contents(received(TOOL_LOOP), "gemini-2.5-pro"))
        .isEqualTo(
            new JsonArray(
                """
                [{"role": "user", "parts": [{"text": "x"}]},
                 {"role": "model", "parts": [{"text": "I look"},
                   {"functionCall": {"name": "a", "args": {"n": 1}}, "thoughtSignature": "U0lH"},
                   {"functionCall": {"name": "b", "args": {}}}]},
                 {"role": "user", "parts": [
                   {"functionResponse": {"name": "a", "response": {"result": "one\\ntwo"}}},
                   {"functionResponse": {"name": "b", "response": {"error": "bad"}}}]},
                 {"role": "user", "parts": [{"text": "Result of a:"},
                   {"inlineData": {"mimeType": "image/png", "data": "iVBO"}}]},
                 {"role": "user", "parts": [{"text": "go on"}]}]
                """));
  }

  private static JsonArray modelParts(String assistant, String results, String model) {
    ChatRequest request =
        received("{'messages':[{'role':'user','content':'x'}," + assistant + results + "]}");
    return encoded(request, model)
        .body()
        .toJsonObject()
        .getJsonArray("contents")
        .getJsonObject(1)
        .getJsonArray("parts");
  }

  @ParameterizedTest
  @CsvSource({
    "gemini-3.8-flash, skip_thought_signature_validator",
    "gemini-flash-latest, skip_thought_signature_validator",
    "gemini-4-argon, skip_thought_signature_validator",
    "gemini-2.5-pro, ",
    "gemma-4, "
  })
  void theFirstOfSeveralCallsOfAnotherProviderIsExcused(String model, String signature) {
    String call = "{'id':'%s','type':'function','function':{'name':'f','arguments':'{}'}}";
    JsonArray parts =
        modelParts(
            "{'role':'assistant','tool_calls':["
                + call.formatted("1")
                + ","
                + call.formatted("2")
                + "]}",
            ",{'role':'tool','tool_call_id':'1','content':'r'}"
                + ",{'role':'tool','tool_call_id':'2','content':'r'}",
            model);
    assertThat(parts.getJsonObject(0).getString("thoughtSignature")).isEqualTo(signature);
    assertThat(parts.getJsonObject(1).getString("thoughtSignature")).isNull();
  }

  @Test
  void sendsSignaturesBackWithThePartsTheyCameWith() {
    String format = ",'format':'google-gemini-v1'}";
    assertThat(
            modelParts(
                "{'role':'assistant','content':'Hi','tool_calls':[{'id':'1','type':'function',"
                    + "'function':{'name':'f','arguments':'{}'}}],'reasoning_details':["
                    + "{'type':'reasoning.text','text':'Hm','signature':'QQ=='"
                    + format
                    + ",{'type':'reasoning.encrypted','data':'Qg=='"
                    + format
                    + ",{'type':'reasoning.encrypted','id':'1','data':'Qw=='"
                    + format
                    + "]}",
                ",{'role':'tool','tool_call_id':'1','content':'r'}",
                "gemini-3.8-flash"))
        .isEqualTo(
            new JsonArray(
                """
                [{"text": "Hm", "thought": true, "thoughtSignature": "QQ=="},
                 {"text": "Hi", "thoughtSignature": "Qg=="},
                 {"functionCall": {"id": "1", "name": "f", "args": {}},
                  "thoughtSignature": "Qw=="}]
                """));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          null|[{'text':'','thoughtSignature':'QQ=='},{'text':'','thoughtSignature':'Qg=='}]
          'Hi'|[{'text':'Hi','thoughtSignature':'QQ=='},{'text':'','thoughtSignature':'Qg=='}]
          """)
  void signaturesWithoutTheirTextsHavePartsOfTheirOwn(String content, String parts) {
    String detail = "{'type':'reasoning.encrypted','data':'%s','format':'google-gemini-v1'}";
    assertThat(
            modelParts(
                "{'role':'assistant','content':"
                    + content
                    + ",'reasoning_details':["
                    + detail.formatted("QQ==")
                    + ","
                    + detail.formatted("Qg==")
                    + "]}",
                "",
                "gemini-3.8-flash"))
        .isEqualTo(new JsonArray(parts.replace('\'', '"')));
  }

  @Test
  void aConversationThatTheAssistantBeginsGetsATurnOfTheUser() {
    ChatRequest request = ChatRequest.of(ChatMessage.assistant("Hello!"), ChatMessage.user("Hi"));
    EncodedRequest encoded = encoded(request, "gemini-3.8-flash");
    assertThat(encoded.warnings()).hasSize(1);
    JsonArray contents = encoded.body().toJsonObject().getJsonArray("contents");
    assertThat(contents.stream().map(content -> ((JsonObject) content).getString("role")))
        .containsExactly("user", "model", "user");
  }

  @Test
  void leavesOutTheReasoningOfOtherModels() {
    ChatRequest request =
        received(
            "{'messages':[{'role':'user','content':'x'},{'role':'assistant','content':'y',"
                + "'reasoning_details':[{'type':'reasoning.text','text':'t','signature':'s',"
                + "'format':'anthropic-claude-v1'}]},{'role':'assistant','content':'z',"
                + "'reasoning_content':'r'},{'role':'user','content':'q'}]}");
    EncodedRequest encoded = encoded(request, "gemini-3.8-flash");
    assertThat(encoded.warnings()).containsExactly("reasoning of other models was left out");
    assertThat(encoded.body().toJsonObject().getJsonArray("contents").getJsonObject(1))
        .isEqualTo(json("{'parts':[{'text':'y'},{'text':'z'}],'role':'model'}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          gemini-3.8-flash|'reasoning_effort':'minimal'|{'thinkingLevel':'low','includeThoughts':true}
          gemini-3.5-flash-lite|'reasoning_effort':'minimal'\
          |{'thinkingLevel':'minimal','includeThoughts':true}
          gemini-4-argon|'reasoning_effort':'xhigh'|{'thinkingLevel':'high','includeThoughts':true}
          gemini-3.8-flash|'reasoning':{'effort':'medium','exclude':true}|{'thinkingLevel':'medium'}
          gemini-3.8-flash|'reasoning':{'enabled':true}|{'includeThoughts':true}
          gemini-3.8-flash|'thinking':{'type':'enabled','budget_tokens':2000}\
          |{'thinkingLevel':'low','includeThoughts':true}
          gemini-2.5-flash|'reasoning_effort':'low'|{'thinkingBudget':2048,'includeThoughts':true}
          gemini-2.5-flash|'reasoning_effort':'none'|{'thinkingBudget':0}
          gemini-2.5-flash|'reasoning':{'max_tokens':50000}\
          |{'thinkingBudget':24576,'includeThoughts':true}
          gemini-2.5-flash-lite|'reasoning':{'max_tokens':10}\
          |{'thinkingBudget':512,'includeThoughts':true}
          gemini-2.5-pro|'reasoning':{'enabled':true}|{'thinkingBudget':-1,'includeThoughts':true}
          """)
  void writesTheWishForReasoning(String model, String wish, String config) {
    ChatRequest request = received("{'messages':[{'role':'user','content':'x'}]," + wish + "}");
    assertThat(config(request, model))
        .isEqualTo(new JsonObject().put("thinkingConfig", json(config)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          gemini-3.8-flash|none|reasoning cannot be turned off and was limited to low
          gemini-2.5-pro|none|reasoning cannot be turned off and was limited to 128 tokens
          gemini-2.0-flash|high|reasoning was left out
          """)
  void namesAWishForReasoningThatItCannotFulfil(String model, String effort, String warning) {
    assertThat(encoded(Rig.HELLO.withSetting(Setting.REASONING_EFFORT, effort), model).warnings())
        .containsExactly(warning);
  }

  @ParameterizedTest
  @CsvSource({"flex, flex", "priority, priority", "default, standard", "auto, "})
  void writesTheServiceTier(String theirs, String ours) {
    EncodedRequest encoded =
        encoded(Rig.HELLO.withSetting(Setting.SERVICE_TIER, theirs), "gemini-3.8-flash");
    assertThat(encoded.warnings()).isEmpty();
    assertThat(encoded.body().toJsonObject().getString("serviceTier")).isEqualTo(ours);
  }

  @Test
  void writesTheFormatOfTheAnswer() {
    ChatRequest anyJson = Rig.HELLO.withResponseFormat(json("{'type':'json_object'}"));
    assertThat(config(anyJson, "gemini-3.8-flash"))
        .isEqualTo(json("{'responseMimeType':'application/json'}"));
    ChatRequest schema =
        Rig.HELLO.withResponseFormat(
            json(
                "{'type':'json_schema','json_schema':{'name':'n','strict':true,'schema':"
                    + "{'$schema':'s','type':'object','properties':{'a':{'$ref':'#/$defs/b'}},"
                    + "'$defs':{'b':{'type':'integer'}},'additionalProperties':false}}}"));
    assertThat(config(schema, "gemini-3.8-flash"))
        .isEqualTo(
            json(
                "{'responseMimeType':'application/json','responseJsonSchema':{'type':'object',"
                    + "'properties':{'a':{'type':'integer'}},'additionalProperties':false}}"));
  }

  @Test
  void carriesAToolLoopThroughTheProviderVerticle(Vertx vertx) {
    AtomicReference<JsonObject> seen = new AtomicReference<>();
    Rig rig =
        Rig.of(
            vertx,
            Rig.options("gemini", null),
            http ->
                http.body()
                    .onSuccess(
                        body -> {
                          seen.set(body.toJsonObject());
                          http.response()
                              .putHeader("content-type", "text/event-stream")
                              .end(
                                  "data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":"
                                      + "{\"name\":\"a\",\"args\":{\"n\":2}},\"thoughtSignature\":"
                                      + "\"QQ==\"}]},\"finishReason\":\"STOP\"}]}\r\n\r\n");
                        }));
    ChatRequest request = received(TOOL_LOOP).withModel("gemini-3.8-flash");
    Consumer consumer = rig.open(request, true).awaitEnd();
    assertThat(consumer.contents.calls()).containsExactly("a({\"n\":2})");
    assertThat(consumer.end.getString("finish_reason")).isEqualTo("tool_calls");
    assertThat(seen.get().getJsonArray("contents"))
        .isEqualTo(contents(received(TOOL_LOOP), "gemini-3.8-flash"));
    assertThat(seen.get().getJsonArray("tools").size()).isEqualTo(1);
    assertThat(consumer.blocks.get(0).extra())
        .isEqualTo(json("{'google':{'thought_signature':'QQ=='}}"));
  }
}
