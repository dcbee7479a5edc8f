package io.llmrelay.provider;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Setting;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.UnknownFields;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Tracks which optional fields of a request a dialect has translated, so that the others are named
 * in a warning and none is dropped silently.
 */
public final class Translation {
  private static final String IMAGES = "messages[].images";

  private final ChatRequest request;
  private final Set<Setting> settings = EnumSet.noneOf(Setting.class);
  private final List<String> warnings = new ArrayList<>();
  private final Set<String> leftOut = new LinkedHashSet<>();
  private final Set<String> unknown = new LinkedHashSet<>();
  private boolean seed;
  private boolean user;

  /** Begins a translation, with nothing translated. */
  public Translation(ChatRequest request) {
    this.request = request;
    settings.addAll(request.settings().keySet());
    seed = request.seed() != null;
    user = request.user() != null;
    if (request.messages().stream().anyMatch(message -> !message.images().isEmpty())) {
      leftOut.add(IMAGES);
    }
    unknown.addAll(request.unknownPaths());
    if (request.received() != null) {
      leftOut.addAll(request.received().untranslated().omissible());
    }
  }

  /** Returns the value of a setting, which counts as translated; {@code null} if it is absent. */
  public Object take(Setting setting) {
    settings.remove(setting);
    return request.setting(setting);
  }

  /** Puts the value of a setting into a body, under the dialect's name for it. */
  public void put(JsonObject body, String key, Setting setting) {
    Object value = take(setting);
    if (value != null) {
      body.put(key, value);
    }
  }

  /** Returns the seed, which counts as translated; {@code null} if it is absent. */
  public Long seed() {
    seed = false;
    return request.seed();
  }

  /** Returns the user, which counts as translated; {@code null} if it is absent. */
  public String user() {
    user = false;
    return request.user();
  }

  /** Records that the images of earlier answers are translated. */
  public void answerImages() {
    leftOut.remove(IMAGES);
  }

  /** Returns the temperature, limited to a dialect's maximum; {@code null} if it is absent. */
  public Double temperature(double max) {
    return limited("temperature", request.temperature(), 0, max);
  }

  /** Returns {@code top_p}, limited to a dialect's range; {@code null} if it is absent. */
  public Double topP(double min, double max) {
    return limited("top_p", request.topP(), min, max);
  }

  /**
   * Returns the value of a numeric setting, limited to a dialect's range, which counts as
   * translated; {@code null} if it is absent.
   */
  public Number limited(Setting setting, double min, double max) {
    Number value = (Number) take(setting);
    if (value == null || value.doubleValue() >= min && value.doubleValue() <= max) {
      return value;
    }
    double bound = value.doubleValue() < min ? min : max;
    Number limit = value instanceof Integer ? (Number) (int) bound : (Number) bound;
    warn(setting.field() + " " + value + " was limited to " + limit);
    return limit;
  }

  private Double limited(String field, Double value, double min, double max) {
    if (value == null || value >= min && value <= max) {
      return value;
    }
    double limit = value < min ? min : max;
    warn(field + " " + value + " was limited to " + limit);
    return limit;
  }

  /** Records that all unknown fields were forwarded. */
  public void unknownForwarded() {
    unknown.clear();
  }

  /**
   * Puts the unknown fields at the top level of the request into a body, if the backend is
   * configured to receive them and the body does not have them yet. Nested ones count as left out.
   */
  public void forwardUnknown(JsonObject body, BackendOptions options) {
    if (options.getUnknownFields() != UnknownFields.FORWARD) {
      return;
    }
    request
        .unknown()
        .forEach(
            (field, value) -> {
              if (!body.containsKey(field)) {
                body.put(field, value.value());
                unknown.remove(field);
              }
            });
  }

  /** Records a field that the dialect lacks, to be named in the warning. */
  public void leftOut(String field) {
    leftOut.add(field);
  }

  /** Adds a warning. */
  public void warn(String warning) {
    warnings.add(warning);
  }

  /** Returns the warnings without the fields that were not translated. */
  public List<String> changes() {
    return List.copyOf(warnings);
  }

  /** Returns the warnings, the last of which names all fields that were not translated. */
  public List<String> warnings() {
    List<String> fields = new ArrayList<>();
    settings.forEach(setting -> fields.add(setting.field()));
    if (seed) {
      fields.add("seed");
    }
    if (user) {
      fields.add("user");
    }
    fields.addAll(leftOut);
    fields.addAll(unknown);
    List<String> all = new ArrayList<>(warnings);
    if (!fields.isEmpty()) {
      all.add(String.join(", ", fields) + (fields.size() == 1 ? " was" : " were") + " left out");
    }
    return all;
  }
}
