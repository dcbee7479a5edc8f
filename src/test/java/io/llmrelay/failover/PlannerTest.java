package io.llmrelay.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.groups.Tuple.tuple;

import io.llmrelay.availability.WallClock;
import io.llmrelay.catalog.Catalog;
import io.llmrelay.catalog.Model;
import io.llmrelay.catalog.Price;
import io.llmrelay.chat.Affinity;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.LlmRequest;
import io.llmrelay.chat.RelayHints;
import io.llmrelay.chat.RelayHints.Prefer;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.chat.Timeouts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlannerTest {
  /** A dialect that can express everything. */
  private static String anything(LlmRequest request) {
    return null;
  }

  /** Two that list their models, one that passes any name on, one without a default model. */
  private final List<Backend> backends =
      new ArrayList<>(
          List.of(
              new Backend(
                  "one", "p1", "openai", List.of("small", "big"), "small", PlannerTest::anything),
              new Backend(
                  "two", "p2", "openai", List.of("big", "other"), "other", PlannerTest::anything),
              new Backend("open", "p3", "openai", List.of(), "free", PlannerTest::anything),
              new Backend("mute", null, "openai", List.of(), null, PlannerTest::anything)));

  private final List<Model> models = new ArrayList<>();
  private List<String> order = List.of("one", "two", "open");
  private final Map<String, Alias> aliases =
      Map.of(
          "smart", Alias.of(List.of("two/big", "one/big")),
          "both", Alias.of(List.of("two", "one")),
          "wrong", Alias.of(List.of("two/small")));
  private Prefer prefer = Prefer.ORDER;
  private final List<Affinity> affinity = new ArrayList<>();
  private final Observed observed = new Observed();
  private final WallClock clock = new WallClock("2026-11-22T18:00:00Z");

  private static ChatRequest request() {
    return ChatRequest.of(ChatMessage.user("x".repeat(400)));
  }

  private static ChatRequest request(String model) {
    return request().withModel(model);
  }

  private static RelayHints preferring(Prefer prefer) {
    return new RelayHints(null, null, Timeouts.UNSET, null, prefer);
  }

  private void model(String provider, String id, Integer window, Price price) {
    models.add(
        new Model(provider, id, window, null, price, Set.of(), Model.Status.CURRENT, null, null));
  }

  private Planner planner() {
    return new Planner(
        backends,
        order,
        aliases,
        prefer,
        affinity,
        observed,
        Catalog.builtIn().with(models),
        clock);
  }

  private Planner.Choices plan(ChatRequest request) {
    return planner().plan(request);
  }

  private List<String> names(ChatRequest request) {
    return plan(request).candidates().stream().map(Candidate::toString).toList();
  }

  private Failure failure(ChatRequest request) {
    LlmException e = catchThrowableOfType(LlmException.class, () -> planner().plan(request));
    assertThat(e).isNotNull();
    return e.failure();
  }

  // Who, and in which order.

  @Test
  void withoutAModelAllAreAskedForTheirDefaultInTheConfiguredOrder() {
    assertThat(names(request())).containsExactly("one/small", "two/other", "open/free");
    order = List.of("open", "two/big", "one");
    assertThat(names(request())).containsExactly("open/free", "two/big", "one/small");
  }

  @Test
  void withoutAnOrderItIsThatOfTheBackends() {
    order = List.of();
    assertThat(names(request())).containsExactly("one/small", "two/other", "open/free");
  }

  @Test
  void aBackendOutsideTheOrderIsNoFallback() {
    order = List.of("two");
    assertThat(names(request())).containsExactly("two/other");
    assertThat(names(request("small"))).containsExactly("one/small", "two/other");
  }

  @Test
  void anOrderMayNameABackendTwice() {
    order = List.of("one/big", "two", "one/small", "one");
    assertThat(names(request())).containsExactly("one/big", "two/other", "one/small");
  }

  @Test
  void aModelIsAskedOfAllThatListItAndThenTheOthersForTheirDefault() {
    assertThat(names(request("big"))).containsExactly("one/big", "two/big", "open/free");
    order = List.of("open", "two", "one");
    assertThat(names(request("big"))).containsExactly("two/big", "one/big", "open/free");
    assertThat(names(request("other"))).containsExactly("two/other", "open/free", "one/small");
  }

  @Test
  void aModelNobodyListsIsPassedOnByThoseThatPassOnAnyName() {
    assertThat(names(request("strange")))
        .containsExactly("open/strange", "mute/strange", "one/small", "two/other");
  }

  @Test
  void aModelTheCatalogueKnowsIsServedByItsProvider() {
    model("p3", "known", null, null);
    assertThat(names(request("known"))).containsExactly("open/known", "one/small", "two/other");
  }

  @Test
  void aDefaultModelNeedsNotBeListed() {
    backends.set(
        0, new Backend("one", "p1", "openai", List.of("big"), "hidden", PlannerTest::anything));
    assertThat(names(request("hidden"))).startsWith("one/hidden").hasSize(3);
  }

  @ParameterizedTest
  @CsvSource({
    "two/big, two/big one/small open/free",
    "one/big, one/big two/other open/free",
    "open/any/thing, open/any/thing one/small two/other",
    "mute/any, mute/any one/small two/other open/free",
  })
  void aBackendAndItsModelComeFirst(String model, String expected) {
    assertThat(names(request(model))).containsExactly(expected.split(" "));
  }

  @Test
  void aSlashMayBelongToTheModel() {
    backends.set(
        0,
        new Backend(
            "one", "p1", "openai", List.of("vendor/model"), "vendor/model", PlannerTest::anything));
    assertThat(names(request("vendor/model"))).startsWith("one/vendor/model");
  }

  // A model's id may begin with a backend's name.

  private Backend backend(String name, String provider, String defaultModel, String... models) {
    return new Backend(
        name, provider, "openai", List.of(models), defaultModel, PlannerTest::anything);
  }

  private void backends(Backend... all) {
    backends.clear();
    backends.addAll(List.of(all));
    order = List.of();
  }

  @ParameterizedTest
  @CsvSource({"openai/gpt-oss-20b", "openai/gpt-oss-120b"})
  void theBackendThatListsAWholeIdIsAskedAndNotTheOneItBeginsWith(String id) {
    backends(
        backend("openai", null, "gpt"),
        backend("groq", null, "openai/gpt-oss-120b", "openai/gpt-oss-20b"));
    assertThat(names(request(id))).containsExactly("groq/" + id, "openai/gpt");
    assertThat(names(request().withCandidates(id))).containsExactly("groq/" + id);
    assertThat(names(request().withCandidates("groq/" + id))).containsExactly("groq/" + id);
    order = List.of(id, "openai");
    assertThat(names(request())).containsExactly("groq/" + id, "openai/gpt");
    assertThat(names(request("other"))).containsExactly("openai/other", "groq/" + id);
  }

  @Test
  void anAliasMayNameAWholeId() {
    backends(backend("openai", null, "gpt"), backend("groq", null, "m", "openai/oss", "m"));
    Planner planner =
        new Planner(
            backends,
            order,
            Map.of("fast", Alias.of(List.of("openai/oss", "groq/openai/oss", "openai/x"))),
            prefer,
            affinity,
            observed,
            Catalog.builtIn(),
            clock);
    assertThat(planner.plan(request("fast")).candidates())
        .extracting(Candidate::toString)
        .containsExactly("groq/openai/oss", "openai/x");
  }

  @Test
  void whereBothListItTheWholeIdComesFirst() {
    backends(
        backend("openai", null, "gpt", "gpt", "oss"),
        backend("groq", null, "m", "openai/oss", "m"),
        backend("third", null, "z", "openai/oss", "z"));
    assertThat(names(request("openai/oss")))
        .containsExactly("groq/openai/oss", "third/openai/oss", "openai/oss");
    assertThat(names(request().withCandidates("openai/oss"))).containsExactly("groq/openai/oss");
  }

  @Test
  void aNamedBackendIsAskedForWhatNobodyElseLists() {
    backends(backend("openai", null, "gpt"), backend("groq", null, "m", "openai/oss", "m"));
    assertThat(names(request("openai/other"))).containsExactly("openai/other", "groq/m");
    backends(backend("openai", null, "gpt", "gpt"), backend("groq", null, "m", "m"));
    assertThat(failure(request("openai/other")).message())
        .isEqualTo("model: openai does not serve other; its models are [gpt]");
  }

  @Test
  void whatTheCatalogueHasDecidesAmongThoseThatAcceptAnyName() {
    backends(backend("openai", "openai", "gpt-5"), backend("groq", "groq", "m"));
    assertThat(names(request("openai/gpt-oss-20b")))
        .containsExactly("groq/openai/gpt-oss-20b", "openai/gpt-5");
    model("groq", "openai/gpt-5", null, null);
    assertThat(names(request("openai/gpt-5"))).containsExactly("openai/gpt-5", "groq/m");
    model(null, "openai/strange", null, new Price(1, 1, null));
    assertThat(names(request("openai/strange"))).startsWith("openai/strange");
  }

  @Test
  void aCatalogueAliasBehindABackendIsNoWholeId() {
    backends(
        backend("groq", "groq", "m", "m", "openai/gpt-oss-20b"), backend("openai", null, "gpt"));
    assertThat(names(request("groq/gpt-oss-20b"))).startsWith("groq/openai/gpt-oss-20b");
  }

  @Test
  void anIdOfTwoSlashesAndAVariantIsPassedOnAsItIs() {
    String id = "anthropic/claude-x/y:free";
    backends(backend("anthropic", null, "c"), backend("router", null, id, id));
    assertThat(names(request(id))).containsExactly("router/" + id, "anthropic/c");
    assertThat(names(request("router/" + id))).containsExactly("router/" + id, "anthropic/c");
  }

  @Test
  void anAliasStandsForItsCandidatesAndNoOthers() {
    assertThat(names(request("smart"))).containsExactly("two/big", "one/big");
    assertThat(names(request("both"))).containsExactly("two/other", "one/small");
  }

  @Test
  void theCandidatesOfARequestAreTriedAndNoOthers() {
    ChatRequest request = request("big").withCandidates("open/x", "two", "one/big", "two/other");
    assertThat(names(request)).containsExactly("open/x", "two/other", "one/big");
  }

  // Cost.

  private void prices() {
    model("p1", "big", null, new Price(3, 3, null));
    model("p2", "big", null, new Price(2, 2, null));
    model("p1", "small", null, new Price(9, 9, null));
    model("p3", "free", null, new Price(0, 0, null));
  }

  @Test
  void costOrdersEachGroupOnItsOwn() {
    prices();
    prefer = Prefer.COST;
    assertThat(names(request("big"))).containsExactly("two/big", "one/big", "open/free");
    assertThat(names(request())).containsExactly("open/free", "one/small", "two/other");
    assertThat(names(request("smart"))).containsExactly("two/big", "one/big");
  }

  @Test
  void aRequestMayPreferOtherwise() {
    prices();
    assertThat(names(request().withRelay(preferring(Prefer.COST)))).startsWith("open/free");
    prefer = Prefer.COST;
    assertThat(names(request().withRelay(preferring(Prefer.ORDER)))).startsWith("one/small");
  }

  @Test
  void equalAndUnknownPricesKeepTheConfiguredOrder() {
    model("p2", "other", null, new Price(1, 1, null));
    model("p3", "free", null, new Price(1, 1, null));
    prefer = Prefer.COST;
    assertThat(names(request())).containsExactly("two/other", "open/free", "one/small");
  }

  @Test
  void theCostIsThatOfThisRequest() {
    model("p1", "small", null, new Price(1_000_000, 10_000_000, null));
    Planner.Choices plan = plan(request().withMaxTokens(7));
    assertThat(plan.choices().get(0).costUsd()).isEqualTo(100 + 70);
    assertThat(plan.choices().get(1).costUsd()).isNull();
  }

  // What is left out.

  @Test
  void whatTheDialectCannotExpressIsLeftOut() {
    backends.set(
        1,
        new Backend(
            "two",
            "p2",
            "anthropic",
            List.of("big"),
            "big",
            request -> ((ChatRequest) request).seed() == null ? null : "it has no seed"));
    assertThat(names(request("big"))).contains("two/big");
    Planner.Choices plan = plan(request("big").withSeed(7L));
    assertThat(plan.candidates()).extracting(Candidate::backend).containsExactly("one", "open");
    assertThat(plan.leftOut())
        .extracting(out -> out.candidate().toString(), o -> o.reason(), o -> o.message())
        .containsExactly(tuple("two/big", SkipReason.CAPABILITY, "it has no seed"));
  }

  @Test
  void whatIsKnownToBeTooSmallIsLeftOut() {
    model("p1", "small", 99, null);
    model("p2", "other", 100, null);
    Planner.Choices plan = plan(request());
    assertThat(plan.candidates()).extracting(Candidate::backend).containsExactly("two", "open");
    assertThat(plan.leftOut())
        .extracting(out -> out.candidate().toString(), o -> o.reason(), o -> o.message())
        .containsExactly(
            tuple(
                "one/small",
                SkipReason.CONTEXT_WINDOW,
                "about 100 tokens exceed its context window of 99"));
  }

  @Test
  void aBackendWithoutADefaultModelIsLeftOutWhereItIsAskedForThat() {
    order = List.of("mute", "one");
    Planner.Choices plan = plan(request());
    assertThat(plan.candidates()).extracting(Candidate::backend).containsExactly("one");
    assertThat(plan.leftOut())
        .extracting(out -> out.candidate().backend(), o -> o.reason(), o -> o.message())
        .containsExactly(tuple("mute", SkipReason.MODEL_NOT_SERVED, "it has no default model"));
  }

  @Test
  void everybodyMayBeLeftOut() {
    model("p1", "small", 99, null);
    ChatRequest request = request().withCandidates("one", "mute");
    Planner.Choices plan = plan(request);
    assertThat(plan.candidates()).isEmpty();
    Failure nobody = Planner.noCandidate(plan.leftOut());
    assertThat(nobody.kind()).isEqualTo(FailureKind.INVALID_REQUEST);
    assertThat(nobody.message())
        .isEqualTo(
            "no backend can serve this request: mute/: it has no default model,"
                + " one/small: about 100 tokens exceed its context window of 99");
  }

  @Test
  void aPromptThatFitsNowhereIsTooLong() {
    model("p1", "small", 99, null);
    Planner.Choices plan = plan(request().withCandidates("one"));
    assertThat(Planner.noCandidate(plan.leftOut()).kind()).isEqualTo(FailureKind.CONTEXT_LENGTH);
  }

  // What does not exist.

  @Test
  void aCandidateThatDoesNotExistIsNamedWithItsField() {
    Failure failure = failure(request().withCandidates("one", "three/x"));
    assertThat(failure.kind()).isEqualTo(FailureKind.INVALID_REQUEST);
    assertThat(failure.field()).isEqualTo("relay.candidates[1]");
    assertThat(failure.message())
        .isEqualTo(
            "relay.candidates[1] names no backend: \"three/x\"; the backends are [one, two, open,"
                + " mute]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"three", "/", "/x", "", "one/", "one//"})
  void aCandidateMustBeABackendAndAModelOfIt(String candidate) {
    assertThat(failure(request().withCandidates(candidate)).field())
        .isEqualTo("relay.candidates[0]");
  }

  @Test
  void aModelTheBackendDoesNotServeIsAnError() {
    Failure failure = failure(request("two/small"));
    assertThat(failure.kind()).isEqualTo(FailureKind.INVALID_REQUEST);
    assertThat(failure.field()).isEqualTo("model");
    assertThat(failure.message())
        .isEqualTo("model: two does not serve small; its models are [big, other]");
    assertThat(failure(request().withCandidates("two/small")).field())
        .isEqualTo("relay.candidates[0]");
    assertThat(failure(request("wrong")).field()).isEqualTo("model");
  }

  @Test
  void aModelNobodyServesIsNotFound() {
    backends.remove(3);
    backends.remove(2);
    order = List.of("one");
    Failure failure = failure(request("strange"));
    assertThat(failure.kind()).isEqualTo(FailureKind.MODEL_NOT_FOUND);
    assertThat(failure.message()).isEqualTo("no backend serves the model \"strange\"");
    assertThat(failure.field()).isEqualTo("model");
  }

  /** No backend gets an empty model name, not even one that passes on any. */
  @ParameterizedTest
  @ValueSource(strings = {"open/", "mute/"})
  void aModelNameIsNeverEmpty(String name) {
    assertThat(failure(request().withCandidates(name)).field()).isEqualTo("relay.candidates[0]");
    assertThat(failure(request(name)).field()).isEqualTo("model");
  }

  @Test
  void asksADialectAboutEachOfItsModels() {
    backends.set(
        1,
        new Backend(
            "two",
            "p2",
            "openai",
            List.of("big", "other"),
            "other",
            request -> request.model().equals("big") ? "big cannot" : null));
    ChatRequest request = request().withCandidates("two/big", "two/other");
    assertThat(plan(request).leftOut()).extracting("message").containsExactly("big cannot");
  }
}
