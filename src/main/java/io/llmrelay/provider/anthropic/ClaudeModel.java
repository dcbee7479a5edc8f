package io.llmrelay.provider.anthropic;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Setting;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The features of a model, derived from its name at any provider. A Claude model of an unknown
 * version counts as the newest; a model of another vendor accepts what the first versions of the
 * API did.
 *
 * <p>The facts are those of platform.claude.com as of November 2026: the migration guides of each
 * model, "Extended thinking", "Adaptive thinking", "Effort" and "Structured outputs".
 */
public final class ClaudeModel {
  private static final Pattern CLAUDE = Pattern.compile("\\bclaude\\b");
  private static final Pattern FAMILY = Pattern.compile("(opus|sonnet|haiku|fable|mythos)");
  private static final Pattern VERSION =
      Pattern.compile(
          "claude(?:-(?:instant|opus|sonnet|haiku|fable|mythos))?-v?"
              + "(\\d)(?!\\d)(?:[-.](\\d{1,2})(?!\\d))?");

  private static final int NEWEST = Integer.MAX_VALUE;

  private final boolean claude;
  private final String family;

  /** Ten times the major version, plus the minor one; {@link #NEWEST} if there is none. */
  private final int version;

  private ClaudeModel(boolean claude, String family, int version) {
    this.claude = claude;
    this.family = family;
    this.version = version;
  }

  /** Returns the features of the model with this name. */
  public static ClaudeModel of(String model) {
    if (model == null || !CLAUDE.matcher(model).find()) {
      return new ClaudeModel(false, "", 0);
    }
    Matcher family = FAMILY.matcher(model);
    Matcher version = VERSION.matcher(model);
    int number = NEWEST;
    if (version.find()) {
      String minor = version.group(2);
      number =
          10 * Integer.parseInt(version.group(1))
              + (minor == null ? 0 : Math.min(9, Integer.parseInt(minor)));
    } else if (model.contains("claude-instant") || model.contains("mythos-preview")) {
      number = model.contains("mythos") ? 47 : 10;
    }
    return new ClaudeModel(true, family.find() ? family.group() : "", number);
  }

  /** Returns whether it accepts what another one does. */
  boolean acceptsSameAs(ClaudeModel other) {
    return claude == other.claude && family.equals(other.family) && version == other.version;
  }

  /** Returns whether it is a Claude model. */
  public boolean isClaude() {
    return claude;
  }

  /** Returns whether it can think at all; assumed of models of other vendors. */
  boolean thinks() {
    return !claude || version >= 37;
  }

  /** Returns whether it decides itself how much to think, guided by an effort. */
  boolean adaptive() {
    return claude && version >= 46;
  }

  /** Returns whether it thinks by default. */
  boolean thinksByDefault() {
    return claude && version >= 50 || alwaysThinks();
  }

  /** Returns whether thinking cannot be turned off. */
  boolean alwaysThinks() {
    return family.equals("fable")
        || family.equals("mythos")
        || family.equals("opus") && version >= 55;
  }

  /** Returns whether only thinking before the first tool call can be turned off. */
  boolean thinksBetweenTools() {
    return family.equals("sonnet") && version >= 55;
  }

  /** Returns whether it knows the effort {@code xhigh}. */
  boolean hasExtraHighEffort() {
    return version >= 47;
  }

  /** Returns the default for the most tokens of an answer. */
  int maxOutput() {
    return family.equals("opus") && version < 45 ? 32_000 : 64_000;
  }

  /** Returns whether it refuses temperature, top_p and top_k. */
  boolean refusesSampling() {
    return claude && (version >= 50 || family.equals("opus") && version >= 47 || alwaysThinks());
  }

  /** Returns whether it refuses temperature and top_p together. */
  boolean takesTemperatureOrTopP() {
    return claude && version > 40;
  }

  /** Returns whether it refuses a tool choice that demands a call. */
  public boolean refusesForcedCalls() {
    return version >= 51 && alwaysThinks() || thinksBetweenTools();
  }

  /** Returns whether it refuses a conversation that ends with the assistant. */
  public boolean refusesPrefill() {
    return claude && version >= 46;
  }

  /**
   * Returns whether it continues the text of the assistant with which a request ends. It does not
   * while it thinks, and a JSON answer is made by a tool.
   */
  public boolean continues(ChatRequest request) {
    return claude
        && !refusesPrefill()
        && !request.wantsFormat()
        && request.setting(Setting.THINKING) == null
        && request.setting(Setting.REASONING) == null
        && request.setting(Setting.REASONING_EFFORT) == null;
  }

  /** Returns whether its answers can be bound to a JSON schema. */
  public boolean hasStructuredOutput() {
    return claude && version >= 45;
  }
}
