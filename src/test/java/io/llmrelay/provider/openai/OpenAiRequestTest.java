package io.llmrelay.provider.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatMessage.Role;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.UnknownFields;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.RandomConversation;
import io.llmrelay.provider.RandomConversation.Kind;
import io.llmrelay.provider.RandomConversation.Word;
import io.llmrelay.provider.VendorSchema;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each server gets of a conversation and its settings. */
class OpenAiRequestTest {
  private static final String REASONED =
      "{'role':'assistant','content':null,'refusal':null,'reasoning_content':'hm','reasoning':'hm',"
          + "'tool_calls':[{'index':0,'id':'call_1','type':'function','extra_content':{'google':"
          + "{'thought_signature':'s'}},'function':{'name':'f','arguments':'{}'}}]}";
  private static final String RESULT = "{'role':'tool','tool_call_id':'call_1','content':'42'}";
  private static final String USER = "{'role':'user','content':'Hi'}";

  private static final Map<String, VendorSchema> SCHEMAS =
      new java.util.concurrent.ConcurrentHashMap<>();

  private static VendorSchema schema(String provider) {
    return SCHEMAS.computeIfAbsent(
        provider,
        vendor ->
            switch (vendor) {
              case "openai" ->
                  VendorSchema.of(
                      "openai",
                      "CreateChatCompletionRequest",
                      "ChatCompletionRequest",
                      "ChatCompletionMessage");
              case "mistral" -> VendorSchema.of("mistral", "ChatCompletionRequest");
              default ->
                  VendorSchema.of(
                      "openrouter", "ChatRequest", "ChatAssistantMessage", "ChatToolCall");
            });
  }

  private static ChatRequest read(String... messages) {
    return request("'messages':[" + String.join(",", messages) + "]");
  }

  private static ChatRequest request(String fields) {
    return ChatRequest.read(Buffer.buffer(("{" + fields + "}").replace('\'', '"')));
  }

  private static EncodedRequest encode(
      ChatRequest request, String provider, UnknownFields unknown) {
    BackendOptions options = new BackendOptions().setProvider(provider).setUnknownFields(unknown);
    return new OpenAiDialect().encode(request, "m", options);
  }

  private static EncodedRequest encode(ChatRequest request, String provider) {
    return encode(request, provider, UnknownFields.FORWARD);
  }

  /** Returns a message of the body, in single quotes. */
  private static String message(EncodedRequest encoded, int index) {
    JsonArray messages = encoded.body().toJsonObject().getJsonArray("messages");
    return messages.getJsonObject(index).encode().replace('"', '\'');
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "vllm", "llamacpp", "ollama", "nvidia", "cloudflare"})
  void whatIsReceivedIsCopiedAsItIs(String provider) {
    String messages =
        "[ {'role':'developer', 'content':'x','weight':1.0e0}, " + REASONED + " , " + RESULT + "]";
    EncodedRequest encoded =
        encode(request("'messages':" + messages), provider.isEmpty() ? null : provider);
    assertThat(encoded.body().toString()).endsWith(messages.replace('\'', '"') + "}");
    assertThat(encoded.warnings()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          openai     | {'role':'assistant','content':null,'tool_calls':[{'id':'call_1','type':'function','function':{'name':'f','arguments':'{}'}}]}
          groq       | {'role':'assistant','content':null,'tool_calls':[{'id':'call_1','type':'function','function':{'name':'f','arguments':'{}'}}]}
          cerebras   | {'role':'assistant','content':null,'reasoning':'hm','tool_calls':[{'id':'call_1','type':'function','function':{'name':'f','arguments':'{}'}}]}
          deepseek   | {'role':'assistant','content':null,'reasoning_content':'hm','tool_calls':[{'id':'call_1','type':'function','function':{'name':'f','arguments':'{}'},'extra_content':{'google':{'thought_signature':'s'}}}]}
          xai        | {'role':'assistant','content':null,'reasoning_content':'hm','tool_calls':[{'id':'call_1','type':'function','function':{'name':'f','arguments':'{}'},'extra_content':{'google':{'thought_signature':'s'}}}]}
          openrouter | {'role':'assistant','content':null,'reasoning':'hm','tool_calls':[{'id':'call_1','type':'function','function':{'name':'f','arguments':'{}'},'extra_content':{'google':{'thought_signature':'s'}}}]}
          gemini     | {'role':'assistant','content':null,'tool_calls':[{'id':'call_1','type':'function','function':{'name':'f','arguments':'{}'},'extra_content':{'google':{'thought_signature':'s'}}}]}
          """)
  void reasoningGoesWhereTheServerWantsIt(String provider, String expected) {
    EncodedRequest encoded = encode(read(USER, REASONED, RESULT), provider);
    assertThat(message(encoded, 0)).isEqualTo(USER);
    assertThat(message(encoded, 1)).isEqualTo(expected);
    assertThat(message(encoded, 2)).isEqualTo(RESULT);
    assertThat(encoded.warnings())
        .isEqualTo(
            Set.of("openai", "groq", "gemini").contains(provider)
                ? List.of("messages[].reasoning was left out")
                : List.of());
  }

  @Test
  void mistralGetsShortIdsAndAnAnswerBetweenResultAndUser() {
    ChatRequest request =
        read(
            "{'role':'developer','content':'x','name':'n'}",
            USER,
            REASONED,
            RESULT,
            USER,
            "{'role':'assistant','content':'So'}");
    EncodedRequest encoded = encode(request, "mistral");
    JsonArray messages = encoded.body().toJsonObject().getJsonArray("messages");
    assertThat(message(encoded, 0)).isEqualTo("{'role':'system','content':'x'}");
    String id =
        messages.getJsonObject(2).getJsonArray("tool_calls").getJsonObject(0).getString("id");
    assertThat(id).matches("[a-zA-Z0-9]{9}").isEqualTo(ShortCallIds.of("call_1"));
    assertThat(messages.getJsonObject(3).getString("tool_call_id")).isEqualTo(id);
    assertThat(message(encoded, 4)).isEqualTo("{'role':'assistant','content':'OK.'}");
    assertThat(message(encoded, 6)).isEqualTo("{'role':'assistant','content':'So','prefix':true}");
    assertThat(encoded.warnings())
        .containsExactly(
            "messages[4] follows the result of a tool; an answer was put between them",
            "messages[].name, messages[].reasoning were left out");
    assertThat(ShortCallIds.of("abcDEF123")).isEqualTo("abcDEF123");
    schema("mistral").assertValid(encoded.body());
  }

  @Test
  void deepSeekGetsEmptyReasoningWithCallsThatHaveNone() {
    String call =
        "{'role':'assistant','content':'x','tool_calls':"
            + "[{'id':'a','type':'function','function':{'name':'f','arguments':''}}]}";
    assertThat(message(encode(read(USER, call), "deepseek"), 1))
        .isEqualTo(
            "{'role':'assistant','content':'x','reasoning_content':'','tool_calls':"
                + "[{'id':'a','type':'function','function':{'name':'f','arguments':'{}'}}]}");
  }

  @Test
  void geminiGetsAWordInPlaceOfAMissingSignature() {
    String calls =
        "{'role':'assistant','tool_calls':["
            + "{'id':'a','type':'function','function':{'name':'f','arguments':'{}'}},"
            + "{'id':'b','type':'function','function':{'name':'f','arguments':'{}'}}]}";
    BackendOptions options = new BackendOptions().setProvider("gemini");
    OpenAiDialect dialect = new OpenAiDialect();
    String body = dialect.encode(read(USER, calls), "gemini-3-flash", options).body().toString();
    assertThat(body)
        .containsOnlyOnce(
            "\"extra_content\":{\"google\":{\"thought_signature\":\"skip_thought_signature_validator\"}}");
    assertThat(dialect.encode(read(USER, calls), "gemini-2.5-pro", options).body().toString())
        .doesNotContain("extra_content");
  }

  @Test
  void openRouterGetsReasoningDetailsUnchanged() {
    String details =
        "[{'type':'reasoning.text','text':'hm',"
            + " 'signature':'s','format':'anthropic-claude-v1','index':0},"
            + "{'type':'reasoning.encrypted','data':'d','id':'rs_1','index':1}]";
    String message =
        "{'role':'assistant','content':'x','reasoning_content':'hm','reasoning_details':"
            + details
            + "}";
    String body = encode(read(USER, message), "openrouter").body().toString();
    assertThat(body)
        .contains("\"reasoning\":\"hm\",\"reasoning_details\":" + details.replace('\'', '"'))
        .doesNotContain("reasoning_content");
    schema("openrouter").assertValid(Buffer.buffer(body));
    String blocks =
        "{'role':'assistant','content':'x','thinking_blocks':"
            + "[{'type':'thinking','thinking':'hm','signature':'s'},"
            + "{'type':'redacted_thinking','data':'d'}]}";
    assertThat(message(encode(read(USER, blocks), "openrouter"), 1))
        .isEqualTo(
            "{'role':'assistant','content':'x','reasoning':'hm','reasoning_details':["
                + "{'type':'reasoning.text','text':'hm','signature':'s','format':'anthropic-claude-v1','index':0},"
                + "{'type':'reasoning.encrypted','data':'d','format':'anthropic-claude-v1','index':1}]}");
  }

  @Test
  void messagesBuiltInCodeAreTranslatedToo() {
    ChatRequest request =
        ChatRequest.of(
            ChatMessage.user("Hi"),
            ChatMessage.of(
                Role.ASSISTANT, Reasoning.of("hm"), Text.of("x"), ToolCall.of("call_1", "f", "{}")),
            ChatMessage.tool("call_1", "42"));
    String call =
        "'tool_calls':[{'id':'call_1','type':'function','function':{'name':'f','arguments':'{}'}}]}";
    assertThat(message(encode(request, "openai"), 1))
        .isEqualTo("{'role':'assistant','content':'x'," + call);
    assertThat(message(encode(request, "cerebras"), 1))
        .isEqualTo("{'role':'assistant','content':'x','reasoning':'hm'," + call);
    assertThat(message(encode(request, null), 1)).contains("'reasoning_content':'hm'");
    assertThat(message(encode(request, "openai"), 2)).isEqualTo(RESULT);
  }

  @Test
  void cacheControlOfACallGoesWithIt() {
    ChatRequest request =
        read(
            "{'role':'user','content':'Hi'}",
            "{'role':'assistant','content':null,'reasoning_content':'hm','tool_calls':[{'id':'a',"
                + "'type':'function','function':{'name':'f','arguments':'{}'},"
                + "'cache_control':{'type':'ephemeral'}}]}",
            "{'role':'tool','tool_call_id':'a','content':'x'}");
    assertThat(message(encode(request, null), 1)).containsOnlyOnce("cache_control");
    assertThat(message(encode(request, "openrouter"), 1)).containsOnlyOnce("cache_control");
    EncodedRequest closed = encode(request, "openai");
    assertThat(message(closed, 1)).doesNotContain("cache_control");
    assertThat(closed.warnings())
        .containsExactly("messages[].reasoning, cache_control were left out");
  }

  @Test
  void cacheControlOfAMessageGoesWithIt() {
    String cached = ",'cache_control':{'type':'ephemeral'}}";
    ChatRequest request =
        read(
            "{'role':'user','content':'Hi'" + cached,
            "{'role':'assistant','content':null,'reasoning_content':'hm','tool_calls':[{'id':'a',"
                + "'type':'function','function':{'name':'f','arguments':'{}'}}]"
                + cached,
            "{'role':'tool','tool_call_id':'a','content':'x'" + cached);
    assertThat(message(encode(request, null), 0))
        .isEqualTo("{'role':'user','content':'Hi'" + cached);
    assertThat(message(encode(request, "openrouter"), 1)).containsOnlyOnce("cache_control");
    EncodedRequest closed = encode(request, "openai");
    for (int i = 0; i < 3; i++) {
      assertThat(message(closed, i)).doesNotContain("cache_control");
    }
    assertThat(closed.warnings())
        .containsExactly("cache_control, messages[].reasoning were left out");
  }

  @Test
  void whatOpenAiDoesNotKnowOfMessagesIsNamed() {
    ChatRequest request =
        read(
            "{'role':'user','name':'n','content':[{'type':'text','text':'Hi',"
                + "'cache_control':{'type':'ephemeral'}},{'type':'image_url','image_url':"
                + "{'url':'data:image/png;base64,aW1n','detail':'low'}}]}",
            "{'role':'assistant','content':'x','refusal':'no','annotations':[{'a':1}],"
                + "'tool_calls':[{'id':'a','type':'function','function':{'name':'f','arguments':'{}'}}]}",
            "{'role':'tool','tool_call_id':'a','content':'failed','is_error':true}");
    EncodedRequest encoded = encode(request, "openai");
    assertThat(message(encoded, 0))
        .isEqualTo(
            "{'role':'user','name':'n','content':[{'type':'text','text':'Hi'},"
                + "{'type':'image_url','image_url':{'url':'data:image/png;base64,aW1n','detail':'low'}}]}");
    assertThat(message(encoded, 1)).contains("'refusal':'no'", "'annotations':[{'a':1}]");
    assertThat(message(encoded, 2))
        .isEqualTo("{'role':'tool','tool_call_id':'a','content':'failed'}");
    assertThat(encoded.warnings())
        .containsExactly("cache_control, messages[].is_error were left out");

    EncodedRequest groq = encode(request, "groq");
    assertThat(message(groq, 1))
        .startsWith(
            "{'role':'assistant','content':[{'type':'text','text':'x'},{'type':'text','text':'no'}]");
    assertThat(groq.warnings())
        .containsExactly(
            "messages[].name, cache_control, messages[].annotations, messages[].is_error were left"
                + " out");
    assertThat(message(encode(request, "openrouter"), 0)).contains("cache_control");
  }

  @Test
  void imagesOfResultsAreInAMessageOfTheUserWhereResultsAreText() {
    String image = "{'type':'image_url','image_url':{'url':'data:image/png;base64,aW1n'}}";
    ChatRequest request =
        read(
            USER,
            REASONED.replace(
                "]}", ",{'id':'b','type':'function','function':{'name':'f','arguments':'{}'}}]}"),
            "{'role':'tool','tool_call_id':'call_1','content':[{'type':'text','text':'42'},"
                + image
                + "]}",
            "{'role':'tool','tool_call_id':'b','content':[" + image + "]}",
            USER);
    EncodedRequest encoded = encode(request, "openai");
    assertThat(message(encoded, 2)).isEqualTo(RESULT);
    assertThat(message(encoded, 3)).isEqualTo("{'role':'tool','tool_call_id':'b','content':''}");
    assertThat(message(encoded, 4))
        .startsWith("{'role':'user','content':[{'type':'text',")
        .endsWith("," + image + "," + image + "]}");
    assertThat(message(encoded, 5)).isEqualTo(USER);
    assertThat(encoded.warnings())
        .contains("images and files of tools' results were sent in a message of the user");
    schema("openai").assertValid(encoded.body());
    assertThat(message(encode(request, "openrouter"), 3)).contains("image_url");
  }

  @Test
  void mistralHasMediaInAFormOfItsOwn() {
    EncodedRequest encoded =
        encode(
            read(
                "{'role':'user','content':[{'type':'input_audio','input_audio':{'data':'YQ==','format':'wav'}},"
                    + "{'type':'file','file':{'file_data':'data:application/pdf;base64,YQ==','filename':'a.pdf'}},"
                    + "{'type':'file','file':{'file_id':'0190b5a1-0000-4000-8000-000000000000'}}]}"),
            "mistral");
    assertThat(message(encoded, 0))
        .isEqualTo(
            "{'role':'user','content':[{'type':'input_audio','input_audio':'YQ=='},"
                + "{'type':'document_url','document_url':'data:application/pdf;base64,YQ==','document_name':'a.pdf'},"
                + "{'type':'file','file_id':'0190b5a1-0000-4000-8000-000000000000'}]}");
    schema("mistral").assertValid(encoded.body());
  }

  @Test
  void customToolCallsAreSentBackToOpenAi() {
    String custom =
        "{'role':'assistant','content':null,'tool_calls':"
            + "[{'id':'a','type':'custom','custom':{'name':'shell','input':'ls -l {'}}]}";
    EncodedRequest encoded =
        encode(read(USER, custom, "{'role':'tool','tool_call_id':'a','content':'x'}"), "openai");
    assertThat(message(encoded, 1)).isEqualTo(custom);
    schema("openai").assertValid(encoded.body());
  }

  @Test
  void unknownFieldsFollowThePolicyAtEveryDepth() {
    ChatRequest request =
        request(
            "'messages':[{'role':'user','content':'Hi','weight':1},{'role':'assistant','content':'yes',"
                + "'cut':true,'tool_calls':[{'id':'a','type':'function','x':1,'function':{'name':'f','arguments':'{}'}}]},"
                + RESULT.replace("call_1", "a")
                + "],'tools':[{'type':'function','y':2,'function':{'name':'f','z':3}}],'top':[1]");
    EncodedRequest forwarded = encode(request, null);
    assertThat(forwarded.warnings()).isEmpty();
    assertThat(forwarded.body().toString())
        .contains("\"weight\":1", "\"cut\":true", "\"x\":1", "\"y\":2", "\"z\":3", "\"top\":[1]");

    EncodedRequest rewritten = encode(request, "openai");
    assertThat(rewritten.body().toString())
        .contains("\"weight\":1", "\"cut\":true", "\"y\":2", "\"z\":3", "\"top\":[1]")
        .doesNotContain("\"x\":1");
    assertThat(rewritten.warnings()).containsExactly("messages[1].tool_calls[0].x was left out");

    EncodedRequest dropped = encode(request, null, UnknownFields.DROP);
    assertThat(dropped.body().toString())
        .doesNotContain("weight", "cut", "\"x\"", "\"y\"", "\"z\"", "top")
        .contains("\"arguments\":\"{}\"", "\"name\":\"f\"", "\"Hi\"");
    assertThat(dropped.warnings().get(0))
        .contains("messages[0].weight", "messages[1].cut", "messages[1].tool_calls[0].x", "top")
        .contains("tools[0].y", "tools[0].function.z")
        .endsWith(" were left out");
  }

  private static final String SETTINGS =
      "'temperature':1.8,'top_p':0.5,'seed':7,'user':'u','stop':['END'],'max_tokens':99,"
          + "'frequency_penalty':0.5,'presence_penalty':0.5,'logit_bias':{'1':2},'logprobs':true,"
          + "'top_logprobs':2,'top_k':40,'min_p':0.1,'parallel_tool_calls':false,"
          + "'reasoning_effort':'high','verbosity':'low','service_tier':'flex','store':true,"
          + "'prompt_cache_key':'k','prompt_cache_retention':'24h','safety_identifier':'u',"
          + "'prediction':{'type':'content','content':'a'},'tools':[{'type':'function','function':"
          + "{'name':'f','strict':true,'parameters':{'type':'object','properties':{}}}}],"
          + "'response_format':{'type':'json_object'}";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      textBlock =
          """
          none       | none
          vllm       | none
          deepseek   | none
          openrouter | none
          openai     | top_k, min_p were left out
          groq       | logit_bias, logprobs, top_logprobs, top_k, min_p, verbosity, store, prompt_cache_key, prompt_cache_retention, safety_identifier, prediction were left out
          cerebras   | frequency_penalty, presence_penalty, logit_bias, top_k, min_p, verbosity, store, prompt_cache_key, prompt_cache_retention, safety_identifier were left out
          mistral    | temperature 1.8 was limited to 1.5; logit_bias, logprobs, top_logprobs, top_k, min_p, verbosity, service_tier, store, prompt_cache_retention, safety_identifier, user were left out
          gemini     | frequency_penalty, presence_penalty, logit_bias, top_k, min_p, parallel_tool_calls, verbosity, store, prompt_cache_key, prompt_cache_retention, safety_identifier, prediction, seed were left out
          """)
  void settingsThatAServerRefusesAreNamed(String provider, String warning) {
    ChatRequest request = request("'messages':[" + USER + "]," + SETTINGS);
    EncodedRequest encoded = encode(request, provider);
    assertThat(encoded.warnings().isEmpty() ? null : String.join("; ", encoded.warnings()))
        .isEqualTo(warning);
    if (Set.of("openai", "mistral", "openrouter").contains(String.valueOf(provider))) {
      schema(provider).assertValid(encoded.body());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          openai     | 'reasoning_effort':'low'                           | {'reasoning_effort':'low'}
          openai     | 'reasoning':{'effort':'low'}                       | {'reasoning_effort':'low'}
          openai     | 'thinking':{'type':'enabled','budget_tokens':5000} | {'reasoning_effort':'medium'}
          openai     | 'thinking':{'type':'disabled'}                     | {'reasoning_effort':'none'}
          mistral    | 'reasoning_effort':'none'                          | {'reasoning_effort':'none'}
          mistral    | 'reasoning':{'max_tokens':100}                     | {'reasoning_effort':'high'}
          deepseek   | 'reasoning_effort':'high'                          | {'reasoning_effort':'high'}
          deepseek   | 'reasoning_effort':'none'                          | {'thinking':{'type':'disabled'}}
          deepseek   | 'reasoning':{'enabled':true}                       | {'thinking':{'type':'enabled'}}
          openrouter | 'reasoning':{'effort':'low','exclude':true}        | {'reasoning':{'effort':'low','exclude':true}}
          openrouter | 'reasoning_effort':'low'                           | {'reasoning_effort':'low'}
          openrouter | 'thinking':{'type':'enabled','budget_tokens':5000} | {'reasoning':{'max_tokens':5000}}
          openrouter | 'thinking':{'type':'disabled'}                     | {'reasoning':{'enabled':false}}
          vllm       | 'thinking':{'type':'disabled'}                     | {'thinking':{'type':'disabled'}}
          """)
  void aWishForReasoningIsSpelledAsTheServerDoes(String provider, String field, String expected) {
    JsonObject body =
        encode(request("'messages':[" + USER + "]," + field), provider).body().toJsonObject();
    JsonObject wish = new JsonObject();
    for (String each : List.of("reasoning_effort", "reasoning", "thinking")) {
      if (body.containsKey(each)) {
        wish.put(each, body.getValue(each));
      }
    }
    assertThat(wish).isEqualTo(new JsonObject(expected.replace('\'', '"')));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      nullValues = "none",
      textBlock =
          """
          openai  | 'required'                                             | 'required' | 2
          mistral | 'required'                                             | 'any'      | 2
          mistral | {'type':'function','function':{'name':'g'}}            | {'type':'function','function':{'name':'g'}} | 2
          mistral | {'type':'allowed_tools','allowed_tools':{'mode':'required','tools':[{'type':'function','function':{'name':'f'}},{'type':'function','function':{'name':'g'}}]}} | 'any' | 2
          groq    | {'type':'allowed_tools','allowed_tools':{'mode':'auto','tools':[{'type':'function','function':{'name':'g'}}]}} | 'auto' | 1
          openai  | {'type':'allowed_tools','allowed_tools':{'mode':'auto','tools':[{'type':'function','function':{'name':'g'}}]}} | {'type':'allowed_tools','allowed_tools':{'mode':'auto','tools':[{'type':'function','function':{'name':'g'}}]}} | 2
          """)
  void theChoiceAmongTools(String provider, String choice, String expected, int tools) {
    EncodedRequest encoded =
        encode(
            request(
                "'messages':["
                    + USER
                    + "],'tools':[{'type':'function','function':{'name':'f'}},"
                    + "{'type':'function','function':{'name':'g'},'cache_control':{'type':'ephemeral'}}],"
                    + "'tool_choice':"
                    + choice),
            provider);
    JsonObject body = encoded.body().toJsonObject();
    assertThat(new JsonArray().add(body.getValue("tool_choice")).encode().replace('"', '\''))
        .isEqualTo("[" + expected + "]");
    assertThat(body.getJsonArray("tools")).hasSize(tools);
    assertThat(encoded.warnings()).containsExactly("cache_control was left out");
    if (provider.equals("mistral")) {
      schema("mistral").assertValid(encoded.body());
    }
  }

  @Test
  void noToolsAreNoField() {
    assertThat(encode(request("'messages':[" + USER + "],'tools':[]"), null).body().toString())
        .doesNotContain("tools");
  }

  @Property(tries = 300)
  void aConversationLosesNothingThatTheServerTakes(@ForAll long seed) {
    RandomConversation conversation = new RandomConversation(seed);
    ChatRequest request = conversation.request();
    for (String provider :
        new String[] {
          null, "openai", "groq", "cerebras", "mistral", "gemini", "deepseek", "xai", "openrouter"
        }) {
      EncodedRequest encoded = encode(request, provider);
      List<Word> missing = conversation.missing(encoded.body());
      boolean without =
          Set.of("openai", "groq", "mistral", "gemini").contains(String.valueOf(provider));
      List<Word> expected = new ArrayList<>(conversation.words());
      expected.removeIf(word -> !without || word.kind() != Kind.REASONING);
      assertThat(missing).as(provider).isEqualTo(expected);
      assertThat(String.join(";", encoded.warnings()).contains("messages[].reasoning"))
          .isEqualTo(!expected.isEmpty());
      boolean hasSchema =
          Set.of("openai", "mistral", "openrouter").contains(String.valueOf(provider));
      if (hasSchema && schema(provider).isPresent()) {
        schema(provider).assertValid(encoded.body());
      }
    }
  }
}
