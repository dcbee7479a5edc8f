package io.llmrelay.sandbox.gemini;

import static io.llmrelay.sandbox.gemini.GeminiErrors.rejected;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Set;

/** The checks of contents, their parts and the order of function calls and responses. */
final class Contents {
  private static final Set<String> PARTS =
      Set.of(
          "text",
          "thought",
          "thoughtSignature",
          "inlineData",
          "fileData",
          "functionCall",
          "functionResponse",
          "executableCode",
          "codeExecutionResult",
          "videoMetadata",
          "mediaResolution",
          "partMetadata",
          "toolCall",
          "toolResponse");
  private static final List<String> DATA =
      List.of(
          "text",
          "inlineData",
          "fileData",
          "functionCall",
          "functionResponse",
          "executableCode",
          "codeExecutionResult",
          "toolCall",
          "toolResponse");

  /** The values that Google documents for calls from elsewhere. */
  private static final Set<String> SIGNATURES =
      Set.of(
          GeminiFormat.SIGNATURE,
          "skip_thought_signature_validator",
          "context_engineering_is_the_way_to_go");

  private final List<JsonObject> contents;
  private final boolean signed;

  /**
   * @param signed whether function calls of the current turn need a signature
   */
  Contents(List<JsonObject> contents, boolean signed) {
    this.contents = contents;
    this.signed = signed;
  }

  void check() {
    for (int i = 0; i < contents.size(); i++) {
      String role = JsonNodes.text(contents.get(i), "role");
      if (!role.isEmpty() && !role.equals("user") && !role.equals("model")) {
        throw rejected("Please use a valid role: user, model.");
      }
      parts(i);
    }
    order();
    if (signed) {
      signatures();
    }
  }

  private void parts(int i) {
    List<JsonObject> parts = JsonNodes.objects(contents.get(i), "parts");
    String path = "contents[" + i + "].parts";
    if (parts.isEmpty()) {
      throw rejected("* GenerateContentRequest." + path + ": contents.parts must not be empty.\n");
    }
    for (int j = 0; j < parts.size(); j++) {
      JsonObject part = parts.get(j);
      String at = path + "[" + j + "]";
      for (String field : part.fieldNames()) {
        if (!PARTS.contains(field)) {
          throw GeminiErrors.unknownName(field, at, "Cannot find field.");
        }
      }
      if (DATA.stream().noneMatch(part::containsKey)) {
        throw rejected(
            "* GenerateContentRequest."
                + at
                + ".data: required oneof field 'data' must have one initialized field\n");
      }
      part(at, part);
    }
  }

  private static void part(String at, JsonObject part) {
    if (part.getValue("functionCall") instanceof JsonObject call) {
      struct(at + ".function_call.args", call.getValue("args"));
      name(at + ".function_call", call);
    }
    if (part.getValue("functionResponse") instanceof JsonObject response) {
      struct(at + ".function_response.response", response.getValue("response"));
      name(at + ".function_response", response);
    }
    if (part.getValue("inlineData") instanceof JsonObject data) {
      String text = JsonNodes.text(data, "data");
      if (!JsonNodes.isBase64(text)) {
        throw rejected(
            "Invalid value at '" + at + ".inline_data.data' (TYPE_BYTES), Base64 decoding failed");
      }
      if (JsonNodes.text(data, "mimeType").isEmpty()) {
        throw rejected("* GenerateContentRequest." + at + ".inline_data.mime_type: required\n");
      }
    }
  }

  private static void struct(String at, Object value) {
    if (value != null && !(value instanceof JsonObject)) {
      throw rejected(
          "Invalid value at '"
              + at
              + "' (type.googleapis.com/google.protobuf.Struct), "
              + Json.encode(value));
    }
  }

  private static void name(String at, JsonObject call) {
    if (JsonNodes.text(call, "name").isEmpty()) {
      throw rejected("* GenerateContentRequest." + at + ".name: Name cannot be empty.\n");
    }
  }

  private int count(int i, String field) {
    return i < 0 || i >= contents.size()
        ? 0
        : (int)
            JsonNodes.objects(contents.get(i), "parts").stream()
                .filter(part -> part.containsKey(field))
                .count();
  }

  private boolean isModel(int i) {
    return "model".equals(contents.get(i).getValue("role"));
  }

  private void order() {
    for (int i = 0; i < contents.size(); i++) {
      int calls = count(i, "functionCall");
      if (calls > 0 && (i == 0 || isModel(i - 1))) {
        throw rejected(
            "Please ensure that function call turn comes immediately after a user turn or after a"
                + " function response turn.");
      }
      if (calls > 0 && count(i + 1, "functionResponse") != calls) {
        throw rejected(
            "Please ensure that the number of function response parts is equal to the number of"
                + " function call parts of the function call turn.");
      }
      if (count(i, "functionResponse") > 0 && count(i - 1, "functionCall") == 0) {
        throw rejected(
            "Please ensure that function response turn comes immediately after a function call"
                + " turn.");
      }
    }
  }

  /** Checks the first function call of every step since the user's last text. */
  private void signatures() {
    int turn = contents.size() - 1;
    while (turn > 0 && (isModel(turn) || count(turn, "functionResponse") > 0)) {
      turn--;
    }
    for (int i = turn; i < contents.size(); i++) {
      for (JsonObject part : JsonNodes.objects(contents.get(i), "parts")) {
        if (part.getValue("functionCall") instanceof JsonObject call) {
          signature(i, JsonNodes.text(call, "name"), part.getValue("thoughtSignature"));
          break;
        }
      }
    }
  }

  private static void signature(int i, String function, Object signature) {
    if (signature == null) {
      throw rejected(
          ("Function call is missing a thought_signature in functionCall parts. This is required"
                  + " for tools to work correctly, and missing thought_signature may lead to"
                  + " degraded model performance. Additional data, function call `default_api:%s` ,"
                  + " position %d.")
              .formatted(function, i + 1));
    }
    if (!SIGNATURES.contains(signature)) {
      throw rejected("Corrupted thought signature.");
    }
  }
}
