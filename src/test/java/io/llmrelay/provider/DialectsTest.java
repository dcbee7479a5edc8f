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
    assertThat(Dialects.cannotServe("openai", Rig.HELLO.withSeed(1L))).isNull();
    assertThat(Dialects.cannotServe("anthropic", Rig.HELLO.withSeed(1L))).contains("seed");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Dialects.cannotServe("klingon", Rig.HELLO))
        .withMessageContaining("anthropic, bedrock");
    assertThatIllegalArgumentException().isThrownBy(() -> Dialects.cannotServe(null, Rig.HELLO));
  }
}
