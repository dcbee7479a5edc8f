package io.llmrelay.provider.gemini;

import io.llmrelay.provider.ReasoningWish;
import io.llmrelay.provider.Translation;
import io.vertx.core.json.JsonObject;

/**
 * Encodes the requested reasoning: a level from the third generation on, a budget of tokens for
 * Gemini 2.5, nothing for others. Thoughts are included only if the request asks for reasoning.
 */
final class GeminiThinking {
  /** The budget with which the model itself decides how much to think. */
  private static final int DYNAMIC = -1;

  private GeminiThinking() {}

  /** Returns {@code thinkingConfig}, or {@code null} for the model's default. */
  static JsonObject encode(GeminiModel model, Translation translation) {
    ReasoningWish wish = ReasoningWish.take(translation);
    if (wish == null || wish.wanted() == null) {
      return null;
    }
    if (!model.hasThinkingLevels() && !model.hasThinkingBudget()) {
      if (wish.on()) {
        translation.leftOut("reasoning");
      }
      return null;
    }
    JsonObject config = new JsonObject();
    if (model.hasThinkingLevels()) {
      level(config, wish, model, translation);
    } else {
      budget(config, wish, model, translation);
    }
    return wish.on() && !wish.hidden() ? config.put("includeThoughts", true) : config;
  }

  private static void level(
      JsonObject config, ReasoningWish wish, GeminiModel model, Translation translation) {
    String least = model.hasMinimalThinking() ? "minimal" : "low";
    if (wish.off()) {
      translation.warn("reasoning cannot be turned off and was limited to " + least);
      config.put("thinkingLevel", least);
    } else if (wish.effort() != null) {
      config.put(
          "thinkingLevel",
          switch (wish.effort()) {
            case MINIMAL -> least;
            case LOW -> "low";
            case MEDIUM -> "medium";
            case HIGH, XHIGH, MAX -> "high";
          });
    }
  }

  private static void budget(
      JsonObject config, ReasoningWish wish, GeminiModel model, Translation translation) {
    if (wish.off()) {
      int least = model.canDisableThinking() ? 0 : model.minThinkingBudget();
      if (least > 0) {
        translation.warn("reasoning cannot be turned off and was limited to " + least + " tokens");
      }
      config.put("thinkingBudget", least);
    } else if (wish.budget() == null) {
      config.put("thinkingBudget", DYNAMIC);
    } else {
      config.put(
          "thinkingBudget",
          Math.max(model.minThinkingBudget(), Math.min(wish.budget(), model.maxThinkingBudget())));
    }
  }
}
