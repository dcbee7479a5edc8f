package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;

class AnthropicRejectionTest extends RejectionTestBase {
  private static final String USER = "{'role':'user','content':'Hi'}";
  private static final String THINKING =
      "{'type':'thinking','thinking':'Hm.','signature':'c2FuZGJveA=='}";
  private static final String USE = "{'type':'tool_use','id':'t1','name':'f','input':{}}";
  private static final String RESULT = "{'type':'tool_result','tool_use_id':'t1','content':'18'}";
  private static final String TEXT = "{'type':'text','text':'Hi'}";
  private static final String TOOL = "{'name':'f','input_schema':{'type':'object'}}";

  AnthropicRejectionTest() {
    super(Vendor.ANTHROPIC, "claude-x");
  }

  private static String user(String... blocks) {
    return "{'role':'user','content':[" + String.join(",", blocks) + "]}";
  }

  private static String assistant(String... blocks) {
    return "{'role':'assistant','content':[" + String.join(",", blocks) + "]}";
  }

  private static JsonObject messages(String... messages) {
    return json("{'max_tokens':2000,'messages':[" + String.join(",", messages) + "]}");
  }

  private static JsonObject with(String fields) {
    return messages(USER).mergeIn(json(fields));
  }

  private void rejects(JsonObject request, String message) throws Exception {
    JsonObject body = rejects(400, request);
    assertThat(body.getString("type")).isEqualTo("error");
    assertThat(body.getString("request_id")).startsWith("req_");
    assertThat(body.getJsonObject("error").getString("type")).isEqualTo("invalid_request_error");
    assertThat(body.getJsonObject("error").getString("message")).contains(message);
  }

  @Test
  void toolUseAndResult() throws Exception {
    accepts(messages(USER, assistant(TEXT, USE), user(RESULT, TEXT)));
    accepts(messages(USER, assistant(USE), user(RESULT), assistant(TEXT), USER));
    rejects(
        messages(USER, assistant(USE), USER),
        "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: t1");
    rejects(
        messages(USER, assistant(USE), user(TEXT, RESULT)),
        "`tool_use` ids were found without `tool_result` blocks");
    rejects(
        messages(USER, assistant(USE), user(RESULT.replace("t1", "t2"))),
        "messages.2.content.0: unexpected `tool_use_id` found in `tool_result` blocks: t2");
    rejects(messages(user(RESULT)), "messages.0.content.0: unexpected `tool_use_id`");
    rejects(
        messages(USER, assistant(USE, USE), user(RESULT)),
        "messages.1.content.1: `tool_use` ids must be unique");
    String second = USE.replace("t1", "t2");
    rejects(messages(USER, assistant(USE, second), user(RESULT)), "blocks immediately after: t2");
    accepts(messages(USER, assistant(USE, second), user(RESULT), user(RESULT.replace("t1", "t2"))));
  }

  @Test
  void blocks() throws Exception {
    rejects(
        messages(USER, assistant(USE.replace("t1", "a.b")), user(RESULT.replace("t1", "a.b"))),
        "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'");
    rejects(
        messages(USER, assistant(USE.replace("{}", "'{}'")), user(RESULT)),
        "messages.1.content.0.tool_use.input: Input should be a valid dictionary");
    rejects(messages(user("{'type':'text','text':''}")), "text content blocks must be non-empty");
    rejects(
        messages(user("{'type':'text','text':' '}")),
        "text content blocks must contain non-whitespace text");
    accepts(messages(user("{'type':'text','text':' '}", TEXT)));
    rejects(
        messages(user("{'type':'image_url','image_url':{}}")),
        "Input tag 'image_url' found using 'type' does not match any of the expected tags");
    rejects(messages("{'role':'user','content':''}", USER), "must have non-empty content");
    rejects(
        messages(USER, "{'role':'assistant','content':'Sure '}"),
        "final assistant content cannot end with trailing whitespace");
    rejects(with("{'system':[{'type':'text','text':''}]}"), "system: text content blocks");
  }

  @Test
  void roles() throws Exception {
    rejects(
        messages("{'role':'assistant','content':'a'}", USER),
        "first message must use the \"user\" role");
    rejects(messages("{'role':'system','content':'a'}", USER), "Unexpected role \"system\"");
    rejects(messages(USER, "{'role':'tool','content':'a'}"), "messages.1.role: Input should be");
    JsonObject later = messages(USER, "{'role':'system','content':'Be brief.'}");
    accepts("claude-opus-4-8", later);
    rejects("claude-sonnet-4-5", 400, later);
  }

  @Test
  void images() throws Exception {
    String image =
        "{'type':'image','source':{'type':'base64','media_type':'image/png','data':'AAAA'}}";
    accepts(messages(user(image, "{'type':'image','source':{'type':'url','url':'https://a/b'}}")));
    rejects(messages(user(image.replace("png", "bmp"))), ".image.source.base64.media_type: Input");
    rejects(messages(user(image.replace("AAAA", "%%"))), "invalid base64 data");
    rejects(messages(user(image.replace("'base64'", "'data'"))), "Input tag 'data'");
  }

  @Test
  void thinking() throws Exception {
    JsonObject thinking = json("{'thinking':{'type':'enabled','budget_tokens':1024}}");
    accepts(messages(USER, assistant(THINKING, USE), user(RESULT)).mergeIn(thinking));
    accepts(messages(USER, assistant(TEXT), USER).mergeIn(thinking));
    rejects(
        messages(USER, assistant(USE), user(RESULT)).mergeIn(thinking),
        "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found"
            + " `tool_use`");
    rejects(
        messages(USER, assistant(THINKING.replace(",'signature':'c2FuZGJveA=='", ""), TEXT), USER),
        "messages.1.content.0.thinking.signature: Field required");
    rejects(
        messages(USER, assistant(THINKING.replace("c2FuZGJveA==", "Zm9yZ2Vk"), TEXT), USER),
        "messages.1.content.0: Invalid `signature` in `thinking` block");
    rejects(
        with("{'temperature':0.5}").mergeIn(thinking),
        "`temperature` may only be set to 1 when thinking is enabled");
    rejects(
        with("{'max_tokens':1024}").mergeIn(thinking),
        "`max_tokens` must be greater than `thinking.budget_tokens`");
    rejects(
        with("{'thinking':{'type':'enabled','budget_tokens':1000}}"),
        "greater than or equal to 1024");
    rejects(
        with("{'tools':[" + TOOL + "],'tool_choice':{'type':'any'}}").mergeIn(thinking),
        "Thinking may not be enabled when tool_choice forces tool use");
  }

  @Test
  void toolsAndFields() throws Exception {
    accepts(with("{'tools':[" + TOOL + "],'tool_choice':{'type':'tool','name':'f'}}"));
    rejects(
        with("{'tools':[" + TOOL.replace("'f'", "'a.b'") + "]}"),
        "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'");
    rejects(with("{'tools':[{'name':'f'}]}"), "tools.0.custom.input_schema: Field required");
    rejects(
        with("{'tools':[{'name':'f','input_schema':{}}]}"),
        "tools.0.custom.input_schema.type: Input should be 'object'");
    rejects(with("{'tools':[" + TOOL + "," + TOOL + "]}"), "Tool names must be unique");
    rejects(
        with("{'tools':[" + TOOL + "],'tool_choice':{'type':'tool','name':'g'}}"),
        "Tool 'g' not found in provided tools");
    rejects(with("{'tool_choice':{'type':'auto'}}"), "while providing tools");
    rejects(with("{'temperature':1.5}"), "temperature: Input should be less than or equal to 1");
    rejects(with("{'seed':1}"), "seed: Extra inputs are not permitted");
  }
}
