package io.llmrelay.failover;

import io.llmrelay.catalog.Catalog;
import io.llmrelay.catalog.Model;
import io.llmrelay.catalog.ModelResolver;
import io.llmrelay.chat.CandidateName;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.EmbeddingRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.LlmRequest;
import io.llmrelay.chat.RelayHints;
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
 *   <li>If a request names candidates, or a configured alias, the plan has those and no others.
 *   <li>Otherwise the candidates that serve the requested model come first, as {@link
 *       ModelResolver} orders them, then every other backend with its default model, because an
 *       answer from another model is better than none.
 *   <li>If cost is preferred, each of the two groups is ordered by the expected cost.
 * </ol>
 *
 * <p>Candidates that cannot serve the request (capability, context window) are left out, with the
 * reason.
 */
final class Planner {
  /** A candidate that was left out. */
  record LeftOut(Candidate candidate, SkipReason reason, String message) {}

  /**
   * A candidate of the plan.
   *
   * @param why why it is a candidate
   * @param costUsd the expected cost of the request; {@code null} if unknown
   */
  record Choice(Candidate candidate, String why, Double costUsd) {}

  /** A plan: the candidates in order, and those that were left out. */
  record Choices(List<Choice> choices, boolean cheapestFirst, List<LeftOut> leftOut) {
    List<Candidate> candidates() {
      return choices.stream().map(Choice::candidate).toList();
    }

    /** Returns the candidates that were left out for a reason, with the message of each. */
    Map<Candidate, String> leftOut(SkipReason reason) {
      Map<Candidate, String> candidates = new LinkedHashMap<>();
      leftOut.stream()
          .filter(out -> out.reason() == reason)
          .forEach(out -> candidates.put(out.candidate(), out.message()));
      return candidates;
    }
  }

  private final Map<String, Backend> backends = new LinkedHashMap<>();
  private final List<String> order;
  private final Map<String, List<String>> aliases;
  private final RelayHints.Prefer prefer;
  private final Catalog catalog;
  private final InstantSource clock;
  private final ModelResolver<Backend> models;

  /** All backends, those in the fallback order first. */
  private final List<Backend> ordered;

  /**
   * Creates a planner.
   *
   * @param order the fallback order: names of candidates, the default first
   * @param aliases the candidates of each configured model name
   * @param clock the time of day, for prices
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

  /** Returns the aliases, configured or of the catalogue, that a request may name as its model. */
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
  Choices plan(LlmRequest request) {
    List<LeftOut> leftOut = new ArrayList<>();
    Set<Candidate> wanted = new LinkedHashSet<>();
    Set<Candidate> others = new LinkedHashSet<>();
    List<String> named = request.relay().candidates();
    String why = "serves the requested model";
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
    RelayHints.Prefer requested = request.relay().prefer();
    boolean cheapestFirst = (requested == null ? prefer : requested) == RelayHints.Prefer.COST;
    if (request instanceof EmbeddingRequest) {
      leaveOutOtherModels(request, wanted, others, leftOut);
    }
    List<Choice> choices = sift(request, wanted, why, cheapestFirst, leftOut);
    choices.addAll(sift(request, others, "by the fallback order", cheapestFirst, leftOut));
    return new Choices(choices, cheapestFirst, leftOut);
  }

  /** Returns whether the backend is a candidate already, so that its default model is not added. */
  private static boolean alreadyWanted(Candidate candidate, Set<Candidate> wanted) {
    return wanted.stream().anyMatch(w -> w.backend().equals(candidate.backend()));
  }

  /** Returns the candidate with a name; {@code null} for a backend without a default model. */
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
    Backend backend = models.prefixBackend(name);
    String model = CandidateName.parse(name).model();
    String problem;
    if (backend == null) {
      problem = " names no backend: \"" + name + "\"; the backends are " + backends.keySet();
    } else if (model.isBlank()) {
      problem = " names no model: \"" + name + "\"";
    } else {
      problem =
          ": "
              + backend.name()
              + " does not serve "
              + model
              + "; its models are "
              + backend.models();
    }
    return Failure.invalid(field, field + problem).toException();
  }

  /** Returns the candidates that serve a model, otherwise those that accept any model, in order. */
  private List<Candidate> serving(String model) {
    List<Candidate> serving = models.find(model).stream().map(this::candidate).toList();
    if (!serving.isEmpty()) {
      return serving;
    }
    if (models.prefixBackend(model) != null) {
      throw unresolved(model, "model");
    }
    List<Candidate> passing =
        ordered.stream()
            .filter(Backend::acceptsAnyModel)
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

  /** Returns the catalogue entry of today: the one for this backend, otherwise for its provider. */
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

  /**
   * Leaves out the candidates of another model than the first that can serve the request, since
   * vectors of different models cannot be compared. The first is one of those that were asked for,
   * if any were.
   */
  private void leaveOutOtherModels(
      LlmRequest request, Set<Candidate> wanted, Set<Candidate> others, List<LeftOut> leftOut) {
    Set<Candidate> preferred = wanted.isEmpty() ? others : wanted;
    Candidate first =
        preferred.stream()
            .filter(candidate -> unfit(request, candidate) == null)
            .findFirst()
            .orElse(preferred.stream().findFirst().orElse(null));
    for (Set<Candidate> group : List.of(wanted, others)) {
      group.removeIf(
          candidate -> {
            boolean other = !isSameModel(candidate, first);
            if (other) {
              String message = "its vectors would be of another model than " + first.model();
              leftOut.add(new LeftOut(candidate, SkipReason.OTHER_MODEL, message));
            }
            return other;
          });
    }
  }

  /** Returns whether a candidate continues the text of the assistant with which a request ends. */
  boolean continues(ChatRequest request, Candidate candidate) {
    ChatRequest asked = request.withModel(candidate.model());
    Backend backend = backends.get(candidate.backend());
    return backend.continues().test(asked) && backend.cannotServe().apply(asked) == null;
  }

  /** Returns whether two candidates are the same model. */
  boolean isSameModel(Candidate one, Candidate other) {
    return catalog.isSameModel(
        backends.get(one.backend()).provider(),
        one.model(),
        backends.get(other.backend()).provider(),
        other.model());
  }

  private List<Choice> sift(
      LlmRequest request,
      Set<Candidate> group,
      String why,
      boolean cheapestFirst,
      List<LeftOut> leftOut) {
    long inputTokens = TokenUsage.estimate(request.characters(), 0).inputTokens();
    request.features(); // Computed once here; the copies for the candidates share the result.
    List<Choice> fit = new ArrayList<>();
    for (Candidate candidate : group) {
      LeftOut unfit = unfit(request, candidate);
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

  private LeftOut unfit(LlmRequest request, Candidate candidate) {
    LlmRequest asked = request.withModel(candidate.model());
    String cannot = backends.get(candidate.backend()).cannotServe().apply(asked);
    if (cannot != null) {
      return new LeftOut(candidate, SkipReason.CAPABILITY, cannot);
    }
    String lacking = candidate.lacks(request);
    if (lacking != null) {
      return new LeftOut(
          candidate,
          SkipReason.CAPABILITY,
          "the model does not support " + lacking + ", according to the catalogue");
    }
    long window = candidate.contextWindow();
    long inputTokens = TokenUsage.estimate(request.windowCharacters(), 0).inputTokens();
    if (window > 0 && inputTokens > window) {
      return new LeftOut(
          candidate,
          SkipReason.CONTEXT_WINDOW,
          "about " + inputTokens + " tokens exceed its context window of " + window);
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
