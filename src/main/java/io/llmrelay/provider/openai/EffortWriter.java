package io.llmrelay.provider.openai;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Setting;
import io.llmrelay.chat.ToolChoice;
import io.llmrelay.provider.ReasoningWish;
import io.llmrelay.provider.ReasoningWish.Effort;
import io.llmrelay.provider.Translation;
import io.vertx.core.json.JsonObject;

/** Writes the reasoning that a request asks for, in the fields of one server. */
final class EffortWriter {
  private static final String NONE = "none";

  private final ChatRequest request;
  private final Translation translation;
  private final JsonObject body;

  EffortWriter(ChatRequest request, Translation translation, JsonObject body) {
    this.request = request;
    this.translation = translation;
    this.body = body;
  }

  /** Adds the fields to the body; those that the server knows are sent as they were received. */
  void write(RequestTraits.Effort field) {
    boolean effort = has(Setting.REASONING_EFFORT);
    boolean reasoning = has(Setting.REASONING);
    boolean thinking = has(Setting.THINKING);
    switch (field) {
      case AS_RECEIVED -> copy(Setting.REASONING_EFFORT, Setting.REASONING, Setting.THINKING);
      case REASONING_EFFORT -> {
        if (reasoning || thinking) {
          effort(ReasoningWish.take(translation));
        } else {
          copy(Setting.REASONING_EFFORT);
        }
      }
      case HIGH_OR_NONE -> highOrNone(ReasoningWish.take(translation));
      case THINKING_TYPE -> {
        if (isForced()) {
          stopThinking(ReasoningWish.take(translation));
        } else if (reasoning
            || thinking
            || NONE.equals(request.setting(Setting.REASONING_EFFORT))) {
          thinkingType(ReasoningWish.take(translation), effort);
        } else {
          copy(Setting.REASONING_EFFORT);
        }
      }
      case REASONING -> {
        if (thinking) {
          reasoning(ReasoningWish.take(translation));
        } else {
          copy(Setting.REASONING_EFFORT, Setting.REASONING);
        }
      }
    }
  }

  private boolean has(Setting setting) {
    return request.setting(setting) != null;
  }

  private void copy(Setting... settings) {
    for (Setting setting : settings) {
      translation.put(body, setting.field(), setting);
    }
  }

  private void effort(ReasoningWish wish) {
    if (wish == null) {
      return;
    }
    if (wish.off()) {
      body.put("reasoning_effort", NONE);
    } else if (wish.effort() != null) {
      body.put("reasoning_effort", wish.effort().code());
    }
    warnIfHidden(wish);
  }

  private void highOrNone(ReasoningWish wish) {
    if (wish == null) {
      return;
    }
    if (wish.off()) {
      body.put("reasoning_effort", NONE);
    } else if (wish.on()) {
      body.put("reasoning_effort", Effort.HIGH.code());
      if (wish.effort() != null && wish.effort() != Effort.HIGH) {
        translation.warn("reasoning_effort " + wish.effort().code() + " became high");
      }
    }
    warnIfHidden(wish);
  }

  private void thinkingType(ReasoningWish wish, boolean effort) {
    if (wish == null) {
      return;
    }
    if (wish.on() || wish.off()) {
      body.put("thinking", new JsonObject().put("type", wish.on() ? "enabled" : "disabled"));
    }
    if (wish.on() && wish.effort() != null && (effort || wish.budget() != null)) {
      body.put("reasoning_effort", wish.effort().code());
    }
    warnIfHidden(wish);
  }

  /** Whether the model must call a tool, which it refuses while it thinks. */
  private boolean isForced() {
    return request.toolChoice() != null
        && request.toolChoice().mode() == ToolChoice.Mode.REQUIRED
        && !request.tools().isEmpty();
  }

  private void stopThinking(ReasoningWish wish) {
    body.put("thinking", new JsonObject().put("type", "disabled"));
    if (wish != null && wish.on()) {
      translation.warn("reasoning was left out: the model must call a tool");
    }
  }

  private void reasoning(ReasoningWish wish) {
    JsonObject reasoning = new JsonObject();
    if (wish == null) {
      return;
    }
    if (wish.off()) {
      reasoning.put("enabled", false);
    } else if (wish.budget() != null) {
      reasoning.put("max_tokens", wish.budget());
    } else if (wish.on()) {
      reasoning.put("enabled", true);
    }
    if (wish.hidden()) {
      reasoning.put("exclude", true);
    }
    body.put("reasoning", reasoning);
  }

  /** Adds a warning if reasoning is to be hidden, for servers without such a field. */
  private void warnIfHidden(ReasoningWish wish) {
    if (wish.hidden()) {
      translation.leftOut("reasoning.exclude");
    }
  }
}
