package io.llmrelay.failover;

import io.llmrelay.bus.BusSettings;
import io.llmrelay.catalog.Catalog;
import io.llmrelay.chat.Affinity;
import io.llmrelay.chat.RelayHints;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The settings of a coordinator.
 *
 * @param prefix the prefix of the public addresses
 * @param lane the prefix of the addresses of its own lane, which it serves in addition
 * @param providers the prefix of its provider verticles' addresses
 * @param backends the backends in the configured order
 * @param order the fallback order as names of candidates; empty for the order of the backends
 * @param aliases the candidates of each configured model name
 * @param prefer the default order of candidates
 * @param affinity what identifies a conversation; empty if only the hint of a request does
 * @param run the default settings of a request
 * @param limits the upper bounds for the settings of a request
 * @param maxRequests the maximum number of requests in flight over all lanes; further ones are
 *     refused
 * @param maxLag the lag of the event loop at which requests of low priority are refused
 * @param maxHeap the share of the heap in use at which requests of low priority are refused
 */
public record CoordinatorSettings(
    String prefix,
    String lane,
    String providers,
    BusSettings bus,
    List<Backend> backends,
    List<String> order,
    Map<String, Alias> aliases,
    RelayHints.Prefer prefer,
    List<Affinity> affinity,
    RunSettings run,
    Limits limits,
    Catalog catalog,
    int maxRequests,
    Duration maxLag,
    double maxHeap) {}
