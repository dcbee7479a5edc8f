package io.llmrelay.sandbox.bedrock;

import static io.llmrelay.sandbox.bedrock.BedrockErrors.constraint;
import static io.llmrelay.sandbox.bedrock.BedrockErrors.rejected;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.regex.Pattern;

/** The checks of single content blocks. */
final class ContentRules {
  private static final Pattern ID = Pattern.compile("[a-zA-Z0-9_.:-]{1,64}");
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,64}");
  private static final List<String> IMAGES = List.of("png", "jpeg", "gif", "webp");

  private ContentRules() {}

  static void check(int i, int j, JsonObject block) {
    String path = "messages." + i + ".content." + j;
    String member = "messages." + (i + 1) + ".member.content." + (j + 1) + ".member";
    if (block.containsKey("text") && JsonNodes.text(block, "text").isBlank()) {
      throw rejected(
          "The text field in the ContentBlock object at "
              + path
              + " is blank. Add text to the text field, and try again.");
    }
    if (block.getValue("toolUse") instanceof JsonObject use) {
      id(member + ".toolUse.toolUseId", use);
      name(member + ".toolUse.name", JsonNodes.text(use, "name"));
      document(path + ".toolUse.input", use.getValue("input"));
    }
    if (block.getValue("toolResult") instanceof JsonObject result) {
      id(member + ".toolResult.toolUseId", result);
      toolResult(path + ".toolResult", result);
    }
    if (block.getValue("image") instanceof JsonObject image) {
      image(path, member, image);
    }
    JsonObject reasoning =
        JsonNodes.object(JsonNodes.object(block, "reasoningContent"), "reasoningText");
    if (!reasoning.isEmpty() && !BedrockFormat.SIGNATURE.equals(reasoning.getValue("signature"))) {
      String reason =
          reasoning.containsKey("signature")
              ? ": Invalid `signature` in `thinking` block"
              : ".thinking.signature: Field required";
      throw rejected("The model returned the following errors: " + path + reason);
    }
  }

  private static void toolResult(String path, JsonObject result) {
    List<JsonObject> content = JsonNodes.objects(result, "content");
    if (content.isEmpty() && "error".equals(result.getValue("status"))) {
      throw rejected(
          "The content field at " + path + " cannot be empty when status value is error.");
    }
    for (int k = 0; k < content.size(); k++) {
      if (content.get(k).containsKey("json")) {
        document(path + ".content." + k + ".json", content.get(k).getValue("json"));
      }
    }
  }

  private static void document(String path, Object value) {
    if (!(value instanceof JsonObject)) {
      throw rejected(
          "The format of the value at "
              + path
              + " is invalid. Provide a json object for the field and try again.");
    }
  }

  private static void id(String path, JsonObject block) {
    String id = JsonNodes.text(block, "toolUseId");
    if (!ID.matcher(id).matches()) {
      throw constraint(id, path, "satisfy regular expression pattern: [a-zA-Z0-9_.:-]+");
    }
  }

  static void name(String path, String name) {
    if (!NAME.matcher(name).matches()) {
      throw constraint(name, path, "satisfy regular expression pattern: [a-zA-Z0-9_-]+");
    }
  }

  private static void image(String path, String member, JsonObject image) {
    String format = JsonNodes.text(image, "format");
    if (!IMAGES.contains(format)) {
      throw constraint(
          format, member + ".image.format", "satisfy enum value set: [gif, jpeg, png, webp]");
    }
    if (!JsonNodes.isBase64(JsonNodes.text(JsonNodes.object(image, "source"), "bytes"))) {
      throw rejected("The bytes at " + path + ".image.source are not valid base64.");
    }
  }
}
