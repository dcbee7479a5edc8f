package io.llmrelay.observe.impl;

/**
 * Records the content of attempts. It is no hook, which must not receive a prompt: only the relay's
 * own tracing implements it, and only a relay that is configured to trace content calls it.
 */
public interface ContentRecorder {
  /** Returns whether an attempt that has started is recorded. */
  boolean isRecording(String requestId, int number);

  /**
   * Records content of an attempt that has not ended.
   *
   * @param attribute the name of OpenTelemetry's conventions, such as {@code gen_ai.input.messages}
   * @param json its value
   */
  void content(String requestId, int number, String attribute, String json);
}
