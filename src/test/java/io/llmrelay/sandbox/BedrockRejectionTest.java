package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;

class BedrockRejectionTest extends RejectionTestBase {
  private static final String TEXT = "{'text':'Hi'}";
  private static final String USER = "{'role':'user','content':[{'text':'Hi'}]}";
  private static final String USE = "{'toolUse':{'toolUseId':'t1','name':'f','input':{}}}";
  private static final String RESULT =
      "{'toolResult':{'toolUseId':'t1','content':[{'json':{'a':1}}]}}";
  private static final String TOOLS =
      "{'toolConfig':{'tools':[{'toolSpec':{'name':'f','inputSchema':{'json':{'type':'object'}}}}]}}";

  BedrockRejectionTest() {
    super(Vendor.BEDROCK, "anthropic.claude-x-v1:0");
  }

  private static String message(String role, String... blocks) {
    return "{'role':'" + role + "','content':[" + String.join(",", blocks) + "]}";
  }

  private static JsonObject messages(String... messages) {
    return json("{'messages':[" + String.join(",", messages) + "]}");
  }

  private static JsonObject withTools(String... messages) {
    return messages(messages).mergeIn(json(TOOLS));
  }

  private void rejects(JsonObject request, String message) throws Exception {
    assertThat(rejects(400, request).getString("message")).contains(message);
    String model = "m:0";
    try (Wire wire = Vendor.BEDROCK.send(sandbox, "primary", model, true, request)) {
      wire.read();
      assertThat(wire.header("x-amzn-errortype")).startsWith("ValidationException:");
    }
  }

  @Test
  void toolUseAndResult() throws Exception {
    accepts(withTools(USER, message("assistant", USE), message("user", RESULT)));
    rejects(
        messages(USER, message("assistant", USE), message("user", RESULT)),
        "The toolConfig field must be defined when using toolUse and toolResult content blocks.");
    rejects(
        withTools(USER, message("assistant", USE), USER),
        "Expected toolResult blocks at messages.2.content for the following Ids: t1");
    rejects(
        withTools(message("user", RESULT)),
        "The number of toolResult blocks at messages.0.content exceeds the number of toolUse");
    rejects(
        withTools(USER, message("assistant", USE.replace("t1", "a b")), message("user", RESULT)),
        "Value 'a b' at 'messages.2.member.content.1.member.toolUse.toolUseId' failed to satisfy");
    rejects(
        withTools(USER, message("assistant", USE.replace("{}", "'{}'")), message("user", RESULT)),
        "The format of the value at messages.1.content.0.toolUse.input is invalid");
    rejects(
        withTools(
            USER, message("assistant", USE), message("user", RESULT.replace("{'a':1}", "'a'"))),
        "messages.2.content.0.toolResult.content.0.json is invalid");
  }

  @Test
  void messages() throws Exception {
    rejects(json("{'messages':[]}"), "A conversation must start with a user message");
    rejects(messages(message("assistant", TEXT)), "A conversation must start with a user message");
    rejects(messages(USER, USER), "A conversation must alternate between user and assistant");
    rejects(
        messages(USER, message("system", TEXT)),
        "Value 'system' at 'messages.2.member.role' failed to satisfy constraint: Member must"
            + " satisfy enum value set: [user, assistant]");
    rejects(messages(message("user")), "messages.0 is empty");
    rejects(messages(message("user", "{'text':' '}")), "messages.0.content.0 is blank");
  }

  @Test
  void toolsImagesAndReasoning() throws Exception {
    rejects(messages(USER).mergeIn(json("{'toolConfig':{'tools':[]}}")), "'toolConfig.tools'");
    rejects(
        messages(USER).mergeIn(json(TOOLS.replace("{'type':'object'}", "{}"))),
        "toolConfig.tools.0.toolSpec.inputSchema.json.type must be one of the following: object");
    rejects(messages(USER).mergeIn(json(TOOLS.replace("'f'", "'a.b'"))), "toolSpec.name");
    String image = "{'image':{'format':'png','source':{'bytes':'AAAA'}}}";
    accepts(messages(message("user", image)));
    rejects(
        messages(message("user", image.replace("png", "image/png"))),
        "Value 'image/png' at 'messages.1.member.content.1.member.image.format'");
    String reasoning =
        "{'reasoningContent':{'reasoningText':{'text':'Hm.','signature':'c2FuZGJveA=='}}}";
    accepts(messages(USER, message("assistant", reasoning, TEXT), USER));
    rejects(
        messages(
            USER,
            message("assistant", reasoning.replace(",'signature':'c2FuZGJveA=='", ""), TEXT),
            USER),
        "messages.1.content.0.thinking.signature: Field required");
  }
}
