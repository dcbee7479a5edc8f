package io.llmrelay.provider.responses;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ReceivedForm;
import io.llmrelay.chat.RequestFeature;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.openai.OpenAiDialect;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * OpenAI's Responses API. The conversation is a list of items: messages, calls, results and
 * reasoning. Nothing is stored at the provider unless a request asks for it; reasoning is requested
 * in encrypted form and sent back in its place, as {@link ReasoningItem}s.
 */
public final class ResponsesDialect implements Dialect {
  /** The servers of this API are those of Chat Completions, with the same keys and models. */
  private static final Dialect CHAT = new OpenAiDialect();

  @Override
  public String name() {
    return "openai-responses";
  }

  @Override
  public String receivedFormat() {
    return ReceivedForm.OPENAI_RESPONSES;
  }

  @Override
  public Set<RequestFeature> features() {
    return RequestFeature.ofChatsBut(RequestFeature.AUDIO, RequestFeature.IMAGE_ANSWERS);
  }

  @Override
  public String cannotExpress(ChatRequest request, BackendOptions options) {
    return ResponsesRequest.problem(request);
  }

  @Override
  public Map<String, String> headers(BackendOptions options) {
    return CHAT.headers(options);
  }

  @Override
  public String chatPath(String model, BackendOptions options) {
    return "/responses";
  }

  @Override
  public EncodedRequest encode(ChatRequest request, String model, BackendOptions options) {
    return sendsAsReceived(request)
        ? ReceivedRequest.encode(request, model, options)
        : new ResponsesRequest(request, model).encode(options);
  }

  @Override
  public Reader reader(Answer answer, BackendOptions options) {
    return new ResponsesReader(answer);
  }

  @Override
  public Extras extras(BackendOptions options) {
    return new Extras(List.of("reasoning_summary_text", "reasoning_text"), "last event");
  }

  @Override
  public String modelsPath(BackendOptions options) {
    return CHAT.modelsPath(options);
  }
}
