package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.KnownProvider;
import java.util.List;
import org.junit.jupiter.api.Test;

class DialectsTest {

  @Test
  void areThoseTheConfigurationKnows() {
    assertThat(Dialects.names()).containsExactlyInAnyOrderElementsOf(BackendOptions.DIALECTS);
    List<String> known =
        List.of(KnownProvider.values()).stream().map(KnownProvider::dialect).toList();
    assertThat(Dialects.names()).containsAll(known);
  }

  @Test
  void sayWhatTheyCannotSay() {
    assertThat(
            Dialects.cannotServe(new BackendOptions().setDialect("openai"), Rig.HELLO.withSeed(1L)))
        .isNull();
    assertThat(
            Dialects.cannotServe(
                new BackendOptions().setDialect("cloudflare"), Rig.HELLO.withStop("x")))
        .contains("stop");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> Dialects.cannotServe(new BackendOptions().setDialect("klingon"), Rig.HELLO))
        .withMessageContaining("anthropic, bedrock");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Dialects.cannotServe(new BackendOptions(), Rig.HELLO));
  }
}
