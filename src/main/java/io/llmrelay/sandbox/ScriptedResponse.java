package io.llmrelay.sandbox;

import io.llmrelay.sandbox.dialect.RequestSummary;
import io.llmrelay.sandbox.dialect.SandboxDialect;
import io.llmrelay.sandbox.dialect.SandboxError;
import io.llmrelay.sandbox.dialect.SandboxRequest;
import io.llmrelay.sandbox.dialect.ScriptedAnswer;
import io.llmrelay.sandbox.dialect.WireFormat;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
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

  /** Returns an error of the request's dialect. */
  static ScriptedResponse rejected(SandboxRequest request, SandboxError error) {
    Scenario scenario = Scenario.error(error);
    return withHeaders(request, scenario, error(scenario, request));
  }

  /**
   * Returns the response of a scenario to a request that was accepted.
   *
   * @param cache the prompts that were read before, or {@code null}
   */
  static ScriptedResponse of(
      SandboxRequest request, Scenario scenario, SandboxOptions options, PromptCache cache) {
    RequestSummary summary = request.dialect().summary(request);
    ScriptedAnswer answer = AnswerBuilder.build(scenario, request.backend(), summary);
    if (cache == null) {
      return of(request, scenario, options, answer);
    }
    ScriptedAnswer read = answer.withCachedTokens(cache.add(request));
    long micros = (long) options.getPrefillMicros() * (read.promptTokens() - read.cachedTokens());
    return of(request, scenario, options, read).after((int) (micros / 1_000));
  }

  /** Returns this response after a pause. */
  private ScriptedResponse after(int millis) {
    List<Step> later = new ArrayList<>(steps.size() + 1);
    later.add(Step.pause(millis));
    later.addAll(steps);
    return new ScriptedResponse(status, headers, gzip, later);
  }

  private static ScriptedResponse of(
      SandboxRequest request, Scenario scenario, SandboxOptions options, ScriptedAnswer answer) {
    String model =
        request.model() + (scenario.kind() == ScenarioKind.SPLITTING ? SandboxError.SPLIT : "");
    WireFormat format = request.dialect().format(request, model, answer);
    return withHeaders(request, scenario, response(request, scenario, answer, format, options));
  }

  private static ScriptedResponse withHeaders(
      SandboxRequest request, Scenario scenario, ScriptedResponse response) {
    response.headers.put("x-request-id", "req_" + request.number());
    response.headers.putAll(request.dialect().headers(request));
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
      return error(scenario, request);
    }
    if (format.failure() != null && !streaming) {
      return error(Scenario.error(format.failure()), request);
    }
    if (kind == ScenarioKind.REDIRECT) {
      ScriptedResponse response = fixed(307, "text/plain", 0, "");
      String location =
          request.dialect().chatPath(REDIRECT_TARGET, request.model(), request.streaming());
      response.headers.put("location", location);
      return response;
    }
    if (kind == ScenarioKind.SPLITTING_HEAD) {
      return new ScriptedResponse(
          200, new LinkedHashMap<>(), false, StepBuilder.splitHead(answer, format));
    }
    boolean gzip = kind.isCompressed();
    boolean wrong = kind == ScenarioKind.WRONG_TYPE;
    if (!streaming && !gzip && !kind.isFault() && kind != ScenarioKind.DRIP) {
      int delay = StepBuilder.generationMs(scenario, answer, options);
      String body =
          format.whole(answer.text()) + (kind == ScenarioKind.TRAILING ? StepBuilder.NO_EVENT : "");
      return fixed(200, wrong ? "text/plain" : "application/json", delay, body);
    }
    Map<String, String> headers = new LinkedHashMap<>();
    String type = streaming ? format.contentType() : "application/json";
    headers.put("content-type", wrong ? "application/json" : type);
    if (gzip) {
      headers.put("content-encoding", "gzip");
    }
    List<Step> steps = StepBuilder.build(scenario, answer, format, request, options);
    return new ScriptedResponse(200, headers, gzip, steps);
  }

  private static ScriptedResponse error(Scenario scenario, SandboxRequest request) {
    SandboxDialect dialect = request.dialect();
    ErrorResponse error = scenario.error();
    SandboxError vendors = error.error(dialect);
    String type = error.contentType() == null ? "application/json" : error.contentType();
    String body = error.body() == null ? dialect.errorBody(vendors, request) : error.body();
    ScriptedResponse response =
        fixed(error.status(), type, scenario.option(ScenarioOption.FIRST, 0), body);
    response.headers.putAll(dialect.errorHeaders(vendors));
    int retryAfter = scenario.option(ScenarioOption.RETRY_AFTER, -1);
    if (retryAfter >= 0) {
      response.headers.put("retry-after", Integer.toString(retryAfter));
    }
    int reset = scenario.option(ScenarioOption.RESET, -1);
    if (reset >= 0) {
      response.headers.put(dialect.resetHeader(), dialect.resetIn(reset));
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
