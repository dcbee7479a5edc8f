package io.llmrelay.coordinator;

/** What an attempt says about its backend's health. */
enum Outcome {
  /** It answered to the end. */
  SUCCESS,
  /** It is to blame: a start error, a timeout, a stall, a truncated answer. */
  FAILURE,
  /** Nothing: the consumer left, or the request was wrong. Never fed to a circuit as a success. */
  NEUTRAL
}
