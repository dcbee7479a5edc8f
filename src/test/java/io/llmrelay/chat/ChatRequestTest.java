package io.llmrelay.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmrelay.chat.ContentPart.Text;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatRequestTest {
  private static final String USER = "{\"role\": \"user\", \"content\": \"Hi\"}";

  /** A good request with something more in it. */
  private static JsonObject with(String fields) {
    return new JsonObject(
        "{\"messages\": [" + USER + "]" + (fields == null ? "" : ", " + fields) + "}");
  }

  private static ChatRequest read(String fields) {
    return ChatRequest.fromJson(with(fields));
  }

  private static Failure refused(JsonObject json) {
    LlmException e = catchThrowableOfType(LlmException.class, () -> ChatRequest.fromJson(json));
    assertThat(e).as(json.encode()).isNotNull();
    assertThat(e.failure().kind()).isEqualTo(FailureKind.INVALID_REQUEST);
    return e.failure();
  }

  @Test
  void namesAnUnknownFieldInOneLine() {
    assertThat(unknown("\"\": 1")).isEqualTo("\"\"");
    assertThat(unknown("\"a\\n\\u001bb\\u2028\\u202e\": 1")).isEqualTo("a??b??");
    assertThat(unknown("\"" + "long ".repeat(1_000) + "\": 1")).hasSize(103);
  }

  private static String unknown(String field) {
    return read(field).unknownPaths().get(0);
  }

  @Test
  void keepsUnknownFieldsAtAnyDepth() {
    ChatRequest request =
        ChatRequest.fromJson(
            new JsonObject(
                """
                {"top_a": 0.5, "none": null, "messages": [{"role": "user", "weight": 1, "content": [
                  {"type": "text", "text": "x", "z": {"a": 1}},
                  {"type": "video_url", "video_url": {"url": "https://example.com/v"}}]}]}
                """));
    assertThat(request.unknown()).containsOnlyKeys("top_a");
    assertThat(request.unknownPaths())
        .containsExactlyInAnyOrder("top_a", "messages[0].weight", "messages[0].content[0].z");
    assertThat(request.features()).containsExactly(RequestFeature.OTHER_PARTS);
    assertThat(ChatRequest.read(request.toBuffer()).toJson()).isEqualTo(request.toJson());
  }

  @Test
  void readsEveryField() {
    ChatRequest request =
        ChatRequest.fromJson(
            new JsonObject(
                """
                {
                  "model": "gpt-4o-mini",
                  "messages": [
                    {"role": "system", "content": "Be brief."},
                    {"role": "developer", "content": ""},
                    {"role": "user", "content": [{"type": "text", "text": "Hi "}, {"type": "text", "text": "you"}]},
                    {"role": "assistant", "content": "Hello"}
                  ],
                  "temperature": 0.5,
                  "top_p": 1,
                  "max_tokens": 300,
                  "stop": ["a", "b", "c", "d"],
                  "seed": 9007199254740993,
                  "response_format": {"type": "json_schema", "json_schema": {"name": "x"}},
                  "metadata": {"team": "blue"},
                  "user": "u1",
                  "n": 1,
                  "relay": {
                    "candidates": ["a/m", "b"],
                    "commit": 40,
                    "timeouts": {"connect": "1s", "head": "2s", "first-chunk": "3s", "stall": "4s", "total": "5m"},
                    "retries": {"max": 2},
                    "prefer": "cost"
                  }
                }
                """));
    assertThat(request.model()).isEqualTo("gpt-4o-mini");
    assertThat(request.messages())
        .containsExactly(
            ChatMessage.system("Be brief."),
            ChatMessage.system(""),
            ChatMessage.of(ChatMessage.Role.USER, Text.of("Hi "), Text.of("you")),
            ChatMessage.assistant("Hello"));
    assertThat(request.temperature()).isEqualTo(0.5);
    assertThat(request.topP()).isEqualTo(1);
    assertThat(request.maxTokens()).isEqualTo(300);
    assertThat(request.stop()).containsExactly("a", "b", "c", "d");
    assertThat(request.seed()).isEqualTo(9007199254740993L);
    assertThat(request.responseFormat().getString("type")).isEqualTo("json_schema");
    assertThat(request.metadata()).isEqualTo(Map.of("team", "blue"));
    assertThat(request.user()).isEqualTo("u1");
    assertThat(request.relay())
        .isEqualTo(
            new RelayHints(
                List.of("a/m", "b"),
                new CommitPoint(40),
                new Timeouts(
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(3),
                    Duration.ofSeconds(4),
                    Duration.ofMinutes(5)),
                2,
                RelayHints.Prefer.COST));
    assertThat(request.characters()).isEqualTo(9 + 0 + 6 + 5);
    JsonObject json = request.toJson();
    assertThat(ChatRequest.fromJson(json).toJson()).isEqualTo(json);
    assertThat(ChatRequest.fromJson(new JsonObject(json.encode())).toJson().encode())
        .isEqualTo(json.encode());
  }

  @Test
  void needsNothingButMessages() {
    ChatRequest request = read(null);
    assertThat(request.toJson())
        .isEqualTo(new JsonObject().put("messages", new JsonArray().add(new JsonObject(USER))));
    assertThat(request.model()).isNull();
    assertThat(request.stop()).isNull();
    assertThat(request.metadata()).isEmpty();
    assertThat(request.relay()).isEqualTo(RelayHints.NONE);
  }

  @Test
  void anAbsentFieldMayBeNull() {
    ChatRequest request =
        read(
            """
            "model": null, "temperature": null, "top_p": null, "max_tokens": null, "stop": null,
            "seed": null, "response_format": null, "metadata": null, "user": null, "n": null,
            "relay": null, "max_completion_tokens": null, "tools": null, "whatever": null
            """);
    assertThat(request.toJson()).isEqualTo(read(null).toJson());
    assertThat(
            read("""
            "relay": {"candidates": null, "commit": null, "timeouts": {"stall": null},
                      "retries": {"max": null}, "prefer": null}
            """)
                .relay())
        .isEqualTo(RelayHints.NONE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "max_completion_tokens": 7                     | max_tokens  | 7
          "max_completion_tokens": 7, "max_tokens": 7    | max_tokens  | 7
          "stop": "x"                                    | stop        | ["x"]
          "stop": []                                     | stop        |
          "temperature": 2                               | temperature | 2.0
          "temperature": 0                               | temperature | 0.0
          "seed": -1                                     | seed        | -1
          "relay": {"commit": "first-chunk"}             | relay       | {"commit":"first-chunk"}
          "relay": {"commit": "complete"}                | relay       | {"commit":"complete"}
          "relay": {"commit": 1}                         | relay       | {"commit":"first-chunk"}
          "relay": {"commit": "first-text"}              | relay       | {"commit":"first-text"}
          "relay": {"commit": 2147483647}                | relay       | {"commit":"complete"}
          "relay": {"prefer": "order"}                   | relay       | {"prefer":"order"}
          "relay": {"retries": {"max": 0}}               | relay       | {"retries":{"max":0}}
          "relay": {"retries": {"max": 10}}              | relay       | {"retries":{"max":10}}
          "relay": {"timeouts": {"total": " 60 S "}}     | relay       | {"timeouts":{"total":"1m"}}
          "response_format": {"type": "text"}            | response_format | {"type":"text"}
          "response_format": {"type": "json_object"}     | response_format | {"type":"json_object"}
          """)
  void accepts(String fields, String field, String json) {
    Object value = read(fields).toJson().getValue(field);
    assertThat(new JsonArray().add(value).encode()).isEqualTo("[" + json + "]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "model": ""             | model | must not be empty; leave it out for the default model
          "model": "  "           | model | must not be empty; leave it out for the default model
          "model": 4              | model | must be a string
          "temperature": 2.1      | temperature | must be a number from 0 to 2
          "temperature": -0.1     | temperature | must be a number from 0 to 2
          "temperature": "1"      | temperature | must be a number from 0 to 2
          "top_p": 1.01           | top_p | must be a number from 0 to 1
          "max_tokens": 0         | max_tokens | must be an integer from 1
          "max_tokens": 2147483648 | max_tokens | must be an integer from 1
          "max_tokens": 1.5       | max_tokens | must be an integer
          "max_tokens": "7"       | max_tokens | must be an integer
          "max_tokens": 99999999999999999999 | max_tokens | must be an integer
          "max_completion_tokens": 0 | max_completion_tokens | must be an integer from 1
          "max_tokens": 7, "max_completion_tokens": 8 | max_completion_tokens | contradicts max_tokens; send one of the two
          "stop": 4               | stop | must be a string or an array of at most 4 strings
          "stop": {}              | stop | must be a string or an array of at most 4 strings
          "stop": ["a", 4]        | stop[1] | must be a string that is not empty
          "stop": [""]            | stop[0] | must be a string that is not empty
          "stop": ["1","2","3","4","5"] | stop | must have at most 4 entries
          "seed": 1.5             | seed | must be an integer
          "seed": "1"             | seed | must be an integer
          "response_format": "json" | response_format | must be an object
          "response_format": {}   | response_format.type | must be text, json_object or json_schema
          "response_format": {"type": "xml"} | response_format.type | must be text, json_object or json_schema
          "response_format": {"type": "json_schema"} | response_format.json_schema | must be an object
          "metadata": []          | metadata | must be an object
          "metadata": {"a": 1}    | metadata.a | must be a string of at most 512 characters
          "metadata": {"a": null} | metadata.a | must be a string of at most 512 characters
          "user": 1               | user | must be a string
          "n": 2                  | n | other than 1 is not supported yet
          "n": "1"                | n | other than 1 is not supported yet
          "tools": {}             | tools | must be an array
          "tools": [1]            | tools[0] | must be an object
          "tools": [{"type": "function"}] | tools[0].function | must be an object
          "tools": [{"type": "function", "function": {}}] | tools[0].function.name | must be a string that is not empty
          "tools": [{"type": "function", "function": {"name": "f", "parameters": 1}}] | tools[0].function.parameters | must be an object, a JSON schema
          "tools": [{"type": "function", "function": {"name": "f", "strict": 1}}] | tools[0].function.strict | must be true or false
          "tool_choice": "any"    | tool_choice | must be auto, none, required, or an object that names a function or allowed_tools
          "tool_choice": "required" | tool_choice | requires a call, but there are no tools
          "tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": {"type": "function", "function": {"name": "g"}} | tool_choice | names no tool of tools: g
          "functions": []         | functions | is not supported; send tools
          "logprobs": 1           | logprobs | must be true or false
          "top_logprobs": 21      | top_logprobs | must be an integer from 0 to 20
          "frequency_penalty": 3  | frequency_penalty | must be a number from -2 to 2
          "logit_bias": []        | logit_bias | must be an object
          "reasoning_effort": 1   | reasoning_effort | must be a string
          "modalities": ["text", "audio"] | modalities | must be an array of "text" and "image"; others are not supported yet
          "stream": true          | stream | is not part of a request; the address decides
          "relay": []             | relay | must be an object
          "relay": {"x": 1}       | relay.x | is not supported yet
          "relay": {"candidates": []} | relay.candidates | must name at least one candidate
          "relay": {"candidates": "a"} | relay.candidates | must be an array
          "relay": {"candidates": [""]} | relay.candidates[0] | must be a string that is not empty
          "relay": {"candidates": ["a", 1]} | relay.candidates[1] | must be a string that is not empty
          "relay": {"commit": "now"} | relay.commit | must be "first-chunk", "first-text", "tool-calls", "complete" or a number of characters from 1
          "relay": {"commit": 0}  | relay.commit | must be "first-chunk", "first-text", "tool-calls", "complete" or a number of characters from 1
          "relay": {"commit": 1.5} | relay.commit | must be "first-chunk", "first-text", "tool-calls", "complete" or a number of characters from 1
          "relay": {"timeouts": "1s"} | relay.timeouts | must be an object
          "relay": {"timeouts": {"first": "1s"}} | relay.timeouts.first | is not supported yet
          "relay": {"timeouts": {"stall": 5}} | relay.timeouts.stall | must be a duration such as 250ms, 10s, 5m or 1h
          "relay": {"timeouts": {"stall": "5"}} | relay.timeouts.stall | must be a duration such as 250ms, 10s, 5m or 1h
          "relay": {"timeouts": {"head": "0s"}} | relay.timeouts.head | must be longer than 0
          "relay": {"retries": 2} | relay.retries | must be an object
          "relay": {"retries": {"max": 11}} | relay.retries.max | must be an integer from 0 to 10
          "relay": {"retries": {"max": -1}} | relay.retries.max | must be an integer from 0 to 10
          "relay": {"retries": {"min": 1}} | relay.retries.min | is not supported yet
          "relay": {"prefer": "speed"} | relay.prefer | must be one of order, cost, weight, least-busy, lowest-latency
          """)
  void refuses(String fields, String field, String complaint) {
    Failure failure = refused(with(fields));
    assertThat(failure.field()).isEqualTo(field);
    assertThat(failure.message()).isEqualTo(field + " " + complaint);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {}                                                   | role | must be system, developer, user, assistant or tool
          {"role": "User", "content": "x"}                     | role | must be system, developer, user, assistant or tool
          {"role": 1, "content": "x"}                          | role | must be a string
          {"role": "tool", "content": "x"}                     | tool_call_id | must be the id of the tool call that it answers
          {"role": "function", "content": "x"}                 | role | "function" is not supported; send tools and role tool
          {"role": "user"}                                     | content | must be a string or an array of content parts
          {"role": "user", "content": null}                    | content | must be a string or an array of content parts
          {"role": "user", "content": 1}                       | content | must be a string or an array of content parts
          {"role": "user", "content": {}}                      | content | must be a string or an array of content parts
          {"role": "user", "content": []}                      | content | must have at least one part
          {"role": "user", "content": ["x"]}                   | content[0] | must be an object
          {"role": "user", "content": [{"text": "x"}]}         | content[0].type | must be a string that is not empty
          {"role": "user", "content": [{"type": "image_url"}]} | content[0].image_url | must be an object
          {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "file:///x"}}]} | content[0].image_url.url | must be a data: or an https: URL
          {"role": "user", "content": [{"type": "file", "file": {}}]} | content[0].file.file_data | or file_id must be given
          {"role": "user", "content": [{"type": "text"}]}      | content[0].text | must be a string
          {"role": "user", "content": [{"type": "text", "text": 1}]} | content[0].text | must be a string
          {"role": "user", "content": "x", "name": 1}          | name | must be a string
          {"role": "user", "content": "x", "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": ""}}]} | tool_calls | are only allowed in messages of the assistant
          {"role": "assistant", "tool_calls": [{"id": "c"}]}   | tool_calls[0].type | must be function or custom, with an object of that name
          {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": {}}}]} | tool_calls[0].function.arguments | must be a string
          """)
  void refusesMessages(String message, String field, String complaint) {
    Failure failure = refused(new JsonObject("{\"messages\": [" + USER + ", " + message + "]}"));
    assertThat(failure.field()).isEqualTo("messages[1]." + field);
    assertThat(failure.message()).isEqualTo("messages[1]." + field + " " + complaint);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {}                     | messages    | must be an array with at least one message
          {"messages": null}     | messages    | must be an array with at least one message
          {"messages": []}       | messages    | must be an array with at least one message
          {"messages": "Hi"}     | messages    | must be an array
          {"messages": ["Hi"]}   | messages[0] | must be an object
          {"messages": [null]}   | messages[0] | must be an object
          """)
  void refusesARequestWithoutMessages(String json, String field, String complaint) {
    Failure failure = refused(new JsonObject(json));
    assertThat(failure.field()).isEqualTo(field);
    assertThat(failure.message()).isEqualTo(field + " " + complaint);
  }

  @Test
  void boundsMetadataAndCandidates() {
    JsonObject metadata = new JsonObject();
    IntStream.range(0, 16).forEach(i -> metadata.put("k" + i, "x".repeat(512)));
    assertThat(ChatRequest.fromJson(with(null).put("metadata", metadata)).metadata()).hasSize(16);
    assertThat(refused(with(null).put("metadata", metadata.copy().put("one", "more"))).message())
        .isEqualTo("metadata must have at most 16 keys");
    assertThat(
            refused(with(null).put("metadata", new JsonObject().put("x".repeat(65), "long")))
                .message())
        .isEqualTo("metadata must have keys of at most 64 characters");
    assertThat(
            refused(with(null).put("metadata", new JsonObject().put("long", "x".repeat(513))))
                .field())
        .isEqualTo("metadata.long");
    JsonArray candidates = new JsonArray();
    IntStream.range(0, 33).forEach(i -> candidates.add("c" + i));
    assertThat(
            refused(with(null).put("relay", new JsonObject().put("candidates", candidates)))
                .message())
        .isEqualTo("relay.candidates must have at most 32 entries");
  }

  @Test
  void neverShowsATextInAMessageOrAString() {
    String secret = "my secret prompt";
    JsonObject json =
        new JsonObject()
            .put("model", "m")
            .put(
                "messages",
                new JsonArray().add(new JsonObject().put("role", "user").put("content", secret)));
    ChatRequest request = ChatRequest.fromJson(json);
    assertThat(request.toString()).isEqualTo("ChatRequest[model=m, messages=1]");
    assertThat(request.messages().get(0).toString()).isEqualTo("ChatMessage[user, 16 characters]");
    for (String field : List.of("role", "tool_calls", "reasoning_details")) {
      JsonObject bad = json.copy();
      bad.getJsonArray("messages").getJsonObject(0).put(field, secret);
      assertThat(refused(bad).toJson().encode()).doesNotContain(secret);
    }
  }

  @Test
  void changesACopy() {
    ChatRequest request = ChatRequest.of(ChatMessage.user("Hi"));
    JsonObject format = new JsonObject().put("type", "json_object");
    ChatRequest changed =
        request
            .withModel("m")
            .withTemperature(0.1)
            .withTopP(0.2)
            .withMaxTokens(3)
            .withStop("x", "y")
            .withSeed(4L)
            .withResponseFormat(format)
            .withMetadata(Map.of("k", "v"))
            .withUser("u")
            .withCandidates("a")
            .withCommit(CommitPoint.COMPLETE);
    format.put("type", "changed later");
    changed.responseFormat().put("type", "changed outside");
    assertThat(request.toJson()).isEqualTo(read(null).toJson());
    assertThat(changed.toJson().encode())
        .isEqualTo(
            """
            {"model":"m","messages":[{"role":"user","content":"Hi"}],"temperature":0.1,"top_p":0.2,\
            "max_tokens":3,"stop":["x","y"],"seed":4,"response_format":{"type":"json_object"},\
            "metadata":{"k":"v"},"user":"u","relay":{"candidates":["a"],"commit":"complete"}}\
            """);
    assertThat(ChatRequest.fromJson(changed.toJson()).toJson()).isEqualTo(changed.toJson());
  }

  @ParameterizedTest
  @ValueSource(strings = {"candidates", "commit"})
  void keepsTheOtherWishesWhereOneIsChanged(String which) {
    ChatRequest request =
        read(
            """
            "relay": {"candidates": ["a"], "commit": 7, "timeouts": {"stall": "4s"},
                      "retries": {"max": 2}, "prefer": "cost"}
            """);
    ChatRequest changed =
        which.equals("commit")
            ? request.withCommit(CommitPoint.COMPLETE)
            : request.withCandidates("b", "c");
    JsonObject before = request.relay().toJson();
    JsonObject after = changed.relay().toJson();
    assertThat(after.getValue(which)).isNotEqualTo(before.getValue(which));
    before.remove(which);
    after.remove(which);
    assertThat(after).isEqualTo(before);
  }

  @Test
  void whatWasReadIsNotCheckedAgain() {
    ChatRequest read = ChatRequest.fromJson(ChatRequest.of(ChatMessage.user("Hi")).toJson());
    assertThat(read.checked()).isSameAs(read);
    ChatRequest attempt = read.forCandidate("m", Timeouts.UNSET);
    assertThat(attempt.checked()).isSameAs(attempt);
    ChatRequest labelled = read.withMetadata(Map.of(ChatRequest.FRONT, "openai"));
    assertThat(labelled.checked()).isSameAs(labelled);
    assertThat(field(read.withMetadata(Map.of("team", "x".repeat(513)))))
        .isEqualTo("metadata.team");
    ChatRequest whole = read.withCommit(CommitPoint.COMPLETE);
    assertThat(whole.checked()).isSameAs(whole);
    RelayHints tooMany = new RelayHints(null, null, Timeouts.UNSET, 99, null);
    assertThat(field(read.withRelay(tooMany))).isEqualTo("relay.retries.max");
    ChatRequest changed = read.withMaxTokens(5).withRelay(RelayHints.NONE);
    assertThat(changed.checked().toJson()).isEqualTo(changed.toJson());
    assertThat(changed.checked().messages()).isSameAs(changed.messages());
  }

  @Test
  void whatWasPutTogetherIsCheckedWhenItIsUsed() {
    ChatRequest hello = ChatRequest.of(ChatMessage.user("Hi"));
    assertThat(field(hello.withTemperature(3.0))).isEqualTo("temperature");
    assertThat(field(hello.withModel(" "))).isEqualTo("model");
    assertThat(field(hello.withMaxTokens(0))).isEqualTo("max_tokens");
    assertThat(field(hello.withStop("a", "b", "c", "d", "e"))).isEqualTo("stop");
    assertThat(field(ChatRequest.of())).isEqualTo("messages");
    ChatMessage empty = ChatMessage.of(ChatMessage.Role.USER);
    assertThat(field(ChatRequest.of(ChatMessage.user("Hi"), empty)))
        .isEqualTo("messages[1].content");
  }

  private static String field(ChatRequest request) {
    try {
      request.checked();
      return "in order";
    } catch (LlmException e) {
      return e.failure().field();
    }
  }
}
