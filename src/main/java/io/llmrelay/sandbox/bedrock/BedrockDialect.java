package io.llmrelay.sandbox.bedrock;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.llmrelay.sandbox.dialect.JsonText;
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
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The Converse API of AWS Bedrock. Signatures are not verified. */
public final class BedrockDialect implements SandboxDialect {
  private static final Pattern CHAT =
      Pattern.compile("/*(.*?)/?model/([^/]+)/(converse|converse-stream)");
  private static final Pattern MODELS = Pattern.compile("/*(.*?)/?foundation-models");
  private static final String ERROR_TYPE = "x-amzn-errortype";

  @Override
  public String name() {
    return "bedrock";
  }

  @Override
  public Route route(String path) {
    return Route.match(CHAT, path);
  }

  @Override
  public String chatPath(String backend, String model, boolean streaming) {
    String segment = URLEncoder.encode(model, StandardCharsets.UTF_8);
    return "/" + backend + "/model/" + segment + (streaming ? "/converse-stream" : "/converse");
  }

  /** Returns the key of a bearer token, or the access key id of a signature. */
  @Override
  public String key(MultiMap headers) {
    String bearer = SandboxDialect.bearer(headers);
    String signature = headers.get("Authorization");
    Matcher credential =
        Pattern.compile("AWS4-HMAC-SHA256 Credential=([^/]+)/.*")
            .matcher(signature == null ? "" : signature);
    return bearer == null && credential.matches() ? credential.group(1) : bearer;
  }

  @Override
  public SandboxError missingKey() {
    return error("403").withMessage("Missing Authentication Token");
  }

  @Override
  public void check(SandboxRequest request) {
    BedrockValidator.check(request.body());
  }

  @Override
  public SandboxError malformedBody() {
    return error("400").withMessage("Unable to parse the request body.");
  }

  @Override
  public RequestSummary summary(SandboxRequest request) {
    JsonObject body = request.body();
    JsonObject config = JsonNodes.object(body, "toolConfig");
    List<OfferedTool> tools = new ArrayList<>();
    for (JsonObject tool : JsonNodes.objects(config, "tools")) {
      JsonObject spec = JsonNodes.object(tool, "toolSpec");
      JsonObject schema = JsonNodes.object(JsonNodes.object(spec, "inputSchema"), "json");
      tools.add(new OfferedTool(JsonNodes.text(spec, "name"), schema));
    }
    JsonObject choice = JsonNodes.object(JsonNodes.object(config, "toolChoice"), "tool");
    List<JsonObject> messages = JsonNodes.objects(body, "messages");
    return new RequestSummary(
        tools,
        choice.isEmpty() ? null : JsonNodes.text(choice, "name"),
        toolResults(messages.get(messages.size() - 1)),
        schema(body),
        JsonNodes.array(body, "messages").encode().length());
  }

  private static List<String> toolResults(JsonObject message) {
    return JsonNodes.objects(message, "content").stream()
        .filter(block -> block.containsKey("toolResult"))
        .map(block -> JsonNodes.objects(JsonNodes.object(block, "toolResult"), "content"))
        .map(BedrockDialect::text)
        .toList();
  }

  private static String text(List<JsonObject> content) {
    StringBuilder text = new StringBuilder();
    for (JsonObject block : content) {
      JsonObject json = JsonNodes.object(block, "json");
      text.append(json.isEmpty() ? JsonNodes.text(block, "text") : json.encode());
    }
    return text.toString();
  }

  /** Returns the schema of a structured answer, which is a text in this dialect. */
  private static JsonObject schema(JsonObject body) {
    JsonObject format = JsonNodes.object(JsonNodes.object(body, "outputConfig"), "textFormat");
    JsonObject structure = JsonNodes.object(format, "structure");
    String schema = JsonNodes.text(JsonNodes.object(structure, "jsonSchema"), "schema");
    return JsonText.isObject(schema) ? new JsonObject(schema) : null;
  }

  @Override
  public WireFormat format(SandboxRequest request, String model, ScriptedAnswer answer) {
    return new BedrockFormat(request.number(), answer);
  }

  @Override
  public SandboxError error(String name) {
    return BedrockErrors.ALL.get(name);
  }

  @Override
  public String errorBody(SandboxError error, SandboxRequest request) {
    return new JsonObject().put("message", error.message()).encode();
  }

  @Override
  public Map<String, String> errorHeaders(SandboxError error) {
    String namespace = ":http://internal.amazon.com/coral/com.amazon.bedrock/";
    return Map.of(ERROR_TYPE, error.type() + namespace);
  }

  @Override
  public Map<String, String> headers(SandboxRequest request) {
    return Map.of("x-amzn-requestid", "req_" + request.number());
  }

  @Override
  public boolean isModelList(String path, String query, MultiMap headers) {
    return MODELS.matcher(path).matches();
  }

  @Override
  public JsonObject modelList(List<String> names) {
    JsonArray models = new JsonArray();
    names.forEach(name -> models.add(new JsonObject().put("modelId", name)));
    return new JsonObject().put("modelSummaries", models);
  }
}
