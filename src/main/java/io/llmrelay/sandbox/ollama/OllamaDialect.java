package io.llmrelay.sandbox.ollama;

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

/** Ollama's native API. Requests stream unless {@code stream} is {@code false}. */
public final class OllamaDialect implements SandboxDialect {
  private static final Pattern CHAT = Pattern.compile("/*(.*?)/?api/chat");
  private static final Pattern MODELS = Pattern.compile("/*(.*?)/?api/tags");
  private static final NamedErrors ERRORS =
      new NamedErrors(
          new Entry("400", null, null, "invalid request"),
          new Entry(
              "400-context",
              null,
              null,
              "prompt too long; exceeded max context length by 7 tokens"),
          new Entry("401", null, null, "unauthorized"),
          new Entry("404", null, null, "model 'model' not found"),
          new Entry("429", null, null, "you have reached your hourly usage limit"),
          new Entry("429-quota", null, null, "you have reached your weekly usage limit"),
          new Entry("500", null, null, "model runner has unexpectedly stopped"),
          new Entry(
              "503",
              null,
              null,
              "server busy, please try again.  maximum pending requests exceeded"));

  @Override
  public String name() {
    return "ollama";
  }

  @Override
  public Route route(String path) {
    return Route.match(CHAT, path);
  }

  @Override
  public String chatPath(String backend, String model, boolean streaming) {
    return "/" + backend + "/api/chat";
  }

  @Override
  public boolean streaming(JsonObject body) {
    return !Boolean.FALSE.equals(body.getValue("stream"));
  }

  @Override
  public void check(SandboxRequest request) {
    OllamaValidator.check(request.body());
  }

  @Override
  public SandboxError malformedBody() {
    return ERRORS.get("400").withMessage("missing request body");
  }

  @Override
  public RequestSummary summary(SandboxRequest request) {
    JsonObject body = request.body();
    List<OfferedTool> tools = OfferedTool.functions(body);
    JsonObject schema = JsonNodes.object(body, "format");
    return new RequestSummary(
        tools,
        null,
        RequestSummary.trailingToolMessages(body).stream().map(JsonNodes::content).toList(),
        schema.isEmpty() ? null : schema,
        JsonNodes.array(body, "messages").encode().length());
  }

  @Override
  public WireFormat format(SandboxRequest request, String model, ScriptedAnswer answer) {
    return new OllamaFormat(request.number(), model, answer, false);
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
    return new JsonObject().put("error", error.message());
  }

  @Override
  public boolean isModelList(String path, String query, MultiMap headers) {
    return MODELS.matcher(path).matches();
  }

  @Override
  public JsonObject modelList(List<String> names) {
    JsonArray models = new JsonArray();
    names.forEach(name -> models.add(new JsonObject().put("name", name).put("model", name)));
    return new JsonObject().put("models", models);
  }
}
