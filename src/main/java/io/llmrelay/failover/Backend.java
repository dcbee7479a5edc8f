package io.llmrelay.failover;

import io.llmrelay.catalog.ModelServer;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.LlmRequest;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * The properties of a backend that the coordinator uses.
 *
 * @param name the configured name
 * @param provider the known provider to which it belongs, or {@code null}
 * @param dialect the wire format
 * @param models the models that it serves; empty if any name is passed on
 * @param defaultModel the model of a request that names none, or {@code null}
 * @param cannotServe returns why the dialect cannot express a request, or {@code null}
 * @param elsewhere the address at which other nodes of the cluster serve it; {@code null} if this
 *     node does
 * @param continues returns whether the text of the assistant with which a request ends is continued
 */
public record Backend(
    String name,
    String provider,
    String dialect,
    List<String> models,
    String defaultModel,
    Function<LlmRequest, String> cannotServe,
    String elsewhere,
    Predicate<ChatRequest> continues)
    implements ModelServer {

  /** Creates a backend of this node that continues no text. */
  public Backend(
      String name,
      String provider,
      String dialect,
      List<String> models,
      String defaultModel,
      Function<LlmRequest, String> cannotServe) {
    this(name, provider, dialect, models, defaultModel, cannotServe, null, request -> false);
  }
}
