package io.llmrelay.provider;

import io.llmrelay.chat.Setting;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/**
 * The reasoning that a request asks for. Requests have three fields for it: OpenAI's {@code
 * reasoning_effort}, OpenRouter's {@code reasoning} and Anthropic's {@code thinking}. If a request
 * has several they complement each other, and one that disables reasoning takes precedence.
 *
 * <p>An effort without a budget implies the budget of {@link Effort}, and a budget the lowest
 * effort that has at least that many tokens.
 *
 * @param wanted whether the model is to reason; {@code null} for the model's default
 * @param effort {@code null} for the model's default
 * @param budget the most tokens of reasoning, at least 1; {@code null} for the model's default
 * @param hidden whether the answer must not contain the reasoning
 */
public record ReasoningWish(Boolean wanted, Effort effort, Integer budget, boolean hidden) {

  /** A level of reasoning, with the budget that corresponds to it. */
  public enum Effort {
    MINIMAL(1_024),
    LOW(2_048),
    MEDIUM(8_192),
    HIGH(24_576),
    XHIGH(32_768),
    MAX(65_536);

    private final int budget;

    Effort(int budget) {
      this.budget = budget;
    }

    /** Returns the name on the wire, such as {@code low}. */
    public String code() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Returns the corresponding budget, in tokens. */
    public int budget() {
      return budget;
    }

    /** Returns the effort with this name, or {@code null}. */
    static Effort of(String code) {
      return Arrays.stream(values())
          .filter(each -> each.code().equals(code))
          .findFirst()
          .orElse(null);
    }

    /** Returns the lowest effort with at least this budget, or else the highest. */
    static Effort of(int budget) {
      return Arrays.stream(values()).filter(each -> each.budget >= budget).findFirst().orElse(MAX);
    }
  }

  /**
   * Reads the three fields of a request, which then count as translated; a warning names entries of
   * theirs that have no effect.
   *
   * @return {@code null} if the request has none
   */
  public static ReasoningWish take(Translation translation) {
    return new Reader(translation).read();
  }

  /** Returns whether the request asks for reasoning explicitly. */
  public boolean on() {
    return Boolean.TRUE.equals(wanted);
  }

  /** Returns whether the request disables reasoning. */
  public boolean off() {
    return Boolean.FALSE.equals(wanted);
  }

  /** Reads and combines the three fields. */
  private static final class Reader {
    private final Translation translation;
    private boolean on;
    private boolean off;
    private Effort effort;
    private Integer budget;
    private boolean hidden;

    Reader(Translation translation) {
      this.translation = translation;
    }

    ReasoningWish read() {
      field("reasoning_effort", "effort", translation.take(Setting.REASONING_EFFORT));
      object(Setting.THINKING);
      object(Setting.REASONING);
      if (off) {
        return new ReasoningWish(false, null, null, hidden);
      }
      if (!on) {
        return hidden ? new ReasoningWish(null, null, null, true) : null;
      }
      return new ReasoningWish(
          true,
          effort == null && budget != null ? Effort.of(budget) : effort,
          budget == null && effort != null ? (Integer) effort.budget() : budget,
          hidden);
    }

    private void object(Setting setting) {
      if (translation.take(setting) instanceof JsonObject object) {
        for (Map.Entry<String, Object> entry : object) {
          field(setting.field() + "." + entry.getKey(), entry.getKey(), entry.getValue());
        }
      }
    }

    private void field(String path, String name, Object value) {
      if (value == null) {
        return;
      }
      boolean read =
          switch (name) {
            case "effort" -> effort(value.toString().toLowerCase(Locale.ROOT));
            case "budget_tokens", "max_tokens" -> budget(value);
            case "type" -> toggle(!value.equals("disabled"));
            case "enabled" -> toggle(!value.equals(false));
            case "display" -> hide(value.equals("omitted"));
            case "exclude" -> hide(value.equals(true));
            case "summary" -> value.equals("auto") && hide(false);
            default -> false;
          };
      if (!read) {
        translation.warn(path + " was left out");
      }
    }

    private boolean effort(String word) {
      switch (word) {
        case "none" -> {
          return toggle(false);
        }
        case "default", "auto" -> {
          return toggle(true);
        }
        default -> {
          Effort known = Effort.of(word);
          effort = effort == null ? known : effort;
          on |= known != null;
          return known != null;
        }
      }
    }

    private boolean budget(Object value) {
      if (!(value instanceof Integer tokens) || tokens < 0) {
        return false;
      }
      budget = budget == null ? tokens : budget;
      return toggle(tokens > 0);
    }

    private boolean toggle(boolean wanted) {
      on |= wanted;
      off |= !wanted;
      return true;
    }

    private boolean hide(boolean wanted) {
      hidden |= wanted;
      return true;
    }
  }
}
