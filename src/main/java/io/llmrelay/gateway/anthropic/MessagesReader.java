package io.llmrelay.gateway.anthropic;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatMessage.Role;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.ToolResult;
import io.llmrelay.chat.RawJson;
import io.llmrelay.chat.ReceivedForm;
import io.llmrelay.chat.ReceivedForm.Untranslated;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.Setting;
import io.llmrelay.chat.Tool;
import io.llmrelay.chat.ToolChoice;
import io.llmrelay.gateway.front.RequestFields;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Translates the body of a request to a {@link ChatRequest}, as far as other APIs can express it,
 * and keeps the body for backends of this API.
 */
final class MessagesReader {
  private static final int MAX_MESSAGES = 100_000;

  /** The most stop sequences of other APIs. */
  private static final int MAX_STOP = 4;

  /** The longest user id that other vendors accept, in characters. */
  private static final int MAX_USER = 64;

  /** Fields of this API only that tune the answer. */
  private static final List<String> OMISSIBLE =
      List.of(
          "cache_control",
          "context_management",
          "diagnostics",
          "fallbacks",
          "speed",
          "user_profile_id",
          "workspace_id");

  /** Fields of this API only that change the meaning of an answer, or where it is generated. */
  private static final List<String> ESSENTIAL =
      List.of("container", "inference_geo", "mcp_servers");

  private final RequestFields in;
  private final List<String> unknown;
  private final List<String> omissible = new ArrayList<>();
  private final List<String> essential = new ArrayList<>();
  private final ContentReader content = new ContentReader(omissible);

  private MessagesReader(RawJson body, List<String> unknown) {
    this.unknown = unknown;
    this.in = RequestFields.of(body, unknown);
  }

  /**
   * Reads a body.
   *
   * @param body an object
   * @param headers the API's own headers
   * @param counted whether only the tokens are to be counted, so that {@code max_tokens} and {@code
   *     stream} are no fields
   */
  static MessagesRequest read(RawJson body, Map<String, String> headers, boolean counted) {
    return new MessagesReader(body, new ArrayList<>()).request(headers, counted);
  }

  private MessagesRequest request(Map<String, String> headers, boolean counted) {
    String model = in.requiredString("model");
    Integer maxTokens = in.integer("max_tokens", 1);
    if (maxTokens == null && !counted) {
      throw in.required("max_tokens");
    }
    List<ChatMessage> messages = new ArrayList<>();
    system(messages);
    messages(messages);
    ChatRequest request = ChatRequest.of(messages).withModel(model).withMaxTokens(maxTokens);
    request = sampling(request);
    request = tools(request);
    request = output(request);
    request = user(request);
    RequestFields hints = in.object("relay");
    if (hints != null) {
      request = request.withRelay(RelayHints.fromJson((JsonObject) hints.source().value()));
    }
    boolean stream = Boolean.TRUE.equals(in.flag("stream"));
    OMISSIBLE.forEach(field -> untranslated(field, omissible));
    ESSENTIAL.forEach(field -> untranslated(field, essential));
    in.nothingElse();
    RawJson body = in.source();
    RawJson own = content.hasForeignParts() ? ForeignParts.remove(body) : body;
    Untranslated untranslated = new Untranslated(unknown, omissible, essential);
    ReceivedForm form =
        new ReceivedForm(ReceivedForm.ANTHROPIC_MESSAGES, own, headers, untranslated);
    return new MessagesRequest(request.withReceived(form), stream);
  }

  private void untranslated(String field, List<String> paths) {
    RawJson value = in.raw(field);
    if (value != null && !(value.isArray() && value.elements().isEmpty())) {
      paths.add(field);
    }
  }

  private void system(List<ChatMessage> messages) {
    RawJson system = in.raw("system");
    if (system != null) {
      List<ContentPart> parts = content.texts(in, "system");
      if (!parts.isEmpty()) {
        messages.add(ChatMessage.of(Role.SYSTEM, parts));
      }
    }
  }

  private void messages(List<ChatMessage> messages) {
    List<RequestFields> given = in.objects("messages");
    if (given.isEmpty()) {
      throw in.invalid("messages", "at least one message is required");
    }
    if (given.size() > MAX_MESSAGES) {
      throw in.invalid("messages", "at most " + MAX_MESSAGES + " messages are allowed");
    }
    for (RequestFields message : given) {
      String role = message.requiredString("role");
      switch (role) {
        case "user" -> user(content.parts(message), messages);
        case "assistant" -> {
          List<ContentPart> parts = content.answer(message);
          if (!parts.isEmpty()) {
            messages.add(ChatMessage.of(Role.ASSISTANT, parts));
          }
        }
        case "system" ->
            messages.add(ChatMessage.of(Role.SYSTEM, content.texts(message, "content")));
        default -> throw message.invalid("role", "must be user, assistant or system");
      }
      message.nothingElse();
    }
  }

  /** Adds the results of tools, which follow the calls, and then the rest. */
  private static void user(List<ContentPart> parts, List<ChatMessage> messages) {
    List<ContentPart> rest = new ArrayList<>();
    for (ContentPart part : parts) {
      if (part instanceof ToolResult) {
        messages.add(ChatMessage.of(Role.TOOL, part));
      } else {
        rest.add(part);
      }
    }
    if (!rest.isEmpty()) {
      messages.add(ChatMessage.of(Role.USER, rest));
    }
  }

  private ChatRequest sampling(ChatRequest request) {
    ChatRequest read = request;
    Double temperature = in.number("temperature", 0, 1);
    Double topP = in.number("top_p", 0, 1);
    Integer topK = in.integer("top_k", 0);
    read = temperature == null ? read : read.withTemperature(temperature);
    read = topP == null ? read : read.withTopP(topP);
    read = topK == null || topK == 0 ? read : read.withSetting(Setting.TOP_K, topK);
    List<String> stop = in.strings("stop_sequences");
    if (stop.size() > MAX_STOP) {
      omissible.add("stop_sequences." + MAX_STOP);
      stop = stop.subList(0, MAX_STOP);
    }
    return stop.isEmpty() ? read : read.withStop(stop.toArray(String[]::new));
  }

  private ChatRequest tools(ChatRequest request) {
    List<Tool> tools = new ToolsReader(omissible).tools(in.objects("tools"));
    RequestFields given = in.object("tool_choice");
    ChatRequest read = tools.isEmpty() ? request : request.withTools(tools.toArray(Tool[]::new));
    if (given == null) {
      return read;
    }
    ToolChoice choice = ToolsReader.choice(given, tools);
    if (Boolean.TRUE.equals(given.flag("disable_parallel_tool_use")) && !tools.isEmpty()) {
      read = read.withSetting(Setting.PARALLEL_TOOL_CALLS, false);
    }
    given.nothingElse();
    return choice == null ? read : read.withToolChoice(choice);
  }

  private ChatRequest output(ChatRequest request) {
    ChatRequest read = request;
    RequestFields thinking = in.object("thinking");
    if (thinking != null) {
      thinking.requiredString("type");
      read = read.withSetting(Setting.THINKING, thinking.source().value());
    }
    RequestFields format = in.object("output_format");
    RequestFields output = in.object("output_config");
    if (output != null) {
      String effort = output.string("effort");
      read = effort == null ? read : read.withSetting(Setting.REASONING_EFFORT, effort);
      format = output.has("format") ? output.object("format") : format;
      if (output.has("task_budget")) {
        output.raw("task_budget");
        omissible.add("output_config.task_budget");
      }
      output.nothingElse();
    }
    if (format != null) {
      if (!format.requiredString("type").equals("json_schema")) {
        throw format.invalid("type", "must be json_schema");
      }
      Object schema = format.requiredObject("schema").source().value();
      JsonObject named =
          new JsonObject().put("name", "answer").put("schema", schema).put("strict", true);
      read =
          read.withResponseFormat(
              new JsonObject().put("type", "json_schema").put("json_schema", named));
    }
    String tier = in.string("service_tier");
    return "standard_only".equals(tier) ? read.withSetting(Setting.SERVICE_TIER, "default") : read;
  }

  private ChatRequest user(ChatRequest request) {
    RequestFields metadata = in.object("metadata");
    String user = metadata == null ? null : metadata.string("user_id");
    if (metadata != null) {
      metadata.nothingElse();
    }
    if (user == null || user.isEmpty()) {
      return request;
    }
    return request.withUser(user.length() <= MAX_USER ? user : hash(user));
  }

  /** Returns a hash of a user id that is short enough for every vendor. */
  private static String hash(String user) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(user.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
