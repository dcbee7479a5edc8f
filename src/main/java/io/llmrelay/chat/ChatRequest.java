package io.llmrelay.chat;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Consumer;

/**
 * A request for a chat completion: OpenAI's fields, plus {@link RelayHints} for the relay itself.
 *
 * <p>Immutable; the {@code with…} methods return a changed copy.
 *
 * <pre>{@code
 * ChatRequest.of(ChatMessage.user("Why is the sky blue?")).withModel("gpt-4o-mini").withMaxTokens(300)
 * }</pre>
 *
 * <p>A request that was received is kept as the bytes of its body: messages and tools are slices of
 * it, and are sent to a backend of the same format without being decoded. A field that this version
 * does not know is kept as {@linkplain #unknown() unknown}.
 */
public final class ChatRequest implements LlmRequest {
  /** How many unknown fields are known by their paths. */
  public static final int MAX_UNKNOWN = RequestPath.MAX_UNKNOWN;

  /** The prefix of the metadata labels that a gateway adds. */
  public static final String OWN_LABELS = "relay.";

  /** The metadata label with the name of the gateway key that authenticated the request. */
  public static final String CONSUMER = "relay.consumer";

  /** The metadata label with the request id in the response of the gateway. */
  public static final String REQUEST_ID = "relay.request_id";

  /** The metadata label with the path of the gateway that a request was sent to. */
  public static final String FRONT = "relay.front";

  private static final int MAX_STOP = 4;

  private String model;
  private List<ChatMessage> messages;

  /** The messages as they were received; {@code null} if they were built in code. */
  private RawJson receivedMessages;

  private List<Tool> tools = List.of();
  private RawJson receivedTools;
  private ToolChoice toolChoice;
  private Map<Setting, Object> settings = Map.of();
  private Map<String, RawJson> unknown = Map.of();
  private List<String> unknownPaths = List.of();
  private Set<RequestFeature> features;
  private long characters = -1;
  private Double temperature;
  private Double topP;
  private Integer maxTokens;
  private List<String> stop;
  private Long seed;
  private JsonObject responseFormat;
  private Continuation continuation;
  private Map<String, String> metadata = Map.of();
  private String user;
  private RelayHints relay = RelayHints.NONE;

  /** The request in the form of another API; {@code null} if it was received in OpenAI's. */
  private ReceivedForm received;

  /** Whether every field has been validated. */
  private boolean checked;

  private ChatRequest() {}

  /** Creates a request with these messages and all settings at their defaults. */
  public static ChatRequest of(ChatMessage... messages) {
    return of(List.of(messages));
  }

  /** Creates a request with these messages and all settings at their defaults. */
  public static ChatRequest of(List<ChatMessage> messages) {
    ChatRequest request = new ChatRequest();
    request.messages = List.copyOf(messages);
    return request;
  }

  /**
   * Reads and checks a request.
   *
   * @throws LlmException of kind {@link FailureKind#INVALID_REQUEST}, naming the field
   */
  public static ChatRequest fromJson(JsonObject json) {
    return read(json.toBuffer());
  }

  /**
   * Reads and checks a request.
   *
   * @throws DecodeException if the body is not a JSON object; the message does not quote the body
   * @throws LlmException of kind {@link FailureKind#INVALID_REQUEST}, naming the field
   */
  public static ChatRequest read(Buffer body) {
    return read(body.getBytes(), (field, value) -> false);
  }

  /**
   * Reads and checks a request that may have additional fields of the calling code.
   *
   * @param body becomes part of the request, and must not be changed afterwards
   * @param own consumes a top-level field that is not part of a request; returns false for an
   *     unknown one
   * @throws DecodeException if the body is not a JSON object; the message does not quote the body
   * @throws LlmException of kind {@link FailureKind#INVALID_REQUEST}, naming the field
   */
  public static ChatRequest read(byte[] body, BiPredicate<String, RawJson> own) {
    return RequestReader.read(body, own);
  }

  /** Creates a request from what a reader has collected, and checks it. */
  static ChatRequest of(RequestReader read) {
    FieldReader in = new FieldReader(read.plain, "");
    ChatRequest request = new ChatRequest();
    if (read.messages == null || read.messages.isEmpty()) {
      throw in.invalid("messages", "must be an array with at least one message");
    }
    request.messages = List.copyOf(read.messages);
    request.receivedMessages = read.receivedMessages;
    request.tools = List.copyOf(read.tools);
    request.receivedTools = read.receivedTools;
    request.toolChoice = ToolReader.choice(read.toolChoice, read.tools, read.path);
    request.settings = Collections.unmodifiableMap(read.settings);
    request.unknown = Collections.unmodifiableMap(read.unknown);
    request.unknownPaths = List.copyOf(read.path.unknown());
    request.model = in.model();
    request.temperature = in.number("temperature", 0, 2);
    request.topP = in.number("top_p", 0, 1);
    request.maxTokens = in.integer("max_tokens", 1, Integer.MAX_VALUE);
    Integer maxCompletionTokens = in.integer("max_completion_tokens", 1, Integer.MAX_VALUE);
    if (maxCompletionTokens != null) {
      if (request.maxTokens != null && !request.maxTokens.equals(maxCompletionTokens)) {
        throw in.invalid("max_completion_tokens", "contradicts max_tokens; send one of the two");
      }
      request.maxTokens = maxCompletionTokens;
    }
    request.stop = stop(in);
    request.seed = in.integer("seed");
    request.responseFormat = responseFormat(in);
    request.continuation = Continuation.read(in);
    if (request.continuation != null) {
      Continuation.check(request.messages, request.tools);
    }
    request.metadata = Metadata.read(in);
    String user = in.string("user");
    request.user = user == null || user.isEmpty() ? null : user;
    Object n = in.value("n");
    if (n != null && !n.equals(1)) {
      throw in.invalid("n", "other than 1 is not supported yet");
    }
    request.relay = RelayHints.fromJson(in.json("relay"));
    if (read.received != null) {
      request.setReceived(read.received);
    }
    request.checked = true;
    return request;
  }

  /**
   * Returns this request, validated as by {@link #fromJson}. Does nothing if the request was read
   * from JSON and has not been changed since. Does not read the texts of the messages.
   *
   * @throws LlmException of kind {@link FailureKind#INVALID_REQUEST}, naming the field
   */
  @Override
  public ChatRequest checked() {
    if (checked) {
      return this;
    }
    if (messages.isEmpty()) {
      return fromJson(new JsonObject());
    }
    for (int i = 0; i < messages.size(); i++) {
      if (messages.get(i).parts().isEmpty()) {
        String field = "messages[" + i + "].content";
        throw Failure.invalid(field, field + " must have at least one part").toException();
      }
    }
    if (continuation != null) {
      Continuation.check(messages, tools);
    }
    ChatRequest plain = received == null ? this : withoutTools(); // A front has read them.
    ChatRequest request = fromJson(plain.toJson(JsonArray.of(ChatMessage.user("").toJson())));
    request.messages = messages;
    request.receivedMessages = receivedMessages;
    if (received != null) {
      request.tools = tools;
      request.toolChoice = toolChoice;
      request.setReceived(received);
    }
    return request;
  }

  private ChatRequest withoutTools() {
    ChatRequest copy = copy();
    copy.tools = List.of();
    copy.toolChoice = null;
    return copy;
  }

  /**
   * Returns this request for one attempt, without the relay's other hints. It stays validated.
   *
   * @param candidate the model of the attempt
   * @param timeouts the timeouts of the attempt
   */
  @Override
  public ChatRequest forCandidate(String candidate, Timeouts timeouts) {
    ChatRequest copy = copy();
    copy.model = candidate;
    copy.relay = new RelayHints(null, null, timeouts, null, null);
    copy.checked = checked;
    return copy;
  }

  private static List<String> stop(FieldReader in) {
    Object value = in.value("stop");
    if (value instanceof String s) {
      return s.isEmpty() ? null : List.of(s);
    }
    if (value != null && !(value instanceof JsonArray)) {
      throw in.invalid("stop", "must be a string or an array of at most " + MAX_STOP + " strings");
    }
    List<String> stop = in.strings("stop", MAX_STOP);
    return stop == null || stop.isEmpty() ? null : stop;
  }

  private static JsonObject responseFormat(FieldReader in) {
    Object value = in.value("response_format");
    if (value == null) {
      return null;
    }
    if (!(value instanceof JsonObject format)) {
      throw in.invalid("response_format", "must be an object");
    }
    Object type = format.getValue("type");
    if (!"text".equals(type) && !"json_object".equals(type) && !"json_schema".equals(type)) {
      throw in.invalid("response_format.type", "must be text, json_object or json_schema");
    }
    if ("json_schema".equals(type) && !(format.getValue("json_schema") instanceof JsonObject)) {
      throw in.invalid("response_format.json_schema", "must be an object");
    }
    return format.copy();
  }

  /** Returns OpenAI's form; {@link #fromJson} reads it back. */
  @Override
  public JsonObject toJson() {
    JsonArray array = new JsonArray();
    messages.forEach(message -> array.add(message.toJson()));
    JsonObject json = toJson(array);
    if (received != null) {
      json.put("relay", relay.toJson().put("received", received.toJson()));
    }
    return json;
  }

  /** Encodes OpenAI's form; {@link #read(Buffer)} reads it back. */
  @Override
  public Buffer toBuffer() {
    JsonObject fields = toJson(null);
    JsonObject hints = received == null ? null : fields.getJsonObject("relay", new JsonObject());
    if (received != null) {
      fields.remove("relay");
    }
    BodyBuilder body = new BodyBuilder().append("{\"messages\":");
    appendMessages(body);
    appendFields(fields, body);
    if (received != null) {
      received.appendTo(body.append(",\"relay\":{\"received\":"));
      appendFields(hints, body);
      body.append('}');
    }
    return body.append("}").toBuffer();
  }

  /** Appends the fields of an object after others. */
  private static void appendFields(JsonObject json, BodyBuilder out) {
    if (!json.isEmpty()) {
      Buffer fields = json.toBuffer();
      out.append(',').append(fields.slice(1, fields.length() - 1));
    }
  }

  /** Appends the array of messages in OpenAI's form: the bytes that were received, if any. */
  public void appendMessages(BodyBuilder out) {
    if (receivedMessages != null) {
      receivedMessages.appendTo(out);
      return;
    }
    String separator = "[";
    for (ChatMessage message : messages) {
      message.appendTo(out.append(separator));
      separator = ",";
    }
    out.append("]");
  }

  /** Appends the array of tools in OpenAI's form: the bytes that were received, if any. */
  public void appendTools(BodyBuilder out) {
    if (receivedTools != null) {
      receivedTools.appendTo(out);
      return;
    }
    String separator = "[";
    for (Tool tool : tools) {
      tool.source().appendTo(out.append(separator));
      separator = ",";
    }
    out.append("]");
  }

  /**
   * Returns the memory that this request takes: the bytes of the body in which it was received; for
   * messages that were built in code, their characters.
   */
  @Override
  public long size() {
    if (received != null) {
      return received.body().sourceLength();
    }
    return receivedMessages == null ? characters() : receivedMessages.sourceLength();
  }

  private JsonObject toJson(JsonArray messages) {
    JsonObject json = new JsonObject();
    put(json, "model", model);
    put(json, "messages", messages);
    if (!tools.isEmpty()) {
      JsonArray array = new JsonArray();
      tools.forEach(tool -> array.add(tool.source().value()));
      json.put("tools", array);
    }
    put(json, "tool_choice", toolChoice == null ? null : toolChoice.toJson());
    put(json, "temperature", temperature);
    put(json, "top_p", topP);
    put(json, "max_tokens", maxTokens);
    put(json, "stop", stop == null ? null : new JsonArray(stop));
    put(json, "seed", seed);
    put(json, "response_format", responseFormat == null ? null : responseFormat.copy());
    put(json, "continuation", continuation == null ? null : continuation.toJson());
    settings.forEach((setting, value) -> json.put(setting.field(), value));
    unknown.forEach((field, value) -> json.put(field, value.value()));
    put(
        json,
        "metadata",
        metadata.isEmpty() ? null : new JsonObject(new LinkedHashMap<>(metadata)));
    put(json, "user", user);
    JsonObject hints = relay.toJson();
    put(json, "relay", hints.isEmpty() ? null : hints);
    return json;
  }

  private static void put(JsonObject json, String key, Object value) {
    if (value != null) {
      json.put(key, value);
    }
  }

  /**
   * Returns a model id, an alias, or {@code backend/model}; {@code null} for the default model of
   * the default backend.
   */
  @Override
  public String model() {
    return model;
  }

  /** Returns the messages, at least one. */
  public List<ChatMessage> messages() {
    return messages;
  }

  /** Returns the tools, in order; empty if there are none. */
  public List<Tool> tools() {
    return tools;
  }

  /** Returns the choice among the tools; {@code null} for {@link ToolChoice#AUTO}. */
  public ToolChoice toolChoice() {
    return toolChoice;
  }

  /** Returns the JSON value of a setting; {@code null} if it is absent or neutral. */
  public Object setting(Setting setting) {
    return settings.get(setting);
  }

  /** Returns all settings that are not neutral. */
  public Map<Setting, Object> settings() {
    return settings;
  }

  /** Returns the top-level fields that this version does not know. */
  public Map<String, RawJson> unknown() {
    return unknown;
  }

  /**
   * Returns the paths of fields at any depth that this version does not know, such as {@code
   * messages[0].weight}; at most {@value #MAX_UNKNOWN}.
   */
  @Override
  public List<String> unknownPaths() {
    return unknownPaths;
  }

  /** Returns the features that a candidate must support. */
  @Override
  public Set<RequestFeature> features() {
    if (features == null) {
      features = Collections.unmodifiableSet(RequestFeature.of(this));
    }
    return features;
  }

  /** Returns the temperature, from 0 to 2, or {@code null}. */
  public Double temperature() {
    return temperature;
  }

  /** Returns top_p, from 0 to 1, or {@code null}. */
  public Double topP() {
    return topP;
  }

  /** Returns the maximum number of tokens of the answer, or {@code null}. */
  @Override
  public Integer maxTokens() {
    return maxTokens;
  }

  /** Returns up to four stop sequences, or {@code null}. */
  public List<String> stop() {
    return stop;
  }

  /** Returns the seed of sampling; {@code null} for none. */
  public Long seed() {
    return seed;
  }

  /** Returns the response format in OpenAI's form, or {@code null}. */
  public JsonObject responseFormat() {
    return responseFormat == null ? null : responseFormat.copy();
  }

  /** Returns the wish that the text is continued and not answered, or {@code null}. */
  public Continuation continuation() {
    return continuation;
  }

  /** Returns whether the response format is other than text. */
  public boolean wantsFormat() {
    return responseFormat != null && !"text".equals(responseFormat.getValue("type"));
  }

  /** Whether the answer may have images: they are asked for, or the model's name says so. */
  public boolean expectsImages() {
    return setting(Setting.MODALITIES) != null || model != null && model.contains("image");
  }

  /** Returns the JSON schema of the answer, or {@code null}. */
  public Object schema() {
    return responseFormat != null && responseFormat.getValue("json_schema") instanceof JsonObject of
        ? of.copy().getValue("schema")
        : null;
  }

  /** Returns labels for hooks and events, which are never sent to a backend. */
  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  /** Returns the end user's id for the provider's abuse detection, or {@code null}. */
  public String user() {
    return user;
  }

  @Override
  public RelayHints relay() {
    return relay;
  }

  /**
   * Returns the request in the form of the API at which it was received; {@code null} for OpenAI's
   * chat completions, and for one that was changed since in more than its model, its most tokens,
   * its metadata and its hints.
   */
  public ReceivedForm received() {
    return received;
  }

  /**
   * Returns this request with the form in which it was received. The form is what a backend of the
   * same API gets, so it must say what this request says.
   */
  public ChatRequest withReceived(ReceivedForm form) {
    ChatRequest copy = copy();
    copy.setReceived(form);
    return copy;
  }

  /**
   * Returns this request without the form in which it was received: every backend gets what its
   * fields say. It stays validated.
   */
  public ChatRequest withoutReceived() {
    ChatRequest copy = copy();
    copy.received = null;
    return copy;
  }

  private void setReceived(ReceivedForm form) {
    received = form;
    List<String> unknown = form.untranslated().unknown();
    if (!unknown.isEmpty()) {
      List<String> paths = new ArrayList<>(unknownPaths);
      unknown.stream().filter(path -> !paths.contains(path)).forEach(paths::add);
      unknownPaths = List.copyOf(paths);
    }
  }

  @Override
  public ChatRequest withModel(String model) {
    ChatRequest copy = copy();
    copy.model = model;
    return copy;
  }

  /** Returns this request with other tools, in OpenAI's form. */
  public ChatRequest withTools(Tool... tools) {
    ChatRequest copy = changed();
    copy.tools = List.of(tools);
    copy.receivedTools = null;
    return copy;
  }

  /** Returns a copy with another tool choice; {@code null} for the default. */
  public ChatRequest withToolChoice(ToolChoice choice) {
    ChatRequest copy = changed();
    copy.toolChoice = choice;
    return copy;
  }

  /**
   * Returns this request with a last message of the assistant, which is the beginning of the answer
   * for servers that continue such a message. It stays validated.
   */
  public ChatRequest withPrefill(String text) {
    ChatRequest copy = changed();
    List<ChatMessage> all = new ArrayList<>(messages);
    all.add(ChatMessage.assistant(text));
    copy.messages = List.copyOf(all);
    copy.receivedMessages = null;
    copy.characters = -1;
    copy.checked = checked;
    return copy;
  }

  /** Returns this request with another value of a setting; {@code null} removes it. */
  public ChatRequest withSetting(Setting setting, Object value) {
    Map<Setting, Object> changed = new EnumMap<>(Setting.class);
    changed.putAll(settings);
    if (value == null) {
      changed.remove(setting);
    } else {
      changed.put(setting, value);
    }
    ChatRequest copy = changed();
    copy.settings = Collections.unmodifiableMap(changed);
    return copy;
  }

  /** Returns a copy with another temperature, 0 to 2; {@code null} for the default of the model. */
  public ChatRequest withTemperature(Double temperature) {
    ChatRequest copy = changed();
    copy.temperature = temperature;
    return copy;
  }

  /**
   * Returns a copy with another nucleus of sampling, 0 to 1; {@code null} for the default of the
   * model.
   */
  public ChatRequest withTopP(Double topP) {
    ChatRequest copy = changed();
    copy.topP = topP;
    return copy;
  }

  /** Returns a copy with another limit of output tokens; {@code null} for that of the model. */
  public ChatRequest withMaxTokens(Integer maxTokens) {
    ChatRequest copy = copy();
    copy.maxTokens = maxTokens;
    return copy;
  }

  /** Returns a copy with other stop sequences, at most four. */
  public ChatRequest withStop(String... stop) {
    ChatRequest copy = changed();
    copy.stop = List.of(stop);
    return copy;
  }

  /** Returns a copy with another seed of sampling; {@code null} for none. */
  public ChatRequest withSeed(Long seed) {
    ChatRequest copy = changed();
    copy.seed = seed;
    return copy;
  }

  /** Returns this request with the wish that the text of its only message is continued. */
  public ChatRequest withContinuation(Continuation continuation) {
    ChatRequest copy = copy();
    copy.continuation = continuation;
    return copy;
  }

  /** Returns a copy with another response format, as in OpenAI's API; {@code null} for text. */
  public ChatRequest withResponseFormat(JsonObject responseFormat) {
    ChatRequest copy = changed();
    copy.responseFormat = responseFormat.copy();
    return copy;
  }

  @Override
  public ChatRequest withMetadata(Map<String, String> metadata) {
    ChatRequest copy = copy();
    copy.metadata = Map.copyOf(metadata);
    copy.checked = checked && Metadata.isValid(copy.metadata);
    return copy;
  }

  /** Returns a copy with another id of the end user; {@code null} for none. */
  public ChatRequest withUser(String user) {
    ChatRequest copy = changed();
    copy.user = user;
    return copy;
  }

  @Override
  public ChatRequest withRelay(RelayHints relay) {
    if (relay.equals(this.relay)) {
      return this;
    }
    ChatRequest copy = copy();
    copy.relay = relay;
    copy.checked = checked && relay.isValid();
    return copy;
  }

  @Override
  public ChatRequest withAffinity(String affinity) {
    ChatRequest copy = withRelay(relay.withAffinity(RelayHints.cutAffinity(affinity)));
    copy.checked = checked;
    return copy;
  }

  /**
   * Returns this request with these candidates, to be tried in order: {@code backend/model} or
   * {@code backend}.
   */
  public ChatRequest withCandidates(String... candidates) {
    return withRelay(relay.withCandidates(List.of(candidates)));
  }

  /** Returns this request with another commit point. */
  public ChatRequest withCommit(CommitPoint commit) {
    return withRelay(relay.withCommit(commit));
  }

  /** Returns the characters of all messages and tools together; the base of token estimates. */
  @Override
  public long characters() {
    if (characters < 0) {
      characters = RequestSize.characters(this);
    }
    return characters;
  }

  /** Returns the characters of the whole conversation. */
  @Override
  public long windowCharacters() {
    return characters();
  }

  /**
   * Passes on every text of the conversation, a string, so that quotations of it can be redacted.
   */
  @Override
  public void forEachText(Consumer<RawJson> to) {
    for (ChatMessage message : messages) {
      message.parts().forEach(part -> RequestSize.texts(part, to));
    }
    if (continuation != null && continuation.suffix() != null) {
      to.accept(RawJson.of(continuation.suffix()));
    }
  }

  private ChatRequest copy() {
    ChatRequest copy = new ChatRequest();
    copy.model = model;
    copy.messages = messages;
    copy.receivedMessages = receivedMessages;
    copy.tools = tools;
    copy.receivedTools = receivedTools;
    copy.toolChoice = toolChoice;
    copy.settings = settings;
    copy.unknown = unknown;
    copy.unknownPaths = unknownPaths;
    copy.features = features;
    copy.characters = characters;
    copy.temperature = temperature;
    copy.topP = topP;
    copy.maxTokens = maxTokens;
    copy.stop = stop;
    copy.seed = seed;
    copy.responseFormat = responseFormat;
    copy.continuation = continuation;
    copy.metadata = metadata;
    copy.user = user;
    copy.relay = relay;
    copy.received = received;
    return copy;
  }

  /** Returns a copy that will say something else than what was received. */
  private ChatRequest changed() {
    ChatRequest copy = copy();
    copy.received = null;
    return copy;
  }

  /** Omits the messages: a prompt must not be logged. */
  @Override
  public String toString() {
    return "ChatRequest[model=" + model + ", messages=" + messages.size() + "]";
  }
}
