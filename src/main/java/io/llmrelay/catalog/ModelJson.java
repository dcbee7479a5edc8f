package io.llmrelay.catalog;

import io.llmrelay.catalog.Model.Status;
import io.llmrelay.catalog.Price.Tier;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;

/** A reader of {@link Model}s; every error message begins with the key it concerns. */
final class ModelJson {
  /** The last three document the source of an entry and are not read. */
  private static final Set<String> KEYS =
      Set.of(
          "id",
          "provider",
          "context-window",
          "max-output",
          "price",
          "capabilities",
          "status",
          "shutdown",
          "replacement",
          "source",
          "as-of",
          "note");

  private static final Set<String> PRICE_KEYS =
      Set.of("input", "output", "cached-input", "cache-write", "tiers");

  private static final Set<String> TIER_KEYS =
      Set.of("from-input-tokens", "from", "input", "output", "cached-input");

  private ModelJson() {}

  static Model read(JsonObject json) {
    onlyKeys(json, KEYS, "");
    return new Model(
        string(json, "", "provider"),
        required("id", string(json, "", "id")),
        tokens(json, "", "context-window"),
        tokens(json, "", "max-output"),
        price(json),
        capabilities(json),
        json.getValue("status") == null ? Status.CURRENT : status(string(json, "", "status")),
        date(json, "", "shutdown"),
        string(json, "", "replacement"));
  }

  private static Price price(JsonObject json) {
    Object value = json.getValue("price");
    if (value == null) {
      return null;
    }
    if (!(value instanceof JsonObject price)) {
      throw invalid("price", "must be an object with input, output, cached-input and cache-write");
    }
    onlyKeys(price, PRICE_KEYS, "price.");
    return new Price(
        required("price.input", dollars(price, "price.", "input")),
        required("price.output", dollars(price, "price.", "output")),
        dollars(price, "price.", "cached-input"),
        dollars(price, "price.", "cache-write"),
        tiers(price));
  }

  private static List<Tier> tiers(JsonObject price) {
    Object value = price.getValue("tiers");
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof JsonArray array)) {
      throw invalid("price.tiers", "must be a list");
    }
    List<Tier> tiers = new ArrayList<>();
    for (Object entry : array) {
      String path = "price.tiers[" + tiers.size() + "]";
      if (!(entry instanceof JsonObject tier)) {
        throw invalid(path, "must be an object");
      }
      tiers.add(tier(tier, path + "."));
    }
    return tiers;
  }

  private static Tier tier(JsonObject tier, String path) {
    onlyKeys(tier, TIER_KEYS, path);
    Integer length = tokens(tier, path, "from-input-tokens");
    LocalDate from = date(tier, path, "from");
    if (length == null && from == null) {
      throw invalid(path + "from-input-tokens", "or from must say where the tier begins");
    }
    return new Tier(
        length == null ? 0 : length,
        from,
        required(path + "input", dollars(tier, path, "input")),
        required(path + "output", dollars(tier, path, "output")),
        dollars(tier, path, "cached-input"));
  }

  private static Set<Capability> capabilities(JsonObject json) {
    Object value = json.getValue("capabilities");
    if (value == null) {
      return Set.of();
    }
    if (!(value instanceof JsonArray array)) {
      throw invalid("capabilities", "must be a list");
    }
    Set<Capability> capabilities = EnumSet.noneOf(Capability.class);
    for (Object entry : array) {
      capabilities.add(oneOf("capabilities", entry, Capability.values(), Capability::code));
    }
    return capabilities;
  }

  private static Status status(String code) {
    return oneOf("status", code, Status.values(), status -> status.name().toLowerCase(Locale.ROOT));
  }

  private static <T> T oneOf(String key, Object value, T[] all, Function<T, String> code) {
    for (T candidate : all) {
      if (code.apply(candidate).equals(value)) {
        return candidate;
      }
    }
    throw invalid(key, "must be one of " + Arrays.stream(all).map(code).toList());
  }

  private static String string(JsonObject json, String path, String key) {
    Object value = json.getValue(key);
    if (value == null || (value instanceof String s && !s.isBlank())) {
      return (String) value;
    }
    throw invalid(path + key, "must be a string that is not empty");
  }

  private static Integer tokens(JsonObject json, String path, String key) {
    Object value = json.getValue(key);
    if (value == null || (value instanceof Integer i && i > 0)) {
      return (Integer) value;
    }
    throw invalid(path + key, "must be a whole number of tokens, at least 1");
  }

  private static Double dollars(JsonObject price, String path, String key) {
    Object value = price.getValue(key);
    if (value == null) {
      return null;
    }
    if (value instanceof Number n && n.doubleValue() >= 0 && Double.isFinite(n.doubleValue())) {
      return n.doubleValue();
    }
    throw invalid(path + key, "must be US dollars per million tokens, at least 0");
  }

  private static LocalDate date(JsonObject json, String path, String key) {
    String value = string(json, path, key);
    try {
      return value == null ? null : LocalDate.parse(value);
    } catch (DateTimeParseException e) {
      throw invalid(path + key, "must be a date such as 2026-12-31");
    }
  }

  private static <T> T required(String key, T value) {
    if (value == null) {
      throw invalid(key, "is missing");
    }
    return value;
  }

  private static void onlyKeys(JsonObject json, Set<String> allowed, String prefix) {
    for (String key : json.fieldNames()) {
      if (!allowed.contains(key)) {
        throw invalid(
            prefix + key, "is unknown; allowed are " + allowed.stream().sorted().toList());
      }
    }
  }

  private static IllegalArgumentException invalid(String key, String message) {
    return new IllegalArgumentException(key + " " + message);
  }
}
