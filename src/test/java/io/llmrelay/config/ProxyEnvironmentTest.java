package io.llmrelay.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the environment says about proxies. */
class ProxyEnvironmentTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      textBlock =
          """
          https://api.openai.com/v1      |                            | http://secure:1
          http://models.example/v1       |                            | http://plain:2
          https://localhost/v1           |                            | -
          http://127.0.0.1:8000/v1       |                            | -
          https://[::1]/v1               |                            | -
          https://api.openai.com/v1      | *                          | -
          https://api.openai.com/v1      | other.com, openai.com      | -
          https://api.openai.com/v1      | .openai.com                | -
          https://api.openai.com/v1      | *.openai.com               | -
          https://openai.com/v1          | .openai.com                | http://secure:1
          https://notopenai.com/v1       | openai.com                 | http://secure:1
          https://API.OpenAI.com/v1      | api.OPENAI.com             | -
          https://api.openai.com/v1      | api.openai.com:443         | -
          https://api.openai.com:8443/v1 | api.openai.com:443         | http://secure:1
          http://10.1.2.3:8000/v1        | 10.0.0.0/8                 | -
          http://11.1.2.3:8000/v1        | 10.0.0.0/8                 | http://plain:2
          http://10.1.2.3:8000/v1        | 10.1.2.3                   | -
          http://[fd00::1]:8000/v1       | fd00::/8                   | -
          https://api.openai.com/v1      | 10.0.0.0/x, 10/8, /, "     | http://secure:1
          """)
  void whichProxy(String url, String exceptions, String proxy) {
    Map<String, String> env =
        Map.of(
            "HTTPS_PROXY",
            "secure:1",
            "http_proxy",
            "http://plain:2",
            "no_proxy",
            exceptions == null ? "" : exceptions);
    assertThat(new ProxyEnvironment(env).proxy(URI.create(url))).isEqualTo(proxy);
  }

  private static String proxy(Map<String, String> env, BackendOptions backend) {
    RelayOptions options = new RelayOptions().addBackend("a", backend.setDialect("openai"));
    return options.resolved(env).getBackends().get("a").getProxy();
  }

  @Test
  void aSettingComesFirst() {
    Map<String, String> env = Map.of("HTTPS_PROXY", "http://proxy.example:3128");
    String url = "https://models.example/v1";
    assertThat(proxy(env, new BackendOptions().setBaseUrl(url)))
        .isEqualTo("http://proxy.example:3128");
    assertThat(proxy(env, new BackendOptions().setBaseUrl(url).setProxy("none"))).isNull();
    assertThat(proxy(env, new BackendOptions().setBaseUrl(url).setProxy("socks5://own:1080")))
        .isEqualTo("socks5://own:1080");
    assertThat(proxy(Map.of(), new BackendOptions().setBaseUrl(url))).isNull();
  }

  @Test
  void thePasswordIsNotShown() {
    BackendOptions backend =
        new BackendOptions().setProxy("http://user:secret-password@proxy.example:3128");
    assertThat(backend.toString())
        .doesNotContain("secret-password")
        .contains("http://***@proxy.example:3128");
  }
}
