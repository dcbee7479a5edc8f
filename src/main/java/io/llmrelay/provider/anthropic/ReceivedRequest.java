package io.llmrelay.provider.anthropic;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RawJson;
import io.llmrelay.chat.ReceivedForm;
import io.llmrelay.chat.Setting;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.UnknownFields;
import io.llmrelay.provider.Conversation;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.JsonBody;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Encodes a request that was received in the form of the Messages API: its bytes, except for the
 * model, {@code stream} and {@code max_tokens}.
 *
 * <p>If the candidate's version is not the one that the request names, thinking, effort and
 * sampling are adapted to the candidate as in {@link AnthropicRequest}, since it would refuse them
 * otherwise. So is thinking in a tool loop that another vendor began.
 */
final class ReceivedRequest {
  private static final List<String> SAMPLING = List.of("temperature", "top_p", "top_k");

  private final ChatRequest request;
  private final ReceivedForm form;
  private final String model;
  private final Map<String, Object> body;
  private final List<String> warnings = new ArrayList<>();

  ReceivedRequest(ChatRequest request, String model) {
    this.request = request;
    this.form = request.received();
    this.model = model;
    this.body = new LinkedHashMap<>(form.body().fields());
  }

  EncodedRequest encode(BackendOptions options) {
    RawJson asked = (RawJson) body.put("model", model);
    body.put("stream", true);
    body.remove("relay"); // The caller's hints to the relay.
    if (request.maxTokens() != null) {
      body.put("max_tokens", request.maxTokens());
    }
    ClaudeModel claude = ClaudeModel.of(model);
    if (!claude.acceptsSameAs(ClaudeModel.of(asked == null ? null : asked.string()))
        || hasBudget() && ClaudeThinking.isLost(Conversation.turns(request))) {
      adapt();
    }
    if (options.unknownFieldsOfOwnForm() == UnknownFields.DROP) {
      drop();
    }
    return new EncodedRequest(JsonBody.encode(new JsonObject(body)), warnings, headers(options));
  }

  private boolean hasBudget() {
    return request.setting(Setting.THINKING) instanceof JsonObject thinking
        && "enabled".equals(thinking.getValue("type"));
  }

  /** Adapts the settings that models accept in different forms. */
  private void adapt() {
    Translation translation = new Translation(request);
    boolean forced = AnthropicTools.isForced(request);
    ClaudeThinking thinking = ClaudeThinking.of(request, model, forced, translation);
    ClaudeSampling sampling = ClaudeSampling.of(request, model, thinking, translation);
    SAMPLING.forEach(body::remove);
    body.remove("thinking");
    put("temperature", sampling.temperature());
    put("top_p", sampling.topP());
    put("top_k", sampling.topK());
    put("thinking", thinking.config());
    RawJson given = (RawJson) body.remove("output_config");
    JsonObject output = new JsonObject();
    if (given != null && given.isObject()) {
      given.fields().forEach((field, value) -> Json.put(output, field, value));
    }
    output.remove("effort");
    Json.put(output, "effort", thinking.effort());
    put("output_config", output.isEmpty() ? null : output);
    warnings.addAll(translation.changes());
  }

  private void put(String field, Object value) {
    if (value != null) {
      body.put(field, value);
    }
  }

  /** Removes the unknown fields at the top level. */
  private void drop() {
    List<String> dropped = new ArrayList<>(form.untranslated().unknown());
    dropped.removeIf(field -> !body.containsKey(field));
    if (!dropped.isEmpty()) {
      dropped.forEach(body::remove);
      String were = dropped.size() == 1 ? " was left out" : " were left out";
      warnings.add(String.join(", ", dropped) + were);
    }
  }

  /** Returns the version and the betas that the client asks for, beside those configured. */
  private Map<String, String> headers(BackendOptions options) {
    Map<String, String> headers = new LinkedHashMap<>();
    String version = form.headers().get(AnthropicDialect.VERSION);
    if (version != null && configured(AnthropicDialect.VERSION, options) == null) {
      headers.put(AnthropicDialect.VERSION, version);
    }
    String betas = form.headers().get(AnthropicDialect.BETA);
    if (betas != null) {
      String configured = configured(AnthropicDialect.BETA, options);
      headers.put(AnthropicDialect.BETA, configured == null ? betas : configured + "," + betas);
    }
    return headers;
  }

  private static String configured(String header, BackendOptions options) {
    return options.getHeaders().entrySet().stream()
        .filter(each -> each.getKey().equalsIgnoreCase(header))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(null);
  }
}
