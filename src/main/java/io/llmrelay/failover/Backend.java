package io.llmrelay.failover;

import io.llmrelay.catalog.ModelServer;
import io.llmrelay.chat.LlmRequest;
import java.util.List;
import java.util.function.Function;

/**
 * The properties of a backend that the coordinator uses.
 *
 * @param name the configured name
 * @param provider the known provider to which it belongs, or {@code null}
 * @param dialect the wire format
 * @param models the models that it serves; empty if any name is passed on
 * @param defaultModel the model of a request that names none, or {@code null}
 * @param cannotServe returns why the dialect cannot express a request, or {@code null}
 */
public record Backend(
    String name,
    String provider,
    String dialect,
    List<String> models,
    String defaultModel,
    Function<LlmRequest, String> cannotServe)
    implements ModelServer {}
