package io.llmrelay.sandbox.openai;

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
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.regex.Pattern;

/** OpenAI's Chat Completions API, and compatible servers. */
public final class OpenAiDialect implements SandboxDialect {
  private static final Pattern CHAT = Pattern.compile("/*(.*?)(?:/?v1)?/chat/completions");
  private static final Pattern MODELS = Pattern.compile("/*(.*?)(?:/?v1)?/models");

  /** Returns the names of the errors, which all dialects have. */
  public static List<String> errorNames() {
    return OpenAiErrors.names();
  }

  /** Returns the providers whose servers a backend can imitate. */
  public static List<String> providers() {
    return CompatibleServer.providers();
  }

  @Override
  public String name() {
    return "openai";
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
    return "/" + backend + "/v1/chat/completions";
  }

  @Override
  public String key(MultiMap headers) {
    String key = headers.get("api-key");
    return key == null ? SandboxDialect.bearer(headers) : key;
  }

  @Override
  public SandboxError missingKey() {
    return error("401")
        .withMessage(
            "You didn't provide an API key. You need to provide your API key in an Authorization"
                + " header using Bearer auth.");
  }

  @Override
  public void check(SandboxRequest request) {
    CompatibleServer server = CompatibleServer.of(request.provider());
    switch (server) {
      case MISTRAL -> MistralValidator.check(request.body());
      case DEEPSEEK -> DeepSeekValidator.check(request.body());
      default -> OpenAiValidator.check(request.body());
    }
  }

  @Override
  public SandboxError malformedBody() {
    return OpenAiErrors.invalid(null, null, "We could not parse the JSON body of your request.");
  }

  @Override
  public RequestSummary summary(SandboxRequest request) {
    JsonObject body = request.body();
    List<OfferedTool> tools = OfferedTool.functions(body);
    String forced = null;
    Object choice = body.getValue("tool_choice");
    if ("none".equals(choice)) {
      tools.clear();
    } else if (choice instanceof JsonObject json) {
      forced = JsonNodes.text(JsonNodes.object(json, "function"), "name");
    }
    JsonObject format = JsonNodes.object(body, "response_format");
    JsonObject schema = JsonNodes.object(JsonNodes.object(format, "json_schema"), "schema");
    return new RequestSummary(
        tools,
        forced,
        RequestSummary.trailingToolMessages(body).stream().map(JsonNodes::content).toList(),
        schema.isEmpty() ? null : schema,
        JsonNodes.array(body, "messages").encode().length(),
        RequestSummary.prefill(body));
  }

  @Override
  public WireFormat format(SandboxRequest request, String model, ScriptedAnswer answer) {
    JsonObject options = JsonNodes.object(request.body(), "stream_options");
    return new OpenAiFormat(
        request.number(),
        model,
        answer,
        Boolean.TRUE.equals(options.getValue("include_usage")),
        CompatibleServer.of(request.provider()));
  }

  @Override
  public SandboxError error(String name) {
    return OpenAiErrors.ALL.get(name);
  }

  @Override
  public String errorBody(SandboxError error, SandboxRequest request) {
    return CompatibleServer.of(request.provider()).errorBody(error).encode();
  }

  @Override
  public boolean isModelList(String path, String query, MultiMap headers) {
    return MODELS.matcher(path).matches();
  }

  @Override
  public JsonObject modelList(List<String> names) {
    JsonArray data = new JsonArray();
    for (String name : names) {
      data.add(
          new JsonObject()
              .put("id", name)
              .put("object", "model")
              .put("created", OpenAiFormat.CREATED)
              .put("owned_by", "sandbox"));
    }
    return new JsonObject().put("object", "list").put("data", data);
  }
}
