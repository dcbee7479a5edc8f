package io.llmrelay.coordinator;

import io.llmrelay.bus.BusSettings;
import io.llmrelay.catalog.Catalog;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.config.BudgetOptions;
import io.llmrelay.config.CircuitOptions;
import java.nio.file.Path;
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
 * @param maxRequests most requests in flight; one more is refused as overloaded
 * @param budgets by backend, for those that have one
 * @param stateFile where exhaustion, refused keys and spend are kept over a restart, or {@code
 *     null}
 * @param keepsState whether it is this coordinator that writes the state file
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
    CircuitOptions circuit,
    Catalog catalog,
    int maxRequests,
    Map<String, BudgetOptions> budgets,
    Path stateFile,
    boolean keepsState) {}
