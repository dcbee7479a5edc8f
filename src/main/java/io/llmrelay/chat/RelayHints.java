package io.llmrelay.chat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The {@code relay} object of a request: settings that override the configuration for this request.
 * A {@code null} (or an unset timeout) leaves a setting as configured.
 *
 * @param candidates {@code backend} (its default model), {@code backend/model} or the id of a model
 *     that a backend lists, in the order to try
 * @param commit the point at which a candidate becomes final
 * @param timeouts the timeouts of the phases
 * @param maxRetries the maximum number of retries of one candidate, 0 to 10
 * @param prefer the order of the candidates
 * @param affinity an id that the requests of one conversation share, so that they go to the same
 *     backend and key; it is not sent to a backend
 * @param hedge when the next candidate starts beside a silent one
 * @param resume what happens to an answer that breaks off
 * @param priority the class of the request where requests wait or are refused for overload
 */
public record RelayHints(
    List<String> candidates,
    CommitPoint commit,
    Timeouts timeouts,
    Integer maxRetries,
    Prefer prefer,
    String affinity,
    Hedge hedge,
    Resume resume,
    Priority priority) {

  /** The order of the candidates of a plan. */
  public enum Prefer {
    /** The configured fallback order. */
    ORDER,
    /** The estimated price of this request, cheapest first; then the configured order. */
    COST,
    /** At random, in the proportion of the configured weights. */
    WEIGHT,
    /** The fewest open requests in relation to the weight first. */
    LEAST_BUSY,
    /** The shortest time to the first chunk first, as it was observed of late. */
    LOWEST_LATENCY;

    /** The names in configurations and requests. */
    static final List<String> CODES = Stream.of(values()).map(Prefer::code).toList();

    /** Returns the name in configurations and requests, such as {@code lowest-latency}. */
    public String code() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * Returns the constant with this code.
     *
     * @throws IllegalArgumentException if there is none; the message names the valid ones
     */
    public static Prefer of(Object code) {
      for (Prefer prefer : values()) {
        if (prefer.code().equals(code)) {
          return prefer;
        }
      }
      throw new IllegalArgumentException("must be one of " + String.join(", ", CODES));
    }
  }

  /** The most candidates that a request may name. */
  public static final int MAX_CANDIDATES = 32;

  /** The most retries of one candidate that a request may set. */
  public static final int MAX_RETRIES = 10;

  /** The maximum length of an affinity, in characters. */
  public static final int MAX_AFFINITY = 256;

  /** The maximum length of a candidate's name, in characters. */
  private static final int MAX_CANDIDATE = 300;

  /** Overrides nothing. */
  public static final RelayHints NONE = new RelayHints(null, null, Timeouts.UNSET, null, null);

  /** Creates hints without an affinity, a hedge, a resume and a priority. */
  public RelayHints(
      List<String> candidates,
      CommitPoint commit,
      Timeouts timeouts,
      Integer maxRetries,
      Prefer prefer) {
    this(candidates, commit, timeouts, maxRetries, prefer, null, null, null, null);
  }

  /** Returns these hints with another priority. */
  public RelayHints withPriority(Priority priority) {
    return new RelayHints(
        candidates, commit, timeouts, maxRetries, prefer, affinity, hedge, resume, priority);
  }

  /** Returns these hints with other candidates. */
  public RelayHints withCandidates(List<String> candidates) {
    return new RelayHints(
        candidates, commit, timeouts, maxRetries, prefer, affinity, hedge, resume, priority);
  }

  /** Returns these hints with another commit point. */
  RelayHints withCommit(CommitPoint commit) {
    return new RelayHints(
        candidates, commit, timeouts, maxRetries, prefer, affinity, hedge, resume, priority);
  }

  /** Returns these hints with another affinity. */
  public RelayHints withAffinity(String affinity) {
    return new RelayHints(
        candidates, commit, timeouts, maxRetries, prefer, affinity, hedge, resume, priority);
  }

  static String cutAffinity(String affinity) {
    return affinity.length() <= MAX_AFFINITY ? affinity : affinity.substring(0, MAX_AFFINITY);
  }

  /** Returns whether a field of the JSON form is set, such as {@code timeouts}. */
  public boolean has(String field) {
    return !equals(NONE) && toJson().containsKey(field);
  }

  /** Returns whether {@link #fromJson} would accept these hints. */
  boolean isValid() {
    try {
      return equals(NONE) || fromJson(toJson()) != null;
    } catch (LlmException invalid) {
      return false;
    }
  }

  /** Returns these hints without a field of the JSON form. */
  public RelayHints without(String field) {
    JsonObject json = toJson();
    json.remove(field);
    return fromJson(json);
  }

  /**
   * Reads the JSON form; {@code null} for no hints.
   *
   * @throws LlmException of kind {@link FailureKind#INVALID_REQUEST}, naming the field
   */
  public static RelayHints fromJson(JsonObject json) {
    if (json == null) {
      return NONE;
    }
    FieldReader in = new FieldReader(json, "relay.");
    List<String> candidates = in.strings("candidates", MAX_CANDIDATES);
    if (candidates != null && candidates.isEmpty()) {
      throw in.invalid("candidates", "must name at least one candidate");
    }
    if (candidates != null && candidates.stream().anyMatch(c -> c.length() > MAX_CANDIDATE)) {
      throw in.invalid(
          "candidates", "must be names of at most " + MAX_CANDIDATE + " characters each");
    }
    CommitPoint commit = in.convert("commit", CommitPoint::of);
    Timeouts timeouts = Timeouts.UNSET;
    FieldReader t = in.object("timeouts");
    if (t != null) {
      timeouts =
          new Timeouts(
              t.duration("connect"),
              t.duration("head"),
              t.duration("first-chunk"),
              t.duration("stall"),
              t.duration("total"));
      t.nothingElse();
    }
    Integer maxRetries = null;
    FieldReader r = in.object("retries");
    if (r != null) {
      maxRetries = r.integer("max", 0, MAX_RETRIES);
      r.nothingElse();
    }
    Prefer prefer = in.convert("prefer", Prefer::of);
    String affinity = in.string("affinity");
    if (affinity != null && (affinity.isBlank() || affinity.length() > MAX_AFFINITY)) {
      throw in.invalid("affinity", "must be a text of 1 to " + MAX_AFFINITY + " characters");
    }
    Hedge hedge = in.convert("hedge", Hedge::of);
    Resume resume = in.convert("resume", Resume::of);
    Priority priority = in.convert("priority", Priority::of);
    in.nothingElse();
    return new RelayHints(
        candidates, commit, timeouts, maxRetries, prefer, affinity, hedge, resume, priority);
  }

  JsonObject toJson() {
    JsonObject json = new JsonObject();
    if (candidates != null) {
      json.put("candidates", new JsonArray(candidates));
    }
    if (commit != null) {
      json.put("commit", commit.toJson());
    }
    JsonObject limits = new JsonObject();
    putDuration(limits, "connect", timeouts.connect());
    putDuration(limits, "head", timeouts.head());
    putDuration(limits, "first-chunk", timeouts.firstChunk());
    putDuration(limits, "stall", timeouts.stall());
    putDuration(limits, "total", timeouts.total());
    if (!limits.isEmpty()) {
      json.put("timeouts", limits);
    }
    if (maxRetries != null) {
      json.put("retries", new JsonObject().put("max", maxRetries));
    }
    if (prefer != null) {
      json.put("prefer", prefer.code());
    }
    if (affinity != null) {
      json.put("affinity", affinity);
    }
    if (hedge != null) {
      json.put("hedge", hedge.toString());
    }
    if (resume != null) {
      json.put("resume", resume.code());
    }
    if (priority != null) {
      json.put("priority", priority.code());
    }
    return json;
  }

  private static void putDuration(JsonObject json, String key, java.time.Duration value) {
    if (value != null) {
      json.put(key, Durations.format(value));
    }
  }
}
