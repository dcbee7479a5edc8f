package io.llmrelay.failover;

import io.llmrelay.catalog.Catalog;
import io.llmrelay.catalog.Model;
import io.llmrelay.catalog.ModelResolver;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.RequestFeature;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.chat.TokenUsage;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
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
 *   <li>A request that names its candidates, or a configured alias of some, gets those and no
 *       others.
 *   <li>Else those that serve the named model come first, as {@link ModelResolver} has them; after
 *       them every other backend with its default model, because an answer from another model is
 *       better than none.
 *   <li>Where cost is preferred, each of the two groups is ordered by what this request would cost.
 * </ol>
 *
 * <p>What cannot serve the request (capability, context window) is left out, and why is kept.
 */
final class Planner {
  /** A candidate that was left out. */
  record LeftOut(Candidate candidate, SkipReason reason, String message) {}

  /**
   * A candidate in its place.
   *
   * @param why why it is asked at all
   * @param costUsd what the request would cost there, {@code null} where that is not known
   */
  record Choice(Candidate candidate, String why, Double costUsd) {}

  /** What a request may be served by, in order, and what not. */
  record Choices(List<Choice> choices, boolean cheapestFirst, List<LeftOut> leftOut) {
    List<Candidate> candidates() {
      return choices.stream().map(Choice::candidate).toList();
    }
  }

  private final Map<String, Backend> backends = new LinkedHashMap<>();
  private final List<String> order;
  private final Map<String, List<String>> aliases;
  private final RelayHints.Prefer prefer;
  private final Catalog catalog;
  private final InstantSource clock;
  private final ModelResolver<Backend> models;

  /** All backends: those of the fallback order first. */
  private final List<Backend> ordered;

  /**
   * A planner.
   *
   * @param order candidates by name, the default first
   * @param aliases name to candidates
   * @param clock says which day's prices hold
   */
  Planner(
      List<Backend> backends,
      List<String> order,
      Map<String, List<String>> aliases,
      RelayHints.Prefer prefer,
      Catalog catalog,
      InstantSource clock) {
    backends.forEach(backend -> this.backends.put(backend.name(), backend));
    this.order = order.isEmpty() ? List.copyOf(this.backends.keySet()) : order;
    this.aliases = aliases;
    this.prefer = prefer;
    this.catalog = catalog;
    this.clock = clock;
    ordered = inOrder(new ModelResolver<>(backends, catalog));
    models = new ModelResolver<>(ordered, catalog);
  }

  private List<Backend> inOrder(ModelResolver<Backend> asConfigured) {
    Set<Backend> sorted = new LinkedHashSet<>();
    for (String name : order) {
      ModelResolver.Match<Backend> match = asConfigured.candidate(name);
      if (match != null) {
        sorted.add(match.backend());
      }
    }
    sorted.addAll(backends.values());
    return List.copyOf(sorted);
  }

  /** Every name but a model's own that a request may have as its model. */
  List<String> aliases() {
    Set<String> names = new LinkedHashSet<>(aliases.keySet());
    for (String alias : catalog.aliases()) {
      if (backends.values().stream().anyMatch(backend -> models.idOf(alias, backend) != null)) {
        names.add(alias);
      }
    }
    return List.copyOf(names);
  }

  /**
   * Plans a request.
   *
   * @throws LlmException if it names a candidate or model that does not exist
   */
  Choices plan(ChatRequest request) {
    List<LeftOut> leftOut = new ArrayList<>();
    Set<Candidate> wanted = new LinkedHashSet<>();
    Set<Candidate> others = new LinkedHashSet<>();
    List<String> named = request.relay().candidates();
    String why = "serves the model asked for";
    if (named != null) {
      why = "named by the request";
      for (int i = 0; i < named.size(); i++) {
        wanted.add(named(named.get(i), "relay.candidates[" + i + "]", leftOut));
      }
    } else if (request.model() != null && aliases.containsKey(request.model())) {
      why = "of the alias " + request.model();
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
    RelayHints.Prefer asked = request.relay().prefer();
    boolean cheapestFirst = (asked == null ? prefer : asked) == RelayHints.Prefer.COST;
    List<Choice> choices = sift(request, wanted, why, cheapestFirst, leftOut);
    choices.addAll(sift(request, others, "by the fallback order", cheapestFirst, leftOut));
    return new Choices(choices, cheapestFirst, leftOut);
  }

  /** A backend that is asked for the very model needs not be asked for its default one after it. */
  private static boolean alreadyWanted(Candidate candidate, Set<Candidate> wanted) {
    return wanted.stream().anyMatch(w -> w.backend().equals(candidate.backend()));
  }

  /** The candidate of this name; {@code null} where it is a backend without a default model. */
  private Candidate named(String name, String field, List<LeftOut> leftOut) {
    ModelResolver.Match<Backend> match = models.candidate(name);
    if (match == null) {
      throw unresolved(name, field);
    }
    if (match.model() == null) {
      leftOut.add(
          new LeftOut(
              new Candidate(name, "", null),
              SkipReason.MODEL_NOT_SERVED,
              "it has no default model"));
      return null;
    }
    return candidate(match);
  }

  private LlmException unresolved(String name, String field) {
    Backend backend = models.prefix(name);
    String model = backend == null ? "" : name.substring(backend.name().length() + 1);
    String complaint;
    if (backend == null) {
      complaint = " names no backend: \"" + name + "\"; there are " + backends.keySet();
    } else if (model.isBlank()) {
      complaint = " names no model: \"" + name + "\"";
    } else {
      complaint = ": " + backend.name() + " does not serve " + model + ", but " + backend.models();
    }
    return Failure.invalid(field, field + complaint).toException();
  }

  /** Everybody who serves the model, else everybody who accepts any name; preferred first. */
  private List<Candidate> serving(String model) {
    List<Candidate> serving = models.find(model).stream().map(this::candidate).toList();
    if (!serving.isEmpty()) {
      return serving;
    }
    if (models.prefix(model) != null) {
      throw unresolved(model, "model");
    }
    List<Candidate> passing =
        ordered.stream()
            .filter(Backend::passesOn)
            .map(backend -> candidate(new ModelResolver.Match<>(backend, model)))
            .toList();
    if (passing.isEmpty()) {
      throw Failure.of(FailureKind.MODEL_NOT_FOUND, "no backend serves the model \"" + model + "\"")
          .withField("model")
          .toException();
    }
    return passing;
  }

  private Candidate candidate(ModelResolver.Match<Backend> match) {
    Backend backend = match.backend();
    return new Candidate(backend.name(), match.model(), known(backend, match.model()));
  }

  /** What is known today: the user's own entry for this backend, else the provider's. */
  private Model known(Backend backend, String model) {
    return catalog
        .find(backend.name(), model)
        .or(
            () ->
                backend.provider() == null
                    ? Optional.empty()
                    : catalog.find(backend.provider(), model))
        .map(found -> found.asOf(LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC)))
        .orElse(null);
  }

  private List<Choice> sift(
      ChatRequest request,
      Set<Candidate> group,
      String why,
      boolean cheapestFirst,
      List<LeftOut> leftOut) {
    long inputTokens = TokenUsage.estimate(request.characters(), 0).inputTokens();
    List<Choice> fit = new ArrayList<>();
    for (Candidate candidate : group) {
      LeftOut unfit = unfit(request, candidate, inputTokens);
      if (unfit == null) {
        fit.add(new Choice(candidate, why, candidate.estimate(inputTokens, request.maxTokens())));
      } else {
        leftOut.add(unfit);
      }
    }
    if (cheapestFirst) {
      fit.sort(Comparator.comparing(Choice::costUsd, Comparator.nullsLast(Double::compare)));
    }
    return fit;
  }

  private LeftOut unfit(ChatRequest request, Candidate candidate, long inputTokens) {
    String cannot = backends.get(candidate.backend()).cannotServe().apply(request);
    if (cannot != null) {
      return new LeftOut(candidate, SkipReason.CAPABILITY, cannot);
    }
    RequestFeature lacking = candidate.lacks(request);
    if (lacking != null) {
      return new LeftOut(
          candidate, SkipReason.CAPABILITY, "the catalogue knows the model without " + lacking);
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

  /** Returns the failure of a request that no candidate can serve. */
  static Failure noCandidate(List<LeftOut> leftOut) {
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
