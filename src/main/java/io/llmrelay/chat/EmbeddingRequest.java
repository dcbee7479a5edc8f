package io.llmrelay.chat;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Consumer;

/**
 * A request for the embeddings of texts: OpenAI's fields, {@code input_type}, and {@link
 * RelayHints} for the relay itself.
 *
 * <p>Immutable; the {@code with…} methods return a changed copy. A field that this version does not
 * know is kept as {@linkplain #unknown() unknown}.
 *
 * <pre>{@code
 * EmbeddingRequest.of("first text", "second text").withModel("text-embedding-3-small")
 * }</pre>
 */
public final class EmbeddingRequest implements LlmRequest {
  /** The most inputs of a request. */
  public static final int MAX_INPUTS = 2048;

  /** The form in which vectors are written in JSON. */
  public enum Encoding {
    /** An array of numbers. */
    FLOAT,
    /** A string: the floats (32 bits, little-endian) in base64. */
    BASE64
  }

  private String model;
  private List<RawJson> inputs = List.of();

  /** The inputs as they were received; {@code null} if they were built in code. */
  private RawJson receivedInputs;

  private Integer dimensions;
  private Encoding encoding = Encoding.FLOAT;
  private String inputType;
  private String user;
  private Map<String, RawJson> unknown = Map.of();
  private Map<String, String> metadata = Map.of();
  private RelayHints relay = RelayHints.NONE;

  /** The characters of all inputs and of the longest one. */
  private long characters;

  private long longest;

  /** Whether there are inputs that are tokens. */
  private boolean tokens;

  /** Whether every field is known to be in order. */
  private boolean checked;

  private EmbeddingRequest() {}

  /** Creates a request with these texts and everything else as configured. */
  public static EmbeddingRequest of(String... inputs) {
    return of(Arrays.asList(inputs));
  }

  /** Creates a request with these texts and everything else as configured. */
  public static EmbeddingRequest of(List<String> inputs) {
    EmbeddingRequest request = new EmbeddingRequest();
    request.setInputs(inputs.stream().map(RawJson::of).toList());
    return request;
  }

  /**
   * Reads and checks a request.
   *
   * @throws LlmException of kind {@link FailureKind#INVALID_REQUEST}, naming the field
   */
  public static EmbeddingRequest fromJson(JsonObject json) {
    return read(json.toBuffer().getBytes(), (field, value) -> false);
  }

  /**
   * Reads and checks a request with fields that are the caller's own.
   *
   * @param body becomes part of the request, and must not be changed afterwards
   * @param own takes a top-level field that is not part of a request; returns false if it is not
   *     the caller's either
   * @throws DecodeException if the body is not a JSON object; the message does not quote the body
   * @throws LlmException of kind {@link FailureKind#INVALID_REQUEST}, naming the field
   */
  public static EmbeddingRequest read(byte[] body, BiPredicate<String, RawJson> own) {
    return of(EmbeddingReader.read(body, own));
  }

  private static EmbeddingRequest of(EmbeddingReader read) {
    FieldReader in = new FieldReader(read.plain, "");
    EmbeddingRequest request = new EmbeddingRequest();
    if (read.inputs == null || read.inputs.isEmpty()) {
      throw in.invalid("input", "must be a text, or an array with at least one");
    }
    if (read.inputs.size() > MAX_INPUTS) {
      throw in.invalid("input", "must have at most " + MAX_INPUTS + " entries");
    }
    request.setInputs(read.inputs);
    request.receivedInputs = read.receivedInputs;
    request.unknown = Collections.unmodifiableMap(read.unknown);
    request.model = in.model();
    request.dimensions = in.integer("dimensions", 1, 100_000);
    request.encoding = encoding(in);
    request.inputType = in.string("input_type");
    String user = in.string("user");
    request.user = user == null || user.isEmpty() ? null : user;
    request.metadata = Metadata.read(in);
    request.relay = RelayHints.fromJson(in.json("relay"));
    request.checked = true;
    return request;
  }

  private static Encoding encoding(FieldReader in) {
    String name = in.string("encoding_format");
    if (name == null || name.equals("float")) {
      return Encoding.FLOAT;
    }
    if (name.equals("base64")) {
      return Encoding.BASE64;
    }
    throw in.invalid("encoding_format", "must be float or base64");
  }

  private void setInputs(List<RawJson> all) {
    inputs = List.copyOf(all);
    for (RawJson input : inputs) {
      long length = input.characters();
      if (!input.isString()) {
        tokens = true;
        length = (long) input.elements().size() * TokenUsage.CHARACTERS_PER_TOKEN;
      }
      characters += length;
      longest = Math.max(longest, length);
    }
  }

  @Override
  public EmbeddingRequest checked() {
    return checked ? this : fromJson(toJson());
  }

  @Override
  public EmbeddingRequest forCandidate(String candidate, Timeouts timeouts) {
    EmbeddingRequest copy = copy();
    copy.model = candidate;
    copy.relay = new RelayHints(null, null, timeouts, null, null);
    copy.checked = checked;
    return copy;
  }

  @Override
  public JsonObject toJson() {
    return new JsonObject().put("input", values()).mergeIn(fields());
  }

  @Override
  public Buffer toBuffer() {
    Buffer fields = fields().toBuffer();
    BodyBuilder body = new BodyBuilder().append("{\"input\":");
    input().appendTo(body);
    if (fields.length() > 2) {
      body.append(",").append(fields.slice(1, fields.length() - 1));
    }
    return body.append("}").toBuffer();
  }

  /** Returns the input in OpenAI's form: the bytes that were received, if any. */
  public RawJson input() {
    return receivedInputs == null ? RawJson.of(values()) : receivedInputs;
  }

  private JsonArray values() {
    JsonArray values = new JsonArray();
    inputs.forEach(input -> values.add(input.value()));
    return values;
  }

  private JsonObject fields() {
    JsonObject json = new JsonObject();
    put(json, "model", model);
    put(json, "dimensions", dimensions);
    put(json, "encoding_format", encoding == Encoding.BASE64 ? "base64" : null);
    put(json, "input_type", inputType);
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

  @Override
  public String model() {
    return model;
  }

  /** Returns the inputs in order: strings, or arrays of tokens. */
  public List<RawJson> inputs() {
    return inputs;
  }

  /** Returns the length of the vectors; {@code null} for the model's own. */
  public Integer dimensions() {
    return dimensions;
  }

  /** Returns the form in which a reply in JSON has the vectors. */
  public Encoding encoding() {
    return encoding;
  }

  /** Returns what the texts are used for, such as {@code search_query}; {@code null} if unknown. */
  public String inputType() {
    return inputType;
  }

  /** Returns the end user's id for the provider's abuse detection, or {@code null}. */
  public String user() {
    return user;
  }

  /** Returns the top-level fields that this version does not know. */
  public Map<String, RawJson> unknown() {
    return unknown;
  }

  @Override
  public List<String> unknownPaths() {
    return List.copyOf(unknown.keySet());
  }

  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public RelayHints relay() {
    return relay;
  }

  /** Returns 0: an answer has no tokens. */
  @Override
  public Integer maxTokens() {
    return 0;
  }

  @Override
  public Set<RequestFeature> features() {
    Set<RequestFeature> features = EnumSet.of(RequestFeature.EMBEDDINGS);
    if (dimensions != null) {
      features.add(RequestFeature.DIMENSIONS);
    }
    if (tokens) {
      features.add(RequestFeature.TOKENS);
    }
    return features;
  }

  @Override
  public long characters() {
    return characters;
  }

  /** Returns the characters of the longest input. */
  @Override
  public long windowCharacters() {
    return longest;
  }

  @Override
  public long size() {
    return receivedInputs == null ? characters : receivedInputs.sourceLength();
  }

  @Override
  public void forEachText(Consumer<RawJson> to) {
    inputs.stream().filter(RawJson::isString).forEach(to);
  }

  @Override
  public EmbeddingRequest withModel(String model) {
    EmbeddingRequest copy = copy();
    copy.model = model;
    return copy;
  }

  /**
   * Returns a copy with another length of the vectors; {@code null} for the default of the model.
   */
  public EmbeddingRequest withDimensions(Integer dimensions) {
    EmbeddingRequest copy = copy();
    copy.dimensions = dimensions;
    return copy;
  }

  /** Returns a copy with another encoding of the vectors in JSON. */
  public EmbeddingRequest withEncoding(Encoding encoding) {
    EmbeddingRequest copy = copy();
    copy.encoding = Objects.requireNonNull(encoding);
    return copy;
  }

  /** Returns this request with what the texts are used for, such as {@code search_query}. */
  public EmbeddingRequest withInputType(String inputType) {
    EmbeddingRequest copy = copy();
    copy.inputType = inputType;
    return copy;
  }

  /** Returns a copy with another id of the end user; {@code null} for none. */
  public EmbeddingRequest withUser(String user) {
    EmbeddingRequest copy = copy();
    copy.user = user;
    return copy;
  }

  @Override
  public EmbeddingRequest withMetadata(Map<String, String> metadata) {
    EmbeddingRequest copy = copy();
    copy.metadata = Map.copyOf(metadata);
    copy.checked = checked && Metadata.isValid(copy.metadata);
    return copy;
  }

  @Override
  public EmbeddingRequest withRelay(RelayHints relay) {
    EmbeddingRequest copy = copy();
    copy.relay = Objects.requireNonNull(relay);
    copy.checked = checked && relay.isValid();
    return copy;
  }

  @Override
  public EmbeddingRequest withAffinity(String affinity) {
    return withRelay(relay.withAffinity(RelayHints.cutAffinity(affinity)));
  }

  /**
   * Returns this request with candidates to try in this order. Those of another model than the
   * first are left out.
   */
  public EmbeddingRequest withCandidates(String... candidates) {
    return withRelay(relay.withCandidates(List.of(candidates)));
  }

  private EmbeddingRequest copy() {
    EmbeddingRequest copy = new EmbeddingRequest();
    copy.model = model;
    copy.inputs = inputs;
    copy.receivedInputs = receivedInputs;
    copy.dimensions = dimensions;
    copy.encoding = encoding;
    copy.inputType = inputType;
    copy.user = user;
    copy.unknown = unknown;
    copy.metadata = metadata;
    copy.relay = relay;
    copy.characters = characters;
    copy.longest = longest;
    copy.tokens = tokens;
    return copy;
  }

  /** Leaves the inputs out: they never reach a log. */
  @Override
  public String toString() {
    return "EmbeddingRequest[model=" + model + ", inputs=" + inputs.size() + "]";
  }
}
