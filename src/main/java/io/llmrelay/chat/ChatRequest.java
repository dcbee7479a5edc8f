package io.llmrelay.chat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What is asked: OpenAI's chat-completion fields, plus {@link RelayHints} for what is ours.
 *
 * <p>Immutable; the {@code with…} methods return a changed copy.
 *
 * <pre>{@code
 * ChatRequest.of(ChatMessage.user("Why is the sky blue?")).withModel("gpt-4o-mini").withMaxTokens(300)
 * }</pre>
 *
 * <p>Supported: {@code model}, {@code messages} (system, developer, user, assistant; text), {@code
 * temperature}, {@code top_p}, {@code max_tokens} (or {@code max_completion_tokens}), {@code stop},
 * {@code seed}, {@code response_format}, {@code metadata}, {@code user}, {@code n} = 1 and {@code
 * relay}. Tools, images, audio and every other field are not supported yet and are refused with the
 * field's name rather than dropped.
 */
public final class ChatRequest {
  /** Longest model, in characters: what is remembered of one is remembered by its name. */
  private static final int MAX_MODEL = 300;

  /** What the metadata labels that a gateway adds begin with. */
  public static final String OWN_LABELS = "relay.";

  /** The metadata label with the name of the gateway key that a request came with. */
  public static final String CONSUMER = "relay.consumer";

  /** The metadata label with the id by which the caller of a gateway knows the request. */
  public static final String REQUEST_ID = "relay.request_id";

  private static final int MAX_STOP = 4;
  private static final int MAX_METADATA = 16;
  private static final int MAX_METADATA_KEY = 64;
  private static final int MAX_METADATA_VALUE = 512;

  private String model;
  private List<ChatMessage> messages;
  private Double temperature;
  private Double topP;
  private Integer maxTokens;
  private List<String> stop;
  private Long seed;
  private JsonObject responseFormat;
  private Map<String, String> metadata = Map.of();
  private String user;
  private RelayHints relay = RelayHints.NONE;

  /** Whether every field is known to be in order. */
  private boolean checked;

  private ChatRequest() {}

  /** A request with these messages and everything else as configured. */
  public static ChatRequest of(ChatMessage... messages) {
    return of(List.of(messages));
  }

  /** A request with these messages and everything else as configured. */
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
    FieldReader in = new FieldReader(json, "");
    ChatRequest request = new ChatRequest();
    request.model = in.string("model");
    if (request.model != null && request.model.isBlank()) {
      throw in.invalid("model", "must not be empty; leave it out for the default model");
    }
    if (request.model != null && request.model.length() > MAX_MODEL) {
      throw in.invalid("model", "must have at most " + MAX_MODEL + " characters");
    }
    request.messages = messages(in);
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
    request.metadata = metadata(in);
    request.user = in.string("user");
    Object n = in.value("n");
    if (n != null && !n.equals(1)) {
      throw in.invalid("n", "other than 1 is not supported yet");
    }
    FieldReader relay = in.object("relay");
    request.relay =
        relay == null ? RelayHints.NONE : RelayHints.fromJson(json.getJsonObject("relay"));
    in.nothingElse();
    request.checked = true;
    return request;
  }

  /**
   * This request, in order: with values that {@link #fromJson} would accept. Costs nothing where it
   * was read from JSON and not changed since; does not look at the text of the messages.
   *
   * @throws LlmException of kind {@link FailureKind#INVALID_REQUEST}, naming the field
   */
  public ChatRequest checked() {
    if (checked) {
      return this;
    }
    JsonArray first = new JsonArray();
    for (int i = 0; i < messages.size(); i++) {
      ChatMessage message = messages.get(i);
      if (message.parts().isEmpty()) {
        String field = "messages[" + i + "].content";
        throw Failure.invalid(field, field + " must have at least one part").toException();
      }
      if (i == 0) {
        first.add(new ChatMessage(message.role(), List.of("")).toJson());
      }
    }
    ChatRequest request = fromJson(toJson(first));
    request.messages = messages;
    return request;
  }

  /**
   * This request for one model of one backend, which was chosen for it; still in order where it
   * was.
   *
   * @param timeouts what holds for this one attempt
   */
  public ChatRequest forCandidate(String candidate, Timeouts timeouts) {
    ChatRequest copy = copy();
    copy.model = candidate;
    copy.relay = new RelayHints(null, null, timeouts, null, null);
    copy.checked = checked;
    return copy;
  }

  private static List<String> stop(FieldReader in) {
    Object value = in.value("stop");
    if (value instanceof String s && !s.isEmpty()) {
      return List.of(s);
    }
    if (value != null && !(value instanceof JsonArray)) {
      throw in.invalid("stop", "must be a string or an array of at most " + MAX_STOP + " strings");
    }
    return in.strings("stop", MAX_STOP);
  }

  private static List<ChatMessage> messages(FieldReader in) {
    JsonArray array = in.array("messages");
    if (array == null || array.isEmpty()) {
      throw in.invalid("messages", "must be an array with at least one message");
    }
    List<ChatMessage> messages = new ArrayList<>(array.size());
    for (int i = 0; i < array.size(); i++) {
      if (!(array.getValue(i) instanceof JsonObject message)) {
        throw in.invalid("messages[" + i + "]", "must be an object");
      }
      messages.add(message(new FieldReader(message, "messages[" + i + "].")));
    }
    return List.copyOf(messages);
  }

  private static ChatMessage message(FieldReader in) {
    String name = in.string("role");
    ChatMessage.Role role =
        switch (name == null ? "" : name) {
          case "system", "developer" -> ChatMessage.Role.SYSTEM;
          case "user" -> ChatMessage.Role.USER;
          case "assistant" -> ChatMessage.Role.ASSISTANT;
          case "tool", "function" ->
              throw in.invalid("role", "\"" + name + "\" is not supported yet");
          default -> throw in.invalid("role", "must be system, developer, user or assistant");
        };
    List<String> parts =
        in.value("content") instanceof JsonArray array ? parts(in, array) : List.of(text(in));
    in.nothingElse();
    return new ChatMessage(role, parts);
  }

  private static String text(FieldReader in) {
    if (in.value("content") instanceof String content) {
      return content;
    }
    throw in.invalid("content", "must be a string or an array of text parts");
  }

  private static List<String> parts(FieldReader in, JsonArray array) {
    if (array.isEmpty()) {
      throw in.invalid("content", "must have at least one part");
    }
    List<String> parts = new ArrayList<>(array.size());
    for (int i = 0; i < array.size(); i++) {
      String at = "content[" + i + "]";
      if (!(array.getValue(i) instanceof JsonObject part)) {
        throw in.invalid(at, "must be an object");
      }
      if (!"text".equals(part.getValue("type"))) {
        throw in.invalid(at + ".type", "other than \"text\" is not supported yet");
      }
      if (!(part.getValue("text") instanceof String text)) {
        throw in.invalid(at + ".text", "must be a string");
      }
      for (String key : part.fieldNames()) {
        if (!key.equals("type") && !key.equals("text")) {
          throw in.invalid(at + "." + FieldReader.shown(key), "is not supported yet");
        }
      }
      parts.add(text);
    }
    return parts;
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

  private static Map<String, String> metadata(FieldReader in) {
    Object value = in.value("metadata");
    if (value == null) {
      return Map.of();
    }
    if (!(value instanceof JsonObject json)) {
      throw in.invalid("metadata", "must be an object");
    }
    long own = List.of(CONSUMER, REQUEST_ID).stream().filter(json::containsKey).count();
    if (json.size() - own > MAX_METADATA) {
      throw in.invalid("metadata", "must have at most " + MAX_METADATA + " keys");
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    for (Map.Entry<String, Object> entry : json) {
      if (entry.getKey().length() > MAX_METADATA_KEY) {
        throw in.invalid(
            "metadata", "must have keys of at most " + MAX_METADATA_KEY + " characters");
      }
      if (!(entry.getValue() instanceof String s) || s.length() > MAX_METADATA_VALUE) {
        throw in.invalid(
            "metadata." + FieldReader.shown(entry.getKey()),
            "must be a string of at most " + MAX_METADATA_VALUE + " characters");
      }
      metadata.put(entry.getKey(), s);
    }
    return Map.copyOf(metadata);
  }

  /** OpenAI's form; {@link #fromJson} reads it back. */
  public JsonObject toJson() {
    JsonArray array = new JsonArray();
    messages.forEach(message -> array.add(message.toJson()));
    return toJson(array);
  }

  private JsonObject toJson(JsonArray messages) {
    JsonObject json = new JsonObject();
    put(json, "model", model);
    json.put("messages", messages);
    put(json, "temperature", temperature);
    put(json, "top_p", topP);
    put(json, "max_tokens", maxTokens);
    put(json, "stop", stop == null ? null : new JsonArray(stop));
    put(json, "seed", seed);
    put(json, "response_format", responseFormat == null ? null : responseFormat.copy());
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
   * A model id, an alias, or {@code backend/model}; {@code null} is the default backend's default.
   */
  public String model() {
    return model;
  }

  public List<ChatMessage> messages() {
    return messages;
  }

  /** 0 to 2, or {@code null}. */
  public Double temperature() {
    return temperature;
  }

  /** 0 to 1, or {@code null}. */
  public Double topP() {
    return topP;
  }

  /** Most tokens of the answer, or {@code null}. */
  public Integer maxTokens() {
    return maxTokens;
  }

  /** Up to four texts that end the answer, or {@code null}. */
  public List<String> stop() {
    return stop;
  }

  public Long seed() {
    return seed;
  }

  /** OpenAI's object, or {@code null}. */
  public JsonObject responseFormat() {
    return responseFormat == null ? null : responseFormat.copy();
  }

  /** Whether the answer is to be anything else than text. */
  public boolean wantsFormat() {
    return responseFormat != null && !"text".equals(responseFormat.getValue("type"));
  }

  /** The JSON schema of the answer, or {@code null}. */
  public Object schema() {
    return responseFormat != null && responseFormat.getValue("json_schema") instanceof JsonObject of
        ? of.copy().getValue("schema")
        : null;
  }

  /** Labels for hooks and events; never sent to a backend. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** The end user's id for the provider's abuse detection, or {@code null}. */
  public String user() {
    return user;
  }

  public RelayHints relay() {
    return relay;
  }

  public ChatRequest withModel(String model) {
    ChatRequest copy = copy();
    copy.model = model;
    return copy;
  }

  public ChatRequest withTemperature(Double temperature) {
    ChatRequest copy = copy();
    copy.temperature = temperature;
    return copy;
  }

  public ChatRequest withTopP(Double topP) {
    ChatRequest copy = copy();
    copy.topP = topP;
    return copy;
  }

  public ChatRequest withMaxTokens(Integer maxTokens) {
    ChatRequest copy = copy();
    copy.maxTokens = maxTokens;
    return copy;
  }

  public ChatRequest withStop(String... stop) {
    ChatRequest copy = copy();
    copy.stop = List.of(stop);
    return copy;
  }

  public ChatRequest withSeed(Long seed) {
    ChatRequest copy = copy();
    copy.seed = seed;
    return copy;
  }

  public ChatRequest withResponseFormat(JsonObject responseFormat) {
    ChatRequest copy = copy();
    copy.responseFormat = responseFormat.copy();
    return copy;
  }

  public ChatRequest withMetadata(Map<String, String> metadata) {
    ChatRequest copy = copy();
    copy.metadata = Map.copyOf(metadata);
    return copy;
  }

  public ChatRequest withUser(String user) {
    ChatRequest copy = copy();
    copy.user = user;
    return copy;
  }

  public ChatRequest withRelay(RelayHints relay) {
    ChatRequest copy = copy();
    copy.relay = Objects.requireNonNull(relay);
    return copy;
  }

  /**
   * This request, with candidates to try in this order: {@code backend/model} or {@code backend}.
   */
  public ChatRequest withCandidates(String... candidates) {
    return withRelay(
        new RelayHints(
            List.of(candidates),
            relay.commit(),
            relay.timeouts(),
            relay.maxRetries(),
            relay.prefer()));
  }

  /** This request, with another commit point. */
  public ChatRequest withCommit(CommitPoint commit) {
    return withRelay(
        new RelayHints(
            relay.candidates(), commit, relay.timeouts(), relay.maxRetries(), relay.prefer()));
  }

  /** Characters of all messages together; the base of token estimates. */
  public long characters() {
    long characters = 0;
    for (ChatMessage message : messages) {
      for (String part : message.parts()) {
        characters += part.length();
      }
    }
    return characters;
  }

  private ChatRequest copy() {
    ChatRequest copy = new ChatRequest();
    copy.model = model;
    copy.messages = messages;
    copy.temperature = temperature;
    copy.topP = topP;
    copy.maxTokens = maxTokens;
    copy.stop = stop;
    copy.seed = seed;
    copy.responseFormat = responseFormat;
    copy.metadata = metadata;
    copy.user = user;
    copy.relay = relay;
    return copy;
  }

  /** Leaves the messages out: a prompt never reaches a log. */
  @Override
  public String toString() {
    return "ChatRequest[model=" + model + ", messages=" + messages.size() + "]";
  }
}
