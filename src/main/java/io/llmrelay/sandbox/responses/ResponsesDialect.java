package io.llmrelay.sandbox.responses;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.llmrelay.sandbox.dialect.OfferedTool;
import io.llmrelay.sandbox.dialect.OpenAiErrors;
import io.llmrelay.sandbox.dialect.RequestSummary;
import io.llmrelay.sandbox.dialect.Route;
import io.llmrelay.sandbox.dialect.SandboxDialect;
import io.llmrelay.sandbox.dialect.SandboxError;
import io.llmrelay.sandbox.dialect.SandboxRequest;
import io.llmrelay.sandbox.dialect.ScriptedAnswer;
import io.llmrelay.sandbox.dialect.WireFormat;
import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** OpenAI's Responses API. Its list of models is that of Chat Completions. */
public final class ResponsesDialect implements SandboxDialect {
  private static final Pattern CHAT = Pattern.compile("/*(.*?)(?:/?v1)?/responses");

  @Override
  public String name() {
    return "openai-responses";
  }

  @Override
  public Route route(String path) {
    return Route.match(CHAT, path);
  }

  @Override
  public String basePath() {
    return "/v1";
  }

  @Override
  public String chatPath(String backend, String model, boolean streaming) {
    return "/" + backend + "/v1/responses";
  }

  @Override
  public String key(MultiMap headers) {
    String key = headers.get("api-key");
    return key == null ? SandboxDialect.bearer(headers) : key;
  }

  @Override
  public void check(SandboxRequest request) {
    ResponsesValidator.check(request.body());
  }

  @Override
  public SandboxError malformedBody() {
    return OpenAiErrors.invalid(null, null, "We could not parse the JSON body of your request.");
  }

  @Override
  public RequestSummary summary(SandboxRequest request) {
    JsonObject body = request.body();
    JsonObject choice = JsonNodes.object(body, "tool_choice");
    List<OfferedTool> tools = new ArrayList<>();
    if (!"none".equals(body.getValue("tool_choice"))) {
      tools.addAll(OfferedTool.functions(body));
    }
    JsonObject schema =
        JsonNodes.object(JsonNodes.object(JsonNodes.object(body, "text"), "format"), "schema");
    Object input = body.getValue("input");
    int instructions = JsonNodes.text(body, "instructions").length();
    return new RequestSummary(
        tools,
        "function".equals(choice.getValue("type")) ? JsonNodes.text(choice, "name") : null,
        toolResults(JsonNodes.objects(body, "input")),
        schema.isEmpty() ? null : schema,
        instructions + String.valueOf(input).length());
  }

  /** Returns the texts of the outputs at the end of the input. */
  private static List<String> toolResults(List<JsonObject> items) {
    int first = items.size();
    while (first > 0 && Items.isOutput(items.get(first - 1))) {
      first--;
    }
    return items.subList(first, items.size()).stream()
        .map(item -> JsonNodes.content(item.getValue("output")))
        .toList();
  }

  @Override
  public WireFormat format(SandboxRequest request, String model, ScriptedAnswer answer) {
    return new ResponsesFormat(request, model, answer);
  }

  @Override
  public SandboxError error(String name) {
    return OpenAiErrors.ALL.get(name);
  }

  @Override
  public String errorBody(SandboxError error, SandboxRequest request) {
    return new JsonObject().put("error", errorJson(error)).encode();
  }

  static JsonObject errorJson(SandboxError error) {
    return new JsonObject()
        .put("message", error.message())
        .put("type", error.type())
        .put("param", error.param())
        .put("code", error.code());
  }

  @Override
  public boolean isModelList(String path, String query, MultiMap headers) {
    return false;
  }

  @Override
  public JsonObject modelList(List<String> names) {
    throw new UnsupportedOperationException("the list is that of Chat Completions");
  }
}
