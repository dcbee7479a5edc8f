package io.llmrelay.sandbox.cohere;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.llmrelay.sandbox.dialect.NamedErrors;
import io.llmrelay.sandbox.dialect.NamedErrors.Entry;
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
import java.util.List;
import java.util.regex.Pattern;

/** Cohere's Chat API, version 2. */
public final class CohereDialect implements SandboxDialect {
  private static final Pattern CHAT = Pattern.compile("/*(.*?)/?v2/chat");
  private static final Pattern MODELS = Pattern.compile("/*(.*?)/?v1/models");
  private static final NamedErrors ERRORS =
      new NamedErrors(
          new Entry("400", null, null, "invalid request: the request is malformed"),
          new Entry(
              "400-context",
              "TOO_MANY_TOKENS",
              null,
              "too many tokens: total number of tokens in the prompt"),
          new Entry("401", null, null, "invalid api token"),
          new Entry("402", null, null, "please add or update your payment method to continue"),
          new Entry(
              "403", null, null, "your api token does not have permission to use this resource"),
          new Entry("404", null, null, "model 'model' not found"),
          new Entry("429", null, null, "too many requests: please wait and try again later"),
          new Entry(
              "429-quota", null, null, "You have reached the limit of calls for your Trial key"),
          new Entry(
              "500", null, null, "internal server error, this has been reported to our developers"),
          new Entry("503", null, null, "service unavailable, please try again later"));

  @Override
  public String name() {
    return "cohere";
  }

  @Override
  public Route route(String path) {
    return Route.match(CHAT, path);
  }

  @Override
  public String chatPath(String backend, String model, boolean streaming) {
    return "/" + backend + "/v2/chat";
  }

  @Override
  public SandboxError missingKey() {
    return error("401").withMessage("no api key supplied");
  }

  @Override
  public void check(SandboxRequest request) {
    CohereValidator.check(request.body());
  }

  @Override
  public SandboxError malformedBody() {
    return error("400").withMessage("failed to decode the request body");
  }

  @Override
  public RequestSummary summary(SandboxRequest request) {
    JsonObject body = request.body();
    boolean none = "NONE".equals(body.getValue("tool_choice"));
    List<OfferedTool> tools = none ? List.of() : OfferedTool.functions(body);
    JsonObject schema = JsonNodes.object(JsonNodes.object(body, "response_format"), "json_schema");
    return new RequestSummary(
        tools,
        null,
        RequestSummary.trailingToolMessages(body).stream().map(CohereDialect::text).toList(),
        schema.isEmpty() ? null : schema,
        JsonNodes.array(body, "messages").encode().length());
  }

  private static String text(Object content) {
    String text = JsonNodes.content(content);
    if (!text.isEmpty() || !(content instanceof JsonArray parts)) {
      return text;
    }
    StringBuilder data = new StringBuilder();
    for (JsonObject part : JsonNodes.objects(parts)) {
      data.append(JsonNodes.text(JsonNodes.object(part, "document"), "data"));
    }
    return data.toString();
  }

  @Override
  public WireFormat format(SandboxRequest request, String model, ScriptedAnswer answer) {
    return new CohereFormat(request.number(), answer);
  }

  @Override
  public SandboxError error(String name) {
    return ERRORS.get(name);
  }

  @Override
  public String errorBody(SandboxError error, SandboxRequest request) {
    JsonObject json =
        new JsonObject().put("id", "sandbox-" + request.number()).put("message", error.message());
    return (error.type() == null ? json : json.put("error_type", error.type())).encode();
  }

  @Override
  public boolean isModelList(String path, String query, MultiMap headers) {
    return MODELS.matcher(path).matches() && query != null && query.contains("endpoint=");
  }

  @Override
  public JsonObject modelList(List<String> names) {
    JsonArray models = new JsonArray();
    names.forEach(
        name -> models.add(new JsonObject().put("name", name).put("endpoints", List.of("chat"))));
    return new JsonObject().put("models", models);
  }
}
