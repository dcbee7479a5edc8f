package io.llmrelay.sandbox;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that goes back for one call: status, headers and the steps to play. A body that is
 * known beforehand has a content length, any other is chunked.
 */
record Reply(int status, Map<String, String> headers, boolean gzip, List<Step> steps) {

  /** The backend that redirected clients end up at, if they follow. */
  static final String REDIRECTED = "redirected";

  static Reply of(Incoming incoming, Scenario scenario, SandboxOptions options) {
    Answer answer = Answer.of(scenario, incoming.backend(), incoming.promptTokens());
    String model = incoming.model() + (scenario.kind() == Kind.SPLITTING ? ApiError.SPLIT : "");
    WireFormat format =
        incoming.anthropic()
            ? new AnthropicFormat(incoming.number(), model, answer)
            : new OpenAiFormat(incoming.number(), model, answer, incoming.includeUsage());
    Reply reply = reply(incoming, scenario, answer, format, options);
    String requestId = "req_" + incoming.number();
    reply.headers.put("x-request-id", requestId);
    if (incoming.anthropic()) {
      reply.headers.put("request-id", requestId);
    }
    reply.headers.putAll(scenario.headers());
    return reply;
  }

  private static Reply reply(
      Incoming incoming,
      Scenario scenario,
      Answer answer,
      WireFormat format,
      SandboxOptions options) {
    Kind kind = scenario.kind();
    boolean streaming = incoming.streaming();
    if (kind == Kind.HTTP || (kind.isStreamError() && !streaming)) {
      return error(scenario, format);
    }
    if (kind == Kind.REDIRECT) {
      String route = incoming.anthropic() ? "/v1/messages" : "/v1/chat/completions";
      Reply reply = fixed(307, "text/plain", 0, "");
      reply.headers.put("location", "/" + REDIRECTED + route);
      return reply;
    }
    if (kind == Kind.SPLITTING_HEAD) {
      return new Reply(200, new LinkedHashMap<>(), false, Playbook.splitHead(answer, format));
    }
    boolean gzip = kind == Kind.GZIP;
    boolean wrong = kind == Kind.WRONG_TYPE;
    if (!streaming && !gzip && !kind.isFault()) {
      int delay = Playbook.generation(scenario, answer, options);
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
            ? Playbook.stream(scenario, answer, format, options)
            : Playbook.whole(scenario, answer, format, options);
    return new Reply(200, headers, gzip, steps);
  }

  private static Reply error(Scenario scenario, WireFormat format) {
    ErrorReply error = scenario.error();
    String type = error.contentType() == null ? "application/json" : error.contentType();
    String body = error.body() == null ? format.errorBody(error.error()).encode() : error.body();
    Reply reply = fixed(error.error().status(), type, scenario.option(Option.FIRST, 0), body);
    int retryAfter = scenario.option(Option.RETRY_AFTER, -1);
    if (retryAfter >= 0) {
      reply.headers.put("retry-after", Integer.toString(retryAfter));
    }
    int reset = scenario.option(Option.RESET, -1);
    if (reset >= 0) {
      reply.headers.put(format.resetHeader(), format.resetIn(reset));
    }
    return reply;
  }

  private static Reply fixed(int status, String contentType, int delay, String body) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("content-type", contentType);
    headers.put("content-length", "" + body.getBytes(StandardCharsets.UTF_8).length);
    return new Reply(status, headers, false, Playbook.fixed(delay, body));
  }
}
