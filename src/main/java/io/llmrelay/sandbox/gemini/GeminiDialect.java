package io.llmrelay.sandbox.gemini;

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
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Google's native API for Gemini, with streams as server-sent events only. */
public final class GeminiDialect implements SandboxDialect {
  private static final Pattern CHAT =
      Pattern.compile(
          "/*(.*?)/?v1(?:beta|alpha)?/models/([^/:]+):(generateContent|streamGenerateContent)");
  private static final Pattern MODELS = Pattern.compile("/*(.*?)/?v1(?:beta|alpha)/models");

  @Override
  public String name() {
    return "gemini";
  }

  @Override
  public Route route(String path) {
    return Route.match(CHAT, path);
  }

  @Override
  public String chatPath(String backend, String model, boolean streaming) {
    String method = streaming ? ":streamGenerateContent?alt=sse" : ":generateContent";
    return "/" + backend + "/v1beta/models/" + model + method;
  }

  @Override
  public String key(MultiMap headers) {
    String key = headers.get("x-goog-api-key");
    return key == null ? SandboxDialect.bearer(headers) : key;
  }

  @Override
  public SandboxError missingKey() {
    return error("403")
        .withMessage("Method doesn't allow unregistered callers. Please use API Key.");
  }

  @Override
  public void check(SandboxRequest request) {
    GeminiValidator.check(request.model(), request.body());
  }

  @Override
  public SandboxError malformedBody() {
    return GeminiErrors.invalid("Invalid JSON payload received. Expected a JSON object.");
  }

  @Override
  public RequestSummary summary(SandboxRequest request) {
    JsonObject body = request.body();
    JsonObject calling =
        JsonNodes.object(JsonNodes.object(body, "toolConfig"), "functionCallingConfig");
    List<OfferedTool> tools = new ArrayList<>();
    if (!"NONE".equals(calling.getValue("mode"))) {
      for (JsonObject tool : JsonNodes.objects(body, "tools")) {
        JsonNodes.objects(tool, "functionDeclarations").forEach(of -> tools.add(tool(of)));
      }
    }
    JsonArray allowed = JsonNodes.array(calling, "allowedFunctionNames");
    JsonObject config = JsonNodes.object(body, "generationConfig");
    JsonObject schema = JsonNodes.object(config, "responseJsonSchema");
    schema = schema.isEmpty() ? JsonNodes.object(config, "responseSchema") : schema;
    List<JsonObject> contents = JsonNodes.objects(body, "contents");
    return new RequestSummary(
        tools,
        allowed.isEmpty() ? null : String.valueOf(allowed.getValue(0)),
        toolResults(contents.get(contents.size() - 1)),
        schema.isEmpty() ? null : schema,
        JsonNodes.array(body, "contents").encode().length());
  }

  private static OfferedTool tool(JsonObject declaration) {
    JsonObject schema = JsonNodes.object(declaration, "parametersJsonSchema");
    return new OfferedTool(
        JsonNodes.text(declaration, "name"),
        schema.isEmpty() ? JsonNodes.object(declaration, "parameters") : schema);
  }

  private static List<String> toolResults(JsonObject content) {
    return JsonNodes.objects(content, "parts").stream()
        .filter(part -> part.containsKey("functionResponse"))
        .map(part -> JsonNodes.object(JsonNodes.object(part, "functionResponse"), "response"))
        .map(GeminiDialect::text)
        .toList();
  }

  /** Returns the text of a response with one text, or its JSON. */
  private static String text(JsonObject response) {
    Object only = response.size() == 1 ? response.iterator().next().getValue() : null;
    return only instanceof String text ? text : response.encode();
  }

  @Override
  public WireFormat format(SandboxRequest request, String model, ScriptedAnswer answer) {
    return new GeminiFormat(request.number(), model, answer);
  }

  @Override
  public SandboxError error(String name) {
    return GeminiErrors.ALL.get(name);
  }

  @Override
  public String errorBody(SandboxError error, SandboxRequest request) {
    return errorJson(error).encode();
  }

  static JsonObject errorJson(SandboxError error) {
    JsonObject json =
        new JsonObject()
            .put("code", error.status())
            .put("message", error.message())
            .put("status", error.type());
    if (error.status() == 429 && error.code() != null) {
      JsonObject violation =
          new JsonObject().put("quotaId", "GenerateRequests" + error.code() + "PerProjectPerModel");
      json.put("details", List.of(detail("QuotaFailure").put("violations", List.of(violation))));
    } else if (error.param() != null) {
      JsonObject violation =
          new JsonObject().put("field", error.param()).put("description", error.message());
      json.put("details", List.of(detail("BadRequest").put("fieldViolations", List.of(violation))));
    }
    return new JsonObject().put("error", json);
  }

  private static JsonObject detail(String type) {
    return new JsonObject().put("@type", "type.googleapis.com/google.rpc." + type);
  }

  @Override
  public boolean isModelList(String path, String query, MultiMap headers) {
    return MODELS.matcher(path).matches();
  }

  @Override
  public JsonObject modelList(List<String> names) {
    JsonArray models = new JsonArray();
    for (String name : names) {
      models.add(
          new JsonObject()
              .put("name", "models/" + name)
              .put("displayName", name)
              .put("supportedGenerationMethods", List.of("generateContent")));
    }
    return new JsonObject().put("models", models);
  }
}
