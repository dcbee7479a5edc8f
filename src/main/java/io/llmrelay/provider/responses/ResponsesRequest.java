package io.llmrelay.provider.responses;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Setting;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Conversation;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.JsonBody;
import io.llmrelay.provider.ReasoningWish;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Encodes requests of the Responses API. */
final class ResponsesRequest {
  private static final double MAX_TEMPERATURE = 2;
  private static final int MIN_TOKENS = 16;

  static final String ENCRYPTED_REASONING = "reasoning.encrypted_content";

  /** Models that do not reason, and refuse to be asked for encrypted reasoning. */
  private static final Pattern NO_REASONING =
      Pattern.compile("(ft:|openai/)?(gpt-[34]|chatgpt-|gpt-5(\\.\\d+)?-chat).*");

  /** Models that reason. At Azure a name is the customer's, and any other name says nothing. */
  private static final Pattern REASONING = Pattern.compile("(gpt-[5-9]|o\\d|codex|gpt-oss).*");

  /** The fields of this API's own {@code reasoning}. */
  private static final Set<String> OWN_REASONING =
      Set.of("effort", "summary", "generate_summary", "context", "mode");

  private static final List<Setting> SAME_NAME =
      List.of(
          Setting.PARALLEL_TOOL_CALLS,
          Setting.SERVICE_TIER,
          Setting.PROMPT_CACHE_KEY,
          Setting.PROMPT_CACHE_RETENTION,
          Setting.SAFETY_IDENTIFIER);

  private final ChatRequest request;
  private final String model;
  private final Translation translation;
  private final JsonArray include = new JsonArray();

  ResponsesRequest(ChatRequest request, String model) {
    this.request = request;
    this.model = model;
    this.translation = new Translation(request);
  }

  /** Returns whether a model is known not to reason. */
  static boolean isWithoutReasoning(String model) {
    return NO_REASONING.matcher(model).matches();
  }

  /** Returns why a request cannot be expressed, or {@code null} if it can. */
  static String problem(ChatRequest request) {
    if (request.stop() != null) {
      return "stop cannot be expressed";
    }
    String tool = ResponsesTools.problem(request);
    return tool == null ? Conversation.problem(request, InputContent::problem) : tool;
  }

  EncodedRequest encode(BackendOptions options) {
    JsonObject body = new JsonObject().put("model", model).put("stream", true);
    body.put("store", Boolean.TRUE.equals(translation.take(Setting.STORE)));
    body.put("input", new InputItems(request, translation).encode());
    new ResponsesTools(request, translation).put(body);
    Json.put(body, "temperature", translation.temperature(MAX_TEMPERATURE));
    Json.put(body, "top_p", request.topP());
    Json.put(body, "max_output_tokens", maxTokens());
    Json.put(body, "user", translation.user());
    for (Setting setting : SAME_NAME) {
      translation.put(body, setting.field(), setting);
    }
    JsonObject text = text();
    Json.put(body, "text", text.isEmpty() ? null : text);
    reasoning(body, options);
    logprobs(body);
    Json.put(body, "include", include.isEmpty() ? null : include);
    Conversation.leaveOutCacheControl(request, translation);
    translation.forwardUnknown(body, options);
    return new EncodedRequest(JsonBody.encode(body), translation.warnings());
  }

  private Integer maxTokens() {
    Integer tokens = request.maxTokens();
    if (tokens == null || tokens >= MIN_TOKENS) {
      return tokens;
    }
    translation.warn("max_tokens " + tokens + " was limited to " + MIN_TOKENS);
    return MIN_TOKENS;
  }

  /** Returns the form of the text, for which Chat Completions has two fields. */
  private JsonObject text() {
    JsonObject text = new JsonObject();
    JsonObject format = request.responseFormat();
    if (format != null) {
      JsonObject flat = new JsonObject().put("type", format.getValue("type"));
      text.put("format", flat.mergeIn(Json.object(format, "json_schema")));
    }
    translation.put(text, "verbosity", Setting.VERBOSITY);
    return text;
  }

  private void reasoning(JsonObject body, BackendOptions options) {
    JsonObject reasoning = new JsonObject();
    Object given = request.setting(Setting.REASONING);
    if (request.setting(Setting.THINKING) == null && (given == null || isOwn(given))) {
      if (given != null) {
        reasoning.mergeIn((JsonObject) translation.take(Setting.REASONING));
      }
      if (reasoning.getValue("effort") == null) {
        translation.put(reasoning, "effort", Setting.REASONING_EFFORT);
      }
    } else {
      wish(reasoning);
    }
    Json.put(body, "reasoning", reasoning.isEmpty() ? null : reasoning);
    boolean known = !"azure".equals(options.getProvider()) || REASONING.matcher(model).matches();
    if (known && !isWithoutReasoning(model)) {
      include.add(ENCRYPTED_REASONING);
    }
  }

  private static boolean isOwn(Object reasoning) {
    return OWN_REASONING.containsAll(((JsonObject) reasoning).fieldNames());
  }

  /** Puts a wish that is spelled in another way; reasoning is hidden unless there is a summary. */
  private void wish(JsonObject reasoning) {
    ReasoningWish wish = ReasoningWish.take(translation);
    if (wish == null) {
      return;
    }
    if (wish.off()) {
      reasoning.put("effort", "none");
    } else if (wish.effort() != null) {
      reasoning.put("effort", wish.effort().code());
    }
    if (request.setting(Setting.REASONING) instanceof JsonObject given && !wish.hidden()) {
      Json.put(reasoning, "summary", given.getValue("summary"));
    }
  }

  private void logprobs(JsonObject body) {
    if (Boolean.TRUE.equals(translation.take(Setting.LOGPROBS))) {
      include.add("message.output_text.logprobs");
      translation.put(body, "top_logprobs", Setting.TOP_LOGPROBS);
    }
  }
}
