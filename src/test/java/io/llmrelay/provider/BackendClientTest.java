package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.ConfigException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BackendClientTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://api.cloudflare.com/client/v4/ai",
        "https://api.cloudflare.com/client/v4/accounts/"
      })
  void refusesOptionsTheDialectCannotWorkWith(String url) {
    BackendOptions options = new BackendOptions().setDialect("cloudflare").setBaseUrl(url);
    assertThatThrownBy(() -> new BackendClient(null, "cf", options, true))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("backend cf: the base URL must name the account");
  }
}
