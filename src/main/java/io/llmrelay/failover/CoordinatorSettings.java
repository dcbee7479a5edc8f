package io.llmrelay.failover;

import io.llmrelay.bus.BusSettings;
import io.llmrelay.catalog.Catalog;
import io.llmrelay.chat.RelayHints;
import java.util.List;
import java.util.Map;

/**
 * What a coordinator is given.
 *
 * @param prefix what its addresses start with
 * @param lane what the addresses of its lane start with, where it serves too
 * @param providers what the addresses of its provider verticles start with
 * @param backends in the configured order
 * @param order the fallback order, candidates by name; empty: that of the backends
 * @param aliases model name to candidates
 * @param prefer what orders the candidates unless the request says otherwise
 * @param run what holds for a run unless the request says otherwise
 * @param limits what a request may ask for at most
 * @param maxRequests most requests in flight, over all lanes; one more is refused as saturated
 */
public record CoordinatorSettings(
    String prefix,
    String lane,
    String providers,
    BusSettings bus,
    List<Backend> backends,
    List<String> order,
    Map<String, List<String>> aliases,
    RelayHints.Prefer prefer,
    RunSettings run,
    Limits limits,
    Catalog catalog,
    int maxRequests) {}
