package io.llmrelay.provider.anthropic;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.provider.Conversation;
import io.llmrelay.provider.Conversation.Turn;
import io.llmrelay.provider.ReasoningWish;
import io.llmrelay.provider.ReasoningWish.Effort;
import io.llmrelay.provider.Translation;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * The thinking settings of a request for a Claude model, at Anthropic or elsewhere.
 *
 * <p>Models up to 4.5 get a budget, which must be below the most tokens of the answer; later ones
 * decide themselves, guided by an effort. A budget and an effort are converted as in {@link
 * ReasoningWish}. Thinking is left out, with a warning, if the API refuses it: with a forced tool
 * call, after an unfinished answer of the assistant, and, with a budget, in a tool loop whose
 * thinking blocks were lost.
 *
 * @param config the {@code thinking} object, or {@code null}
 * @param effort the {@code effort}, or {@code null}
 * @param maxTokens the most tokens of the answer, thinking included
 * @param possible whether the model may think, so that earlier thinking is sent back to it
 */
public record ClaudeThinking(JsonObject config, String effort, int maxTokens, boolean possible) {
  static final int DEFAULT_MAX_TOKENS = 4_096;
  private static final int MIN_BUDGET = 1_024;

  /** Returns whether a part is thinking that a Claude model has signed or encrypted. */
  public static boolean isSigned(ContentPart part) {
    return part instanceof Reasoning reasoning
        && Reasoning.ANTHROPIC.equals(reasoning.origin())
        && (reasoning.encrypted() != null
            || reasoning.signature() != null && reasoning.text() != null);
  }

  /**
   * Returns whether a tool loop goes on whose answers do not begin with signed thinking, as after
   * an answer of another vendor: the API then refuses thinking with a budget.
   */
  static boolean isLost(List<Turn> turns) {
    boolean loop = false;
    for (int i = turns.size() - 1; i > 0 && !turns.get(i).resultIds().isEmpty(); i -= 2) {
      if (isSigned(turns.get(i - 1).parts().get(0))) {
        return false;
      }
      loop = true;
    }
    return loop;
  }

  /** Returns whether thinking was requested, which restricts other settings. */
  boolean isOn() {
    return config != null && List.of("enabled", "adaptive").contains(config.getString("type"));
  }

  /**
   * Returns the settings for a request, whose reasoning settings then count as translated.
   *
   * @param forced whether the model must call a tool
   */
  public static ClaudeThinking of(
      ChatRequest request, String model, boolean forced, Translation translation) {
    return new Decision(request, model, forced, translation).decide();
  }

  /** The decision for one request. */
  private static final class Decision {
    private final ChatRequest request;
    private final String name;
    private final ClaudeModel model;
    private final boolean forced;
    private final Translation translation;
    private final ReasoningWish wish;

    Decision(ChatRequest request, String model, boolean forced, Translation translation) {
      this.request = request;
      this.name = model;
      this.model = ClaudeModel.of(model);
      this.forced = forced;
      this.translation = translation;
      this.wish = ReasoningWish.take(translation);
    }

    ClaudeThinking decide() {
      boolean wanted = wish != null && wish.on();
      String obstacle = obstacle(wanted);
      if (wanted && obstacle != null) {
        translation.warn("reasoning was left out: " + obstacle);
      }
      if (obstacle != null || wish != null && wish.off()) {
        return off(obstacle == null);
      }
      if (wanted) {
        return model.adaptive() ? adaptive() : budget();
      }
      boolean hidden = wish != null && model.thinksByDefault();
      return result(hidden ? display("adaptive", "omitted") : null, null, model.thinksByDefault());
    }

    /** Returns why the API refuses thinking with this request, or {@code null}. */
    private String obstacle(boolean wanted) {
      if (forced && !model.refusesForcedCalls()) {
        return "the model must call a tool";
      }
      if (!wanted) {
        return null;
      }
      if (!model.thinks()) {
        return name + " has none";
      }
      List<Turn> turns = Conversation.turns(request);
      if (!turns.isEmpty() && turns.get(turns.size() - 1).assistant()) {
        return "the conversation ends with the assistant";
      }
      if (model.adaptive()) {
        return null;
      }
      if (isLost(turns)) {
        return "the thinking blocks of the present tool loop are missing";
      }
      boolean room = request.maxTokens() == null || limited(Integer.MAX_VALUE) >= MIN_BUDGET;
      return room ? null : "max_tokens leaves no room for it";
    }

    private ClaudeThinking off(boolean wished) {
      if (!model.thinksByDefault()) {
        return new ClaudeThinking(null, null, maxTokens(0), !model.isClaude() && !wished);
      }
      if (model.alwaysThinks()) {
        if (wished) {
          translation.warn("reasoning cannot be turned off for " + name + ": its effort is low");
        }
        return result(null, wished ? Effort.LOW : null, true);
      }
      boolean between = model.thinksBetweenTools();
      String type = between ? "between_tools" : "disabled";
      return new ClaudeThinking(new JsonObject().put("type", type), null, maxTokens(0), between);
    }

    private ClaudeThinking adaptive() {
      Effort effort = wish.effort();
      if (effort == Effort.XHIGH && !model.hasExtraHighEffort()) {
        translation.warn("the reasoning effort xhigh was limited to high");
        effort = Effort.HIGH;
      }
      return result(
          display("adaptive", wish.hidden() ? "omitted" : "summarized"),
          effort == Effort.MINIMAL ? Effort.LOW : effort,
          true);
    }

    private ClaudeThinking result(JsonObject config, Effort effort, boolean thinks) {
      int budget = effort == null ? Effort.HIGH.budget() : effort.budget();
      return new ClaudeThinking(
          config,
          effort == null ? null : effort.code(),
          maxTokens(thinks ? budget : 0),
          thinks || !model.isClaude());
    }

    private ClaudeThinking budget() {
      int wished = wish.budget() == null ? Effort.MEDIUM.budget() : wish.budget();
      int budget = limited(Math.max(MIN_BUDGET, wished));
      if (budget != wished) {
        translation.warn("the reasoning budget " + wished + " was changed to " + budget);
      }
      JsonObject config = new JsonObject().put("type", "enabled").put("budget_tokens", budget);
      if (wish.hidden()) {
        config.put("display", "omitted");
      }
      return new ClaudeThinking(config, null, maxTokens(budget), true);
    }

    /**
     * Limits a budget so that a fifth of the limit, or the default length, is left for the rest.
     */
    private int limited(int budget) {
      Integer max = request.maxTokens();
      return Math.min(
          budget, max == null ? model.maxOutput() - DEFAULT_MAX_TOKENS : (int) (max * 4L / 5));
    }

    private int maxTokens(int budget) {
      return request.maxTokens() == null
          ? Math.min(DEFAULT_MAX_TOKENS + budget, model.maxOutput())
          : request.maxTokens();
    }

    private static JsonObject display(String type, String display) {
      return new JsonObject().put("type", type).put("display", display);
    }
  }
}
