package io.llmrelay.gateway.responses;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is refused, left out or fails, and how a client is told. */
class RefusedTest extends ResponsesFixture {

  private static JsonObject with(String fields, String... backends) {
    return request(backends).mergeIn(new JsonObject(fields.replace('\'', '"')));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {'previous_response_id':'resp_1'} | previous_response_id | send the whole conversation as input, with store: false
          {'conversation':'conv_1'}         | conversation         | send the whole conversation as input, with store: false
          {'background':true}               | background           | send stream: true instead
          {'input':[]}                      | input                | must have 1 to 100000 items
          {'input':[{'role':'tool','content':'x'}]} | input[0].role | must be user, assistant, system or developer
          {'input':[{'role':'user'}]}       | input[0].content     | is required
          {'input':[{'role':'user','content':[{'type':'input_image','image_url':'x'}]}]} | input[0].content[0].image_url | must be a data: or an https: URL
          {'input':[{'type':'function_call','name':'f','arguments':'{}'}]} | input[0].call_id | is required
          {'tools':[{'type':'function'}]}   | tools[0].name        | is required
          {'tool_choice':{'type':'function','name':'f'}} | tool_choice.name | names no tool of tools
          {'temperature':3}                 | temperature          | must be a number from 0 to 2
          {'text':{'format':{'type':'xml'}}} | text.format.type    | must be text, json_object or json_schema
          {'reasoning':{'effort':1}}        | reasoning.effort     | must be a string
          {'metadata':{'a':1}}              | metadata.a           | must be a string
          """)
  void aFieldThatIsRefusedIsNamed(String fields, String field, String message) throws Exception {
    JsonObject error = error(400, with(fields, "compatible"));

    assertThat(error.getString("type")).isEqualTo("invalid_request_error");
    assertThat(error.getString("param")).isEqualTo(field);
    assertThat(error.getString("message")).contains(field).contains(message);
    assertThat(sandbox.calls()).isEmpty();
  }

  @Test
  void bodiesThatAreNoObjects() throws Exception {
    assertThat(error(400, with("{'input':null}", "compatible")).getString("param"))
        .isEqualTo("input");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {'store':true} | store was left out
          {'truncation':'auto'} | truncation was left out
          {'tools':[{'type':'web_search'},{'type':'function','name':'f'}]} | tools[0] (web_search) was left out
          {'include':['web_search_call.action.sources']} | include[0] was left out
          {'reasoning':{'summary':'detailed'}} | reasoning.summary was left out
          {'max_tool_calls':3} | max_tool_calls was left out
          {'a_future_field':1} | a_future_field was left out
          """)
  void whatOthersDoNotHaveIsNamedInAWarning(String fields, String warning) throws Exception {
    HttpResponse<String> response = post(with(fields, "claude"));

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.headers().firstValue("x-relay-warning")).contains(warning);
    HttpResponse<String> own = post(with(fields, "own"));
    assertThat(own.headers().firstValue("x-relay-warning")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {}
          {'store':false,'background':false,'previous_response_id':null,'conversation':null}
          {'include':['reasoning.encrypted_content'],'reasoning':{'summary':'auto'},'truncation':'disabled'}
          {'tools':[],'tool_choice':'auto','parallel_tool_calls':true,'service_tier':'auto','metadata':{}}
          {'stream_options':{'include_obfuscation':false},'text':{'format':{'type':'text'}}}
          """)
  void neutralValuesNeedNoWarning(String fields) throws Exception {
    for (String backend : List.of("compatible", "claude", "google", "own")) {
      HttpResponse<String> response = post(with(fields, backend));
      assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
      assertThat(response.headers().firstValue("x-relay-warning")).as(backend).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {'tools':[{'type':'local_shell'}]}
          {'tools':[{'type':'mcp','server_label':'x'}]}
          {'prompt':{'id':'pmpt_1'}}
          {'input':[{'role':'user','content':'Hi'},{'type':'item_reference','id':'msg_1'}]}
          {'input':[{'role':'user','content':[{'type':'input_image','file_id':'file_1'}]}]}
          """)
  void whatOthersCannotServeGoesToTheSameApi(String fields) throws Exception {
    HttpResponse<String> response = post(with(fields, "claude", "compatible", "own"));

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.headers().firstValue("x-relay-backend")).contains("own");
    JsonObject error = error(400, with(fields, "claude", "compatible"));
    assertThat(error.getString("message")).contains("cannot be expressed");
  }

  @Test
  void anErrorBeforeTheFirstEventIsAResponse() throws Exception {
    sandbox.script("compatible", Scenario.of("429-retry-after-7"));

    HttpResponse<String> response = post(request("compatible").put("stream", true));

    assertThat(response.statusCode()).isEqualTo(429);
    JsonObject error = new JsonObject(response.body()).getJsonObject("error");
    assertThat(error.getString("code")).isEqualTo("rate_limit_exceeded");
    assertThat(response.headers().firstValue("retry-after")).isPresent();
    assertThat(response.headers().firstValue("retry-after-ms")).isPresent();
  }

  @ParameterizedTest
  @CsvSource({"compatible", "claude", "own"})
  void anErrorInTheStreamIsToldInAllForms(String backend) throws Exception {
    sandbox.script(backend, Scenario.of("die-after-3"));
    StringBuilder body = new StringBuilder();
    boolean cut = read(request(backend).put("stream", true), body);

    assertThat(cut).as("the connection is closed without the end of the body").isTrue();
    List<JsonObject> events = named(body.toString());
    JsonObject error = events.get(events.size() - 2);
    assertThat(type(error)).isEqualTo("error");
    assertThat(error.getString("code")).isEqualTo("network");
    assertThat(error.getString("message")).isNotBlank();
    assertThat(error.getJsonObject("error").getString("message"))
        .isEqualTo(error.getString("message"));
    JsonObject failed = events.get(events.size() - 1);
    assertThat(type(failed)).isEqualTo("response.failed");
    assertThat(last(events).getString("status")).isEqualTo("failed");
    assertThat(last(events).getString("id"))
        .isEqualTo(events.get(0).getJsonObject("response").getString("id"));
    assertThat(last(events).getJsonObject("error").getString("code")).isEqualTo("server_error");
    assertValid(List.of(error, failed));
  }

  /** Reads a response, and returns whether it was cut off. */
  private boolean read(JsonObject request, StringBuilder body) throws Exception {
    var response =
        client.send(
            java.net.http.HttpRequest.newBuilder(java.net.URI.create(baseUrl + "/responses"))
                .POST(java.net.http.HttpRequest.BodyPublishers.ofString(request.encode()))
                .build(),
            HttpResponse.BodyHandlers.ofInputStream());
    assertThat(response.statusCode()).isEqualTo(200);
    try (var in = response.body()) {
      byte[] buffer = new byte[8192];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        body.append(new String(buffer, 0, n, java.nio.charset.StandardCharsets.UTF_8));
      }
      return false;
    } catch (java.io.IOException e) {
      return true;
    }
  }

  @Test
  void anUnknownPathBelowIsNotFound() throws Exception {
    var response =
        client.send(
            java.net.http.HttpRequest.newBuilder(java.net.URI.create(baseUrl + "/responses/resp_1"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(new JsonObject(response.body()).getJsonObject("error").getString("code"))
        .isEqualTo("unknown_url");
  }

  @Test
  void aWebSearchThatIsForcedIsNotLeftOut() throws Exception {
    String fields = "{'tools':[{'type':'web_search'}],'tool_choice':{'type':'web_search'}}";
    assertThat(error(400, with(fields, "claude")).getString("message")).contains("web_search");
    assertThat(new JsonArray(TOOLS)).hasSize(2);
  }
}
