package io.llmrelay.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmrelay.availability.WallClock;
import io.llmrelay.catalog.Catalog;
import io.llmrelay.catalog.Model;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.Plan;
import io.llmrelay.chat.RelayHints.Prefer;
import io.llmrelay.chat.SkipReason;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Who is asked, in which order and why: names, aliases, prices of the day. */
class PlannerCatalogTest {
  private final WallClock clock = new WallClock("2026-11-22T18:00:00Z");
  private final List<Backend> backends = new ArrayList<>();
  private final List<Model> own = new ArrayList<>();
  private List<String> order = List.of();
  private Map<String, Alias> aliases = Map.of();
  private Prefer prefer = Prefer.ORDER;

  private PlannerCatalogTest backend(
      String name, String provider, String defaultModel, String... models) {
    backends.add(new Backend(name, provider, "openai", List.of(models), defaultModel, r -> null));
    return this;
  }

  /** What a known provider has unless something else is configured: any model is passed on. */
  private PlannerCatalogTest provider(String name, String defaultModel) {
    return backend(name, name, defaultModel);
  }

  private PlannerCatalogTest four() {
    return provider("groq", "openai/gpt-oss-20b")
        .provider("cerebras", "gpt-oss-120b")
        .provider("nvidia", "openai/gpt-oss-20b")
        .backend("local", null, "m", "m");
  }

  private PlannerCatalogTest priced(String id, String price) {
    own.add(Model.fromJson(new JsonObject().put("id", id).put("price", new JsonObject(price))));
    return this;
  }

  private Planner planner() {
    return new Planner(
        backends,
        order,
        aliases,
        prefer,
        List.of(),
        new Observed(),
        Catalog.builtIn().with(own),
        clock);
  }

  private static ChatRequest request(String model, int characters) {
    JsonObject message =
        new JsonObject().put("role", "user").put("content", "x".repeat(characters));
    return ChatRequest.fromJson(
        new JsonObject().put("model", model).put("messages", new JsonArray().add(message)));
  }

  private List<String> plan(String model) {
    return plan(request(model, 40));
  }

  private List<String> plan(ChatRequest request) {
    return planner().plan(request).candidates().stream().map(Candidate::toString).toList();
  }

  private List<Plan.Entry> explained(ChatRequest request) {
    return PlanReport.of(planner().plan(request), candidate -> null).candidates();
  }

  private List<String> messages(String model) {
    return explained(request(model, 40)).stream().map(Plan.Entry::message).toList();
  }

  @Test
  void anAliasIsServedByEveryProviderUnderAnIdOfItsOwn() {
    four();
    assertThat(plan("gpt-oss-120b"))
        .containsExactly(
            "groq/openai/gpt-oss-120b",
            "cerebras/gpt-oss-120b",
            "nvidia/openai/gpt-oss-120b",
            "local/m");
    assertThat(plan("llama-3.3-70b"))
        .containsExactly(
            "groq/llama-3.3-70b-versatile",
            "cerebras/llama-3.3-70b",
            "nvidia/meta/llama-3.3-70b-instruct",
            "local/m");
  }

  @Test
  void anAliasFollowsTheConfiguredOrder() {
    four();
    order = List.of("nvidia", "local", "groq");
    assertThat(plan("gpt-oss-120b"))
        .containsExactly(
            "nvidia/openai/gpt-oss-120b",
            "groq/openai/gpt-oss-120b",
            "cerebras/gpt-oss-120b",
            "local/m");
  }

  @Test
  void anAliasWorksAtOneNamedBackendToo() {
    four();
    assertThat(plan("nvidia/llama-3.3-70b")).startsWith("nvidia/meta/llama-3.3-70b-instruct");
    order = List.of("nvidia/gpt-oss-120b");
    assertThat(plan((String) null)).containsExactly("nvidia/openai/gpt-oss-120b");
  }

  @Test
  void aBackendServesOfAnAliasWhatItLists() {
    backend("few", "groq", "openai/gpt-oss-20b", "openai/gpt-oss-20b")
        .backend("named", "nvidia", "openai/gpt-oss-120b", "openai/gpt-oss-120b")
        .backend("own", null, "gpt-oss-120b", "gpt-oss-120b");
    assertThat(plan("gpt-oss-120b"))
        .containsExactly("named/openai/gpt-oss-120b", "own/gpt-oss-120b", "few/openai/gpt-oss-20b");
  }

  @Test
  void aliasesOfTheUserWin() {
    four();
    aliases =
        Map.of(
            "gpt-oss-120b",
            Alias.of(List.of("local/m")),
            "fast",
            Alias.of(List.of("groq", "nvidia/x")));
    assertThat(plan("gpt-oss-120b")).containsExactly("local/m");
    assertThat(plan("fast")).containsExactly("groq/openai/gpt-oss-20b", "nvidia/x");
    assertThat(messages("fast").get(0)).isEqualTo("position 1: of the alias fast");
  }

  @Test
  void aProviderElsewhereIsNotMeantByAnAlias() {
    backend("groq", null, "m", "m");
    assertThatThrownBy(() -> plan("gpt-oss-120b"))
        .isInstanceOfSatisfying(
            LlmException.class,
            e -> assertThat(e.failure().kind()).isEqualTo(FailureKind.MODEL_NOT_FOUND));
  }

  @Test
  void knowsTheAliasesThatSomebodyServes() {
    backend("groq", "groq", "m").backend("own", null, "m", "m");
    aliases = Map.of("fast", Alias.of(List.of("groq")));
    assertThat(planner().aliases())
        .containsExactly(
            "fast",
            "gpt-oss-120b",
            "gpt-oss-20b",
            "llama-3.1-8b",
            "llama-3.3-70b",
            "llama-4-scout");
  }

  @Test
  void whatDoesNotFitAWindowIsLeftOut() {
    provider("cloudflare", "@cf/openai/gpt-oss-20b").provider("nvidia", "openai/gpt-oss-20b");
    List<Plan.Entry> plan = explained(request("llama-3.3-70b", 4 * 30_000));
    assertThat(plan.get(0).model()).isEqualTo("meta/llama-3.3-70b-instruct");
    assertThat(plan.get(1).model()).isEqualTo("@cf/meta/llama-3.3-70b-instruct-fp8-fast");
    assertThat(plan.get(1).skip()).isEqualTo(SkipReason.CONTEXT_WINDOW);
    assertThat(plan.get(1).message())
        .isEqualTo("about 30000 tokens exceed its context window of 24000");
  }

  @Test
  void theCheapestThatServesTheModelComesFirst() {
    four();
    prefer = Prefer.COST;
    List<Plan.Entry> plan = explained(request("gpt-oss-120b", 4_000));
    assertThat(plan)
        .extracting(Plan.Entry::backend)
        .containsExactly("nvidia", "groq", "cerebras", "local");
    // 1,000 tokens in and 500 out: free; 0.15 and 0.6; 0.35 and 0.75 dollars a million
    assertThat(plan)
        .extracting(Plan.Entry::estimatedCostUsd)
        .containsExactly(0.0, 0.00045, 0.000725, null);
    assertThat(plan)
        .extracting(Plan.Entry::message)
        .containsExactly(
            "position 1: serves the requested model, cheapest first",
            "position 2: serves the requested model, cheapest first",
            "position 3: serves the requested model, cheapest first",
            "position 4: by the fallback order, price unknown");
  }

  @Test
  void theLengthOfThePromptDecidesWhoIsCheapest() {
    backend("a", null, "short", "short").backend("b", null, "long", "long");
    priced(
        "short",
        "{\"input\": 1, \"output\": 1, \"tiers\": [{\"from-input-tokens\": 1001, \"input\": 9,"
            + " \"output\": 9}]}");
    priced("long", "{\"input\": 2, \"output\": 2}");
    prefer = Prefer.COST;
    assertThat(plan(request(null, 4_000))).containsExactly("a/short", "b/long");
    assertThat(plan(request(null, 4_001))).containsExactly("b/long", "a/short");
  }

  @Test
  void theDayDecidesWhoIsCheapest() {
    backend("a", null, "intro", "intro").backend("b", null, "steady", "steady");
    priced(
        "intro",
        "{\"input\": 1, \"output\": 1, \"tiers\": [{\"from\": \"2027-01-01\", \"input\": 3,"
            + " \"output\": 3}]}");
    priced("steady", "{\"input\": 2, \"output\": 2}");
    prefer = Prefer.COST;
    clock.set("2026-12-31T23:59:59.999Z");
    assertThat(plan((String) null)).containsExactly("a/intro", "b/steady");
    clock.set("2027-01-01T00:00:00Z");
    assertThat(plan((String) null)).containsExactly("b/steady", "a/intro");
    assertThat(explained(request(null, 4_000)).get(1).estimatedCostUsd()).isEqualTo(0.0045);
  }

  @Test
  void saysWhyEachStandsWhereItStands() {
    four();
    assertThat(messages(null))
        .containsExactly(
            "position 1: by the fallback order",
            "position 2: by the fallback order",
            "position 3: by the fallback order",
            "position 4: by the fallback order");
    assertThat(messages("m").subList(0, 2))
        .containsExactly(
            "position 1: serves the requested model", "position 2: by the fallback order");
    JsonObject named = request(null, 4).toJson();
    named.put("relay", new JsonObject().put("candidates", JsonArray.of("local", "groq/x")));
    assertThat(explained(ChatRequest.fromJson(named)).get(1).message())
        .isEqualTo("position 2: named by the request");
  }

  @Test
  void warnsOfModelsThatDoNotLive() {
    provider("openai", "gpt-6-luna").provider("groq", "openai/gpt-oss-20b");
    assertThat(messages("gpt-5").get(0))
        .isEqualTo(
            "position 1: serves the requested model;"
                + " gpt-5 is deprecated and retires on 2026-12-11");
    assertThat(messages("llama-3.3-70b").get(0))
        .endsWith("; llama-3.3-70b-versatile is retired since 2026-08-16");
    clock.set("2026-12-11T00:00:00Z");
    assertThat(messages("gpt-5").get(0)).endsWith("; gpt-5 is retired since 2026-12-11");
  }
}
