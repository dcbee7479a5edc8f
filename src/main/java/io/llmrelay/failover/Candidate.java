package io.llmrelay.failover;

import io.llmrelay.availability.Cost;
import io.llmrelay.catalog.Capability;
import io.llmrelay.catalog.Model;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RequestFeature;
import io.llmrelay.chat.TokenUsage;

/**
 * A backend and a model of it that could serve a request.
 *
 * @param backend the backend's configured name
 * @param model the model's name as the backend knows it
 * @param known what the catalogue knows of the model as of the day of the request, or {@code null}
 */
record Candidate(String backend, String model, Model known) {

  /** Its context window in tokens, 0 where it is not known. */
  long contextWindow() {
    return known == null || known.contextWindow() == null ? 0 : known.contextWindow();
  }

  /** What of a request the catalogue knows it lacks, {@code null} for nothing. */
  RequestFeature lacks(ChatRequest request) {
    if (known == null || known.capabilities().isEmpty()) {
      return null;
    }
    for (RequestFeature feature : request.features()) {
      Capability needed =
          switch (feature) {
            case TOOLS -> Capability.TOOLS;
            case IMAGES -> Capability.VISION;
            default -> null;
          };
      if (needed != null && !known.can(needed)) {
        return feature;
      }
    }
    return null;
  }

  /** Whether the catalogue knows that it thinks before it answers. */
  boolean reasoning() {
    return known != null && known.reasoning();
  }

  /** What that usage costs there in US dollars, {@code null} where price or usage is unknown. */
  Double cost(TokenUsage usage) {
    return known == null || usage.source() == TokenUsage.Source.NONE ? null : known.cost(usage);
  }

  /** What a request will cost there in US dollars, {@code null} where the price is unknown. */
  Double estimate(long inputTokens, Integer maxTokens) {
    return known == null ? null : known.estimate(inputTokens, maxTokens);
  }

  /** What a request is expected to take from a budget there. */
  Cost expected(ChatRequest request) {
    long input = TokenUsage.estimate(request.characters(), 0).inputTokens();
    Integer limit = known == null ? null : known.maxOutputTokens();
    long output = Model.expectedOutput(request.maxTokens(), limit);
    return Cost.of(input + output, estimate(input, request.maxTokens()));
  }

  /** What a consumer should know of the model's end, or {@code null}. */
  String warning() {
    return known == null ? null : known.warning();
  }

  @Override
  public String toString() {
    return backend + "/" + model;
  }
}
