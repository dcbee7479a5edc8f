package io.llmrelay.sandbox.cloudflare;

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

/** The native API of Cloudflare's Workers AI. */
public final class CloudflareDialect implements SandboxDialect {
  private static final Pattern CHAT = Pattern.compile("/*(.*?)/?ai/run/(.+)");
  private static final Pattern MODELS = Pattern.compile("/*(.*?)/?ai/models/search");
  private static final NamedErrors ERRORS =
      new NamedErrors(
          new Entry("400", null, "5004", "AiError: Invalid data"),
          new Entry(
              "400-context",
              null,
              "5021",
              "AiError: The estimated number of tokens exceeded this model context window limit"),
          new Entry("401", null, "10000", "Authentication error"),
          new Entry("403", null, "5018", "AiError: This account is not allowed to use the model"),
          new Entry("404", null, "3042", "AiError: Model not found"),
          new Entry("408", null, "3007", "AiError: Request timeout"),
          new Entry("413", null, "3006", "AiError: Request is too large"),
          new Entry(
              "429", null, "3040", "AiError: Capacity temporarily exceeded, please try again."),
          new Entry(
              "429-quota",
              null,
              "4006",
              "AiError: you have used up your daily free allocation of 10,000 neurons"),
          new Entry("500", null, "8004", "AiError: Internal server error"),
          new Entry("503", null, "8004", "AiError: Service unavailable"));

  @Override
  public String name() {
    return "cloudflare";
  }

  @Override
  public Route route(String path) {
    return Route.match(CHAT, path);
  }

  @Override
  public String basePath() {
    return "/ai";
  }

  @Override
  public String chatPath(String backend, String model, boolean streaming) {
    return "/" + backend + "/ai/run/" + model;
  }

  @Override
  public void check(SandboxRequest request) {
    if (!CloudflareEmbeddings.isRequest(request.body())) {
      CloudflareValidator.check(request.body());
    }
  }

  @Override
  public SandboxError malformedBody() {
    return error("400").withMessage("AiError: Invalid JSON");
  }

  @Override
  public RequestSummary summary(SandboxRequest request) {
    JsonObject body = request.body();
    List<OfferedTool> tools = OfferedTool.functions(body);
    JsonObject schema = JsonNodes.object(JsonNodes.object(body, "response_format"), "json_schema");
    return new RequestSummary(
        tools,
        null,
        RequestSummary.trailingToolMessages(body).stream().map(JsonNodes::content).toList(),
        schema.isEmpty() ? null : schema,
        JsonNodes.array(body, "messages").encode().length());
  }

  @Override
  public WireFormat format(SandboxRequest request, String model, ScriptedAnswer answer) {
    return CloudflareEmbeddings.isRequest(request.body())
        ? CloudflareEmbeddings.format(model, request.body())
        : new CloudflareFormat(answer);
  }

  @Override
  public SandboxError error(String name) {
    return ERRORS.get(name);
  }

  @Override
  public String errorBody(SandboxError error, SandboxRequest request) {
    return errorJson(error).encode();
  }

  static JsonObject errorJson(SandboxError error) {
    boolean number = error.code() != null && error.code().matches("\\d+");
    JsonObject json =
        new JsonObject()
            .put("code", number ? Integer.parseInt(error.code()) : error.status())
            .put("message", error.message());
    return new JsonObject()
        .put("result", new JsonObject())
        .put("success", false)
        .put("errors", JsonArray.of(json))
        .put("messages", new JsonArray());
  }

  @Override
  public boolean isModelList(String path, String query, MultiMap headers) {
    return MODELS.matcher(path).matches();
  }

  @Override
  public JsonObject modelList(List<String> names) {
    JsonArray models = new JsonArray();
    names.forEach(name -> models.add(new JsonObject().put("id", name).put("name", name)));
    return new JsonObject().put("result", models).put("success", true);
  }
}
