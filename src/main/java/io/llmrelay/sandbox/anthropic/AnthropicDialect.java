package io.llmrelay.sandbox.anthropic;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.llmrelay.sandbox.dialect.OfferedTool;
import io.llmrelay.sandbox.dialect.RequestSummary;
import io.llmrelay.sandbox.dialect.Route;
import io.llmrelay.sandbox.dialect.SandboxDialect;
import io.llmrelay.sandbox.dialect.SandboxError;
import io.llmrelay.sandbox.dialect.SandboxRequest;
import io.llmrelay.sandbox.dialect.ScriptedAnswer;
import io.llmrelay.sandbox.dialect.WireFormat;
import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Anthropic's Messages API. */
public final class AnthropicDialect implements SandboxDialect {
  private static final Pattern CHAT = Pattern.compile("/*(.*?)(?:/?v1)?/messages");
  private static final Pattern MODELS = Pattern.compile("/*(.*?)(?:/?v1)?/models");

  @Override
  public String name() {
    return "anthropic";
  }

  @Override
  public Route route(String path) {
    return Route.match(CHAT, path);
  }

  @Override
  public String chatPath(String backend, String model, boolean streaming) {
    return "/" + backend + "/v1/messages";
  }

  @Override
  public String key(MultiMap headers) {
    String key = headers.get("x-api-key");
    return key == null ? SandboxDialect.bearer(headers) : key;
  }

  @Override
  public SandboxError missingKey() {
    return error("401").withMessage("x-api-key header is required");
  }

  @Override
  public void check(SandboxRequest request) {
    AnthropicValidator.check(request.body());
    if (request.headers().get("anthropic-version") == null) {
      throw AnthropicErrors.rejected("anthropic-version: header is required");
    }
  }

  @Override
  public SandboxError malformedBody() {
    return AnthropicErrors.invalid("We could not parse the JSON body of your request.");
  }

  @Override
  public RequestSummary summary(SandboxRequest request) {
    JsonObject body = request.body();
    JsonObject choice = JsonNodes.object(body, "tool_choice");
    List<OfferedTool> tools = new ArrayList<>();
    if (!"none".equals(choice.getValue("type"))) {
      for (JsonObject tool : JsonNodes.objects(body, "tools")) {
        tools.add(
            new OfferedTool(JsonNodes.text(tool, "name"), JsonNodes.object(tool, "input_schema")));
      }
    }
    boolean forced = "tool".equals(choice.getValue("type"));
    JsonObject format = JsonNodes.object(JsonNodes.object(body, "output_config"), "format");
    JsonObject schema = JsonNodes.object(format, "schema");
    List<JsonObject> messages = JsonNodes.objects(body, "messages");
    return new RequestSummary(
        tools,
        forced ? JsonNodes.text(choice, "name") : null,
        toolResults(messages.get(messages.size() - 1)),
        schema.isEmpty() ? null : schema,
        JsonNodes.array(body, "messages").encode().length(),
        RequestSummary.prefill(body));
  }

  private static List<String> toolResults(JsonObject message) {
    return JsonNodes.objects(message, "content").stream()
        .filter(block -> "tool_result".equals(block.getValue("type")))
        .map(block -> JsonNodes.content(block.getValue("content")))
        .toList();
  }

  @Override
  public WireFormat format(SandboxRequest request, String model, ScriptedAnswer answer) {
    return new AnthropicFormat(request.number(), model, answer);
  }

  @Override
  public SandboxError error(String name) {
    return AnthropicErrors.ALL.get(name);
  }

  @Override
  public String errorBody(SandboxError error, SandboxRequest request) {
    return errorJson(error).put("request_id", "req_" + request.number()).encode();
  }

  static JsonObject errorJson(SandboxError error) {
    JsonObject json = new JsonObject().put("type", error.type()).put("message", error.message());
    if (error.code() != null && error.code().startsWith(AnthropicErrors.QUOTA)) {
      json.put("details", new JsonObject().put("error_code", error.code()));
    }
    return new JsonObject().put("type", "error").put("error", json);
  }

  @Override
  public Map<String, String> headers(SandboxRequest request) {
    return Map.of("request-id", "req_" + request.number());
  }

  @Override
  public String resetHeader() {
    return "anthropic-ratelimit-requests-reset";
  }

  @Override
  public String resetIn(int seconds) {
    return Instant.now().plusSeconds(seconds).toString();
  }

  @Override
  public boolean isModelList(String path, String query, MultiMap headers) {
    return MODELS.matcher(path).matches() && headers.contains("anthropic-version");
  }

  @Override
  public JsonObject modelList(List<String> names) {
    JsonArray data = new JsonArray();
    for (String name : names) {
      data.add(
          new JsonObject()
              .put("type", "model")
              .put("id", name)
              .put("display_name", name)
              .put("created_at", "2026-01-01T00:00:00Z"));
    }
    return new JsonObject()
        .put("data", data)
        .put("has_more", false)
        .put("first_id", names.get(0))
        .put("last_id", names.get(names.size() - 1));
  }
}
