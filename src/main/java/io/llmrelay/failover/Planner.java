package io.llmrelay.failover;

import io.llmrelay.availability.Rendezvous;
import io.llmrelay.catalog.Catalog;
import io.llmrelay.catalog.Model;
import io.llmrelay.catalog.ModelResolver;
import io.llmrelay.chat.Affinity;
import io.llmrelay.chat.CandidateName;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.EmbeddingRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.LlmRequest;
import io.llmrelay.chat.RelayHints.Prefer;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.chat.TokenUsage;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Orders the candidates of a request.
 *
 * <ol>
 *   <li>If a request names candidates, or a configured alias, the plan has those and no others.
 *   <li>Otherwise the candidates that serve the requested model come first, as {@link
 *       ModelResolver} orders them, then every other backend with its default model, because an
 *       answer from another model is better than none.
 *   <li>Each of the two groups, and the candidates of each alias, are ordered by what is
 *       {@linkplain Ranking preferred}. An alias among the candidates counts as one.
 * </ol>
 *
 * <p>Candidates that cannot serve the request (capability, context window) are left out, with the
 * reason.
 */
final class Planner {
  /** A candidate that was left out. */
  record LeftOut(Candidate candidate, SkipReason reason, String message) {}

  /** A candidate of the plan, with what explains its place. */
  static final class Choice {
    private final Candidate candidate;
    private final Group group;
    private final Node node;
    private final Double costUsd;
    private double observed = Double.NaN;

    private Choice(Candidate candidate, Group group, Node node, Double costUsd) {
      this.candidate = candidate;
      this.group = group;
      this.node = node;
      this.costUsd = costUsd;
    }

    Candidate candidate() {
      return candidate;
    }

    /** Returns the expected cost of the request; {@code null} if unknown. */
    Double costUsd() {
      return costUsd;
    }

    /** Returns the open requests or the milliseconds to the first chunk; NaN if unknown. */
    double observed() {
      return observed;
    }

    void observe(double value) {
      observed = value;
    }

    /** Returns why the candidate is in the plan and what decided on its place. */
    String why() {
      StringBuilder why = new StringBuilder(group.why);
      if (node.tier > 1) {
        why.append(", tier ").append(node.tier);
      }
      switch (group.prefer) {
        case ORDER -> {}
        case COST -> why.append(costUsd == null ? ", price unknown" : ", cheapest first");
        case WEIGHT -> why.append(", weight ").append(node.weight);
        case LEAST_BUSY -> why.append(", ").append((long) observed).append(" open requests");
        case LOWEST_LATENCY ->
            why.append(
                Double.isNaN(observed)
                    ? ", latency not known yet"
                    : ", first chunk after " + Math.round(observed) + " ms");
      }
      return why.toString();
    }
  }

  /**
   * A plan: the candidates in order, and those that were left out.
   *
   * @param conversation what the request belongs to
   * @param pinned the candidate to which the conversation is attached; {@code null} without one
   * @param shadow what gets a copy of the request, or {@code null}
   */
  record Choices(
      List<Choice> choices,
      List<LeftOut> leftOut,
      Conversation conversation,
      Candidate pinned,
      Alias.Shadow shadow) {
    List<Candidate> candidates() {
      return choices.stream().map(Choice::candidate).toList();
    }

    /** Returns the candidates that were left out for a reason, with the message of each. */
    Map<Candidate, String> leftOut(SkipReason reason) {
      if (leftOut.isEmpty()) {
        return Map.of();
      }
      Map<Candidate, String> candidates = new LinkedHashMap<>();
      leftOut.stream()
          .filter(out -> out.reason() == reason)
          .forEach(out -> candidates.put(out.candidate(), out.message()));
      return candidates;
    }
  }

  /** A member of a group: a candidate, or an alias, which is a group itself. */
  private record Node(Candidate candidate, Group group, int weight, int tier) {}

  /** Candidates with one reason to be in the plan, which are ordered among themselves. */
  private static final class Group {
    private final String why;
    private final Prefer prefer;
    private final long name;
    private List<Node> nodes = new ArrayList<>();

    Group(String why, Prefer prefer, long name) {
      this.why = why;
      this.prefer = prefer;
      this.name = name;
    }

    /** Removes candidates at any depth. */
    void removeIf(Predicate<Candidate> condition) {
      nodes.removeIf(node -> node.candidate != null && condition.test(node.candidate));
      nodes.forEach(
          node -> {
            if (node.group != null) {
              node.group.removeIf(condition);
            }
          });
    }

    void forEach(Consumer<Candidate> to) {
      for (Node node : nodes) {
        if (node.candidate != null) {
          to.accept(node.candidate);
        } else {
          node.group.forEach(to);
        }
      }
    }
  }

  /** The plan of one request in the making. */
  private final class Draft {
    final LlmRequest request;
    final Prefer requested;
    final List<LeftOut> leftOut = new ArrayList<>();
    final Conversation conversation;
    final Ranking ranking;
    final long inputTokens;
    private Candidate pinned;

    Draft(LlmRequest request, boolean real) {
      this.request = request;
      requested = request.relay().prefer();
      conversation = Conversation.of(request, affinity);
      ranking = new Ranking(observations, conversation, real);
      inputTokens = TokenUsage.estimate(request.characters(), 0).inputTokens();
      request.features(); // Computed once here; the copies for the candidates share the result.
    }

    Group group(String why, Prefer configured, String name) {
      Prefer chosen = requested != null ? requested : configured == null ? prefer : configured;
      return new Group(why, chosen, name.hashCode());
    }

    /**
     * Adds a named candidate, unless it is there already or has no model.
     *
     * @param within the alias whose member it is, or {@code null}
     */
    void add(
        Group group,
        Set<Candidate> seen,
        String name,
        String within,
        String field,
        int weight,
        int tier) {
      Alias alias = backends.containsKey(name) || name.equals(within) ? null : aliases.get(name);
      if (alias == null) {
        add(group, seen, named(name, field, leftOut), weight, tier);
        return;
      }
      Group nested = expand(name, alias, seen, field);
      if (!nested.nodes.isEmpty()) {
        group.nodes.add(new Node(null, nested, weight, tier));
      }
    }

    void add(Group group, Set<Candidate> seen, Candidate candidate, int weight, int tier) {
      if (candidate != null && seen.add(candidate)) {
        group.nodes.add(new Node(candidate, null, weight, tier));
      }
    }

    Group expand(String name, Alias alias, Set<Candidate> seen, String field) {
      Group group = group("of the alias " + name, alias.prefer(), name);
      for (Alias.Member member : alias.members()) {
        add(group, seen, member.candidate(), name, field, member.weight(), member.tier());
      }
      return group;
    }

    /** Returns the candidates of a group that can serve the request, in order. */
    List<Choice> order(Group group, boolean decisive) {
      List<Choice> choices = new ArrayList<>(group.nodes.size());
      boolean ranked = group.prefer != Prefer.ORDER;
      for (Node node : group.nodes) {
        ranked |= node.tier != group.nodes.get(0).tier;
      }
      List<Ranking.Member> members = ranked ? new ArrayList<>(group.nodes.size()) : null;
      for (Node node : group.nodes) {
        List<Choice> ofNode = choices(group, node, decisive && !ranked && choices.isEmpty());
        if (!ranked) {
          choices.addAll(ofNode);
        } else if (!ofNode.isEmpty()) {
          members.add(new Ranking.Member(ofNode, node.weight, node.tier, name(node)));
        }
      }
      if (ranked && !members.isEmpty()) {
        Ranking.Member attached = ranking.sort(members, group.prefer);
        if (decisive) {
          pinned = attached.first.candidate();
        }
        members.forEach(member -> choices.addAll(member.choices));
      }
      return choices;
    }

    private long name(Node node) {
      return node.group != null
          ? node.group.name
          : Rendezvous.combine(
              0, node.candidate.backend().hashCode(), node.candidate.model().hashCode());
    }

    private List<Choice> choices(Group group, Node node, boolean decisive) {
      if (node.group != null) {
        return order(node.group, decisive);
      }
      LeftOut unfit = unfit(request, node.candidate);
      if (unfit != null) {
        leftOut.add(unfit);
        return List.of();
      }
      if (decisive) {
        pinned = node.candidate;
      }
      Double cost = node.candidate.estimate(inputTokens, request.maxTokens());
      return List.of(new Choice(node.candidate, group, node, cost));
    }
  }

  private final Map<String, Backend> backends = new LinkedHashMap<>();
  private final List<String> order;
  private final Map<String, Alias> aliases;
  private final Prefer prefer;
  private final List<Affinity> affinity;
  private final Observations observations;
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
   * @param prefer the order of candidates unless an alias or the request has another
   * @param affinity what identifies a conversation; empty if only the hint of a request does
   * @param clock the time of day, for prices
   */
  Planner(
      List<Backend> backends,
      List<String> order,
      Map<String, Alias> aliases,
      Prefer prefer,
      List<Affinity> affinity,
      Observations observations,
      Catalog catalog,
      InstantSource clock) {
    backends.forEach(backend -> this.backends.put(backend.name(), backend));
    this.order = order.isEmpty() ? List.copyOf(this.backends.keySet()) : order;
    this.aliases = aliases;
    this.affinity = affinity;
    this.observations = observations;
    this.prefer = prefer;
    this.catalog = catalog;
    this.clock = clock;
    ordered = inOrder(new ModelResolver<>(backends, catalog));
    models = new ModelResolver<>(ordered, catalog);
  }

  private List<Backend> inOrder(ModelResolver<Backend> asConfigured) {
    Set<Backend> sorted = new LinkedHashSet<>();
    order.forEach(name -> addInOrder(name, null, asConfigured, sorted));
    sorted.addAll(backends.values());
    return List.copyOf(sorted);
  }

  private void addInOrder(
      String name, String within, ModelResolver<Backend> asConfigured, Set<Backend> sorted) {
    Alias alias = backends.containsKey(name) || name.equals(within) ? null : aliases.get(name);
    if (alias != null) {
      alias.members().forEach(each -> addInOrder(each.candidate(), name, asConfigured, sorted));
      return;
    }
    ModelResolver.Match<Backend> match = asConfigured.candidate(name);
    if (match != null) {
      sorted.add(match.backend());
    }
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
   * Returns the model or alias that a request asks for: without a model, the alias that the
   * fallback order begins with; {@code null} if it is no alias.
   */
  String requested(LlmRequest request) {
    String first = order.get(0);
    return request.model() != null
        ? request.model()
        : aliases.containsKey(first) && !backends.containsKey(first) ? first : null;
  }

  /**
   * Plans a request.
   *
   * @throws LlmException if it names a candidate or model that does not exist
   */
  Choices plan(LlmRequest request) {
    return plan(request, true);
  }

  /** Returns the plan of a request that is not made. */
  Choices show(LlmRequest request) {
    return plan(request, false);
  }

  private Choices plan(LlmRequest request, boolean real) {
    Draft draft = new Draft(request, real);
    Set<Candidate> seen = new LinkedHashSet<>();
    Group wanted;
    Group others = draft.group("by the fallback order", null, "");
    Alias alias = request.model() == null ? null : aliases.get(request.model());
    List<String> named = request.relay().candidates();
    if (named != null) {
      wanted = draft.group("named by the request", null, "");
      for (int i = 0; i < named.size(); i++) {
        draft.add(wanted, seen, named.get(i), null, "relay.candidates[" + i + "]", 1, 1);
      }
    } else if (alias != null) {
      wanted = draft.expand(request.model(), alias, seen, "model");
    } else {
      wanted = draft.group("serves the requested model", null, "");
      if (request.model() != null) {
        for (Candidate candidate : serving(request.model())) {
          draft.add(wanted, seen, candidate, 1, 1);
        }
      }
      Set<Candidate> inOrder = new LinkedHashSet<>();
      order.forEach(name -> draft.add(others, inOrder, name, null, "model", 1, 1));
      if (!seen.isEmpty()) {
        others.removeIf(candidate -> alreadyWanted(candidate, seen));
      }
    }
    if (request instanceof EmbeddingRequest) {
      leaveOutOtherModels(request, wanted, others, draft.leftOut);
    }
    List<Choice> choices = draft.order(wanted, true);
    choices.addAll(draft.order(others, choices.isEmpty()));
    String requested = named == null ? requested(request) : null;
    Alias asked = requested == null ? null : aliases.get(requested);
    return new Choices(
        choices,
        draft.leftOut,
        draft.conversation,
        draft.conversation.hash() == 0 ? null : draft.pinned,
        asked == null ? null : asked.shadow());
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
      LlmRequest request, Group wanted, Group others, List<LeftOut> leftOut) {
    List<Candidate> preferred = new ArrayList<>();
    (wanted.nodes.isEmpty() ? others : wanted).forEach(preferred::add);
    Candidate first =
        preferred.stream()
            .filter(candidate -> unfit(request, candidate) == null)
            .findFirst()
            .orElse(preferred.stream().findFirst().orElse(null));
    for (Group group : List.of(wanted, others)) {
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

  /** Returns whether the backend of a candidate can express a request. */
  boolean canServe(ChatRequest request, Candidate candidate) {
    ChatRequest asked = request.withModel(candidate.model());
    return backends.get(candidate.backend()).cannotServe().apply(asked) == null;
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
