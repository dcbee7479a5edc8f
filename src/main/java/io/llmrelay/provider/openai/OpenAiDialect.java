package io.llmrelay.provider.openai;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RequestFeature;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Answer;
import io.llmrelay.provider.Dialect;
import io.llmrelay.provider.EmbeddingFormat;
import io.llmrelay.provider.EncodedRequest;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** OpenAI's Chat Completions API, and compatible servers. */
public final class OpenAiDialect implements Dialect {

  @Override
  public String name() {
    return "openai";
  }

  @Override
  public Set<RequestFeature> features() {
    return EnumSet.allOf(RequestFeature.class);
  }

  @Override
  public String cannotExpress(ChatRequest request, BackendOptions options) {
    String problem = CompletionRequest.problem(request, options);
    return problem == null ? RequestTraits.of(options).problem(request) : problem;
  }

  @Override
  public boolean continues(ChatRequest request, BackendOptions options) {
    return RequestTraits.of(options).continuesMessages();
  }

  @Override
  public Map<String, String> headers(BackendOptions options) {
    if (options.getApiKey() == null) {
      return Map.of();
    }
    String header = ServerTraits.of(options.getProvider()).keyHeader();
    return header == null
        ? Map.of("Authorization", "Bearer " + options.getApiKey())
        : Map.of(header, options.getApiKey());
  }

  @Override
  public String chatPath(String model, BackendOptions options) {
    return "/chat/completions";
  }

  @Override
  public EncodedRequest encode(ChatRequest request, String model, BackendOptions options) {
    return encode(request, model, options, ServerTraits.of(options.getProvider()).asksUsage());
  }

  private static EncodedRequest encode(
      ChatRequest request, String model, BackendOptions options, boolean asksUsage) {
    ServerTraits traits = ServerTraits.of(options.getProvider());
    return CompletionRequest.path(request, options) == null
        ? OpenAiRequest.encode(request, model, options, traits, asksUsage)
        : CompletionRequest.encode(request, model, options, asksUsage);
  }

  @Override
  public String path(ChatRequest request, BackendOptions options) {
    String path = CompletionRequest.path(request, options);
    return path == null ? chatPath(request.model(), options) : path;
  }

  @Override
  public EncodedRequest encodeWithoutStreamOptions(
      ChatRequest request, String model, BackendOptions options) {
    return ServerTraits.of(options.getProvider()).asksUsage()
        ? encode(request, model, options, false)
        : null;
  }

  @Override
  public Reader reader(Answer answer, BackendOptions options) {
    return new OpenAiReader(answer, ServerTraits.of(options.getProvider()));
  }

  @Override
  public EmbeddingFormat embeddings() {
    return new OpenAiEmbeddings();
  }

  @Override
  public Extras extras(BackendOptions options) {
    ServerTraits traits = ServerTraits.of(options.getProvider());
    return new Extras(traits.reasoning(), traits.usage().toString());
  }

  @Override
  public String modelsPath(BackendOptions options) {
    return "/models";
  }
}
