package io.llmrelay.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.llmrelay.chat.TokenUsage;
import io.vertx.core.json.JsonObject;
import java.time.LocalDate;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelTest {
  private static Model model(String price) {
    return Model.fromJson(new JsonObject("{\"id\": \"m\", \"price\": " + price + "}"));
  }

  private static TokenUsage usage(long input, long output, long cached, long cacheWrite) {
    return new TokenUsage(input, output, cached, cacheWrite, 0, TokenUsage.Source.PROVIDER);
  }

  @Test
  void pricesInputAndOutput() {
    Model model = model("{\"input\": 0.15, \"output\": 0.6, \"cached-input\": 0.075}");
    assertThat(model.cost(usage(1_000_000, 1_000_000, 0, 0))).isEqualTo(0.75);
    assertThat(model.cost(usage(1000, 200, 0, 0))).isEqualTo(0.00027);
    assertThat(model.cost(usage(0, 0, 0, 0))).isEqualTo(0.0);
  }

  @Test
  void pricesTheCachedPartOfTheInputApart() {
    Model model = model("{\"input\": 3, \"output\": 15, \"cached-input\": 0.3}");
    // 200 at 3, 800 at 0.3, 100 at 15
    assertThat(model.cost(usage(1000, 100, 800, 0))).isEqualTo(0.00234);
  }

  @Test
  void pricesCacheWritesApart() {
    Model model =
        model(
            "{\"input\": 4, \"output\": 20, \"cached-input\": 0.4, \"cache-write\": 5,"
                + " \"tiers\": [{\"from-input-tokens\": 2000, \"input\": 8, \"output\": 30}]}");
    // 300 plain at 4, 200 written at 5, 500 read at 0.4, 10 at 20
    assertThat(model.cost(usage(1000, 10, 500, 200))).isCloseTo(0.0026, within(1e-12));
    // 1,800 plain at 8, 200 written at 10
    assertThat(model.cost(usage(2000, 0, 0, 200))).isCloseTo(0.0164, within(1e-12));
  }

  @Test
  void pricesCacheWritesAsInputWhereTheirPriceIsUnknown() {
    Model model = model("{\"input\": 3, \"output\": 15, \"cached-input\": 0.3}");
    // 300 plain and 200 written at 3, 500 read at 0.3, 10 at 15
    assertThat(model.cost(usage(1000, 10, 500, 200))).isEqualTo(0.0018);
  }

  @Test
  void pricesTheCacheAsInputWhereItsPriceIsUnknown() {
    Model model = model("{\"input\": 2, \"output\": 10}");
    assertThat(model.cost(usage(1000, 100, 800, 0))).isEqualTo(0.003);
  }

  @Test
  void neverPricesMoreCacheThanInput() {
    Model model = model("{\"input\": 2, \"output\": 10, \"cached-input\": 1}");
    assertThat(model.cost(usage(100, 0, 500, 0))).isEqualTo(0.0001);
  }

  @Test
  void knowsNoCostWithoutPriceOrUsage() {
    assertThat(model("null").cost(usage(1000, 100, 0, 0))).isNull();
    assertThat(model("null").estimate(1000, null)).isNull();
    assertThat(model("{\"input\": 2, \"output\": 10}").cost(TokenUsage.NONE)).isNull();
  }

  @Test
  void tellsFreeFromUnknown() {
    assertThat(model("{\"input\": 0, \"output\": 0}").cost(usage(1000, 100, 0, 0))).isZero();
  }

  @Test
  void pricesEstimatedUsage() {
    Model model = model("{\"input\": 1, \"output\": 2}");
    assertThat(model.cost(TokenUsage.estimate(4000, 400))).isEqualTo(0.0012);
  }

  @Test
  void estimatesAnAnswerOfFiveHundredTokens() {
    Model model = model("{\"input\": 1, \"output\": 10, \"cached-input\": 0.1}");
    assertThat(model.estimate(1000, null)).isEqualTo(0.006);
    assertThat(model.estimate(1000, 100_000)).isEqualTo(0.006);
    assertThat(model.estimate(1000, 100)).isEqualTo(0.002);
  }

  @Test
  void estimatesNoLongerAnswerThanTheModelGives() {
    Model model =
        Model.fromJson(
            new JsonObject(
                "{\"id\": \"m\", \"max-output\": 50, \"price\": {\"input\": 1, \"output\": 10}}"));
    assertThat(model.estimate(1000, 100)).isEqualTo(0.0015);
  }

  @Test
  void readsAFullEntry() {
    Model model =
        Model.fromJson(
            new JsonObject(
                """
                {"provider": "acme", "id": "m", "context-window": 8192, "max-output": 1024,
                 "price": {"input": 1, "output": 2.5, "cached-input": 0.5},
                 "capabilities": ["streaming", "reasoning"], "status": "deprecated",
                 "shutdown": "2027-01-31", "replacement": "m2", "source": "acme.example"}
                """));
    assertThat(model)
        .isEqualTo(
            new Model(
                "acme",
                "m",
                8192,
                1024,
                new Price(1, 2.5, 0.5),
                Set.of(Capability.STREAMING, Capability.REASONING),
                Model.Status.DEPRECATED,
                LocalDate.of(2027, 1, 31),
                "m2"));
    assertThat(model.reasoning()).isTrue();
    assertThat(model.can(Capability.TOOLS)).isFalse();
  }

  @Test
  void readsTheLeastEntry() {
    Model model = Model.fromJson(new JsonObject("{\"id\": \"m\"}"));
    assertThat(model)
        .isEqualTo(
            new Model(null, "m", null, null, null, Set.of(), Model.Status.CURRENT, null, null));
  }

  private static Model ending(String status, String shutdown, String replacement) {
    return Model.fromJson(
        new JsonObject()
            .put("id", "m")
            .put("status", status)
            .put("shutdown", shutdown)
            .put("replacement", replacement));
  }

  @Test
  void warnsOfItsEnd() {
    assertThat(ending("current", null, null).warning()).isNull();
    assertThat(ending("legacy", null, "m2").warning()).isNull();
    assertThat(ending("deprecated", null, null).warning()).isEqualTo("m is deprecated");
    assertThat(ending("deprecated", "2027-01-31", "m2").warning())
        .isEqualTo("m is deprecated and retires on 2027-01-31; use m2");
    assertThat(ending("retired", "2026-01-31", "m2").warning())
        .isEqualTo("m is retired since 2026-01-31; use m2");
    assertThat(ending("retired", null, null).warning()).isEqualTo("m is retired");
  }

  @Test
  void retiresWhenItsDayHasCome() {
    Model model = ending("deprecated", "2027-01-31", null);
    assertThat(model.asOf(LocalDate.of(2027, 1, 30))).isSameAs(model);
    assertThat(model.asOf(LocalDate.of(2027, 1, 31)).warning())
        .isEqualTo("m is retired since 2027-01-31");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | id is missing",
        "{'id': ''} | id must be a string",
        "{'id': 7} | id must be a string",
        "{'id': 'm', 'context_window': 1} | context_window is unknown; allowed are [as-of, cap",
        "{'id': 'm', 'context-window': 0} | context-window must be a whole number of tokens",
        "{'id': 'm', 'context-window': '8k'} | context-window must be a whole number of tokens",
        "{'id': 'm', 'max-output': 1.5} | max-output must be a whole number of tokens",
        "{'id': 'm', 'price': 3} | price must be an object",
        "{'id': 'm', 'price': {'input': 1}} | price.output is missing",
        "{'id': 'm', 'price': {'input': -1, 'output': 1}} | price.input must be US dollars",
        "{'id': 'm', 'price': {'input': 1, 'output': 'x'}} | price.output must be US dollars",
        "{'id': 'm', 'price': {'input': 1, 'output': 1, 'batch': 1}} | price.batch is unknown",
        "{'id': 'm', 'capabilities': 'tools'} | capabilities must be a list",
        "{'id': 'm', 'capabilities': ['fly']} | capabilities must be one of [streaming, tools",
        "{'id': 'm', 'status': 'old'} | status must be one of [preview, current",
        "{'id': 'm', 'shutdown': 'soon'} | shutdown must be a date such as 2026-12-31",
      })
  void namesTheKeyThatIsWrong(String json, String complaint) {
    assertThatThrownBy(() -> Model.fromJson(new JsonObject(json.replace('\'', '"'))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(complaint);
  }
}
