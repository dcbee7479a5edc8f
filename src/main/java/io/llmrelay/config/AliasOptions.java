package io.llmrelay.config;

import com.fasterxml.jackson.annotation.JsonCreator;
import io.llmrelay.chat.RelayHints.Prefer;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A model name of your own for several candidates. It may stand wherever a candidate may, and
 * counts as one.
 */
public class AliasOptions {
  private List<CandidateOptions> candidates = List.of();
  private Prefer prefer;
  private ShadowOptions shadow;

  /** Creates options with the defaults. */
  public AliasOptions() {}

  /** Creates an alias of these candidates. */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public AliasOptions(List<CandidateOptions> candidates) {
    this.candidates = candidates.stream().filter(Objects::nonNull).toList();
  }

  /** Creates a copy of other options. */
  public AliasOptions(AliasOptions other) {
    candidates = other.candidates.stream().map(CandidateOptions::new).toList();
    prefer = other.prefer;
    shadow = other.shadow == null ? null : new ShadowOptions(other.shadow);
  }

  /**
   * Creates options from JSON as {@link #toJson} writes it.
   *
   * @throws ConfigException if a key is unknown or a value has the wrong form
   */
  public AliasOptions(JsonObject json) {
    this(ConfigReader.read(json, AliasOptions.class));
  }

  /** Returns these options as JSON. */
  public JsonObject toJson() {
    return ConfigReader.toJson(this);
  }

  /** Creates an alias of these candidates. */
  public static AliasOptions of(String... candidates) {
    return new AliasOptions(Stream.of(candidates).map(CandidateOptions::new).toList());
  }

  /** Returns the candidates. */
  public List<CandidateOptions> getCandidates() {
    return candidates;
  }

  /** Sets the candidates. */
  public AliasOptions setCandidates(List<CandidateOptions> candidates) {
    this.candidates = candidates.stream().filter(Objects::nonNull).toList();
    return this;
  }

  /**
   * Returns what orders the candidates of a tier; {@code null}, the default, for what orders those
   * of every request.
   */
  public Prefer getPrefer() {
    return prefer;
  }

  /** Sets what orders the candidates of a tier. */
  public AliasOptions setPrefer(Prefer prefer) {
    this.prefer = prefer;
    return this;
  }

  /** Returns what gets copies of the requests; {@code null}, the default, for nothing. */
  public ShadowOptions getShadow() {
    return shadow;
  }

  /** Sets what gets copies of the requests. */
  public AliasOptions setShadow(ShadowOptions shadow) {
    this.shadow = shadow;
    return this;
  }
}
