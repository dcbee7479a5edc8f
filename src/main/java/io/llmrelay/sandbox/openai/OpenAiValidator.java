package io.llmrelay.sandbox.openai;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.llmrelay.sandbox.dialect.OpenAiErrors;
import io.llmrelay.sandbox.dialect.RejectedException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The checks that OpenAI makes before it runs a model. Sources of the texts: the API's own errors
 * as clients have reported them.
 */
final class OpenAiValidator {
  private static final List<String> ROLES =
      List.of("system", "assistant", "user", "function", "tool", "developer");
  private static final List<String> PARTS =
      List.of("text", "image_url", "input_audio", "refusal", "audio", "file");
  private static final int MAX_ID = 40;
  private static final Pattern IMAGE =
      Pattern.compile("https?://.+|data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}");

  private final List<JsonObject> messages;

  private OpenAiValidator(JsonObject body) {
    this.messages = JsonNodes.objects(body, "messages");
  }

  static void check(JsonObject body) {
    required(body);
    OpenAiValidator validator = new OpenAiValidator(body);
    validator.messages();
    validator.toolMessages();
    ToolRules.check(body);
    validator.jsonMode(JsonNodes.object(body, "response_format"));
  }

  /** Checks the fields without which there is no request. */
  static void required(JsonObject body) {
    if (JsonNodes.text(body, "model").isEmpty()) {
      throw invalid(null, null, "you must provide a model parameter");
    }
    if (JsonNodes.array(body, "messages").isEmpty()) {
      throw invalid(
          "messages",
          "empty_array",
          "Invalid 'messages': empty array. Expected an array with minimum length 1.");
    }
  }

  static RejectedException invalid(String param, String code, String message) {
    return new RejectedException(OpenAiErrors.invalid(param, code, message));
  }

  private void messages() {
    for (int i = 0; i < messages.size(); i++) {
      JsonObject message = messages.get(i);
      String role = JsonNodes.text(message, "role");
      if (!ROLES.contains(role)) {
        throw invalid(
            "messages[" + i + "].role",
            "invalid_value",
            "Invalid value: '" + role + "'. Supported values are: " + quoted(ROLES) + ".");
      }
      content(i, role, message);
      toolCalls(i, message);
    }
  }

  private static String quoted(List<String> words) {
    int last = words.size() - 1;
    return "'" + String.join("', '", words.subList(0, last)) + "', and '" + words.get(last) + "'";
  }

  private static void content(int i, String role, JsonObject message) {
    Object content = message.getValue("content");
    boolean optional =
        role.equals("assistant")
            && (message.containsKey("tool_calls") || message.containsKey("refusal"));
    if (content instanceof JsonArray parts) {
      for (int j = 0; j < parts.size(); j++) {
        part(i, j, role, JsonNodes.objects(parts).get(j));
      }
    } else if (!(content instanceof String) && !(content == null && optional)) {
      throw invalid(
          "messages.[" + i + "].content",
          null,
          "Invalid value for 'content': expected a string, got " + JsonNodes.typeOf(content) + ".");
    }
  }

  private static void part(int i, int j, String role, JsonObject part) {
    String type = JsonNodes.text(part, "type");
    String path = "messages[" + i + "].content[" + j + "]";
    if (!PARTS.contains(type)) {
      throw invalid(
          path + ".type",
          "invalid_value",
          "Invalid value: '" + type + "'. Supported values are: " + quoted(PARTS) + ".");
    }
    if (!type.equals("image_url")) {
      return;
    }
    if (!role.equals("user")) {
      throw invalid(
          "messages[" + i + "]",
          "invalid_value",
          "Invalid 'messages[%d]'. Image URLs are only allowed for messages with role 'user', but"
                  .formatted(i)
              + " this message with role '%s' contains an image URL.".formatted(role));
    }
    Object image = part.getValue("image_url");
    if (!(image instanceof JsonObject json)) {
      throw invalid(
          path + ".image_url",
          "invalid_type",
          "Invalid type for '%s.image_url': expected an object, but got %s instead."
              .formatted(path, withArticle(image)));
    }
    if (!IMAGE.matcher(JsonNodes.text(json, "url")).matches()) {
      throw invalid(
          null,
          "invalid_image_format",
          "You uploaded an unsupported image. Please make sure your image is valid.");
    }
  }

  private static String withArticle(Object value) {
    String type = JsonNodes.typeOf(value);
    return value == null ? type : ("aeiou".indexOf(type.charAt(0)) < 0 ? "a " : "an ") + type;
  }

  private static void toolCalls(int i, JsonObject message) {
    List<JsonObject> calls = JsonNodes.objects(message, "tool_calls");
    if (message.getValue("tool_calls") instanceof JsonArray && calls.isEmpty()) {
      throw invalid(
          "messages[" + i + "].tool_calls",
          "empty_array",
          ("Invalid 'messages[%d].tool_calls': empty array. Expected an array with minimum length 1,"
                  + " but got an empty array instead.")
              .formatted(i));
    }
    for (int j = 0; j < calls.size(); j++) {
      String path = "messages[" + i + "].tool_calls[" + j + "]";
      JsonObject call = calls.get(j);
      JsonObject function = JsonNodes.object(call, "function");
      String id = JsonNodes.text(call, "id");
      if (id.isEmpty()) {
        throw missing(path + ".id");
      }
      if (id.length() > MAX_ID) {
        throw tooLong(path + ".id", MAX_ID, id.length());
      }
      if (!"function".equals(call.getValue("type"))) {
        throw missing(path + ".type");
      }
      ToolRules.name(path + ".function.name", JsonNodes.text(function, "name"));
      Object arguments = function.getValue("arguments");
      if (!(arguments instanceof String)) {
        throw invalid(
            path + ".function.arguments",
            "invalid_type",
            "Invalid type for '%s.function.arguments': expected a string, but got %s instead."
                .formatted(path, withArticle(arguments)));
      }
    }
  }

  static RejectedException missing(String path) {
    return invalid(
        path, "missing_required_parameter", "Missing required parameter: '" + path + "'.");
  }

  static RejectedException tooLong(String path, int max, int length) {
    return invalid(
        path,
        "string_above_max_length",
        "Invalid '%s': string too long. Expected a string with maximum length %d, but got a string"
                .formatted(path, max)
            + " with length %d instead.".formatted(length));
  }

  /** Checks that tool calls and tool messages belong together. */
  private void toolMessages() {
    for (int i = 0; i < messages.size(); i++) {
      JsonObject message = messages.get(i);
      if ("tool".equals(message.getValue("role"))) {
        throw invalid(
            "messages.[" + i + "].role",
            null,
            "Invalid parameter: messages with role 'tool' must be a response to a preceeding"
                + " message with 'tool_calls'.");
      }
      Set<String> open = ids(message);
      if (open.isEmpty()) {
        continue;
      }
      int calls = i;
      Set<String> answered = new LinkedHashSet<>(open);
      while (i + 1 < messages.size() && "tool".equals(messages.get(i + 1).getValue("role"))) {
        i++;
        String id = JsonNodes.text(messages.get(i), "tool_call_id");
        if (id.isEmpty()) {
          throw missing("messages[" + i + "].tool_call_id");
        }
        if (!answered.contains(id)) {
          throw invalid(
              "messages.[" + i + "].role",
              null,
              "Invalid parameter: 'tool_call_id' of '"
                  + id
                  + "' not found in 'tool_calls' of"
                  + " previous message.");
        }
        open.remove(id);
      }
      if (!open.isEmpty()) {
        throw invalid(
            "messages.[" + (calls + 1) + "].role",
            null,
            "An assistant message with 'tool_calls' must be followed by tool messages responding"
                + " to each 'tool_call_id'. The following tool_call_ids did not have response"
                + " messages: "
                + String.join(", ", open));
      }
    }
  }

  /** Returns the ids of the tool calls in a message. */
  static Set<String> ids(JsonObject message) {
    Set<String> ids = new LinkedHashSet<>();
    JsonNodes.objects(message, "tool_calls").forEach(call -> ids.add(JsonNodes.text(call, "id")));
    return ids;
  }

  private void jsonMode(JsonObject format) {
    List<String> texts = new ArrayList<>();
    messages.forEach(message -> texts.add(JsonNodes.content(message.getValue("content"))));
    boolean mentioned =
        texts.stream().anyMatch(text -> text.toLowerCase(Locale.ROOT).contains("json"));
    if ("json_object".equals(format.getValue("type")) && !mentioned) {
      throw invalid(
          "messages",
          null,
          "'messages' must contain the word 'json' in some form, to use 'response_format' of type"
              + " 'json_object'.");
    }
  }
}
