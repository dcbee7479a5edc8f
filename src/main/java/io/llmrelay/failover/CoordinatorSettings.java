package io.llmrelay.failover;

import io.llmrelay.bus.BusSettings;
import io.llmrelay.catalog.Catalog;
import io.llmrelay.chat.RelayHints;
import java.util.List;
import java.util.Map;

/**
 * The settings of a coordinator.
 *
 * @param prefix the prefix of the public addresses
 * @param lane the prefix of the addresses of its lane, which it serves as well
 * @param providers the prefix of the addresses of its provider verticles
 * @param backends in the configured order
 * @param order the fallback order, as names of candidates; empty for the order of the backends
 * @param aliases the candidates of each configured model name
 * @param prefer the order of candidates for requests that set none
 * @param run the settings of requests that set none
 * @param limits the upper bounds of what requests may set
 * @param maxRequests the most requests in flight, over all lanes; further ones are refused
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
