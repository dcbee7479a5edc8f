package io.llmrelay.sandbox.openai;

import io.llmrelay.sandbox.dialect.JsonNodes;
import io.llmrelay.sandbox.dialect.OpenAiErrors;
import io.llmrelay.sandbox.dialect.OtherRoute;
import io.llmrelay.sandbox.dialect.RejectedException;
import io.llmrelay.sandbox.dialect.RequestSummary;
import io.llmrelay.sandbox.dialect.SandboxRequest;
import io.llmrelay.sandbox.dialect.ScriptedAnswer;
import io.llmrelay.sandbox.dialect.WireFormat;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.regex.Pattern;

/**
 * OpenAI's Completions API, and compatible servers: {@code …/completions}, {@code
 * …/beta/completions} of DeepSeek, and {@code …/fim/completions} of Mistral, whose answers have the
 * form of chats.
 */
public final class OpenAiCompletions extends OtherRoute {
  private static final Pattern PATH =
      Pattern.compile("/*(.*?)(?:/?v1)?(?:/beta|/fim)?/completions(?<!/chat/completions)");

  /** Creates the completions of OpenAI and compatible servers. */
  public OpenAiCompletions() {
    super(new OpenAiDialect(), PATH);
  }

  @Override
  public void check(SandboxRequest request) {
    JsonObject body = request.body();
    if (JsonNodes.text(body, "model").isEmpty()) {
      throw invalid(null, "you must provide a model parameter");
    }
    if (!(body.getValue("prompt") instanceof String)) {
      throw invalid("prompt", "Invalid type for 'prompt': expected a string.");
    }
    if (body.containsKey("messages")) {
      throw invalid(null, "Unrecognized request argument supplied: messages");
    }
  }

  private static RejectedException invalid(String param, String message) {
    return new RejectedException(OpenAiErrors.invalid(param, null, message));
  }

  @Override
  public RequestSummary summary(SandboxRequest request) {
    int characters =
        JsonNodes.text(request.body(), "prompt").length()
            + JsonNodes.text(request.body(), "suffix").length();
    return new RequestSummary(List.of(), null, List.of(), null, characters);
  }

  @Override
  public WireFormat format(SandboxRequest request, String model, ScriptedAnswer answer) {
    boolean usage =
        JsonNodes.object(request.body(), "stream_options").getBoolean("include_usage", false);
    OpenAiFormat chat =
        new OpenAiFormat(
            request.number(), model, answer, usage, CompatibleServer.of(request.provider()));
    return request.path().endsWith("/fim/completions") ? chat : new TextFormat(chat);
  }
}
