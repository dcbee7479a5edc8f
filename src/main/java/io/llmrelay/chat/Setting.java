package io.llmrelay.chat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * An optional field of a request that only some dialects have, named as in OpenAI's API or its most
 * common extension. A neutral value, which has no effect, counts as absent.
 */
public enum Setting {
  /** A number, -2 to 2. */
  FREQUENCY_PENALTY(Setting::penalty, Setting::zero),
  /** A number, -2 to 2. */
  PRESENCE_PENALTY(Setting::penalty, Setting::zero),
  /** An object of biases by token. */
  LOGIT_BIAS(Setting::object, Setting::empty),
  /** Whether the answer has log probabilities of its tokens. */
  LOGPROBS(Setting::flag, Boolean.FALSE::equals),
  /** The number of alternatives for each token, 0 to 20. */
  TOP_LOGPROBS(value -> integer(value, 0, 20), Setting::zero),
  /** The number of tokens to sample from. */
  TOP_K(value -> integer(value, -1, Integer.MAX_VALUE), value -> ((Number) value).longValue() <= 0),
  /** The least probability of a token, relative to the most likely one. */
  MIN_P(value -> number(value, 0, 1), Setting::zero),
  /** Whether one answer may have several tool calls. */
  PARALLEL_TOOL_CALLS(Setting::flag, Boolean.TRUE::equals),
  /** How much the model reasons: {@code low}, {@code medium}, {@code high} and others. */
  REASONING_EFFORT(Setting::string, Setting::empty),
  /** OpenRouter's object: {@code effort}, {@code max_tokens}, {@code exclude}, {@code enabled}. */
  REASONING(Setting::object, Setting::empty),
  /** Anthropic's object: {@code type}, {@code budget_tokens}. */
  THINKING(Setting::object, Setting::empty),
  /** How long the answer is: {@code low}, {@code medium}, {@code high}. */
  VERBOSITY(Setting::string, Setting::empty),
  /** The provider's tier of latency and price. */
  SERVICE_TIER(Setting::string, Setting::empty),
  /** Whether the provider stores the answer. */
  STORE(Setting::flag, Boolean.FALSE::equals),
  /** What requests with one cached prefix have in common. */
  PROMPT_CACHE_KEY(Setting::string, Setting::empty),
  /** How long the prefix stays cached, such as {@code 24h}. */
  PROMPT_CACHE_RETENTION(Setting::string, Setting::empty),
  /** A stable id of the end user, to detect misuse. */
  SAFETY_IDENTIFIER(Setting::string, Setting::empty),
  /** Content that the answer is expected to have. */
  PREDICTION(Setting::object, Setting::empty),
  /** The kinds of output: {@code text}, {@code image}. */
  MODALITIES(Setting::modalities, value -> !((JsonArray) value).contains("image")),
  /** An object that lets the model search the web. */
  WEB_SEARCH_OPTIONS(Setting::object, value -> false);

  private static final Map<String, Setting> BY_NAME =
      Arrays.stream(values()).collect(Collectors.toMap(Setting::field, setting -> setting));

  private static final Set<Object> MODALITIES_OF_ANSWERS = Set.of("text", "image");

  private final Function<Object, String> check;
  private final Predicate<Object> neutral;

  Setting(Function<Object, String> check, Predicate<Object> neutral) {
    this.check = check;
    this.neutral = neutral;
  }

  /** Returns the setting with this field name, or {@code null}. */
  static Setting of(String field) {
    return BY_NAME.get(field);
  }

  /** Returns the name of the field, such as {@code top_k}. */
  public String field() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Returns the message for an invalid value, such as "must be a string"; {@code null} if valid.
   */
  String problem(Object value) {
    return check.apply(value);
  }

  /** Returns whether a valid value has no effect. */
  boolean isNeutral(Object value) {
    return neutral.test(value);
  }

  private static String penalty(Object value) {
    return number(value, -2, 2);
  }

  private static String number(Object value, double min, double max) {
    return value instanceof Number n && n.doubleValue() >= min && n.doubleValue() <= max
        ? null
        : "must be a number from " + FieldReader.plain(min) + " to " + FieldReader.plain(max);
  }

  private static String integer(Object value, int min, int max) {
    return value instanceof Integer n && n >= min && n <= max
        ? null
        : "must be an integer from " + min + (max == Integer.MAX_VALUE ? "" : " to " + max);
  }

  private static String flag(Object value) {
    return value instanceof Boolean ? null : "must be true or false";
  }

  private static String string(Object value) {
    return value instanceof String ? null : "must be a string";
  }

  private static String object(Object value) {
    return value instanceof JsonObject ? null : "must be an object";
  }

  private static String modalities(Object value) {
    return value instanceof JsonArray array
            && array.stream().allMatch(MODALITIES_OF_ANSWERS::contains)
        ? null
        : "must be an array of \"text\" and \"image\"; others are not supported yet";
  }

  private static boolean zero(Object value) {
    return ((Number) value).doubleValue() == 0;
  }

  private static boolean empty(Object value) {
    return value instanceof JsonObject object ? object.isEmpty() : value.equals("");
  }
}
