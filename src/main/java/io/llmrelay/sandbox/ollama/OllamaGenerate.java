package io.llmrelay.sandbox.ollama;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.llmrelay.sandbox.dialect.OtherRoute;
import io.llmrelay.sandbox.dialect.RejectedException;
import io.llmrelay.sandbox.dialect.RequestSummary;
import io.llmrelay.sandbox.dialect.SandboxRequest;
import io.llmrelay.sandbox.dialect.ScriptedAnswer;
import io.llmrelay.sandbox.dialect.WireFormat;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.regex.Pattern;

/** Ollama's {@code /api/generate}, which continues a text. */
public final class OllamaGenerate extends OtherRoute {
  private static final Pattern PATH = Pattern.compile("/*(.*?)/?api/generate");

  /** Creates the route. */
  public OllamaGenerate() {
    super(new OllamaDialect(), PATH);
  }

  @Override
  public boolean streaming(JsonObject body) {
    return !Boolean.FALSE.equals(body.getValue("stream"));
  }

  @Override
  public void check(SandboxRequest request) {
    boolean raw = Boolean.TRUE.equals(request.body().getValue("raw"));
    if (raw && request.body().containsKey("suffix")) {
      throw new RejectedException(
          error("400").withMessage("raw mode does not support template, system, or context"));
    }
  }

  @Override
  public RequestSummary summary(SandboxRequest request) {
    int characters = JsonNodes.text(request.body(), "prompt").length();
    return new RequestSummary(List.of(), null, List.of(), null, characters);
  }

  @Override
  public WireFormat format(SandboxRequest request, String model, ScriptedAnswer answer) {
    return new OllamaFormat(request.number(), model, answer, true);
  }
}
