package io.llmrelay.coordinator;

import io.llmrelay.catalog.Model;
import io.llmrelay.chat.TokenUsage;

/**
 * A backend and a model of it that could serve a request.
 *
 * @param backend the backend's configured name
 * @param model the model's name as the backend knows it
 * @param known what the catalogue knows of the model, or {@code null}
 */
record Candidate(String backend, String model, Model known) {

  /** Its context window in tokens, 0 where it is not known. */
  long contextWindow() {
    return known == null || known.contextWindow() == null ? 0 : known.contextWindow();
  }

  /** What that usage costs there in US dollars, {@code null} where price or usage is unknown. */
  Double cost(TokenUsage usage) {
    return known == null || usage.source() == TokenUsage.Source.NONE ? null : known.cost(usage);
  }

  @Override
  public String toString() {
    return backend + "/" + model;
  }
}
