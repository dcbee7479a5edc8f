package io.llmrelay.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CatalogTest {
  private static final Catalog BUILT_IN = Catalog.builtIn();

  private static Model own(String provider, String id, double input) {
    return Model.fromJson(
        new JsonObject()
            .put("provider", provider)
            .put("id", id)
            .put("price", new JsonObject().put("input", input).put("output", 1)));
  }

  private static double input(Catalog catalog, String provider, String model) {
    return catalog.find(provider, model).orElseThrow().price().input();
  }

  @Test
  void findsByProviderAndId() {
    Model model = BUILT_IN.find("openai", "gpt-4o-mini").orElseThrow();
    assertThat(model.price()).isEqualTo(new Price(0.15, 0.6, 0.075));
    assertThat(model.contextWindow()).isEqualTo(128_000);
    assertThat(model.maxOutputTokens()).isEqualTo(16_384);
    assertThat(model.reasoning()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "openai, gpt-4o-mini-2024-07-18, gpt-4o-mini",
    "openai, gpt-4o-2024-08-06, gpt-4o",
    "anthropic, claude-haiku-4-5-20251001, claude-haiku-4-5",
    ", claude-haiku-4-5-20251001, claude-haiku-4-5",
  })
  void findsTheModelOfADatedSnapshot(String provider, String asked, String found) {
    assertThat(BUILT_IN.find(provider, asked)).map(Model::id).contains(found);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gpt-4o-mini-latest",
        "gpt-4o-mini-2024",
        "gpt-4o-mini-2024-07",
        "gpt-4o-mini-2024-13-18",
        "gpt-4o-mini-2024-07-32",
        "gpt-4o-mini-2024-0718",
        "gpt-4o-mini-202407-18",
        "gpt-4o-mini-19990718",
        "gpt-4o-mini-2024-07-18-2024-07-18",
        "gpt-4o-mini-2024-07-18-eu",
        "gpt-4o-mini2024-07-18",
        "GPT-4o-mini",
        "gpt-4",
        "openai/gpt-4o-mini",
        " gpt-4o-mini",
        "2024-07-18",
        "",
      })
  void neverGuesses(String model) {
    assertThat(BUILT_IN.find("openai", model)).isEmpty();
    assertThat(BUILT_IN.find(null, model)).isEmpty();
  }

  @Test
  void findsWithoutAProviderWhatOnlyOneHas() {
    assertThat(BUILT_IN.find(null, "gpt-4o-mini")).map(Model::provider).contains("openai");
    assertThat(BUILT_IN.find("groq", "openai/gpt-oss-120b")).isPresent();
    assertThat(BUILT_IN.find("nvidia", "openai/gpt-oss-120b")).isPresent();
    assertThat(BUILT_IN.find(null, "openai/gpt-oss-120b")).isEmpty();
  }

  @Test
  void findsNothingAtAnotherProvider() {
    assertThat(BUILT_IN.find("anthropic", "gpt-4o-mini")).isEmpty();
    assertThat(BUILT_IN.find("acme", "gpt-4o-mini")).isEmpty();
  }

  @Test
  void ownEntriesWin() {
    Catalog catalog = BUILT_IN.with(List.of(own("openai", "gpt-4o-mini", 7)));
    assertThat(input(catalog, "openai", "gpt-4o-mini")).isEqualTo(7);
    assertThat(input(catalog, "openai", "gpt-4o-mini-2024-07-18")).isEqualTo(7);
    assertThat(input(catalog, null, "gpt-4o-mini")).isEqualTo(7);
    assertThat(input(catalog, "openai", "gpt-4o")).isEqualTo(2.5);
    assertThat(input(BUILT_IN, "openai", "gpt-4o-mini")).isEqualTo(0.15);
  }

  @Test
  void ownEntryOfASnapshotLeavesTheModelAlone() {
    Catalog catalog = BUILT_IN.with(List.of(own("openai", "gpt-4o-mini-2024-07-18", 7)));
    assertThat(input(catalog, "openai", "gpt-4o-mini-2024-07-18")).isEqualTo(7);
    assertThat(input(catalog, "openai", "gpt-4o-mini")).isEqualTo(0.15);
  }

  @Test
  void ownEntryWithoutAProviderHoldsForAll() {
    Catalog catalog = BUILT_IN.with(List.of(own(null, "openai/gpt-oss-120b", 7)));
    assertThat(input(catalog, "groq", "openai/gpt-oss-120b")).isEqualTo(7);
    assertThat(input(catalog, "nvidia", "openai/gpt-oss-120b")).isEqualTo(7);
    assertThat(input(catalog, "acme", "openai/gpt-oss-120b")).isEqualTo(7);
    assertThat(input(catalog, null, "openai/gpt-oss-120b")).isEqualTo(7);
  }

  @Test
  void ownEntryOfTheProviderComesBeforeOneForAll() {
    Catalog catalog = BUILT_IN.with(List.of(own(null, "m", 1), own("acme", "m", 2)));
    assertThat(input(catalog, "acme", "m")).isEqualTo(2);
    assertThat(input(catalog, "other", "m")).isEqualTo(1);
    assertThat(catalog.find(null, "m")).isEmpty();
  }

  @Test
  void laterEntriesWinOverEarlier() {
    Catalog catalog =
        BUILT_IN.with(List.of(own("acme", "m", 1))).with(List.of(own("acme", "m", 2)));
    assertThat(input(catalog, "acme", "m")).isEqualTo(2);
  }

  @Test
  void refusesTwoOwnEntriesOfOneModel() {
    assertThatThrownBy(() -> BUILT_IN.with(List.of(own("acme", "m", 1), own("acme", "m", 2))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("model m of acme");
  }

  @Test
  void dataFileIsWellFormed() {
    List<Model> models = BUILT_IN.models().toList();
    assertThat(models).hasSizeGreaterThan(80);
    assertThat(models)
        .allSatisfy(
            model -> {
              assertThat(model.provider()).isNotNull();
              assertThat(model.can(Capability.STREAMING)).isNotEqualTo(model.embedsOnly());
              assertThat(model.contextWindow() == null).isEqualTo(model.embedsOnly());
              if (model.price() != null && model.price().cachedInput() != null) {
                assertThat(model.price().cachedInput()).isBetween(0.0, model.price().input());
              }
              if (model.replacement() != null) {
                assertThat(BUILT_IN.find(model.provider(), model.replacement())).isPresent();
              }
            });
    assertThat(models.stream().map(model -> model.provider() + " " + model.id()))
        .doesNotHaveDuplicates();
  }

  @Test
  void anAliasIsOneModelAtSeveralProviders() {
    assertThat(BUILT_IN.idOf("llama-3.3-70b", "groq")).isEqualTo("llama-3.3-70b-versatile");
    assertThat(BUILT_IN.idOf("llama-3.3-70b", "cerebras")).isEqualTo("llama-3.3-70b");
    assertThat(BUILT_IN.idOf("llama-3.3-70b", "nvidia")).isEqualTo("meta/llama-3.3-70b-instruct");
    assertThat(BUILT_IN.idOf("llama-3.3-70b", "cloudflare"))
        .isEqualTo("@cf/meta/llama-3.3-70b-instruct-fp8-fast");
    assertThat(BUILT_IN.idOf("llama-3.3-70b", "openai")).isNull();
    assertThat(BUILT_IN.idOf("llama-3.3-70b", null)).isNull();
    assertThat(BUILT_IN.idOf("gpt-4o", "openai")).as("no alias, but a model").isNull();
    assertThat(BUILT_IN.with(List.of(own("acme", "m", 1))).idOf("gpt-oss-20b", "groq"))
        .isEqualTo("openai/gpt-oss-20b");
  }

  @Test
  void aliasesNameModelsThereAre() {
    List<String> providers = BUILT_IN.models().map(Model::provider).distinct().toList();
    assertThat(BUILT_IN.aliases()).contains("llama-3.3-70b", "gpt-oss-120b");
    for (String alias : BUILT_IN.aliases()) {
      List<String> ids =
          providers.stream()
              .filter(provider -> BUILT_IN.idOf(alias, provider) != null)
              .peek(p -> assertThat(BUILT_IN.find(p, BUILT_IN.idOf(alias, p))).isPresent())
              .toList();
      assertThat(ids).as(alias).hasSizeGreaterThan(1);
    }
  }

  @Test
  void dataFileSaysWhereItsFactsComeFrom() throws IOException {
    JsonObject file;
    try (InputStream in = Catalog.class.getResourceAsStream("models.json")) {
      file = new JsonObject(Buffer.buffer(in.readAllBytes()));
    }
    JsonObject sources = file.getJsonObject("sources");
    JsonArray models = file.getJsonArray("models");
    for (int i = 0; i < models.size(); i++) {
      JsonObject model = models.getJsonObject(i);
      assertThat(sources.fieldNames()).contains(model.getString("source"));
      assertThat(model.getString("as-of")).matches("20\\d\\d(-\\d\\d){0,2}");
    }
    assertThat(sources.getString("litellm")).contains("MIT");
  }
}
