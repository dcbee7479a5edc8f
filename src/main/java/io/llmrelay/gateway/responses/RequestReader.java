package io.llmrelay.gateway.responses;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RawJson;
import io.llmrelay.chat.ReceivedForm;
import io.llmrelay.chat.ReceivedForm.Untranslated;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.Setting;
import io.llmrelay.chat.Tool;
import io.llmrelay.chat.ToolChoice;
import io.llmrelay.gateway.front.RequestFields;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the body of a request into a {@link ChatRequest}, which says what other APIs can express of
 * it, and keeps the body for backends of this API.
 *
 * <p>Nothing is stored between requests: what refers to something stored is refused. {@code store}
 * itself is not, since clients send it without ever asking for what was stored.
 */
final class RequestReader {
  private static final String ENCRYPTED_REASONING = "reasoning.encrypted_content";
  private static final String LOGPROBS = "message.output_text.logprobs";

  /** Fields that tune the answer, or its storage, and that no other API has. */
  private static final List<String> OMISSIBLE =
      List.of("context_management", "max_tool_calls", "moderation", "prompt_cache_options");

  /** Fields that a response repeats as they are. */
  private static final List<String> REPEATED =
      List.of(
          "max_output_tokens",
          "max_tool_calls",
          "metadata",
          "parallel_tool_calls",
          "prompt_cache_key",
          "reasoning",
          "safety_identifier",
          "temperature",
          "text",
          "top_logprobs",
          "top_p",
          "truncation",
          "user");

  private final RequestFields in;
  private final List<String> unknown = new ArrayList<>();
  private final List<String> omissible = new ArrayList<>();
  private final List<String> essential = new ArrayList<>();

  private RequestReader(RawJson body) {
    in = RequestFields.bracketed(body, unknown);
  }

  /**
   * Reads a body.
   *
   * @param body an object
   */
  static ResponseRequest read(RawJson body) {
    return new RequestReader(body).read();
  }

  private ResponseRequest read() {
    refuseState();
    InputReader input = new InputReader(omissible, essential);
    List<ChatMessage> messages = input.read(in);
    ChatRequest request = ChatRequest.of(messages);
    String model = in.string("model");
    if (model != null) {
      request = request.withModel(model);
    }
    RequestFields hints = in.object("relay");
    if (hints != null) {
      request = request.withRelay(RelayHints.fromJson((JsonObject) hints.source().value()));
    }
    ToolsReader tools = new ToolsReader(omissible, essential);
    request = tools(request, tools);
    request = sampling(request);
    request = reasoning(request);
    request = text(request);
    request = labels(request);
    boolean stream = Boolean.TRUE.equals(in.flag("stream"));
    streamOptions();
    OMISSIBLE.forEach(this::omissible);
    JsonObject settings = settings();
    in.nothingElse();
    RawJson body = in.source();
    RawJson own = input.hasForeignReasoning() ? ReasoningReader.withoutForeign(body) : body;
    ReceivedForm form =
        new ReceivedForm(
            ReceivedForm.OPENAI_RESPONSES,
            own,
            Map.of(),
            new Untranslated(unknown, omissible, essential));
    return new ResponseRequest(request.withReceived(form), stream, settings, tools.names());
  }

  private void refuseState() {
    for (String field : List.of("previous_response_id", "conversation")) {
      if (in.raw(field) != null) {
        throw in.invalid(
            field,
            "is not supported: nothing is stored; send the whole conversation as input, with"
                + " store: false");
      }
    }
    if (Boolean.TRUE.equals(in.flag("background"))) {
      throw in.invalid(
          "background", "is not supported: nothing is stored; send stream: true instead");
    }
    if (in.raw("prompt") != null) {
      essential.add("prompt");
    }
    if (Boolean.TRUE.equals(in.flag("store"))) {
      omissible.add("store");
    }
  }

  private ChatRequest tools(ChatRequest request, ToolsReader reader) {
    List<Tool> tools = reader.read(in.objects("tools"));
    ToolChoice choice = reader.choice(in);
    Boolean parallel = in.flag("parallel_tool_calls");
    if (tools.isEmpty()) {
      return request;
    }
    ChatRequest read = request.withTools(tools.toArray(Tool[]::new));
    read = choice == null ? read : read.withToolChoice(choice);
    return Boolean.FALSE.equals(parallel)
        ? read.withSetting(Setting.PARALLEL_TOOL_CALLS, false)
        : read;
  }

  private ChatRequest sampling(ChatRequest request) {
    ChatRequest read = request.withMaxTokens(in.integer("max_output_tokens", 1));
    Double temperature = in.number("temperature", 0, 2);
    Double topP = in.number("top_p", 0, 1);
    read = temperature == null ? read : read.withTemperature(temperature);
    read = topP == null ? read : read.withTopP(topP);
    Integer logprobs = in.integer("top_logprobs", 0);
    List<String> include = in.strings("include");
    for (int i = 0; i < include.size(); i++) {
      if (include.get(i).equals(LOGPROBS)) {
        read = read.withSetting(Setting.LOGPROBS, true);
        read =
            logprobs == null || logprobs == 0
                ? read
                : read.withSetting(Setting.TOP_LOGPROBS, logprobs);
      } else if (!include.get(i).equals(ENCRYPTED_REASONING)) {
        omissible.add("include[" + i + "]");
      }
    }
    String truncation = in.string("truncation");
    if ("auto".equals(truncation)) {
      omissible.add("truncation");
    }
    return read;
  }

  private ChatRequest reasoning(ChatRequest request) {
    RequestFields reasoning = in.object("reasoning");
    if (reasoning == null) {
      return request;
    }
    String effort = reasoning.string("effort");
    for (String field : List.of("summary", "generate_summary", "context", "mode")) {
      String value = reasoning.string(field);
      if (value != null && !value.equals("auto")) {
        omissible.add(reasoning.path(field));
      }
    }
    reasoning.nothingElse();
    return effort == null ? request : request.withSetting(Setting.REASONING_EFFORT, effort);
  }

  private ChatRequest text(ChatRequest request) {
    RequestFields text = in.object("text");
    if (text == null) {
      return request;
    }
    String verbosity = text.string("verbosity");
    ChatRequest read =
        verbosity == null ? request : request.withSetting(Setting.VERBOSITY, verbosity);
    RequestFields format = text.object("format");
    text.nothingElse();
    if (format == null) {
      return read;
    }
    switch (format.requiredString("type")) {
      case "text" -> {
        return read;
      }
      case "json_object" -> {
        return read.withResponseFormat(new JsonObject().put("type", "json_object"));
      }
      case "json_schema" -> {
        format.requiredString("name");
        format.requiredObject("schema");
        JsonObject schema = (JsonObject) format.source().value();
        schema.remove("type");
        return read.withResponseFormat(
            new JsonObject().put("type", "json_schema").put("json_schema", schema));
      }
      default -> throw format.invalid("type", "must be text, json_object or json_schema");
    }
  }

  /** Reads what says for whom the request is. */
  private ChatRequest labels(ChatRequest request) {
    ChatRequest read = request;
    for (Setting setting :
        List.of(
            Setting.PROMPT_CACHE_KEY,
            Setting.PROMPT_CACHE_RETENTION,
            Setting.SAFETY_IDENTIFIER,
            Setting.SERVICE_TIER)) {
      String value = in.string(setting.field());
      boolean neutral = value == null || value.isEmpty() || value.equals("auto");
      read = neutral ? read : read.withSetting(setting, value);
    }
    String user = in.string("user");
    read = user == null || user.isEmpty() ? read : read.withUser(user);
    RequestFields metadata = in.object("metadata");
    if (metadata == null) {
      return read;
    }
    Map<String, String> labels = new LinkedHashMap<>();
    for (String name : metadata.source().fields().keySet()) {
      String value = metadata.string(name);
      if (value != null) {
        labels.put(name, value);
      }
    }
    return read.withMetadata(labels);
  }

  private void streamOptions() {
    RequestFields options = in.object("stream_options");
    if (options != null) {
      // Other backends do not pad, and the relay does not either.
      if (Boolean.TRUE.equals(options.flag("include_obfuscation"))) {
        omissible.add("stream_options.include_obfuscation");
      }
      options.nothingElse();
    }
  }

  private void omissible(String field) {
    RawJson value = in.raw(field);
    if (value != null && !(value.value() instanceof JsonArray array && array.isEmpty())) {
      omissible.add(field);
    }
  }

  private JsonObject settings() {
    JsonObject settings = new JsonObject();
    for (String field : REPEATED) {
      RawJson value = in.raw(field);
      if (value != null) {
        settings.put(field, value.value());
      }
    }
    Object choice = ToolsReader.repeated(in);
    return choice == null ? settings : settings.put("tool_choice", choice);
  }
}
