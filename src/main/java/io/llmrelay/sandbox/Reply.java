package io.llmrelay.sandbox;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Everything that goes back for one call: status, headers and the steps to play. */
record Reply(int status, Map<String, String> headers, boolean gzip, List<Step> steps) {

  /** The backend that redirected clients end up at, if they follow. */
  static final String REDIRECTED = "redirected";

  static Reply of(Incoming incoming, Scenario scenario, SandboxOptions options) {
    Answer answer = Answer.of(scenario, incoming.backend(), incoming.promptTokens());
    WireFormat format = format(incoming, answer);
    Map<String, String> headers = new LinkedHashMap<>();
    String requestId = "req_" + incoming.number();
    headers.put("x-request-id", requestId);
    if (incoming.anthropic()) {
      headers.put("request-id", requestId);
    }
    boolean errorStatus =
        scenario.kind == Kind.HTTP || (scenario.kind == Kind.SSE_ERROR && !incoming.streaming());
    int status = 200;
    List<Step> steps;
    if (errorStatus) {
      status = scenario.error.status();
      String body =
          scenario.body != null ? scenario.body : format.errorBody(scenario.error).encode();
      headers.put(
          "content-type", scenario.contentType != null ? scenario.contentType : "application/json");
      int retryAfter = scenario.option(Option.RETRY_AFTER, -1);
      if (retryAfter >= 0) {
        headers.put("retry-after", Integer.toString(retryAfter));
      }
      steps = Playbook.fixed(scenario, body);
    } else if (scenario.kind == Kind.REDIRECT) {
      status = 307;
      headers.put("location", "/" + REDIRECTED + route(incoming));
      steps = Playbook.fixed(scenario, "");
    } else if (incoming.streaming()) {
      headers.put("content-type", "text/event-stream; charset=utf-8");
      headers.put("cache-control", "no-cache");
      steps = Playbook.stream(scenario, answer, format, options);
    } else {
      headers.put("content-type", "application/json");
      steps = Playbook.whole(scenario, answer, format, options);
    }
    boolean gzip = scenario.kind == Kind.GZIP;
    if (gzip) {
      headers.put("content-encoding", "gzip");
    }
    if (scenario.kind == Kind.WRONG_TYPE) {
      headers.put("content-type", incoming.streaming() ? "application/json" : "text/plain");
    }
    headers.putAll(scenario.headers());
    return new Reply(status, headers, gzip, steps);
  }

  static WireFormat format(Incoming incoming, Answer answer) {
    return incoming.anthropic()
        ? new AnthropicFormat(incoming.number(), incoming.model(), answer)
        : new OpenAiFormat(incoming.number(), incoming.model(), answer, incoming.includeUsage());
  }

  private static String route(Incoming incoming) {
    return incoming.anthropic() ? "/v1/messages" : "/v1/chat/completions";
  }
}
