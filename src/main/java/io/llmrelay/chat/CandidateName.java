package io.llmrelay.chat;

/**
 * The name of a backend, or of a model at a backend: {@code backend} or {@code backend/model}.
 *
 * @param backend the backend's configured name, which has no slash
 * @param model the model's id, which may have slashes; {@code null} for the backend as a whole
 */
public record CandidateName(String backend, String model) {

  /**
   * Splits a name at its first slash. The backend need not exist: {@code openai/gpt-oss-20b} may be
   * the id of a model.
   */
  public static CandidateName parse(String name) {
    int slash = name.indexOf('/');
    return slash < 0
        ? new CandidateName(name, null)
        : new CandidateName(name.substring(0, slash), name.substring(slash + 1));
  }

  /** Returns the name, as {@link #parse} reads it. */
  @Override
  public String toString() {
    return model == null ? backend : backend + "/" + model;
  }
}
