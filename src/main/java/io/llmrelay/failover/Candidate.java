package io.llmrelay.failover;

import io.llmrelay.availability.Cost;
import io.llmrelay.catalog.Capability;
import io.llmrelay.catalog.Model;
import io.llmrelay.chat.CandidateName;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.LlmRequest;
import io.llmrelay.chat.RequestFeature;
import io.llmrelay.chat.TokenUsage;

/**
 * A backend and one of its models that could serve a request.
 *
 * @param backend the backend's configured name
 * @param model the model's id at the backend
 * @param known the catalogue entry of the model on the day of the request, or {@code null}
 */
record Candidate(String backend, String model, Model known) {

  /** Returns the context window in tokens; 0 if unknown. */
  long contextWindow() {
    return known == null || known.contextWindow() == null ? 0 : known.contextWindow();
  }

  /** Returns what a request needs and the model is known to lack, or {@code null}. */
  String lacks(LlmRequest request) {
    if (known == null || known.capabilities().isEmpty()) {
      return null;
    }
    if (request instanceof ChatRequest && known.embedsOnly()) {
      return "chat";
    }
    for (RequestFeature feature : request.features()) {
      Capability needed =
          switch (feature) {
            case TOOLS -> Capability.TOOLS;
            case IMAGES -> Capability.VISION;
            case EMBEDDINGS -> Capability.EMBEDDINGS;
            default -> null;
          };
      if (needed != null && !known.can(needed)) {
        return feature.toString();
      }
    }
    return null;
  }

  /** Returns whether the model is known to reason before it answers. */
  boolean reasoning() {
    return known != null && known.reasoning();
  }

  /** Returns the cost of a usage in US dollars; {@code null} if price or usage is unknown. */
  Double cost(TokenUsage usage) {
    return known == null || usage.source() == TokenUsage.Source.NONE ? null : known.cost(usage);
  }

  /** Returns the expected cost of a request in US dollars; {@code null} if the price is unknown. */
  Double estimate(long inputTokens, Integer maxTokens) {
    return known == null ? null : known.estimate(inputTokens, maxTokens);
  }

  /** Returns what a request is expected to use of a budget. */
  Cost expected(LlmRequest request) {
    long input = TokenUsage.estimate(request.characters(), 0).inputTokens();
    Integer limit = known == null ? null : known.maxOutputTokens();
    long output = Model.expectedOutput(request.maxTokens(), limit);
    return Cost.of(input + output, estimate(input, request.maxTokens()));
  }

  /** Returns a warning if the model is deprecated or retired, otherwise {@code null}. */
  String warning() {
    return known == null ? null : known.warning();
  }

  @Override
  public String toString() {
    return new CandidateName(backend, model).toString();
  }
}
