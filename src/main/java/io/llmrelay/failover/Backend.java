package io.llmrelay.failover;

import io.llmrelay.catalog.ModelServer;
import io.llmrelay.chat.ChatRequest;
import java.util.List;
import java.util.function.Function;

/**
 * What the coordinator knows of a backend.
 *
 * @param name its configured name
 * @param provider the well-known provider it belongs to, or {@code null}
 * @param dialect the wire format it speaks
 * @param models the models it serves; empty means that any name is passed on
 * @param defaultModel the model of a request that names none, or {@code null}
 * @param cannotServe says why the backend's dialect cannot express a request, or {@code null}
 */
public record Backend(
    String name,
    String provider,
    String dialect,
    List<String> models,
    String defaultModel,
    Function<ChatRequest, String> cannotServe)
    implements ModelServer {}
