package io.llmrelay.coordinator;

import io.llmrelay.catalog.Catalog;
import io.llmrelay.catalog.Model;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.chat.TokenUsage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Orders the candidates of a request.
 *
 * <ol>
 *   <li>A request that names its candidates, or an alias of some, gets those and no others.
 *   <li>Else those that serve the named model come first ({@code backend/model} is one of them, a
 *       plain model id all that list it), in the configured order; after them every other backend
 *       with its default model, because an answer from another model is better than none.
 *   <li>Where cost is preferred, each of the two groups is ordered by what this request would cost.
 * </ol>
 *
 * <p>What cannot serve the request (capability, context window) is left out, and why is kept.
 */
final class Planner {
  /** A candidate that was left out. */
  record LeftOut(Candidate candidate, SkipReason reason, String message) {}

  /** What a request may be served by, in order, and what not. */
  record Candidates(
      List<Candidate> candidates, List<LeftOut> leftOut, Map<Candidate, Double> cost) {}

  private final Map<String, Backend> backends = new LinkedHashMap<>();
  private final List<String> order;
  private final Map<String, List<String>> aliases;
  private final RelayHints.Prefer prefer;
  private final Catalog catalog;

  /**
   * A planner.
   *
   * @param order names or {@code backend/model}, the default first
   * @param aliases name to {@code backend/model}s
   */
  Planner(
      List<Backend> backends,
      List<String> order,
      Map<String, List<String>> aliases,
      RelayHints.Prefer prefer,
      Catalog catalog) {
    backends.forEach(backend -> this.backends.put(backend.name(), backend));
    this.order = order.isEmpty() ? List.copyOf(this.backends.keySet()) : order;
    this.aliases = aliases;
    this.prefer = prefer;
    this.catalog = catalog;
  }

  /**
   * Plans a request.
   *
   * @throws io.llmrelay.chat.LlmException if it names a candidate or model that does not exist
   */
  Candidates plan(ChatRequest request) {
    List<LeftOut> leftOut = new ArrayList<>();
    Set<Candidate> wanted = new LinkedHashSet<>();
    Set<Candidate> others = new LinkedHashSet<>();
    List<String> named = request.relay().candidates();
    if (named != null) {
      for (int i = 0; i < named.size(); i++) {
        wanted.add(named(named.get(i), "relay.candidates[" + i + "]", leftOut));
      }
    } else if (request.model() != null && aliases.containsKey(request.model())) {
      aliases.get(request.model()).forEach(name -> wanted.add(named(name, "model", leftOut)));
    } else {
      if (request.model() != null) {
        wanted.addAll(serving(request.model()));
      }
      order.forEach(name -> others.add(named(name, "model", leftOut)));
    }
    wanted.remove(null);
    others.remove(null);
    if (request.model() == null || !wanted.isEmpty()) {
      others.removeIf(candidate -> alreadyWanted(candidate, wanted));
    }
    return sift(request, wanted, others, leftOut);
  }

  /** A backend that is asked for the very model needs not be asked for its default one after it. */
  private static boolean alreadyWanted(Candidate candidate, Set<Candidate> wanted) {
    return wanted.stream().anyMatch(w -> w.backend().equals(candidate.backend()));
  }

  /**
   * The candidate for {@code backend} or {@code backend/model}; {@code null} where it has no model.
   */
  private Candidate named(String name, String field, List<LeftOut> leftOut) {
    Backend backend = backends.get(name);
    if (backend != null) {
      if (backend.defaultModel() == null) {
        leftOut.add(
            new LeftOut(
                new Candidate(name, "", null),
                SkipReason.MODEL_NOT_SERVED,
                "it has no default model"));
        return null;
      }
      return candidate(backend, backend.defaultModel());
    }
    int slash = name.indexOf('/');
    backend = slash < 0 ? null : backends.get(name.substring(0, slash));
    if (backend == null) {
      throw Failure.invalid(
              field, field + " names no backend: \"" + name + "\"; there are " + backends.keySet())
          .toException();
    }
    String model = name.substring(slash + 1);
    if (model.isEmpty()) {
      throw Failure.invalid(field, field + " names no model: \"" + name + "\"").toException();
    }
    if (!backend.passesOn() && !backend.lists(model)) {
      throw Failure.invalid(
              field,
              field
                  + ": "
                  + backend.name()
                  + " does not serve "
                  + model
                  + ", but "
                  + backend.models())
          .toException();
    }
    return candidate(backend, model);
  }

  /** Everybody who serves the model, in the configured order. */
  private List<Candidate> serving(String model) {
    int slash = model.indexOf('/');
    if (slash > 0 && backends.containsKey(model.substring(0, slash))) {
      return List.of(named(model, "model", new ArrayList<>()));
    }
    List<Candidate> serving = new ArrayList<>();
    List<Candidate> passing = new ArrayList<>();
    for (Backend backend : inOrder()) {
      if (backend.lists(model) || (backend.passesOn() && known(backend, model) != null)) {
        serving.add(candidate(backend, model));
      } else if (backend.passesOn()) {
        passing.add(candidate(backend, model));
      }
    }
    if (serving.isEmpty() && passing.isEmpty()) {
      throw Failure.of(FailureKind.MODEL_NOT_FOUND, "no backend serves the model \"" + model + "\"")
          .withField("model")
          .toException();
    }
    return serving.isEmpty() ? passing : serving;
  }

  private List<Backend> inOrder() {
    Set<Backend> sorted = new LinkedHashSet<>();
    for (String name : order) {
      Backend backend = backends.get(name);
      sorted.add(backend != null ? backend : backends.get(name.substring(0, name.indexOf('/'))));
    }
    sorted.addAll(backends.values());
    return List.copyOf(sorted);
  }

  private Candidate candidate(Backend backend, String model) {
    return new Candidate(backend.name(), model, known(backend, model));
  }

  /** The catalogue's entry: the user's own for this backend, else the well-known provider's. */
  private Model known(Backend backend, String model) {
    return catalog
        .find(backend.name(), model)
        .or(
            () ->
                backend.provider() == null
                    ? Optional.empty()
                    : catalog.find(backend.provider(), model))
        .orElse(null);
  }

  private Candidates sift(
      ChatRequest request, Set<Candidate> wanted, Set<Candidate> others, List<LeftOut> leftOut) {
    Map<Candidate, Double> cost = new LinkedHashMap<>();
    long inputTokens = TokenUsage.estimate(request.characters(), 0).inputTokens();
    List<Candidate> candidates = new ArrayList<>();
    for (Set<Candidate> group : List.of(wanted, others)) {
      List<Candidate> fit = new ArrayList<>();
      for (Candidate candidate : group) {
        LeftOut unfit = unfit(request, candidate, inputTokens);
        if (unfit != null) {
          leftOut.add(unfit);
          continue;
        }
        fit.add(candidate);
        if (candidate.known() != null) {
          cost.put(candidate, candidate.known().estimate(inputTokens, request.maxTokens()));
        }
      }
      RelayHints.Prefer asked = request.relay().prefer();
      if ((asked == null ? prefer : asked) == RelayHints.Prefer.COST) {
        fit.sort(
            Comparator.comparing(
                cost::get, Comparator.nullsLast(Comparator.<Double>naturalOrder())));
      }
      candidates.addAll(fit);
    }
    return new Candidates(candidates, leftOut, cost);
  }

  private LeftOut unfit(ChatRequest request, Candidate candidate, long inputTokens) {
    String cannot = backends.get(candidate.backend()).cannotServe().apply(request);
    if (cannot != null) {
      return new LeftOut(candidate, SkipReason.CAPABILITY, cannot);
    }
    long window = candidate.contextWindow();
    if (window > 0 && inputTokens > window) {
      return new LeftOut(
          candidate,
          SkipReason.CONTEXT_WINDOW,
          "about " + inputTokens + " tokens do not fit its window of " + window);
    }
    return null;
  }

  /** Why nobody is left to serve a request. */
  static Failure nobody(List<LeftOut> leftOut) {
    StringBuilder why = new StringBuilder();
    boolean windows = true;
    for (LeftOut out : leftOut) {
      why.append(why.isEmpty() ? "" : ", ")
          .append(out.candidate())
          .append(": ")
          .append(out.message());
      windows &= out.reason() == SkipReason.CONTEXT_WINDOW;
    }
    return Failure.of(
        windows ? FailureKind.CONTEXT_LENGTH : FailureKind.INVALID_REQUEST,
        "no backend can serve this request: " + why);
  }
}
