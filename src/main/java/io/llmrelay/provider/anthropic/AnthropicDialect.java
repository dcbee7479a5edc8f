package io.llmrelay.provider.anthropic;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ReceivedForm;
import io.llmrelay.chat.RequestFeature;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.TokenCounter;
import io.llmrelay.provider.UriPaths;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Anthropic's Messages API. System texts are separate from the messages, user and assistant
 * alternate beginning with the user, and a maximum of tokens is required.
 *
 * <p>Provider data is restored: signed and redacted thinking is sent back as it came, and {@code
 * cache_control} stays with its part. What depends on the model is decided by its name, see {@link
 * ClaudeModel}; how JSON is answered, by {@link JsonAnswer}; how thinking is asked for, by {@link
 * ClaudeThinking}.
 *
 * <p>A request in the form of this API is sent on as received, see {@link ReceivedRequest}, and its
 * answer has all events of the backend.
 */
public final class AnthropicDialect implements Dialect {
  private static final Pattern VERSIONED = Pattern.compile("/v\\d+/*$");

  /** The headers that clients of this API send. */
  static final String VERSION = "anthropic-version";

  static final String BETA = "anthropic-beta";

  private final TokenCounter counter = new AnthropicTokenCounter(this);

  @Override
  public String name() {
    return "anthropic";
  }

  @Override
  public String receivedFormat() {
    return ReceivedForm.ANTHROPIC_MESSAGES;
  }

  @Override
  public Set<RequestFeature> features() {
    return RequestFeature.ofChatsBut(RequestFeature.AUDIO, RequestFeature.IMAGE_ANSWERS);
  }

  @Override
  public String cannotExpress(ChatRequest request, BackendOptions options) {
    return AnthropicRequest.problem(request);
  }

  @Override
  public boolean continues(ChatRequest request, BackendOptions options) {
    return ClaudeModel.of(request.model()).continues(request);
  }

  @Override
  public Map<String, String> headers(BackendOptions options) {
    Map<String, String> headers = new LinkedHashMap<>();
    if (options.getApiKey() != null) {
      headers.put("x-api-key", options.getApiKey());
    }
    headers.put(VERSION, "2023-06-01");
    return headers;
  }

  @Override
  public String chatPath(String model, BackendOptions options) {
    return version(options) + "/messages";
  }

  @Override
  public String modelsPath(BackendOptions options) {
    return version(options) + "/models";
  }

  /** Returns a prefix unless the base URL ends with the version. */
  private static String version(BackendOptions options) {
    return UriPaths.unlessPresent(VERSIONED, options, "/v1");
  }

  @Override
  public EncodedRequest encode(ChatRequest request, String model, BackendOptions options) {
    return sendsAsReceived(request)
        ? new ReceivedRequest(request, model).encode(options)
        : new AnthropicRequest(request, model).encode(options);
  }

  @Override
  public TokenCounter tokenCounter() {
    return counter;
  }

  @Override
  public Extras extras(BackendOptions options) {
    return new Extras(List.of("thinking"), "first and last events");
  }

  @Override
  public Reader reader(Answer answer, BackendOptions options) {
    return new AnthropicReader(answer);
  }
}
