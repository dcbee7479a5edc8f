package io.llmrelay.provider.anthropic;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Setting;
import io.llmrelay.provider.Translation;
import java.util.ArrayList;
import java.util.List;

/**
 * The sampling settings that a Claude model accepts: none from Opus 4.7 and version 5 on; while it
 * thinks, only a high {@code top_p}; from Opus 4.1 and version 4.5 on, temperature or {@code
 * top_p}. The temperature 1, the default, changes nothing and is not sent where it is not accepted.
 *
 * @param temperature 0 to 1, or {@code null}
 * @param topP 0 to 1, or {@code null}
 * @param topK at least 1, or {@code null}
 */
public record ClaudeSampling(Double temperature, Double topP, Integer topK) {
  private static final double MIN_TOP_P = 0.95;

  /** Returns those of a request's settings that are accepted; warnings name the rest. */
  public static ClaudeSampling of(
      ChatRequest request, String model, ClaudeThinking thinking, Translation translation) {
    ClaudeModel claude = ClaudeModel.of(model);
    Double temperature = translation.temperature(1);
    Integer topK = (Integer) translation.take(Setting.TOP_K);
    if (claude.refusesSampling()) {
      warn(temperature, request.topP(), topK, model + " takes none", translation);
      return new ClaudeSampling(null, null, null);
    }
    if (thinking.isOn()) {
      warn(temperature, null, topK, "the model thinks", translation);
      return new ClaudeSampling(null, translation.topP(MIN_TOP_P, 1), null);
    }
    if (temperature != null && request.topP() != null && claude.takesTemperatureOrTopP()) {
      translation.warn("top_p was left out: " + model + " takes temperature or top_p, not both");
      return new ClaudeSampling(temperature, null, topK);
    }
    return new ClaudeSampling(temperature, request.topP(), topK);
  }

  private static void warn(
      Double temperature, Double topP, Integer topK, String why, Translation translation) {
    List<String> fields = new ArrayList<>();
    if (temperature != null && temperature != 1) {
      fields.add("temperature");
    }
    if (topP != null) {
      fields.add("top_p");
    }
    if (topK != null) {
      fields.add("top_k");
    }
    if (!fields.isEmpty()) {
      translation.warn(
          String.join(", ", fields)
              + (fields.size() == 1 ? " was" : " were")
              + " left out: "
              + why);
    }
  }
}
