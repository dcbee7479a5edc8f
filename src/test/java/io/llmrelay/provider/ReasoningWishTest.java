package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.provider.ReasoningWish.Effort;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;

class ReasoningWishTest {
  private Translation translation;

  private ReasoningWish wish(String fields) {
    JsonObject json = new JsonObject("{" + fields + "}");
    json.put(
        "messages", new JsonArray().add(new JsonObject().put("role", "user").put("content", "hi")));
    translation = new Translation(ChatRequest.fromJson(json));
    return ReasoningWish.take(translation);
  }

  @Test
  void readsAllThreeSpellings() {
    ReasoningWish high = new ReasoningWish(true, Effort.HIGH, 24_576, false);
    assertThat(wish("'reasoning_effort':'high'".replace('\'', '"'))).isEqualTo(high);
    assertThat(wish("\"reasoning\":{\"effort\":\"high\"}")).isEqualTo(high);
    assertThat(wish("\"reasoning\":{\"max_tokens\":24576}")).isEqualTo(high);
    assertThat(wish("\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":24576}")).isEqualTo(high);
    assertThat(translation.warnings()).isEmpty();
  }

  @Test
  void impliesTheLowestEffortWithTheBudget() {
    assertThat(wish("\"reasoning\":{\"max_tokens\":1}").effort()).isEqualTo(Effort.MINIMAL);
    assertThat(wish("\"reasoning\":{\"max_tokens\":2049}").effort()).isEqualTo(Effort.MEDIUM);
    assertThat(wish("\"reasoning\":{\"max_tokens\":999999}").effort()).isEqualTo(Effort.MAX);
  }

  @Test
  void combinesWhatComplementsEachOther() {
    assertThat(wish("\"reasoning_effort\":\"low\",\"thinking\":{\"type\":\"adaptive\"}"))
        .isEqualTo(new ReasoningWish(true, Effort.LOW, 2_048, false));
    assertThat(wish("\"reasoning_effort\":\"low\",\"reasoning\":{\"max_tokens\":5000}"))
        .isEqualTo(new ReasoningWish(true, Effort.LOW, 5_000, false));
    assertThat(wish("\"reasoning_effort\":\"low\",\"reasoning\":{\"enabled\":false}").off())
        .isTrue();
  }

  @Test
  void turnsReasoningOnWithoutAnEffort() {
    ReasoningWish on = new ReasoningWish(true, null, null, false);
    assertThat(wish("\"reasoning\":{\"enabled\":true}")).isEqualTo(on);
    assertThat(wish("\"thinking\":{\"type\":\"adaptive\"}")).isEqualTo(on);
    assertThat(wish("\"reasoning_effort\":\"default\"")).isEqualTo(on);
  }

  @Test
  void turnsReasoningOff() {
    assertThat(wish("\"reasoning_effort\":\"none\"").off()).isTrue();
    assertThat(wish("\"reasoning\":{\"effort\":\"none\"}").off()).isTrue();
    assertThat(wish("\"reasoning\":{\"max_tokens\":0}").off()).isTrue();
    assertThat(wish("\"thinking\":{\"type\":\"disabled\"}").off()).isTrue();
  }

  @Test
  void hidesReasoningWithoutTurningItOn() {
    ReasoningWish wish = wish("\"reasoning\":{\"exclude\":true}");
    assertThat(wish).isEqualTo(new ReasoningWish(null, null, null, true));
    assertThat(wish.on() || wish.off()).isFalse();
    assertThat(wish("\"thinking\":{\"type\":\"adaptive\",\"display\":\"omitted\"}").hidden())
        .isTrue();
  }

  @Test
  void namesWhatItDoesNotUnderstand() {
    assertThat(wish("\"reasoning_effort\":\"huge\"")).isNull();
    assertThat(translation.warnings()).containsExactly("reasoning_effort was left out");
    assertThat(wish("\"reasoning\":{\"effort\":\"low\",\"summary\":\"auto\"}").on()).isTrue();
    assertThat(translation.warnings()).isEmpty();
    assertThat(wish("\"reasoning\":{\"effort\":\"low\",\"summary\":\"concise\"}").on()).isTrue();
    assertThat(translation.warnings()).containsExactly("reasoning.summary was left out");
    assertThat(wish("\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":\"x\"}").on()).isTrue();
    assertThat(translation.warnings()).containsExactly("thinking.budget_tokens was left out");
  }

  @Test
  void isAbsentWithoutTheFields() {
    assertThat(wish("\"seed\":1")).isNull();
  }
}
