package io.llmrelay.sandbox;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The response to one call: status, headers and the steps that write its body. A complete body has
 * a content length, any other is chunked.
 */
record ScriptedResponse(int status, Map<String, String> headers, boolean gzip, List<Step> steps) {

  /** The backend to which {@link ScenarioKind#REDIRECT} redirects. */
  static final String REDIRECT_TARGET = "redirected";

  static ScriptedResponse of(SandboxRequest request, Scenario scenario, SandboxOptions options) {
    ScriptedAnswer answer = ScriptedAnswer.of(scenario, request.backend(), request.promptTokens());
    String model =
        request.model() + (scenario.kind() == ScenarioKind.SPLITTING ? SandboxError.SPLIT : "");
    WireFormat format =
        request.anthropic()
            ? new AnthropicFormat(request.number(), model, answer)
            : new OpenAiFormat(request.number(), model, answer, request.includeUsage());
    ScriptedResponse response = response(request, scenario, answer, format, options);
    String requestId = "req_" + request.number();
    response.headers.put("x-request-id", requestId);
    if (request.anthropic()) {
      response.headers.put("request-id", requestId);
    }
    response.headers.putAll(scenario.headers());
    return response;
  }

  private static ScriptedResponse response(
      SandboxRequest request,
      Scenario scenario,
      ScriptedAnswer answer,
      WireFormat format,
      SandboxOptions options) {
    ScenarioKind kind = scenario.kind();
    boolean streaming = request.streaming();
    if (kind == ScenarioKind.HTTP || (kind.isStreamError() && !streaming)) {
      return error(scenario, format);
    }
    if (kind == ScenarioKind.REDIRECT) {
      String route = request.anthropic() ? "/v1/messages" : "/v1/chat/completions";
      ScriptedResponse response = fixed(307, "text/plain", 0, "");
      response.headers.put("location", "/" + REDIRECT_TARGET + route);
      return response;
    }
    if (kind == ScenarioKind.SPLITTING_HEAD) {
      return new ScriptedResponse(
          200, new LinkedHashMap<>(), false, StepBuilder.splitHead(answer, format));
    }
    boolean gzip = kind == ScenarioKind.GZIP;
    boolean wrong = kind == ScenarioKind.WRONG_TYPE;
    if (!streaming && !gzip && !kind.isFault()) {
      int delay = StepBuilder.generationMs(scenario, answer, options);
      String body = format.whole(answer.text()).encode();
      return fixed(200, wrong ? "text/plain" : "application/json", delay, body);
    }
    Map<String, String> headers = new LinkedHashMap<>();
    String type = streaming ? "text/event-stream; charset=utf-8" : "application/json";
    headers.put("content-type", wrong ? "application/json" : type);
    if (gzip) {
      headers.put("content-encoding", "gzip");
    }
    List<Step> steps =
        streaming
            ? StepBuilder.stream(scenario, answer, format, options)
            : StepBuilder.whole(scenario, answer, format, options);
    return new ScriptedResponse(200, headers, gzip, steps);
  }

  private static ScriptedResponse error(Scenario scenario, WireFormat format) {
    ErrorResponse error = scenario.error();
    String type = error.contentType() == null ? "application/json" : error.contentType();
    String body = error.body() == null ? format.errorBody(error.error()).encode() : error.body();
    ScriptedResponse response =
        fixed(error.error().status(), type, scenario.option(ScenarioOption.FIRST, 0), body);
    int retryAfter = scenario.option(ScenarioOption.RETRY_AFTER, -1);
    if (retryAfter >= 0) {
      response.headers.put("retry-after", Integer.toString(retryAfter));
    }
    int reset = scenario.option(ScenarioOption.RESET, -1);
    if (reset >= 0) {
      response.headers.put(format.resetHeader(), format.resetIn(reset));
    }
    return response;
  }

  private static ScriptedResponse fixed(int status, String contentType, int delay, String body) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("content-type", contentType);
    headers.put("content-length", "" + body.getBytes(StandardCharsets.UTF_8).length);
    return new ScriptedResponse(status, headers, false, StepBuilder.fixed(delay, body));
  }
}
