package io.llmrelay.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmrelay.catalog.Price.Tier;
import io.llmrelay.chat.TokenUsage;
import io.vertx.core.json.JsonObject;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Prices by the prompt's length and by the day. */
class PriceTest {
  private static final LocalDate NEW_YEAR = LocalDate.of(2027, 1, 1);

  private static TokenUsage usage(long input, long output, long cached) {
    return new TokenUsage(input, output, cached, 0, 0, TokenUsage.Source.PROVIDER);
  }

  private static double cost(String provider, String id, String day, long input, long output) {
    return Catalog.builtIn()
        .find(provider, id)
        .orElseThrow()
        .asOf(LocalDate.parse(day))
        .cost(usage(input, output, 0));
  }

  @ParameterizedTest
  @CsvSource({
    // 272,000 at 2 and 1,000 at 10; one token more, and all of it is at 4 and 15
    "openai, gpt-6-sol, 2026-11-22, 272000, 1000, 0.554",
    "openai, gpt-6-sol, 2026-11-22, 272001, 1000, 1.103004",
    "anthropic, claude-haiku-5-5, 2026-11-22, 100000, 1000, 0.0105",
    "anthropic, claude-haiku-5-5, 2026-11-22, 100001, 1000, 0.0525005",
    "gemini, gemini-4-argon, 2026-11-30, 1000, 100, 0.003",
    "gemini, gemini-4-argon, 2026-12-01, 1000, 100, 0.006",
    "gemini, gemini-3.8-flash, 2026-12-31, 1000, 100, 0.001125",
    "gemini, gemini-3.8-flash, 2027-01-01, 1000, 100, 0.00225",
    "openai, gpt-4o-mini, 2027-01-13, 1000, 100, 0.00021",
  })
  void theBuiltInOnes(
      String provider, String id, String day, long input, long output, double expected) {
    assertThat(cost(provider, id, day, input, output)).isEqualTo(expected);
  }

  @Test
  void aTierPricesTheCacheToo() {
    Price price = new Price(2, 10, 0.1, List.of(new Tier(101, null, 4, 15, 0.2)));
    // 40 at 2, 60 at 0.1, 10 at 10; then 41 at 4, 60 at 0.2, 10 at 15
    assertThat(price.cost(usage(100, 10, 60))).isEqualTo(0.000186);
    assertThat(price.cost(usage(101, 10, 60))).isEqualTo(0.000326);
  }

  @Test
  void tokensWrittenToACacheHaveTheirPriceWhereThePromptIsFree() {
    Price price = new Price(0, 2, null, 1.0, List.of());
    assertThat(price.cost(usage(100, 10, 0))).isEqualTo(0.00002);
    assertThat(price.cost(new TokenUsage(100, 10, 0, 50, 0, TokenUsage.Source.PROVIDER)))
        .isEqualTo(0.00007);
  }

  @Test
  void theHighestTierThatIsReachedHolds() {
    Price price =
        new Price(
            1, 1, null, List.of(new Tier(300, null, 3, 3, null), new Tier(200, null, 2, 2, null)));
    assertThat(price.cost(199, 0)).isEqualTo(0.000199);
    assertThat(price.cost(200, 0)).isEqualTo(0.0004);
    assertThat(price.cost(300, 0)).isEqualTo(0.0009);
    assertThat(price.cost(301, 0)).isEqualTo(0.000903);
  }

  @Test
  void aNewDateReplacesEveryEarlierPrice() {
    Price price =
        new Price(
            1,
            10,
            null,
            List.of(
                new Tier(1000, null, 2, 20, null),
                new Tier(0, NEW_YEAR, 3, 30, null),
                new Tier(1000, NEW_YEAR.plusMonths(1), 5, 50, null),
                new Tier(0, NEW_YEAR.plusMonths(1), 4, 40, null)));
    Price before = price.asOf(NEW_YEAR.minusDays(1));
    assertThat(before.cost(999, 0)).isEqualTo(0.000999);
    assertThat(before.cost(1000, 0)).isEqualTo(0.002);
    Price first = price.asOf(NEW_YEAR);
    assertThat(first.cost(999, 0)).isEqualTo(0.002997);
    assertThat(first.cost(1000, 0)).as("the undated tier is over").isEqualTo(0.003);
    assertThat(price.asOf(NEW_YEAR.plusMonths(1).minusDays(1))).isEqualTo(first);
    Price second = price.asOf(NEW_YEAR.plusYears(9));
    assertThat(second.cost(999, 0)).isEqualTo(0.003996);
    assertThat(second.cost(1000, 0)).isEqualTo(0.005);
    assertThat(second.cost(1, 1)).isEqualTo(0.000044);
  }

  @Test
  void whatTheTiersOfADateDoNotCoverCostsAsAlways() {
    Price price = new Price(1, 1, null, List.of(new Tier(500, NEW_YEAR, 2, 2, null)));
    assertThat(price.asOf(NEW_YEAR).cost(499, 0)).isEqualTo(0.000499);
    assertThat(price.asOf(NEW_YEAR).cost(500, 0)).isEqualTo(0.001);
  }

  @Test
  void aPriceWithoutDatesIsTheSameEveryDay() {
    Price price = new Price(1, 1, null, List.of(new Tier(500, null, 2, 2, null)));
    assertThat(price.asOf(NEW_YEAR)).isSameAs(price);
  }

  @Test
  void readsTiers() {
    Model model =
        Model.fromJson(
            new JsonObject(
                """
                {"id": "m", "price": {"input": 1, "output": 2, "tiers": [
                  {"from-input-tokens": 1000, "input": 2, "output": 4, "cached-input": 0.5},
                  {"from": "2027-01-01", "input": 3, "output": 6}]}}
                """));
    assertThat(model.price())
        .isEqualTo(
            new Price(
                1,
                2,
                null,
                List.of(new Tier(1000, null, 2, 4, 0.5), new Tier(0, NEW_YEAR, 3, 6, null))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | price.tiers must be a list",
        "[3] | price.tiers[0] must be an object",
        "[{'input': 1, 'output': 1}] | price.tiers[0].from-input-tokens or from must say where",
        "[{'from': '2027-01-01', 'input': 1}] | price.tiers[0].output is missing",
        "[{'from': 'soon', 'input': 1, 'output': 1}] | price.tiers[0].from must be a date",
        "[{'from-input-tokens': 0, 'input': 1, 'output': 1}] | price.tiers[0].from-input-tokens"
            + " must",
        "[{'above': 1, 'input': 1, 'output': 1}] | price.tiers[0].above is unknown; allowed are"
            + " [ca",
      })
  void namesTheKeyThatIsWrong(String tiers, String complaint) {
    String json = "{'id': 'm', 'price': {'input': 1, 'output': 1, 'tiers': " + tiers + "}}";
    assertThatThrownBy(() -> Model.fromJson(new JsonObject(json.replace('\'', '"'))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(complaint);
  }
}
