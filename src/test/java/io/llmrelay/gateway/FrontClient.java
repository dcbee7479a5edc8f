package io.llmrelay.gateway;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A plain client of one front: builds its requests, and reads its answers into one form. */
enum FrontClient {
  CHAT("/v1/chat/completions") {
    @Override
    JsonObject request(String model, String prompt, boolean tool) {
      JsonObject request =
          new JsonObject().put("model", model).put("messages", JsonArray.of(user(prompt)));
      JsonObject function = function().put("parameters", SCHEMA.copy());
      return tool
          ? request.put(
              "tools",
              JsonArray.of(new JsonObject().put("type", "function").put("function", function)))
          : request;
    }

    @Override
    void event(Answer answer, JsonObject event) {
      if (event.containsKey("error")) {
        answer.error = event.getJsonObject("error").getString("message");
      }
      for (JsonObject choice : objects(event, "choices")) {
        message(answer, choice.getJsonObject("delta"));
        finish(answer, choice.getString("finish_reason"));
      }
    }

    @Override
    void whole(Answer answer, JsonObject completion) {
      JsonObject choice = objects(completion, "choices").get(0);
      message(answer, choice.getJsonObject("message"));
      finish(answer, choice.getString("finish_reason"));
    }

    private void message(Answer answer, JsonObject message) {
      answer.text.append(Objects.requireNonNullElse(message.getString("content"), ""));
      answer.refusal.append(Objects.requireNonNullElse(message.getString("refusal"), ""));
      answer.reasoning.append(message.getString("reasoning_content", ""));
      for (JsonObject call : objects(message, "tool_calls")) {
        JsonObject called = call.getJsonObject("function");
        answer.call(called.getString("name"), called.getString("arguments"));
      }
    }

    private void finish(Answer answer, String reason) {
      answer.finish = reason == null ? answer.finish : reason;
    }
  },

  RESPONSES("/v1/responses") {
    @Override
    JsonObject request(String model, String prompt, boolean tool) {
      JsonObject request =
          new JsonObject().put("model", model).put("input", JsonArray.of(user(prompt)));
      return tool
          ? request.put(
              "tools",
              JsonArray.of(function().put("type", "function").put("parameters", SCHEMA.copy())))
          : request;
    }

    @Override
    void event(Answer answer, JsonObject event) {
      switch (event.getString("type")) {
        case "error" -> answer.error = event.getString("message");
        case "response.output_text.delta" -> answer.text.append(event.getString("delta"));
        case "response.refusal.delta" -> answer.refusal.append(event.getString("delta"));
        case "response.reasoning_summary_text.delta" ->
            answer.reasoning.append(event.getString("delta"));
        case "response.function_call_arguments.delta" ->
            answer.call(null, event.getString("delta"));
        case "response.output_item.added" -> {
          JsonObject item = event.getJsonObject("item");
          if (item.getString("type").equals("function_call")) {
            answer.call(item.getString("name"), "");
          }
        }
        case "response.completed", "response.incomplete" ->
            finish(answer, event.getJsonObject("response"));
        default -> {}
      }
    }

    @Override
    void whole(Answer answer, JsonObject response) {
      for (JsonObject item : objects(response, "output")) {
        for (JsonObject part : objects(item, "content")) {
          answer.text.append(part.getString("text", ""));
          answer.refusal.append(part.getString("refusal", ""));
        }
        for (JsonObject part : objects(item, "summary")) {
          answer.reasoning.append(part.getString("text", ""));
        }
        if (item.getString("type").equals("function_call")) {
          answer.call(item.getString("name"), item.getString("arguments"));
        }
      }
      finish(answer, response);
    }

    private void finish(Answer answer, JsonObject response) {
      JsonObject details = response.getJsonObject("incomplete_details");
      boolean called =
          objects(response, "output").stream()
              .anyMatch(item -> item.getString("type").equals("function_call"));
      answer.finish =
          details == null
              ? called ? "tool_calls" : "stop"
              : details.getString("reason").equals("max_output_tokens")
                  ? "length"
                  : details.getString("reason");
    }
  },

  MESSAGES("/v1/messages") {
    @Override
    JsonObject request(String model, String prompt, boolean tool) {
      JsonObject request =
          new JsonObject()
              .put("model", model)
              .put("max_tokens", 4096)
              .put("messages", JsonArray.of(user(prompt)));
      return tool
          ? request.put("tools", JsonArray.of(function().put("input_schema", SCHEMA.copy())))
          : request;
    }

    @Override
    void event(Answer answer, JsonObject event) {
      switch (event.getString("type")) {
        case "error" -> answer.error = event.getJsonObject("error").getString("message");
        case "content_block_start" -> {
          JsonObject block = event.getJsonObject("content_block");
          if (block.getString("type").equals("tool_use")) {
            answer.call(block.getString("name"), "");
          }
        }
        case "content_block_delta" -> {
          JsonObject delta = event.getJsonObject("delta");
          answer.text.append(delta.getString("text", ""));
          answer.reasoning.append(delta.getString("thinking", ""));
          answer.call(null, delta.getString("partial_json", ""));
        }
        case "message_delta" ->
            finish(answer, event.getJsonObject("delta").getString("stop_reason"));
        default -> {}
      }
    }

    @Override
    void whole(Answer answer, JsonObject message) {
      for (JsonObject block : objects(message, "content")) {
        answer.text.append(block.getString("text", ""));
        answer.reasoning.append(block.getString("thinking", ""));
        if (block.getString("type").equals("tool_use")) {
          answer.call(block.getString("name"), block.getJsonObject("input").encode());
        }
      }
      finish(answer, message.getString("stop_reason"));
    }

    private void finish(Answer answer, String reason) {
      answer.finish =
          switch (reason) {
            case "end_turn" -> "stop";
            case "max_tokens" -> "length";
            case "tool_use" -> "tool_calls";
            case "refusal" -> "content_filter";
            default -> reason;
          };
    }
  };

  static final String TOOL = "get_weather";

  private static final JsonObject SCHEMA =
      new JsonObject(
          """
          {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
          """);

  final String path;

  FrontClient(String path) {
    this.path = path;
  }

  /** What the client has read of an answer, in OpenAI's words. */
  static final class Answer {
    int status;
    final StringBuilder text = new StringBuilder();
    final StringBuilder reasoning = new StringBuilder();
    final StringBuilder refusal = new StringBuilder();
    final StringBuilder calls = new StringBuilder();
    String finish;

    /** The message of an error, as a response or in a stream. */
    String error;

    /** Whether the body broke off. */
    boolean cut;

    /** Starts a call where there is a name, and appends to its arguments. */
    private void call(String name, String arguments) {
      if (name != null) {
        calls.append(calls.isEmpty() ? "" : " ").append(name);
      }
      calls.append(arguments);
    }
  }

  abstract JsonObject request(String model, String prompt, boolean tool);

  abstract void event(Answer answer, JsonObject event);

  abstract void whole(Answer answer, JsonObject body);

  /** Reads a response. */
  Answer read(int status, boolean stream, InputStream body) {
    Answer answer = new Answer();
    answer.status = status;
    List<String> lines = lines(answer, body);
    if (status != 200) {
      JsonObject error = new JsonObject(String.join("", lines)).getJsonObject("error");
      answer.error = error.getString("message");
    } else if (stream) {
      lines.stream()
          .filter(line -> line.startsWith("data: ") && !line.equals("data: [DONE]"))
          .map(line -> new JsonObject(line.substring("data: ".length())))
          .forEach(event -> event(answer, event));
    } else {
      whole(answer, new JsonObject(String.join("", lines)));
    }
    return answer;
  }

  private static List<String> lines(Answer answer, InputStream body) {
    List<String> lines = new ArrayList<>();
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        lines.add(line);
      }
    } catch (IOException e) {
      answer.cut = true;
    }
    return lines;
  }

  private static JsonObject user(String content) {
    return new JsonObject().put("role", "user").put("content", content);
  }

  private static JsonObject function() {
    return new JsonObject().put("name", TOOL).put("description", "Returns the weather of a city");
  }

  private static List<JsonObject> objects(JsonObject json, String field) {
    JsonArray array = json.getJsonArray(field);
    return array == null ? List.of() : array.stream().map(JsonObject.class::cast).toList();
  }
}
